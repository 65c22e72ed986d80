"""What is freed is offered to those who wait for it, in their order: examples, and whatever comes in whatever order."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from streams.routing.allocator import allocator, waiting
from tests.support.allocation import START, Allocations, world

HORIZON = 52 * 10 - 2
"""All that the plant can make: ten motors a week, but for the week with a day off."""

MINUTE = timedelta(minutes=1)


def wait(allocations: Allocations, name: str, quantity: Any, **fields: Any) -> list[Any]:
    terms: dict[str, Any] = {"priority": 5, "waits_since": allocations.time, **fields}
    return allocations.ask("WAIT", name, quantity, **terms)


def names(said: list[Any]) -> list[str]:
    """Return the requests that heard that something is free, in order."""
    return [one["request_id"] for one in said if one["kind"] == "FREED"]


@pytest.fixture
def full() -> Allocations:
    """The whole horizon is one order's."""
    allocations = Allocations()
    assert allocations.reserve("o:1/1.1.1", 10**12)["to_make"] == HORIZON
    return allocations


def test_a_release_is_offered_to_who_waits(full: Allocations) -> None:
    assert wait(full, "o:2/1.1.wait", 20, generation=3) == []
    (said,) = full.ask("RELEASE", "o:1/1.1.1")
    assert (said["kind"], said["request_id"], said["order_key"], said["generation"]) == (
        "FREED",
        "o:2/1.1.wait",
        "o:2",
        3,
    )
    assert (said["from_stock"], said["to_make"]) == (0, 20)
    assert full.tick(1) == [], "it is told once"


def test_the_order_is_by_priority_then_by_time_then_by_id(full: Allocations) -> None:
    wait(full, "o:5/1.1.wait", 100, waits_since=START - 2 * MINUTE)
    wait(full, "o:4/1.1.wait", 100, waits_since=START - MINUTE)
    wait(full, "o:3/1.1.wait", 100, waits_since=START - MINUTE)
    wait(full, "o:2/1.1.wait", 100, priority=9, waits_since=START - 9 * MINUTE)
    wait(full, "o:6/1.1.wait", 100, priority=0)
    said = full.ask("RELEASE", "o:1/1.1.1")
    assert names(said) == [f"o:{number}/1.1.wait" for number in (6, 5, 3, 4, 2)]


def test_only_as_many_are_told_as_what_was_freed_can_serve(full: Allocations) -> None:
    """Of 518, two take 250 each; 100 do not fit any more, 18 do."""
    for number, quantity in enumerate((250, 250, 100, 18, 1), 2):
        wait(full, f"o:{number}/1.1.wait", quantity, waits_since=START + number * MINUTE)
    assert names(full.ask("RELEASE", "o:1/1.1.1")) == ["o:2/1.1.wait", "o:3/1.1.wait", "o:5/1.1.wait"]
    full.ask("RELEASE", "o:3/1.1.wait")
    assert names(full.take("Tick", {"time": full.time})) == [], "what o:3 gave up was offered with that event"


def test_who_gives_up_or_fails_makes_room_for_the_next(full: Allocations) -> None:
    wait(full, "o:2/1.1.wait", HORIZON)
    wait(full, "o:3/1.1.wait", HORIZON, waits_since=START + MINUTE)
    assert names(full.ask("RELEASE", "o:1/1.1.1")) == ["o:2/1.1.wait"]
    assert names(full.ask("RELEASE", "o:2/1.1.wait")) == ["o:3/1.1.wait"]
    full.reserve("o:9/1.1.1", 1)
    assert wait(full, "o:3/1.1.wait", HORIZON, waits_since=START + MINUTE) == [], "another was faster: it waits again"
    assert names(full.ask("RELEASE", "o:9/1.1.1")) == ["o:3/1.1.wait"]


def test_who_says_nothing_keeps_what_was_freed_for_five_minutes(full: Allocations) -> None:
    wait(full, "o:2/1.1.wait", HORIZON)
    wait(full, "o:3/1.1.wait", HORIZON, waits_since=START + MINUTE)
    full.ask("RELEASE", "o:1/1.1.1")
    assert full.tick(4) == []
    assert names(full.tick(6)) == ["o:3/1.1.wait"]


def test_one_that_needs_more_than_there_ever_is_takes_what_there_is_and_starves_nobody(full: Allocations) -> None:
    wait(full, "o:2/1.1.wait", 10**12)
    wait(full, "o:3/1.1.wait", 5, waits_since=START + MINUTE)
    assert names(full.ask("RESERVE", "o:1/1.1.1", HORIZON - 10, generation=1)) == ["o:3/1.1.wait"]
    assert names(full.ask("RELEASE", "o:3/1.1.wait")) == []
    (said,) = full.ask("RELEASE", "o:1/1.1.1")
    assert (said["request_id"], said["to_make"]) == ("o:2/1.1.wait", HORIZON)


@pytest.mark.parametrize("how", ["quantity", "expiry", "level", "disruption", "capacity", "week"])
def test_everything_that_frees_something_is_offered(how: str) -> None:
    allocations = Allocations()
    firm = {"expires_at": START + MINUTE} if how == "expiry" else {}
    if how == "disruption":
        allocations.disrupt(ends=date(2060, 1, 1))
    allocations.reserve("o:1/1.1.1", 10**12, **firm)
    assert wait(allocations, "o:2/1.1.wait", 7) == []
    if how == "quantity":
        said = allocations.ask("RESERVE", "o:1/1.1.1", HORIZON - 7, generation=1)
    elif how == "expiry":
        said = allocations.tick(1)
    elif how == "level":
        said = allocations.level(7, 1)
    elif how == "disruption":
        said = allocations.disrupt(minutes=1, status="RESOLVED")
    elif how == "capacity":
        allocations.master = world(motor=(Decimal(20), "H87"))
        said = allocations.tick(1)
    else:
        said = allocations.tick(7 * 24 * 60)
    assert names(said) == ["o:2/1.1.wait"]


def test_very_many_are_looked_at_in_portions(monkeypatch: pytest.MonkeyPatch, full: Allocations) -> None:
    monkeypatch.setattr(waiting, "LOOKED_AT", 3)
    monkeypatch.setattr(allocator, "PORTION", 4)
    for number in range(10, 20):
        wait(full, f"o:{number}/1.1.wait", 1)
    said = [full.ask("RELEASE", "o:1/1.1.1"), full.tick(1), full.tick(2), full.tick(3), full.tick(4)]
    assert [len(part) for part in said] == [3, 4, 3, 0, 0]
    assert [name for part in said for name in names(part)] == [f"o:{number}/1.1.wait" for number in range(10, 20)]


def test_nothing_of_who_has_waited_is_left(full: Allocations) -> None:
    before = dict(full.state)
    wait(full, "o:2/1.1.wait", 7)
    full.ask("RELEASE", "o:2/1.1.wait")
    full.tick(1)
    assert full.state == before


def test_an_offer_is_no_event_that_frees_anything(full: Allocations) -> None:
    wait(full, "o:2/1.1.wait", 7)
    assert [one["kind"] for one in full.ask("QUOTE", "quote", 7)] == ["QUOTE"]


class Offering(RuleBasedStateMachine):
    """Orders take, give back and wait; who hears that something is free takes it, sooner or later, or gives up."""

    @initialize()
    def begin(self) -> None:
        self.allocations = Allocations(world(motor=(Decimal("0.5"), "H87")))
        self.held: dict[str, int] = {}
        self.waits: dict[str, tuple[int, datetime, int]] = {}
        self.told: list[str] = []

    def heard(self, said: list[Any]) -> None:
        found = names(said)
        assert not set(found) & set(self.told), "nobody is told twice"
        assert found == sorted(found, key=self.place), "the first hears first"
        self.told += found

    def place(self, name: str) -> tuple[int, datetime, str]:
        priority, since, _ = self.waits[name]
        return priority, since, name

    @rule(number=st.integers(1, 3), quantity=st.integers(1, 30))
    def reserve(self, number: int, quantity: int) -> None:
        """Let an order that did not wait take what there is, or change what it has."""
        name = f"o:{number}/1.1.1"
        said = self.allocations.ask("RESERVE", name, quantity, generation=self.allocations.events)
        self.heard(said[1:])

    @rule(number=st.integers(1, 3))
    def release(self, number: int) -> None:
        self.heard(self.allocations.ask("RELEASE", f"o:{number}/1.1.1"))

    @rule(number=st.integers(1, 5), quantity=st.integers(1, 30), priority=st.integers(4, 6), age=st.integers(0, 3))
    def wait(self, number: int, quantity: int, priority: int, age: int) -> None:
        name = f"w:{number}/1.1.wait"
        since = START - age * MINUTE
        if name in self.told:
            self.told.remove(name)
        self.waits[name] = (priority, since, quantity)
        self.heard(wait(self.allocations, name, quantity, priority=priority, waits_since=since))

    @rule(takes=st.booleans())
    def answer(self, takes: bool) -> None:
        """Let the first that heard of it take it, or give up."""
        if self.told:
            name = self.told.pop(0)
            _, _, quantity = self.waits.pop(name)
            if takes:
                said = self.allocations.ask("RESERVE", name.replace("wait", "1"), quantity)
                self.heard(said[1:])
            self.heard(self.allocations.ask("RELEASE", name))

    @rule(on_hand=st.integers(0, 20))
    def level(self, on_hand: int) -> None:
        said = self.allocations.level(on_hand, (self.allocations.time - START) / MINUTE)
        self.heard([one for one in said if one["kind"] != "SHORTAGE"])

    @rule(seconds=st.integers(1, 20))
    def tick(self, seconds: int) -> None:
        self.heard(self.allocations.tick((self.allocations.time - START + timedelta(seconds=seconds)) / MINUTE))

    @invariant()
    def nobody_waits_for_what_is_free(self) -> None:
        """Where nobody is about to take what was freed, no plant offers all that somebody waits for."""
        if not hasattr(self, "waits") or self.told:
            return
        for name, (_, _, quantity) in self.waits.items():
            (offer,) = self.allocations.ask("QUOTE", "quote", quantity)
            assert offer["from_stock"] + offer["to_make"] < quantity, name


TestOffering = Offering.TestCase
TestOffering.settings = settings(stateful_step_count=40)
