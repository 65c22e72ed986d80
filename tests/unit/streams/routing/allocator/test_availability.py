"""What an allocator publishes of a plant's availability, and when."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from kranhub.wire.messages import Subject
from streams.routing.allocator import allocator, availability
from streams.routing.context import DecisionContext
from tests.support.allocation import START, Allocations, crowded


def tick(of: Allocations, minutes: float) -> list[Any]:
    """Let it be so many minutes after the start; return what is published."""
    time = START + timedelta(minutes=minutes)
    context = DecisionContext(f"tick-{minutes}", time, of.master)
    step = allocator.handle(of.store, Subject.TICK, {"time": time}, context)
    of.store.apply(step.changes)
    return [each.value for each in step.availability]


def entry(free: int, day: date | None, load: str | None) -> dict[str, Any]:
    return {
        "item": "motor",
        "free_stock": Decimal(free),
        "capacity_from": day,
        "load": None if load is None else Decimal(load),
    }


def test_stock_and_the_first_week_with_room_are_published_with_the_next_tick_and_once() -> None:
    """10 a week, 7 on stock: 12 take the 7 and half of the week from Monday, 23 November; 15 more fill it.

    Of the 15 five go into this week and ten into the next, which has four of five days and so eight; two are left for
    the week from 7 December: a fifth of it is taken.
    """
    of = Allocations(crowded())
    of.level(7)
    of.reserve("b:1/1.1.1", 12)
    assert tick(of, 1) == [{"plant": "oemz", "items": [entry(0, date(2026, 11, 23), "0.50")]}]
    assert tick(of, 2) == []
    of.reserve("b:2/1.1.1", 15)
    assert tick(of, 3) == [{"plant": "oemz", "items": [entry(0, date(2026, 12, 7), "0.20")]}]
    of.ask("RELEASE", "b:1/1.1.1")
    of.ask("RELEASE", "b:2/1.1.1")
    assert tick(of, 4) == [{"plant": "oemz", "items": [entry(7, date(2026, 11, 23), "0.00")]}]


def test_what_ends_as_it_was_is_not_published_again() -> None:
    of = Allocations(crowded())
    of.level(7)
    assert len(tick(of, 1)) == 1
    of.reserve("b:1/1.1.1", 1)
    of.ask("RELEASE", "b:1/1.1.1")
    assert tick(of, 2) == []


def test_an_offer_reserves_nothing_and_is_no_news() -> None:
    of = Allocations(crowded())
    of.ask("QUOTE", "b:1/1.1.quote0.4.oemz", 4)
    assert tick(of, 1) == []


def test_a_disruption_is_news() -> None:
    """A strike from 25 November to 1 December, 2 December is off: of three days for 4 pieces the first is the 24th.

    Of this week the Monday and the Tuesday are worked, so 4 can be made in it; a third of the 4 pieces is, 0.33 of it.
    """
    of = Allocations(crowded())
    of.reserve("b:1/1.1.1", 4)
    of.disrupt()
    assert tick(of, 10) == [{"plant": "oemz", "items": [entry(0, date(2026, 11, 23), "0.33")]}]


def test_where_all_makers_are_asked_nothing_is_published() -> None:
    of = Allocations(crowded(2))
    of.level(7)
    of.reserve("b:1/1.1.1", 12)
    assert tick(of, 1) == []
    assert [key for key in of.state if key.startswith("availability")] == []


def test_without_a_limit_there_is_room_this_week_and_no_load() -> None:
    of = Allocations(crowded(motor=None))
    of.level(7)
    assert tick(of, 1) == [{"plant": "oemz", "items": [entry(7, date(2026, 11, 23), None)]}]


def test_a_tick_publishes_a_portion_of_the_plants_and_the_next_the_others(monkeypatch: Any) -> None:
    monkeypatch.setattr(availability, "PLANTS", 1)
    of = Allocations(crowded())
    of.level(7)
    of.level(7, plant="twin")
    assert [value["plant"] for value in (*tick(of, 1), *tick(of, 2), *tick(of, 3))] == ["oemz", "twin"]
