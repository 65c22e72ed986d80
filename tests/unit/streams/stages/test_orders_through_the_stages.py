"""Orders through the core's real stages without Kafka: keys with slashes, refusals that are found, two documents."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.routing.masterdata import calendars
from tests.support.batches import CODEC, NAMESPACE
from tests.support.in_memory_hub import SETTINGS, InMemoryHub
from tests.support.masters import item, master, plant
from tests.support.plants import BUYER, full_receipt, full_response, full_shipment
from tools.harness.core import line, order, response
from tools.harness.in_memory_core import NOW, InMemoryCore


@pytest.fixture
def hub() -> InMemoryHub:
    return InMemoryHub()


def test_ids_with_slashes_and_per_cents_go_there_and_back(hub: InMemoryHub) -> None:
    number, bought = "ЗП-12/2026 50%", line("1/2", "ДВ-7.5", 4)
    hub.write(BUYER, "Order", order(number, bought, number="№ 12"), f"{BUYER}/Order/7/0/a")
    ((key, asked),) = hub.keyed("PlantOrder", "outbox")
    assert (key, asked["plant_order_id"]) == (f"{BUYER}:{number}", f"{BUYER}:{number}/1%2F2.1.1")
    assert (asked["order_key"], asked["order_id"], asked["order_number"]) == (key, number, "№ 12")
    hub.write("oemz", "OrderResponse", response(asked), "oemz/OrderResponse/1/0/a")
    statuses = [*hub.keyed("OrderStatus", "outbox")]
    assert {key for key, _ in statuses} == {f"{BUYER}:{number}"}
    assert (statuses[-1][1]["state"], statuses[-1][1]["order_number"]) == ("CONFIRMED", "№ 12")
    assert [*hub.keyed("DeadLetter", "dead-letters")] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"currency": "рубль"}, "bad-currency"),
        ({"payer": "nobody"}, "unknown-member"),
        ({"delivery_place": "Омск\x00"}, "bad-text"),
        ({"lines": [line("1", "МК-СТ", "0.0001", "GRM")]}, "too-many-digits"),
        ({"lines": [line("1", "НЕТ", 1)]}, "unmapped-item"),
    ],
)
def test_a_refused_order_is_found_by_its_key_and_its_number(hub: InMemoryHub, changes: Any, code: str) -> None:
    hub.write(BUYER, "Order", {**order("7", number="ЗП-12/2026"), **changes}, f"{BUYER}/Order/7/0/a", "another key")
    for topic in ("dead-letters", "events"):
        ((key, letter),) = hub.keyed("DeadLetter", topic)
        assert (key, letter["code"], letter["order_number"]) == (f"{BUYER}:7", code, "ЗП-12/2026")


def test_another_document_under_an_orders_key_is_refused_with_both_names_and_its_own_number(hub: InMemoryHub) -> None:
    first, second = f"{BUYER}/Order/1", f"{BUYER}/Order/2"
    hub.write(BUYER, "Order", order("17", line("1", "ДВ-7.5", 4)), f"{first}/0/a")
    hub.write(BUYER, "Order", order("17", line("1", "ДВ-7.5", 9), number="№ 2"), f"{second}/0/a")
    ((key, letter),) = hub.keyed("DeadLetter", "dead-letters")
    assert (key, letter["code"], letter["order_number"]) == (f"{BUYER}:17", "two-documents", "№ 2")
    assert all(name in letter["reason"]["ru"] for name in (first, second, key))
    hub.write(BUYER, "Order", order("17", line("1", "ДВ-7.5", 5)), f"{first}/1/a")
    quantities = [asked["lines"][0]["quantity"] for _, asked in hub.keyed("PlantOrder", "outbox")]
    assert quantities == [4, 5], "a raised epoch is no other document"


def test_an_orders_plan_stands_on_its_own_topic_until_the_order_is_closed(hub: InMemoryHub) -> None:
    value = order("17", line("1", "ДВ-7.5", 4))
    hub.write(BUYER, "Order", value, f"{BUYER}/Order/1/0/a")
    plans = [*hub.records("OrderPlan", "plans")]
    assert {key for key, _ in hub.keyed("OrderPlan", "plans")} == {f"{BUYER}:17"}
    assert plans[-1]["parts"][0]["plant"] == "oemz"
    assert [*hub.records("OrderPlan", "events")] == plans
    hub.write(BUYER, "Order", {**value, "document_status": "CANCELLED"}, f"{BUYER}/Order/1/0/b")
    assert [*hub.records("OrderPlan", "plans")][-1]["state"] == "CANCELLED"
    assert all(said.value for said in hub.said)
    hub.tick(31 * 24 * 60)
    (gone,) = [said for said in hub.said if said.value is None]
    assert (gone.topic, gone.key.decode()) == (f"{NAMESPACE}hub.plans", f"{BUYER}:17")
    assert dict(gone.headers or [])["ce_type"] == b"kranhub.OrderPlan"


def test_a_refused_answer_stands_with_its_order(hub: InMemoryHub) -> None:
    hub.write(BUYER, "Order", order("ЗП/1"), f"{BUYER}/Order/1/0/a")
    ((_, asked),) = hub.keyed("PlantOrder", "outbox")
    bad = response(asked)
    bad["lines"][0]["quantity"] = -bad["lines"][0]["quantity"]
    hub.write("oemz", "OrderResponse", bad, "oemz/OrderResponse/1/0/a", "a key of its own")
    ((key, letter),) = hub.keyed("DeadLetter", "dead-letters")
    assert (key, letter["code"]) == (f"{BUYER}:ЗП/1", "bad-quantity")


def test_a_deadline_that_a_late_tick_finds_in_the_past_counts_with_the_next_one(hub: InMemoryHub) -> None:
    """A part arrives on Wednesday, 25 November; the crane is promised for the 26th.

    That arrival is assumed, and that crane is to be reported, at the end of Friday the 27th. On that day the part may
    still arrive later, so the crane's own deadline moves; once the arrival is assumed, it is the 27th again.
    """
    days = calendars.load(Path("deploy/calendars/omsk.yaml")).calendars
    plants = [
        plant(name, {"okpd2": okpd2, "working_days": 1}, calendar="ru-5x2")
        for name, okpd2 in (("oemz", "27.11"), ("ruskran", "28.22"))
    ]
    items = [item("motor", "27.11.24"), item("crane", "28.22.14", {"motor": 1})]
    hub.core = InMemoryCore(SETTINGS, CODEC, master(plants, items, calendars=days))
    hub.write(BUYER, "Order", order("17", line("1", "crane", 1)), f"{BUYER}/Order/1/0/a")
    asked = {value["plant"]: value for value in hub.records("PlantOrder")}
    for name, promised in (("oemz", date(2026, 11, 25)), ("ruskran", date(2026, 11, 26))):
        hub.write(name, "Receipt", full_receipt(asked[name], "APPLIED", NOW), f"{name}/Receipt/1/0/a")
        answer = full_response(asked[name], "AP", NOW, promised_date=promised)
        hub.write(name, "OrderResponse", answer, f"{name}/OrderResponse/1/0/a")
    hub.write("oemz", "Shipment", full_shipment(asked["oemz"], NOW, from_site="works"), "oemz/Shipment/1/0/a")
    for later in range(1, 8):
        hub.tick(timedelta(days=later) / timedelta(minutes=1))
    assert "readiness-overdue" in [alert["code"] for alert in hub.records("Alert", "alerts")]
    assert [*hub.records("OrderStatus")][-1]["promised_date"] >= (NOW + timedelta(days=7)).date()
