"""The simulated day by itself: the same seed is the same day, and plants do what they are said to do."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.simulated_plants import PLANT, asked, said
from tools.simulation.customers import customer_documents
from tools.simulation.environment import scaled, with_stores
from tools.simulation.erp import Erp
from tools.simulation.timetable import CLOSING, DAY, DOWN_FROM, DOWN_UNTIL, END, EVE, HOUR, MINUTE, OPENING


@settings(max_examples=5)
@given(st.integers(0, 10**6))
def test_the_same_seed_is_the_same_day(seed: int) -> None:
    assert customer_documents(seed, 60, 1) == customer_documents(seed, 60, 1)
    assert customer_documents(seed, 60, 1) != customer_documents(seed + 1, 60, 1)


def test_acts_stand_in_their_order_within_the_day() -> None:
    times = [document.at for document in customer_documents(1, 400, 1)]
    assert times == sorted(times)
    assert times[0] > OPENING
    assert times[-1] <= CLOSING


def test_a_day_has_orders_of_every_kind_changes_cancels_and_repeats() -> None:
    documents = [document for document in customer_documents(1, 2_000, 4) if document.subject == "Order"]
    times = Counter(document.event_id for document in documents)
    cancelled = sum(document.value["document_status"] == "CANCELLED" for document in documents)
    assert len(documents) > 2_000 + cancelled > 2_040
    assert max(times.values()) == 2
    assert any(line["quantity"] <= 0 for document in documents for line in document.value["lines"])
    assert any(document.value.get("payer") == "unknown-company" for document in documents)
    assert any(
        line["quantity"] > 480 and line["unit"] == "TNE" for document in documents for line in document.value["lines"]
    )


def test_a_plant_answers_as_the_shares_say() -> None:
    erp = Erp(PLANT, 1, 100)
    for number in range(1_000):
        erp.take(asked(number), OPENING)
    answers = {one.key: one.value["response_code"] for one in said(erp, "OrderResponse")}
    codes = Counter(answers.values())
    assert codes["AP"] > 800
    assert 30 < codes["RE"] < 100
    assert 10 < 1_000 - len(answers) < 60


def test_a_plant_that_is_off_says_nothing_and_everything_afterwards() -> None:
    erp = Erp("zmk-most", 3, 100)
    list(erp.run(DOWN_FROM - MINUTE))
    erp.take(asked(1, plant="zmk-most"), DOWN_FROM - MINUTE)
    assert list(erp.run(DOWN_UNTIL - MINUTE)) == []
    assert "Receipt" in {one.subject for one in erp.run(DOWN_UNTIL)}


def test_what_is_cancelled_is_neither_made_nor_sent() -> None:
    erp = Erp(PLANT, 1, 0)
    for number in range(50):
        erp.take(asked(number), OPENING)
        erp.take(asked(number, 2, document_status="CANCELLED"), OPENING + MINUTE)
    subjects = {one.subject for one in erp.run(OPENING + 10 * DAY)}
    assert subjects == {"Receipt", "InventoryLevel"}


def test_a_revision_that_is_known_already_changes_nothing() -> None:
    once, twice = Erp(PLANT, 1, 100), Erp(PLANT, 1, 100)
    for erp, times in ((once, 1), (twice, 3)):
        for _ in range(times):
            erp.take(asked(1), OPENING)
    assert list(once.run(OPENING + 10 * DAY)) == list(twice.run(OPENING + 10 * DAY))


def test_no_more_is_sent_than_was_ordered_and_stock_is_never_below_nothing() -> None:
    erp = Erp(PLANT, 1, 100)
    list(erp.run(EVE))
    for number in range(200):
        erp.take(asked(number), OPENING + number * MINUTE)
    everything = list(erp.run(OPENING + 10 * DAY))
    legs: dict[str, Mapping[str, Any]] = {}
    for one in everything:
        if one.subject == "Shipment":
            legs[one.key] = one.value["lines"][0]
    sent: Counter[str] = Counter()
    for line in legs.values():
        sent[line["plant_order_id"]] += int(line["quantity"])
    assert max(sent.values()) <= 4
    levels = [one.value for one in everything if one.subject == "InventoryLevel"]
    assert len(levels) > 5
    assert min(level["on_hand"] - level["reserved"] for level in levels) >= 0


def test_levels_say_what_was_true_a_little_ago() -> None:
    erp = Erp(PLANT, 1, 100)
    list(erp.run(EVE))
    erp.take(asked(1), OPENING)
    first = next(one for one in erp.run(OPENING + HOUR) if one.subject == "InventoryLevel")
    assert first.value["as_of"] < OPENING + 31 * MINUTE
    assert first.value["reserved"] == 4


def test_capacities_grow_with_the_day_lead_times_are_short_and_plants_say_what_they_report() -> None:
    capability = {"okpd2": "27", "working_days": 12, "capacity": {"quantity": 60, "unit": "H87"}}
    given_file = {"members": [{"id": "oemz", "capabilities": [capability, "28.22"]}, {"id": "zmk-most"}]}
    larger = {"okpd2": "27", "working_days": 3, "capacity": {"quantity": 240, "unit": "H87"}}
    oemz = {"id": "oemz", "capabilities": [larger, "28.22"], "reports": ["arrivals"]}
    assert scaled(given_file, 4) == {"members": [oemz, {"id": "zmk-most"}]}


def test_a_late_yes_crosses_the_withdrawal_and_the_work_begins_once_the_plant_is_asked_anew() -> None:
    erp = Erp("oetz", 1, 0)
    for number in range(500):
        erp.take(asked(number, plant="oetz"), OPENING)
    in_time = {one.key for one in said(erp, "OrderResponse", OPENING + 3 * DAY)}
    silent = [number for number in range(500) if asked(number)["plant_order_id"] not in in_time]
    for number in silent:
        erp.take(asked(number, 2, "oetz", document_status="CANCELLED"), OPENING + 3 * DAY)
    late = {one.key: one.value for one in said(erp, "OrderResponse")}
    assert 8 < len(late) < len(silent)
    assert {(value["response_code"], value["plant_order_revision"]) for value in late.values()} == {("AP", 1)}
    assert min(value["issued_at"] for value in late.values()) >= OPENING + 5 * DAY
    for number in silent:
        erp.take(asked(number, 3, "oetz"), OPENING + 10 * DAY)
    begun = {one.value["plant_order_id"] for one in said(erp, "ProductionStatus", END)}
    assert len(begun & late.keys()) > len(late) / 2
    assert not begun & {asked(number)["plant_order_id"] for number in silent} - late.keys()


def test_what_the_plants_stores_have_reserved_contains_the_hubs_orders() -> None:
    name = {"en": "A", "ru": "А"}
    plant = {"id": "a", "name": name, "time_zone": "Asia/Omsk", "sites": [{"id": "a-works"}], "capabilities": ["28.22"]}
    given_file = {"members": [plant, {"id": "b"}]}
    found, customer = with_stores(given_file)["members"]
    works, store = found["sites"]
    assert (works, customer) == ({"id": "a-works"}, {"id": "b"})
    assert (store["id"], store["reserved_contains_hub_orders"]) == ("a-store", True)
