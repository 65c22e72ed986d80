"""A plant's orders are promised anew all the way: the planner beside the real allocator, and what everybody is told."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kranhub.wire.messages import Subject
from streams.routing.allocator import allocator
from streams.routing.context import DecisionContext
from streams.routing.model.attempt import Attempt
from streams.routing.planner.messages import OutputMessage
from tests.support.allocation import Allocations
from tests.support.masters import item, master, plant
from tests.support.plants import START, Event, full_production
from tests.support.worlds import World, answering, line, silent

WEEKLY = {"okpd2": "25.11.23", "working_days": 5, "capacity": {"quantity": Decimal(5), "unit": "KGM"}}
BEAM = item("beam", "25.11.23.119", unit="KGM", codes={"sibir-terminal": "beam"})
SOON, LATER = date(2026, 12, 4), date(2026, 12, 11)
"""When alfa is ready with a beam behind one other order, and behind two."""
OTHER = "other:1/1.1.1"


@dataclass
class Hub(World):
    """A world whose plant has a real allocator, and two orders of others before."""

    allocations: Allocations = field(default_factory=Allocations)
    times: int = 0

    def _allocate(self, message: OutputMessage) -> list[Event]:
        self.allocations.master, self.allocations.time = self.master, self.today
        said = self.allocations.take("AllocationRequest", dict(message.value))
        return [Event(f"{message.id}/result", "AllocationResult", value) for value in said]

    def ask(self, action: str, name: str = OTHER, **fields: Any) -> None:
        """Have another order ask."""
        self.allocations.master, self.allocations.time = self.master, self.today
        self.allocations.ask(action, name, 5, plant="alfa", item="beam", **fields)

    def promise_anew(self) -> int:
        """Have alfa's orders promised anew, whatever its ERP has; return how many moves that were."""
        made: Any = None
        for action in ("PROPOSE", "REPROMISE"):
            self.times += 1
            value: Any = {"request_id": f"r{self.times}", "order_key": "", "plant": "alfa", "item": ""}
            value |= {"quantity": Decimal(0), "action": action, "include_sent": True}
            value["fingerprint"] = made["fingerprint"] if made else None
            context = DecisionContext(f"r{self.times}", self.today, self.master)
            outcome = allocator.handle(self.allocations.store, Subject.ALLOCATION_REQUEST, value, context)
            self.allocations.store.apply(outcome.changes)
            made = outcome.repromising
        self.pending += [
            Event(result.id, "AllocationResult", dict(result.value))
            for result in outcome.results
            if result.value["order_key"] == self.key
        ]
        self.run()
        return len(made["moves"])

    @property
    def key(self) -> str:
        assert self.state is not None
        return self.state.key

    @property
    def attempt(self) -> Attempt:
        attempt = self.portions()[0].current
        assert attempt is not None
        return attempt

    def asked_for(self) -> tuple[int, date]:
        """Return the revision of the plant order, and its date."""
        (value,) = self.plant_orders().values()
        return value["revision"], value["requested_date"]


def ordered(answers: Any = silent, wanted: date = date(2026, 12, 1)) -> Hub:
    """Return a hub whose order is behind two others, of which one is released then."""
    made = Hub(answers, master((plant("alfa", WEEKLY),), [BEAM], {"rank": "earliest-promise"}))
    made.ask("RESERVE", "other:2/1.1.1")
    made.ask("RESERVE")
    made.order(line("beam", 5, unit="KGM"), requested_date=wanted)
    return made


def test_a_plant_that_has_not_answered_gets_the_day_with_a_revision_and_the_buyer_reads_why() -> None:
    made = ordered()
    assert made.asked_for() == (1, LATER)
    made.ask("RELEASE")
    assert made.promise_anew() == 1
    assert made.asked_for() == (2, SOON)
    assert made.status()["cause"] == "re-promised"
    assert made.status()["earliest_date"] == SOON + timedelta(days=1)


def test_a_plant_is_not_asked_for_more_haste_than_the_buyer_wants() -> None:
    made = ordered(wanted=date(2027, 3, 1))
    made.ask("RELEASE")
    before = made.asked_for()
    assert made.promise_anew() == 1
    assert made.asked_for() == before
    assert not made.attempt.date_anew


def test_a_plant_that_has_accepted_is_asked_and_its_acceptance_stands_until_it_answers() -> None:
    made = ordered(answering("AP"))
    promised = made.status()["promised_date"]
    made.answers = silent
    made.ask("RELEASE")
    made.promise_anew()
    assert made.asked_for() == (2, SOON)
    assert made.attempt.confirmed
    assert made.status()["promised_date"] == promised
    made.later(days=20)
    assert made.attempt.confirmed, "silence takes nothing away"
    made = ordered(answering("AP"))
    made.ask("RELEASE")
    made.promise_anew()
    assert made.status()["promised_date"] == SOON + timedelta(days=1)


def test_what_a_plant_is_at_work_on_is_not_asked_for_again() -> None:
    made = ordered(answering("AP"))
    (asked,) = made.plant_orders().values()
    made.happen("ProductionStatus", full_production(asked, "RUNNING", START))
    before = made.asked_for()
    made.ask("RELEASE")
    made.promise_anew()
    assert made.asked_for() == before


@pytest.mark.parametrize("repeat", [False, True])
def test_a_repeat_changes_nothing(repeat: bool) -> None:
    made = ordered()
    made.ask("RELEASE")
    made.promise_anew()
    before = made.state
    if repeat:
        assert made.promise_anew() == 0
    assert made.state == before


def test_a_plant_that_has_accepted_and_refuses_the_new_day_no_longer_has_the_portion() -> None:
    made = ordered(answering("AP"))
    made.ask("RELEASE")
    made.answers = answering("RE")
    made.promise_anew()
    assert made.portions()[0].current is None
