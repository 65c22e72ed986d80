"""The core on the real Kafka: a crane's whole journey, what is published, who joins later."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from kafka import KafkaProducer

from kranhub.broker import admin, topics
from kranhub.broker.client_settings import kafka_python
from kranhub.parties.members import Member, Members, Name
from kranhub.settings import endpoints
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from streams.admin import masterdata_files
from streams.admin.publish import publish_masterdata
from streams.routing.masterdata.items import AlternativeBill, AlternativeItem, Component, Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import AlternativeItems, Rules
from tests.support import stream_contract
from tests.support.fields import fields
from tests.support.stack import Stack
from tools.harness.core import NOW, World, core, line, order, response, wait_for, world
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack

BUYER = "sibir-terminal"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def running(stack: Stack) -> Iterator[World]:
    settings = stack.prepare(new_namespace())
    with world(settings) as around, core(settings):
        yield around


def answer_all(around: World, order_key: str, rejecting: str) -> None:
    """Answer every plant order of the order until the customer's line is confirmed; one plant says no."""
    answered: set[tuple[str, int]] = set()
    buyer, _, number = order_key.partition(":")

    def confirmed() -> bool:
        for member in ("ruskran", "zmk-most", "tsvetnoy-bulvar", "oetz", "oemz"):
            for asked in around.addressed(member, "orders"):
                version = (asked["plant_order_id"], asked["revision"])
                if asked["order_key"] == order_key and version not in answered:
                    code = "RE" if member == rejecting else "AP"
                    around.write(member, "OrderResponse", asked["plant_order_id"], response(asked, code))
                    answered.add(version)
        said = [value for value in around.addressed(buyer, "statuses") if value["order_id"] == number]
        return bool(said) and said[-1]["state"] == "CONFIRMED"

    wait_for(confirmed, f"{order_key} is confirmed")


def test_a_crane_is_planned_rejected_in_part_rerouted_and_confirmed(running: World) -> None:
    event_id = running.write(BUYER, "Order", "17", order("17", line("1", "КР-10-22.5", 1)), traceparent=TRACE)
    key = f"{BUYER}:17"
    answer_all(running, key, rejecting="tsvetnoy-bulvar")
    coated = running.plant_order("zmk-most", key, "coating-girders")
    assert coated["plant_order_id"] == f"{key}/1.3.2"
    assert coated["lines"][0]["item_code"] == "ZM-PAINT"
    states = [value["state"] for value in running.addressed(BUYER, "statuses") if value["order_id"] == "17"]
    assert states[0] == "RECEIVED"
    assert states[-1] == "CONFIRMED"
    revisions = [value["revision"] for value in running.addressed(BUYER, "statuses") if value["order_id"] == "17"]
    assert revisions == list(range(1, len(revisions) + 1))
    told = {message.subject for message in running.read("hub.events") if message.key == key}
    assert told == {"Order", "PlantOrder", "OrderResponse", "OrderStatus", "OrderPlan", "RoutingDecision"}
    (ordered,) = [message for message in running.read("hub.events") if message.envelope.id == event_id]
    assert ordered.envelope.source == envelope.member_source(running.settings.namespace, BUYER)


def test_headers_pass_on_and_name_the_rule(running: World) -> None:
    running.write(BUYER, "Order", "18", order("18"), traceparent=TRACE)
    asked = running.plant_order("oemz", f"{BUYER}:18")
    found = running.read("in.oemz.orders")
    message = next(message for message in found if message.key == asked["plant_order_id"])
    assert message.envelope.id == f"hub/PlantOrder/{asked['plant_order_id']}/1"
    assert message.envelope.traceparent == TRACE
    assert message.envelope.recorded is not None
    assert message.envelope.type == "kranhub.PlantOrder"
    decided = [fields(message) for message in running.read("hub.decisions") if message.value]
    assert any(value["plant_order_id"] == asked["plant_order_id"] for value in decided)


def test_known_stock_is_reserved_and_named_in_the_decision(running: World) -> None:
    stock = {"company": "oemz", "site": "oemz-motors", "item_code": "EM-MTF-75", "on_hand": Decimal(3)}
    stock |= {"reserved": Decimal(0), "blocked": Decimal(0), "unit": "H87", "as_of": NOW}
    running.write("oemz", "InventoryLevel", "EM-MTF-75", stock)
    wait_for(lambda: [m for m in running.read("hub.events") if m.subject == "InventoryLevel"], "the stock is known")
    running.write(BUYER, "Order", "19", order("19"))
    asked = running.plant_order("oemz", f"{BUYER}:19")
    decided = {value["plant_order_id"]: value for m in running.read("hub.decisions") if (value := fields(m))}
    assert decided[asked["plant_order_id"]]["from_stock"] == 3


def test_no_clock_that_is_ahead_hides_what_comes_after_it(running: World) -> None:
    stock = {"company": "zmk-most", "site": "zmk-most-works", "item_code": "ZM-STRUCT", "on_hand": Decimal(900)}
    stock |= {"reserved": Decimal(0), "blocked": Decimal(0), "unit": "KGM"}
    running.write("zmk-most", "InventoryLevel", "ZM-STRUCT", {**stock, "as_of": datetime(2036, 1, 1, tzinfo=UTC)})
    running.write("zmk-most", "InventoryLevel", "ZM-STRUCT", {**stock, "on_hand": Decimal(40), "as_of": NOW})
    told = "zmk-most/ZM-STRUCT"
    wait_for(lambda: [m.key for m in running.read("hub.events")].count(told) == 2, "both levels are known")
    running.write(BUYER, "Order", "22", order("22", line("1", "МК-СТ", 100, "KGM")))
    asked = running.plant_order("zmk-most", f"{BUYER}:22")
    decided = {value["plant_order_id"]: value for m in running.read("hub.decisions") if (value := fields(m))}
    assert decided[asked["plant_order_id"]]["from_stock"] == 40

    number = asked["plant_order_id"]
    running.write("zmk-most", "OrderResponse", number, response(asked, issued_at=datetime(2027, 6, 1, tzinfo=UTC)))
    running.status(BUYER, "22", "CONFIRMED")
    running.write("zmk-most", "OrderResponse", number, response(asked, "RE", issued_at=NOW))
    running.status(BUYER, "22", "ON_HOLD")
    said = [fields(m) for m in running.read("hub.alerts") if m.value and fields(m)["code"] == "clock-ahead"]
    found = [alert for alert in said if alert["alert_id"] == "clock-ahead/zmk-most"]
    assert len(found) == 1, "once in an hour"
    assert "days ahead" in found[0]["text"]["en"]


def test_the_same_event_again_says_nothing_new(running: World) -> None:
    first = running.write(BUYER, "Order", "20", order("20"))
    running.plant_order("oemz", f"{BUYER}:20")
    running.write(BUYER, "Order", "20", order("20"), event_id=first)
    running.write(BUYER, "Order", "20", order("20"))
    running.write(BUYER, "Order", "21", order("21"))
    running.plant_order("oemz", f"{BUYER}:21")
    assert len([value for value in running.addressed("oemz", "orders") if value["order_id"] == "20"]) == 1


def test_masterdata_is_published_once(running: World) -> None:
    settings = running.settings
    master = masterdata_files.load(settings)
    wait_for(lambda: {message.key for message in running.read("hub.items")} == set(master.items), "all items")
    assert {message.key for message in running.read("hub.parties")} == set(master.members.by_id)
    assert publish_masterdata(settings, running.codec, master) == 0


def test_an_alternative_item_and_a_bill_by_characteristic_are_published_and_routed_by(running: World) -> None:
    """Nobody makes the special motor; a crane for 660 V is built of a cabinet and girders alone."""
    settings = running.settings
    publish_masterdata(settings, running.codec, with_alternatives(masterdata_files.load(settings)))
    wait_for(lambda: "motor-special" in last(running, "hub.items"), "the new items are published")
    assert [each["item"] for each in last(running, "hub.items")["motor-special"]["alternative_items"]] == [
        "motor-crane-7kw5"
    ]
    wait_for(lambda: last(running, "hub.boms")["crane-bridge-10t-22m5"]["alternatives"], "the bill is published")
    (bill,) = last(running, "hub.boms")["crane-bridge-10t-22m5"]["alternatives"]
    assert (bill["bill"], bill["characteristics"], bill["valid_from"]) == ("crane-660v", ["660 В"], None)

    running.write(BUYER, "Order", "30", {**order("30", line("1", "ДВ-ОСОБЫЙ", 4)), "alternatives_allowed": True})
    asked = running.plant_order("oemz", f"{BUYER}:30")
    assert asked["lines"][0]["item_code"] == "EM-MTF-75"
    said = running.status(BUYER, "30", "PLANNED")
    assert said["lines"][0]["item_code"] == "ДВ-ОСОБЫЙ"
    assert said["lines"][0]["alternative_item"] == "motor-crane-7kw5"
    assert not [
        alert for m in running.read("hub.alerts") if m.value and (alert := fields(m))["order_key"] == asked["order_key"]
    ]

    crane = {**line("1", "КР-10-22.5", 1), "characteristic": "660 В"}
    running.write(BUYER, "Order", "31", order("31", crane))
    running.status(BUYER, "31", "PLANNED")
    members = ("ruskran", "zmk-most", "tsvetnoy-bulvar", "oetz", "oemz")
    asked_for = {
        v["lines"][0]["item"] for m in members for v in running.addressed(m, "orders") if v["order_id"] == "31"
    }
    assert asked_for == {"crane-bridge-10t-22m5", "girder-main-22m5", "cabinet-crane-10t"}


def last(running: World, topic: str) -> dict[str, Any]:
    """Return the last value of each key of a compacted topic."""
    return {message.key: fields(message) for message in running.read(topic) if message.value}


def with_alternatives(master: MasterData) -> MasterData:
    """Return the master data with a motor that nobody makes, its alternative, and a crane's bill by characteristic."""
    parts = [
        Component(item="girder-main-22m5", quantity=Decimal(2)),
        Component(item="cabinet-crane-10t", quantity=Decimal(1)),
    ]
    bill = AlternativeBill(bill="crane-660v", characteristics=("660 В",), components=tuple(parts))
    known = [
        item.model_copy(update={"bills": (bill,)}) if item.item == "crane-bridge-10t-22m5" else item
        for item in master.nomenclature.items
    ]
    special = master.items["motor-crane-7kw5"].model_copy(
        update={
            "item": "motor-special",
            "okpd2": "27.90.99",
            "codes": {BUYER: "ДВ-ОСОБЫЙ"},
            "alternative_items": (AlternativeItem(item="motor-crane-7kw5"),),
        }
    )
    rules = [
        rule.model_copy(update={"version": rule.version + 1, "alternative_items": AlternativeItems.WHERE_NONE})
        for rule in master.rules.rules
    ]
    nomenclature = Nomenclature(version=master.version + 1, items=(*known, special))
    return MasterData(master.members, nomenclature, Rules(rules=tuple(rules)), master.calendars, master.rates)


def test_a_topic_that_appears_later_is_read_without_a_restart(running: World) -> None:
    settings, newcomer = running.settings, "new-customer"
    member = Member(
        id=newcomer, name=Name(en="New", ru="Новый"), roles=frozenset({"customer"}), country="RU", time_zone="Asia/Omsk"
    )
    admin.apply(settings, Members(members=(member,)))
    value = running.codec.encode(Subject.ORDER, order("1", buyer=newcomer))
    source, schema = envelope.member_source(settings.namespace, newcomer), running.codec.dataschema(value)
    trace = envelope.new_trace("x")
    about = Envelope("x", source, "kranhub.Order", traceparent=trace, subject="1", dataschema=schema)
    topic = topics.out(settings.namespace, newcomer, "orders")
    with contextlib.closing(KafkaProducer(**kafka_python(settings))) as producer:
        producer.send(topic, key=b"1", value=value, headers=envelope.headers(about)).get(timeout=30)
    found = wait_for(lambda: [d for d in running.dead_letters() if d["member"] == newcomer], "its order was read")
    assert found[0]["code"] == "unknown-member"


def test_every_record_of_all_this_keeps_the_streams_contract(running: World) -> None:
    """With another client and another codec: docs/subscribers.md says what holds of every record."""
    where = endpoints(running.settings)
    seen, mistakes = stream_contract.check(where.bootstrap, where.registry_url, running.settings.namespace)
    assert mistakes == []
    assert seen.records > 100
