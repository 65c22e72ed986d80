"""Members' clocks: no stamp hides a later fact, and one that is ahead is said, once in an hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kranhub.wire.messages import Alert, Subject
from streams.processor.outputs import ProducerRecord
from streams.routing.notify import open_alerts
from streams.routing.validation import timestamps
from tests.support import batches, samples
from tests.support.allocation import Allocations
from tests.support.allocator_stage import TOPIC, Partition
from tests.support.batches import CODEC, EVENTS
from tests.support.in_memory_hub import InMemoryHub
from tests.support.ingest_stage import ingested
from tests.support.masters import item, master, plant
from tests.support.plants import BUYER, START, full_production, full_response, full_shipment
from tests.support.worlds import World, line, silent
from tools.harness import core

ALERTS = f"{batches.NAMESPACE}hub.alerts"
MASTER = master([plant("alfa", {"okpd2": "25.11", "working_days": 10})], [item("beam", "25.11.23.119", unit="KGM")])
BEAMS = line("beam", 10, unit="KGM")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
YEAR_2036 = datetime(2036, 1, 1, tzinfo=UTC)

seconds = st.integers(
    int(datetime(1990, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2100, 12, 31, tzinfo=UTC).timestamp())
)
times = st.sampled_from([START, START - HOUR, START + 23 * HOUR, YEAR_2036]) | seconds.map(
    lambda second: datetime.fromtimestamp(second, UTC)
)


def ordered() -> tuple[World, dict[str, Any]]:
    made = World(silent, MASTER)
    made.order(BEAMS)
    return made, dict(made.subjects("PlantOrder")[-1])


@given(st.lists(st.tuples(st.sampled_from(["AP", "CA"]), st.integers(0, 60), times), min_size=1, max_size=6), times)
@example([("AP", 3, datetime(2027, 1, 1, tzinfo=UTC))], START)
def test_the_last_answer_counts(answers: list[tuple[str, int, datetime]], refused: datetime) -> None:
    made, asked = ordered()
    for code, days, stamp in answers:
        words = {"promised_date": START.date() + timedelta(days=days)}
        made.happen("OrderResponse", full_response(asked, code, stamp, **words))
        assert made.state is not None
        (attempt,) = made.state.portions[0].attempts
        assert attempt.answer is not None
        assert attempt.answer.promised == words["promised_date"]
    assert made.status()["state"] == "CONFIRMED"
    made.happen("OrderResponse", full_response(asked, "RE", refused))
    assert made.at_plants() == {}


@given(st.lists(st.tuples(st.sampled_from(["RELEASED", "RUNNING", "COMPLETED", "ABORTED"]), times), min_size=1))
def test_the_last_word_on_a_production_counts(words: list[tuple[str, datetime]]) -> None:
    made, asked = ordered()
    made.happen("OrderResponse", full_response(asked, "AP", START))
    for state, stamp in words:
        made.happen("ProductionStatus", full_production(asked, state, stamp))
    expected = {"RUNNING": "IN_PRODUCTION", "COMPLETED": "READY"}.get(words[-1][0], "CONFIRMED")
    assert made.status()["state"] == expected


@given(st.lists(st.tuples(st.none() | times, st.none() | times), min_size=1, max_size=6))
def test_the_last_word_on_a_shipment_counts(words: list[tuple[datetime | None, datetime | None]]) -> None:
    made, asked = ordered()
    made.happen("OrderResponse", full_response(asked, "AP", START))
    for left, arrived in words:
        made.happen("Shipment", full_shipment(asked, START, actual_departure=left, actual_arrival=arrived))
        expected = "DELIVERED" if arrived else "SHIPPED" if left else "CONFIRMED"
        assert made.status()["state"] == expected


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab"), times), min_size=1, max_size=8))
@example([(90, "a", YEAR_2036), (10, "a", START)])
def test_the_last_level_of_every_site_counts(levels: list[tuple[int, str, datetime]]) -> None:
    allocations, known = Allocations(), {}
    for available, site, stamp in levels:
        allocations.level(available, as_of=stamp, site=site, ahead=True)
        known[site] = available
        (answer,) = allocations.ask("QUOTE", "quote", 10**6)
        assert answer["from_stock"] == sum(known.values())


@given(st.lists(st.tuples(st.booleans(), times), min_size=1, max_size=8))
@example([(True, YEAR_2036), (False, START)])
def test_the_last_word_on_a_disruption_counts(words: list[tuple[bool, datetime]]) -> None:
    allocations = Allocations()
    for is_open, stamp in words:
        allocations.disrupt(status="OPEN" if is_open else "RESOLVED", as_of=stamp, ahead=True)
        (answer,) = allocations.ask("QUOTE", "quote", 1)
        assert answer["disruption"] == ("D-1" if is_open else None)


@given(st.lists(st.tuples(st.integers(1, 9), times), min_size=1, max_size=6))
def test_the_last_version_of_an_order_counts(versions: list[tuple[int, datetime]]) -> None:
    made = World(silent, MASTER)
    for quantity, stamp in versions:
        made.order(line("beam", quantity, unit="KGM"), issued_at=stamp)
        assert made.wanted() == {"beam": quantity}


def test_a_level_and_a_disruption_that_come_again_change_nothing() -> None:
    allocations = Allocations()
    for marked, available, status in (("a", 5, "OPEN"), ("b", 6, "RESOLVED"), ("a", 5, "OPEN")):
        allocations.mark = marked
        allocations.level(available)
        allocations.disrupt(status=status)
    allocations.mark = ""
    (answer,) = allocations.ask("QUOTE", "quote", 10)
    assert (answer["from_stock"], answer["disruption"]) == (6, None)


def test_what_comes_again_has_the_same_mark_and_nothing_else_has() -> None:
    value: Any = {"as_of": START, "on_hand": Decimal(1)}
    other = [("e", {**value, "as_of": START + HOUR}), ("e", {**value, "on_hand": Decimal(2)}), ("f", value)]
    marks = [
        timestamps.fingerprint(event_id, said) for event_id, said in [("e", dict(reversed(value.items()))), *other]
    ]
    assert marks[0] == timestamps.fingerprint("e", value)
    assert len(set(marks)) == 4


@given(times, times)
def test_no_stamp_is_computed_with_that_is_later_than_the_hubs(stamp: datetime, now: datetime) -> None:
    value: Any = {"as_of": stamp, "on_hand": Decimal(1)}
    assert timestamps.bounded(Subject.INVENTORY_LEVEL, value, now) == {**value, "as_of": min(stamp, now)}


def test_through_the_stages_the_right_stock_and_the_refusal_count_and_the_clock_is_said() -> None:
    hub = InMemoryHub()
    stock = samples.inventory(company="zmk-most", site="zmk-most-works", item_code="ZM-STRUCT", unit="KGM")
    hub.write("zmk-most", "InventoryLevel", {**stock, "on_hand": Decimal(900), "as_of": YEAR_2036}, "level 1")
    hub.write("zmk-most", "InventoryLevel", {**stock, "on_hand": Decimal(40)}, "level 2")
    hub.write(BUYER, "Order", core.order("22", core.line("1", "МК-СТ", 100, "KGM")), "order 1")
    ((_, asked),) = hub.keyed("PlantOrder", "outbox")
    ((_, decided),) = hub.keyed("RoutingDecision", "decisions")
    assert (decided["chosen"], decided["from_stock"]) == ("zmk-most", 40)
    hub.write("zmk-most", "OrderResponse", core.response(asked, issued_at=YEAR_2036), "answer 1")
    hub.write("zmk-most", "OrderResponse", core.response(asked, "RE"), "answer 2")
    states = [status["state"] for _, status in hub.keyed("OrderStatus", "outbox")]
    assert states[-2:] == ["CONFIRMED", "ON_HOLD"]
    said = [key for key, alert in hub.keyed("Alert", "alerts") if alert["code"] == "clock-ahead"]
    assert said == ["zmk-most"]


def issued(at: datetime | None) -> Any:
    """What of an Order the stamps look at."""
    return {"issued_at": at}


def alerts(said: list[ProducerRecord]) -> list[Any]:
    return [batches.value(one) for one in said if one.topic == ALERTS]


@pytest.mark.parametrize(
    ("by", "en", "ru"),
    [
        (5 * MINUTE, None, None),
        (6 * MINUTE, "is 6 minutes ahead", "спешат на 6 мин"),
        (23 * HOUR, "is 23 hours ahead", "спешат на 23 ч"),
        (3653 * 24 * HOUR, "is 3653 days ahead", "спешат на 3653 дн."),
    ],
)
def test_a_clock_that_is_ahead_is_said_and_by_how_much(by: timedelta, en: str | None, ru: str | None) -> None:
    record, batch = ingested("oemz", "ProductionStatus", samples.production(as_of=samples.INSTANT + by))
    found = [one for one in batches.sent_records(batch) if one.topic == TOPIC]
    assert {one.value for one in batches.sent_records(batch) if one.topic != TOPIC} == {record.value}
    assert len(found) == (1 if en else 0)
    for one in found:
        alert = CODEC.decode_as(Alert, one.value or b"")
        assert one.key == b"oemz"
        assert (alert["code"], alert["alert_id"], alert["order_key"]) == ("clock-ahead", "clock-ahead/oemz", None)
        assert str(en) in alert["text"]["en"]
        assert "as_of of ProductionStatus P-1 says" in alert["text"]["en"]
        assert str(ru) in alert["text"]["ru"]
        assert alert["raised_at"] == samples.INSTANT


def test_the_time_of_the_event_itself_is_looked_at_too() -> None:
    found = timestamps.ahead(Subject.ORDER, issued(None), START + HOUR, START)
    assert found == timestamps.Ahead("ce_time", START + HOUR, HOUR)
    assert timestamps.ahead(Subject.ORDER, issued(START), None, datetime(1970, 1, 1, tzinfo=UTC)) is None


def said_at(partition: Partition, minute: float, member: str = "oemz") -> list[ProducerRecord]:
    """Have ingest find the member's clock ahead at this minute, and return what comes of it."""
    time = START + minute * MINUTE
    value: Any = {
        "alert_id": f"clock-ahead/{member}",
        "severity": "WARNING",
        "code": "clock-ahead",
        "owner": "operations",
    }
    value |= {"text": {"en": "x", "ru": "х"}, "deadline": time + 24 * HOUR, "raised_at": time}
    record = partition.record("Alert", value, member, f"e{minute}/clock-ahead", minute)
    batch = batches.batch(partition.stage, partition.store)
    assert batch.process([record]) == 1
    batch.commit()
    return batches.sent_records(batch)


def test_one_alert_in_an_hour_is_said_for_each_member_before_any_master_data_too() -> None:
    partition = Partition()
    said = [said_at(partition, minute, member) for minute, member in ((0, "oemz"), (1, "zmk"), (59, "oemz"))]
    assert [sorted(one.topic for one in some) for some in said] == [[ALERTS, EVENTS], [ALERTS, EVENTS], []]
    assert {one.key for one in said[0]} == {b"oemz"}
    first, later = said[0], said_at(partition, 60)
    assert [alert["alert_id"] for alert in alerts([*first, *later])] == ["clock-ahead/oemz"] * 2
    ids = {dict(one.headers or ())["ce_id"] for one in [*first, *later]}
    assert len(ids) == 2
    assert len(alerts(said_at(partition, -10_000))) == 1, "the hub's own clock went back"


def test_people_see_the_newest_alert_of_each_member_for_a_day() -> None:
    partition = Partition()
    found = alerts([*said_at(partition, 0), *said_at(partition, 70), *said_at(partition, 5, "zmk")])
    waiting = open_alerts.waiting(found, {}, START + 2 * HOUR)
    assert [(one["alert_id"], one["raised_at"]) for one in waiting] == [
        ("clock-ahead/oemz", START + 70 * MINUTE),
        ("clock-ahead/zmk", START + 5 * MINUTE),
    ]
    assert open_alerts.waiting(found, {}, START + 26 * HOUR) == []
