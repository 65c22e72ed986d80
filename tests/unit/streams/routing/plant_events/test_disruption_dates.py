"""A disruption all the way: the planner beside the real allocator, and what customer and operations are told."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from streams.routing.model.attempt import Attempt
from streams.routing.planner.messages import OutputMessage
from tests.support.allocation import Allocations
from tests.support.masters import item, master, plant
from tests.support.plants import START, Event, Value, full_production
from tests.support.worlds import World, answering, line, silent

ALFA = plant("alfa", {"okpd2": "25.11.23", "working_days": 5})
SLOW = plant("alfa", {"okpd2": "25.11.23", "working_days": 20})
BETA = plant("beta", {"okpd2": "25.11.23", "working_days": 8})
BEAM = item("beam", "25.11.23.119", unit="KGM", codes={"sibir-terminal": "beam"})
EARLIEST = {"rank": "earliest-promise"}
IN_TIME, STOPPED = date(2026, 11, 30), date(2026, 12, 7)
"""When alfa is ready with a beam that is asked for on Tuesday, 2026-11-24: as usual, and without the week from then."""


@dataclass
class Hub(World):
    """A world whose plants share one real allocator."""

    allocations: Allocations = field(default_factory=Allocations)

    def _allocate(self, message: OutputMessage) -> list[Event]:
        self.allocations.master, self.allocations.time = self.master, self.today
        said = self.allocations.take("AllocationRequest", dict(message.value))
        return [Event(f"{message.id}/result", "AllocationResult", value) for value in said]

    def disrupt(self, number: str = "D-1", minutes: float = 0, **fields: Any) -> None:
        """Have alfa say that it makes nothing until Monday, and let everything happen that follows."""
        self.allocations.master, self.allocations.time = self.master, self.today
        days = {"begins": START.date(), "ends": date(2026, 11, 30)}
        said = self.allocations.disrupt(number, minutes, **{"member": "alfa", **days, **fields})
        self.pending += [Event(f"{number}/{minutes}/{one['request_id']}", "AllocationResult", one) for one in said]
        self.run()

    def await_receipt(self, day: date) -> None:
        """Have alfa say that it awaits five kilograms of beam for its stock, and let everything happen that follows."""
        self.allocations.master, self.allocations.time = self.master, self.today
        fields: dict[str, Any] = {"company": "alfa", "site": "alfa-a", "item": "beam", "item_code": "beam"}
        said = self.allocations.receipt(5, day, **fields)
        self.pending += [Event(f"{day}/{one['request_id']}", "AllocationResult", one) for one in said]
        self.run()

    @property
    def attempt(self) -> Attempt:
        attempt = self.portions()[0].current
        assert attempt is not None
        return attempt

    def ready(self) -> date | None:
        """Return the day on which the first portion is ready, as its allocator has told."""
        reservation = self.attempt.reservation
        return reservation.available_on if reservation else None


def hub(answers: Any = silent, rule: Value = EARLIEST, plants: Any = (ALFA, BETA)) -> Hub:
    return Hub(answers, master(plants, [BEAM], rule))


def ordered(made: Hub, **changes: Any) -> Hub:
    made.order(line("beam", 5, unit="KGM"), **{"requested_date": IN_TIME + timedelta(days=1), **changes})
    return made


def test_a_plant_that_is_stopped_is_not_chosen_and_the_decision_says_why() -> None:
    made = hub()
    made.disrupt()
    ordered(made)
    (decision,) = made.subjects("RoutingDecision")
    assert decision["chosen"] == "beta"
    assert {one["member"]: one["why_not"] for one in decision["alternatives"]} == {"alfa": "disrupted", "beta": None}
    assert "disruption" not in decision["inputs"]


def test_where_it_is_chosen_all_the_same_the_decision_names_the_disruption() -> None:
    made = hub(plants=(ALFA,))
    made.disrupt()
    ordered(made)
    (decision,) = made.subjects("RoutingDecision")
    assert (decision["chosen"], decision["inputs"]["disruption"]) == ("alfa", "D-1")
    assert decision["inputs"]["available_on"] == STOPPED.isoformat()


def test_a_plant_that_has_not_answered_gets_another_day_and_it_comes_back_in_the_end() -> None:
    made = ordered(hub())
    assert (made.attempt.plant, made.ready()) == ("alfa", IN_TIME)
    made.disrupt()
    assert (made.attempt.plant, made.ready()) == ("alfa", STOPPED)
    assert made.codes() == []
    made.disrupt(minutes=1, status="RESOLVED")
    assert (made.ready(), made.attempt.reservation and made.attempt.reservation.disruption) == (IN_TIME, None)


def test_a_plant_that_has_confirmed_keeps_its_promise_and_operations_are_told_once() -> None:
    made = ordered(hub(answering("AP")))
    promised = made.status()["promised_date"]
    made.disrupt()
    assert made.status()["promised_date"] == promised
    assert made.ready() == STOPPED
    (alert,) = made.subjects("Alert")
    assert (alert["code"], alert["alert_id"]) == ("disruption", f"disruption/{made.status()['order_key']}/alfa/D-1")
    for words in ("Alfa", STOPPED.isoformat(), IN_TIME.isoformat()):
        assert words in alert["text"]["en"]
    assert "«alfa»" in alert["text"]["ru"]
    made.disrupt(minutes=1, ends=date(2026, 12, 7))
    made.disrupt(minutes=2, status="RESOLVED")
    assert made.codes() == ["disruption"]
    made.disrupt("D-2")
    assert made.codes() == ["disruption"] * 2, "another disruption is another danger"


def test_a_promise_that_the_disruption_leaves_in_time_is_in_no_danger() -> None:
    made = ordered(hub(answering("AP")), requested_date=date(2027, 3, 1))
    made.disrupt()
    assert (made.ready(), made.codes()) == (STOPPED, [])


def test_of_several_portions_of_an_order_the_first_raises_the_alert() -> None:
    made = hub(answering("AP"))
    made.order(*(line("beam", 5, str(number), unit="KGM") for number in (1, 2)), requested_date=IN_TIME)
    made.disrupt()
    held = [portion.current.reservation for portion in made.portions() if portion.current]
    assert [reservation.available_on for reservation in held if reservation] == [STOPPED] * 2
    assert made.codes() == ["promise-late", "disruption"]


@pytest.mark.parametrize("kind", ["MOVED", "RESERVED"])
def test_a_day_for_an_older_request_counts_for_nothing(kind: str) -> None:
    made = ordered(hub())
    before, number = made.state, next(iter(made.plant_orders()))
    value = {"request_id": number, "kind": kind, "generation": 0}
    amounts = {"from_stock": Decimal(0), "to_make": Decimal(5), "available_on": STOPPED, "disruption": "D-1"}
    made.happen("AllocationResult", {**value, **amounts})
    assert made.state == before


def test_a_plant_that_accepted_without_a_day_is_held_to_the_day_that_it_was_asked_for() -> None:
    made = ordered(hub(answering("AP", promised_date=None)))
    made.disrupt()
    assert made.codes() == ["disruption"]


def test_goods_that_are_made_are_in_no_danger() -> None:
    made = ordered(hub(answering("AP")))
    asked = next(iter(made.plant_orders().values()))
    made.happen("ProductionStatus", full_production(asked, "COMPLETED", START))
    made.disrupt()
    assert made.codes() == []


# Without a disruption, what a plant awaits for its stock comes on another day.


def awaiting(answers: Any = silent) -> Hub:
    """Return a hub whose order takes what alfa awaits by Friday, the 27th."""
    made = hub(answers, plants=(SLOW,))
    made.await_receipt(date(2026, 11, 27))
    return ordered(made)


def test_a_plant_that_has_not_answered_gets_the_day_of_what_it_awaits() -> None:
    made = awaiting()
    assert made.ready() == date(2026, 11, 27)
    made.await_receipt(date(2026, 11, 30))
    assert (made.ready(), made.codes()) == (date(2026, 11, 30), [])
    assert made.portions()[0].to_make == 0


def test_the_buyer_reads_why_a_day_has_moved() -> None:
    made = awaiting()
    made.master = master([SLOW], [BEAM], {**EARLIEST, "date_tolerance_days": 0})
    made.await_receipt(date(2026, 11, 30))
    assert made.status()["earliest_date"] == date(2026, 12, 1)
    assert made.status()["cause"] == "receipt-moved"


def test_a_plant_that_has_confirmed_keeps_its_promise_and_people_are_told_once_when_it_is_in_danger() -> None:
    made = awaiting(answering("AP"))
    promised = made.status()["promised_date"]
    for day in (date(2026, 11, 28), date(2026, 12, 2), date(2026, 12, 4)):
        made.await_receipt(day)
    assert made.status()["promised_date"] == promised
    (alert,) = made.subjects("Alert")
    assert alert["code"] == "receipt-moved"
    assert all("2026-12-02" in text for text in alert["text"].values())
