"""What plants say and do not say: silence, production, shipments; repeated, late and for what nobody asked."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Subject
from streams.routing import handler
from streams.routing.context import DecisionContext
from tests.support.masters import item, master, other, plant
from tests.support.plants import START, Event, Value, full_production, full_response, full_shipment
from tests.support.worlds import World, answering, by_plant, line, silent, world

ALFA = plant("alfa", {"okpd2": "25.11", "working_days": 10})
BETA = plant("beta", {"okpd2": "25.11", "working_days": 12})
CARTS = other("carts", "carrier")
BEAM = item("beam", "25.11.23.119", unit="KGM")
MASTER = master([ALFA, BETA, CARTS], [BEAM])
BEAMS = line("beam", 10, unit="KGM")
HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)


def asked(of: World) -> Value:
    """The plant order that was sent last."""
    return of.subjects("PlantOrder")[-1]


def accepted() -> World:
    return world(MASTER, answering("AP"), lines=[BEAMS])


def shipment(of: World, number: str, quantity: Any, **changes: Any) -> Any:
    """The word on a shipment of the first plant order, on the day on which it is true."""
    first = of.subjects("PlantOrder")[0]
    value = full_shipment(first, START + DAY, shipment_id=number, quantity=Decimal(quantity), **changes)
    stamps = (value["actual_departure"], value["actual_arrival"])
    of.today = max([of.today, *(stamp for stamp in stamps if stamp)])
    return value


def at_plants(of: World) -> list[str]:
    return [plant for _, plant in of.at_plants()]


# 24 November 2026 is a Tuesday; the day's end in Omsk is 18:00 UTC. The answer's own day does not count.
@pytest.mark.parametrize(
    ("today", "rule", "last"),
    [
        (START, {}, datetime(2026, 11, 26, 18, 0, tzinfo=UTC)),
        (START + 3 * DAY, {}, datetime(2026, 12, 1, 18, 0, tzinfo=UTC)),
        (START, {"answer_within_working_days": 4}, datetime(2026, 11, 30, 18, 0, tzinfo=UTC)),
        (START.replace(hour=20), {}, datetime(2026, 11, 27, 18, 0, tzinfo=UTC)),
    ],
    ids=["two working days", "over a weekend", "the rule says four", "already Wednesday in Omsk"],
)
def test_a_plant_has_until_the_end_of_its_own_working_day(today: datetime, rule: Any, last: datetime) -> None:
    made = World(silent, master([ALFA, BETA], [BEAM], rule), today=today)
    made.order(BEAMS)
    made.later(seconds=(last - today).total_seconds() - 60)
    assert at_plants(made) == ["alfa"]
    made.later(seconds=60)
    assert at_plants(made) == ["beta"]


def test_a_silent_plant_loses_the_portion_to_the_next_and_is_told() -> None:
    made = world(MASTER, by_plant(beta=answering("AP")), lines=[BEAMS])
    made.later(days=4)
    cancelled = made.plant_orders()["sibir-terminal:17/1.1.1"]
    assert (cancelled["plant"], cancelled["document_status"]) == ("alfa", "CANCELLED")
    assert at_plants(made) == ["beta"]
    causes = [status["cause"] for status in made.subjects("OrderStatus")]
    assert causes == ["order-received", "planned", "earliest-date-changed", "plant-accepted"], "beta begins days later"
    assert made.status()["state"] == "CONFIRMED"
    released = [value["plant"] for value in made.subjects("AllocationRequest") if value["action"] == "RELEASE"]
    assert released == ["alfa"]
    last = made.subjects("RoutingDecision")[-1]
    assert {entry["member"]: entry["why_not"] for entry in last["alternatives"]} == {"alfa": "no-answer", "beta": None}


def test_a_plant_that_took_less_and_then_wants_all_is_told_what_it_has() -> None:
    made = world(MASTER, by_plant(alfa=answering("CA", quantity=Decimal(6)), beta=answering("AP")), lines=[BEAMS])
    first = made.subjects("PlantOrder")[0]
    assert made.wanted() == {"beam": 10}
    made.answers = silent
    made.happen("OrderResponse", full_response(first, "AP", START + HOUR))
    last = made.plant_orders()[first["plant_order_id"]]
    assert (last["revision"], last["lines"][0]["quantity"]) == (2, 6)
    assert {plant: quantity for (_, plant), quantity in made.at_plants().items()} == {"alfa": 6, "beta": 4}
    made.happen("OrderResponse", full_response(last, "AP", START + 2 * HOUR, quantity=Decimal(10)))
    assert len(made.subjects("PlantOrder")) == 3


def test_the_customer_learns_why_when_nobody_answers() -> None:
    made = world(MASTER, lines=[BEAMS])
    made.later(days=10)
    assert (made.status()["state"], made.status()["cause"]) == ("ON_HOLD", "no-candidate")
    alert, *reminders = made.subjects("Alert")
    assert "alfa (no-answer), beta (no-answer)" in alert["text"]["en"]
    assert "alfa (no-answer), beta (no-answer)" in alert["text"]["ru"]
    assert made.holds == {}
    # Two plants had two working days each, until the end of Tuesday, 1 December; a reminder comes a day later, and the
    # next two days after that.
    assert [reminder["code"] for reminder in reminders] == ["still-on-hold"]
    made.later(days=1)
    assert made.codes()[1:] == ["still-on-hold"] * 2


@pytest.mark.parametrize("stamp", [10 * YEAR, timedelta(0), -30 * YEAR])
def test_a_refusal_counts_although_an_acceptance_was_stamped_ahead(stamp: timedelta) -> None:
    made = world(MASTER, by_plant(beta=answering("AP")), lines=[BEAMS])
    first = asked(made)
    made.happen("OrderResponse", full_response(first, "AP", datetime(2027, 6, 1, tzinfo=UTC)))
    assert made.status()["state"] == "CONFIRMED"
    made.happen("OrderResponse", full_response(first, "RE", START + stamp))
    assert at_plants(made) == ["beta"]
    assert made.plant_orders()[first["plant_order_id"]]["document_status"] == "ACTIVE"


def test_an_acceptance_that_comes_again_takes_nothing_back() -> None:
    made = world(MASTER, by_plant(beta=answering("AP")), lines=[BEAMS])
    first = asked(made)
    events = [
        Event(code, "OrderResponse", full_response(first, code, START + after))
        for code, after in (("AP", HOUR), ("RE", 2 * HOUR))
    ]
    for event in events:
        made.take(event)
    made.run()
    before, said = made.state, len(made.sent)
    for event in events:
        made.take(event)
    assert (made.state, len(made.sent)) == (before, said)


def test_an_answer_to_an_older_revision_never_counts_whatever_its_stamp_says() -> None:
    made = world(MASTER, answering("AP"), lines=[BEAMS])
    first = asked(made)
    made.order(line("beam", 8, unit="KGM"))
    made.happen("OrderResponse", full_response(first, "RE", START + 10 * YEAR))
    assert at_plants(made) == ["alfa"]


def test_what_was_done_ahead_of_the_hubs_clock_is_promised_for_today() -> None:
    made = accepted()
    made.happen("ProductionStatus", full_production(asked(made), "COMPLETED", START + 10 * YEAR))
    assert made.status()["promised_date"] == START.date() + DAY
    made.happen("Shipment", full_shipment(asked(made), START + 10 * YEAR, actual_arrival=START + 11 * YEAR))
    assert made.status()["promised_date"] == START.date()


def test_an_acceptance_that_comes_too_late_changes_nothing_and_stays_withdrawn() -> None:
    made = world(MASTER, by_plant(beta=answering("AP")), lines=[BEAMS])
    first = asked(made)
    made.later(days=4)
    said = len(made.sent)
    made.happen("OrderResponse", full_response(first, "AP", START + 4 * DAY))
    assert len(made.sent) == said
    assert at_plants(made) == ["beta"]
    assert made.plant_orders()[first["plant_order_id"]]["document_status"] == "CANCELLED"


def test_an_acknowledgement_is_no_answer() -> None:
    made = world(MASTER, answering("AB"), lines=[BEAMS])
    made.later(days=4)
    assert at_plants(made) == ["beta"]


@pytest.mark.parametrize("deed", ["production", "shipment"])
def test_a_plant_at_work_keeps_the_portion_although_it_does_not_answer(deed: str) -> None:
    made = world(MASTER, lines=[BEAMS])
    if deed == "production":
        made.happen("ProductionStatus", full_production(asked(made), "RUNNING", START))
    else:
        made.happen("Shipment", shipment(made, "S1", 3))
    made.later(days=10)
    assert at_plants(made) == ["alfa"]
    (alert,) = made.subjects("Alert")
    assert (alert["code"], set(alert["text"])) == ("no-answer", {"en", "ru"})


@pytest.mark.parametrize("deed", ["production", "shipment"])
def test_a_plant_that_gives_its_work_up_after_its_deadline_owes_an_answer_again(deed: str) -> None:
    made = world(MASTER, lines=[BEAMS])
    if deed == "production":
        made.happen("ProductionStatus", full_production(asked(made), "RUNNING", START))
    else:
        made.happen("Shipment", shipment(made, "S1", 3))
    made.later(days=10)
    if deed == "production":
        made.happen("ProductionStatus", full_production(asked(made), "ABORTED", START + 10 * DAY))
    else:
        made.happen("Shipment", shipment(made, "S1", 3, **CANCELLED))
    assert at_plants(made) == ["alfa"]
    made.later(days=5)
    assert at_plants(made) == ["beta"]


def test_work_that_was_given_up_does_not_count_as_an_answer() -> None:
    made = world(MASTER, lines=[BEAMS])
    made.happen("ProductionStatus", full_production(asked(made), "ABORTED", START))
    made.later(days=4)
    assert at_plants(made) == ["beta"]


LEFT: dict[str, Any] = {}
ARRIVED = {"actual_arrival": START + 3 * DAY}
PLANNED = {"actual_departure": None, "estimated_arrival": START + 5 * DAY}
CANCELLED = {"document_status": "CANCELLED"}
BY_CARRIER = {"shipper": "carts", **ARRIVED}


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ([("S1", 10, PLANNED)], "CONFIRMED"),
        ([("S1", 4, LEFT)], "CONFIRMED"),
        ([("S1", 10, LEFT)], "SHIPPED"),
        ([("S1", 4, LEFT), ("S2", 6, LEFT)], "SHIPPED"),
        ([("S1", 10, LEFT), ("S1", 10, ARRIVED)], "DELIVERED"),
        ([("S1", 10, ARRIVED), ("S1", 10, LEFT)], "SHIPPED"),
        ([("S1", 10, ARRIVED), ("S1", 10, PLANNED)], "CONFIRMED"),
        ([("S1", 10, ARRIVED), ("S1", 10, LEFT), ("S1", 10, ARRIVED)], "DELIVERED"),
        ([("S1", 10, LEFT), ("S1", 10, BY_CARRIER), ("S1", 10, LEFT)], "DELIVERED"),
        ([("S1", 10, BY_CARRIER), ("S1", 10, PLANNED)], "DELIVERED"),
        ([("S1", 10, ARRIVED)] * 3, "DELIVERED"),
        ([("S1", 4, ARRIVED), ("S2", 6, LEFT)], "SHIPPED"),
        ([("S2", 6, ARRIVED), ("S1", 4, ARRIVED)], "DELIVERED"),
        ([("S1", 10, LEFT), ("S1", 10, CANCELLED)], "CONFIRMED"),
        ([("S1", 10, CANCELLED), ("S1", 10, LEFT)], "SHIPPED"),
        ([("S1", 10, LEFT), ("S1", 10, CANCELLED), ("S2", 10, LEFT)], "SHIPPED"),
        ([("S1", 10, LEFT), ("S1", 7, LEFT)], "CONFIRMED"),
    ],
)
def test_shipments_move_the_line_by_what_has_left_and_arrived(words: Sequence[Any], state: str) -> None:
    made = accepted()
    for number, quantity, changes in words:
        made.happen("Shipment", shipment(made, number, quantity, **changes))
    assert made.status()["state"] == state
    assert made.codes() == []


@pytest.mark.parametrize(
    ("changes", "promised"),
    [
        (LEFT, START.date() + 2 * DAY),
        ({"estimated_arrival": START + 9 * DAY}, START.date() + 9 * DAY),
        (ARRIVED, START.date() + 3 * DAY),
    ],
    ids=["a day's transport after it left", "the shipper's own day", "when it arrived"],
)
def test_the_promise_follows_the_goods(changes: Any, promised: date) -> None:
    made = accepted()
    made.happen("Shipment", shipment(made, "S1", 10, **changes))
    assert made.status()["promised_date"] == promised
    assert made.status()["cause"] == ("arrived" if "actual_arrival" in changes else "shipped")


def test_more_than_was_ordered_is_taken_and_a_person_is_told_once() -> None:
    made = accepted()
    made.happen("Shipment", shipment(made, "S1", 8))
    assert made.codes() == []
    made.happen("Shipment", shipment(made, "S2", 5))
    made.happen("Shipment", shipment(made, "S2", 5))
    (alert,) = made.subjects("Alert")
    assert alert["code"] == "over-shipment"
    assert "Alfa has shipped 13 of Beam, but 10 was ordered" in alert["text"]["en"]
    assert "отгружено 13, ««beam»», а заказано 10" in alert["text"]["ru"]
    assert made.status()["state"] == "SHIPPED"


def test_goods_from_a_plant_that_no_longer_has_the_order_are_told_to_a_person() -> None:
    made = world(MASTER, by_plant(beta=answering("AP")), lines=[BEAMS])
    made.later(days=4)
    made.happen("Shipment", shipment(made, "S1", 10))
    assert made.codes() == ["over-shipment"]
    assert made.status()["state"] == "CONFIRMED"


def test_a_carrier_may_say_that_it_has_arrived_and_nobody_else() -> None:
    made = accepted()
    made.happen("Shipment", shipment(made, "S1", 10, shipper="beta"))
    assert made.refused == ["not-addressee"]
    made.happen("Shipment", shipment(made, "S1", 10, shipper="carts", **ARRIVED))
    assert made.status()["state"] == "DELIVERED"


def test_goods_are_counted_in_the_items_unit() -> None:
    made = accepted()
    heavy = shipment(made, "S1", "0.01")
    heavy["lines"][0]["unit"] = "TNE"
    made.happen("Shipment", heavy)
    assert made.status()["state"] == "SHIPPED"
    odd = shipment(made, "S2", 1)
    odd["lines"][0]["unit"] = "MTR"
    made.happen("Shipment", odd)
    assert made.refused == ["unmapped-unit"]


UNKNOWN = {"plant_order_id": "sibir-terminal:17/9.9.9"}


@pytest.mark.parametrize("subject", ["OrderResponse", "ProductionStatus", "Shipment"])
@pytest.mark.parametrize("ordered", [True, False], ids=["of a known order", "of an unknown order"])
def test_a_word_on_a_plant_order_that_was_never_sent_is_refused_readably(subject: str, ordered: bool) -> None:
    made = accepted()
    wrong = {**asked(made), **UNKNOWN}
    words = {
        "OrderResponse": full_response(wrong, "AP", START),
        "ProductionStatus": full_production(wrong, "RUNNING", START),
        "Shipment": full_shipment(wrong, START),
    }
    with pytest.raises(InvalidDocument) as refused:
        handler.handle(
            made.state if ordered else None, Subject(subject), words[subject], DecisionContext("x", START, MASTER)
        )
    assert refused.value.code == "unknown-plant-order"
    assert "9.9.9" in refused.value.text.en
    assert "9.9.9" in refused.value.text.ru


def test_what_is_made_stays_when_the_order_becomes_less() -> None:
    made = accepted()
    running = full_production(asked(made), "RUNNING", START, completed=Decimal(4))
    made.happen("ProductionStatus", running)
    made.order(line("beam", 2, unit="KGM"))
    assert list(made.at_plants().values()) == [4]
    (said,) = [status for status in made.subjects("OrderStatus") if status["cause"] == "order-changed"]
    assert "Already made or sent, so it stays: Beam 4." in said["reason"]["en"]
    assert "Уже изготовлено или отправлено и остаётся: ««beam»» 4." in said["reason"]["ru"]


def test_several_productions_of_one_plant_order_add_up() -> None:
    made = accepted()
    for number in ("P1", "P2"):
        word = full_production(asked(made), "RUNNING", START, completed=Decimal(3), production_order_id=number)
        made.happen("ProductionStatus", word)
    made.order(line("beam", 1, unit="KGM"))
    assert list(made.at_plants().values()) == [6]


RUNNING = ("RUNNING", HOUR)
DONE = ("COMPLETED", 2 * HOUR)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ([RUNNING, DONE], "READY"),
        ([DONE, RUNNING], "IN_PRODUCTION"),
        ([DONE, RUNNING, DONE], "READY"),
        ([("COMPLETED", 10 * YEAR), RUNNING], "IN_PRODUCTION"),
        ([("RUNNING", 10 * YEAR), ("COMPLETED", -30 * YEAR)], "READY"),
        ([DONE, ("ABORTED", 3 * HOUR)], "CONFIRMED"),
        ([("RELEASED", HOUR)], "CONFIRMED"),
        ([("HELD", HOUR)], "IN_PRODUCTION"),
    ],
)
def test_the_last_word_on_a_production_counts_whatever_its_stamp_says(words: Any, state: str) -> None:
    made = accepted()
    for production, after in words:
        made.happen("ProductionStatus", full_production(asked(made), production, START + after))
    assert made.status()["state"] == state


def test_a_promise_that_has_passed_without_a_word_moves_with_the_days() -> None:
    made = accepted()
    (ordered,) = made.subjects("PlantOrder")
    made.happen("OrderResponse", full_response(ordered, "AP", START + HOUR, promised_date=date(2026, 12, 1)))
    assert made.status()["promised_date"] == date(2026, 12, 2)
    # A working day for the report, until the end of the 2nd. From the 3rd on the second working day counts: Friday the
    # 4th, Monday the 7th; from the 8th on the fourth: the 9th, 10th, 11th and Monday the 14th. A day's way each time.
    made.later(days=10)
    assert made.status()["promised_date"] == date(2026, 12, 8)
    made.later(days=4)
    assert made.status()["promised_date"] == date(2026, 12, 15)
    assert made.codes() == ["readiness-overdue", "readiness-overdue"]
    made.happen("ProductionStatus", full_production(ordered, "COMPLETED", made.today))
    assert made.status()["promised_date"] == date(2026, 12, 9)
    made.later(days=1)
    made.happen("ProductionStatus", full_production(ordered, "CLOSED", made.today))
    assert made.status()["promised_date"] == date(2026, 12, 9), "the day on which it was made stays"


def test_an_order_is_ready_once_all_of_it_is_made_by_whatever_production_orders() -> None:
    made = accepted()
    for number, completed, state in (("P1", 4, "IN_PRODUCTION"), ("P2", 6, "READY")):
        words: dict[str, Any] = {"production_order_id": number, "completed": Decimal(completed)}
        made.happen("ProductionStatus", full_production(asked(made), "COMPLETED", START, **words))
        assert made.status()["state"] == state


def test_a_plant_that_agrees_without_a_day_agrees_to_the_day_it_was_asked_for() -> None:
    made = world(MASTER, lines=[BEAMS])
    made.happen("OrderResponse", full_response(asked(made), "AP", START, promised_date=None))
    assert made.status()["promised_date"] is not None
    made.happen("OrderResponse", full_response(asked(made), "CA", START + DAY, promised_date=None))
    assert made.status()["promised_date"] is None


def test_a_plant_and_a_carrier_have_documents_of_their_own_on_one_shipment_and_each_only_one() -> None:
    made = accepted()
    made.take(Event("alfa/Shipment/7/0/1", "Shipment", shipment(made, "S1", 10)))
    made.take(Event("carts/Shipment/99/0/1", "Shipment", shipment(made, "S1", 10, **BY_CARRIER)))
    assert made.status()["state"] == "DELIVERED"
    assert made.refused == []
    made.take(Event("carts/Shipment/98/0/1", "Shipment", shipment(made, "S1", 4, **BY_CARRIER)))
    assert made.refused == ["two-documents"]


def shipped_reports(of: World) -> list[tuple[Decimal, datetime]]:
    """Return how much the plant's allocator was told to have left, and when."""
    requests = of.subjects("AllocationRequest")
    return [(value["quantity"], value["at"]) for value in requests if value["action"] == "SHIPPED"]


def test_the_allocator_hears_of_each_change_of_what_has_left_and_of_nothing_else() -> None:
    of = accepted()
    later = START + 2 * DAY
    planned = {"actual_departure": None}
    for number, quantity, changes in (
        ("S1", 4, planned),
        ("S1", 4, {}),
        ("S1", 4, {"actual_arrival": later}),
        ("S2", 6, {"actual_departure": later}),
        ("S2", 6, {"document_status": "CANCELLED"}),
    ):
        of.today += HOUR
        of.happen("Shipment", shipment(of, number, quantity, **changes))
    assert [quantity for quantity, _ in shipped_reports(of)] == [4, 10, 4]
