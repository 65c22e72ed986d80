"""A plant's load, by hand: what its weeks have, what is reserved of them, and what is free."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.routing.allocator.capacity import WEEKS
from streams.routing.allocator.plant_load import plant_loads
from streams.routing.context import DecisionContext
from tests.support.allocation import Allocations, world

NAME = "oemz|27.11|H87"


def loads(world_: Allocations, plant: str = "oemz") -> dict[str, Any]:
    found: Any = plant_loads(world_.store, plant, DecisionContext("t", world_.time, world_.master))
    return dict(found)


def weeks(world_: Allocations, count: int = 3) -> list[tuple[str, int, int, int]]:
    found = loads(world_)[NAME]["weeks"][:count]
    return [(week["week"], *(int(week[name]) for name in ("capacity", "reserved", "free"))) for week in found]


def test_a_free_plant_has_its_whole_weeks_but_for_days_off() -> None:
    """Ten motors in five days; the Wednesday of week 49 is off, so eight."""
    allocations = Allocations()
    assert weeks(allocations) == [("2026-W48", 10, 0, 10), ("2026-W49", 8, 0, 8), ("2026-W50", 10, 0, 10)]
    found = loads(allocations)[NAME]
    assert (found["plant"], found["capability"], found["unit"], len(found["weeks"])) == ("oemz", "27.11", "H87", WEEKS)


def test_what_is_reserved_is_no_longer_free() -> None:
    allocations = Allocations()
    allocations.reserve("b:1/1.1.1", 14)
    assert weeks(allocations) == [("2026-W48", 10, 10, 0), ("2026-W49", 8, 4, 4), ("2026-W50", 10, 0, 10)]
    allocations.ask("RELEASE", "b:1/1.1.1")
    assert weeks(allocations)[0] == ("2026-W48", 10, 0, 10)


def test_a_stop_makes_weeks_smaller_and_nothing_that_is_free_is_negative() -> None:
    """From Wednesday, 25 November, for a week: two of five days are left of week 48, two of four of week 49."""
    allocations = Allocations()
    allocations.disrupt()
    assert [week[:2] for week in weeks(allocations)] == [("2026-W48", 4), ("2026-W49", 4), ("2026-W50", 10)]
    assert all(week["free"] >= 0 for week in loads(allocations)[NAME]["weeks"])


def test_only_a_member_who_makes_something_and_has_a_limit_has_a_load() -> None:
    assert loads(Allocations(), "nobody") == {}
    assert loads(Allocations(world(motor=None))) == {}
    assert set(loads(Allocations(), "zmk")) == {"zmk|25.11|TNE"}


def test_weeks_that_are_over_are_gone() -> None:
    allocations = Allocations()
    allocations.reserve("b:1/1.1.1", 14)
    allocations.time += timedelta(days=7)
    assert weeks(allocations, 1) == [("2026-W49", 8, 4, 4)]


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=8))
def test_capacity_is_reserved_or_free_and_what_is_reserved_is_what_was_promised(asked: list[tuple[int, bool]]) -> None:
    allocations = Allocations()
    held: dict[str, Decimal] = {}
    for number, (quantity, back) in enumerate(asked):
        held[f"b:{number}/1.1.1"] = allocations.reserve(f"b:{number}/1.1.1", quantity)["to_make"]
        if back:
            allocations.ask("RELEASE", f"b:{number}/1.1.1")
            del held[f"b:{number}/1.1.1"]
    found = loads(allocations)[NAME]["weeks"]
    assert all(week["capacity"] == week["reserved"] + week["free"] for week in found)
    assert sum(week["reserved"] for week in found) == sum(held.values())
    assert [week["week"] for week in found] == sorted({week["week"] for week in found})
