"""Quotas: some customers or programmes take at most a share of each week's capacity, and others find the rest."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.parties.members import Members, Quota
from streams.routing.allocator.capacity import LONGEST_SPAN, WEEKS
from streams.routing.allocator.reservations import LOADS
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.copying import replace
from tests.support.allocation import TODAY, Allocations, world


def limited(**quota: Any) -> MasterData:
    """Return the small world in which the motor works (ten a week) have this quota."""
    plain = world()
    known = plain.members.by_id["oemz"]
    (able,) = known.capabilities
    changed = able.model_copy(update={"quotas": (Quota.model_validate(quota),)})
    members = [known.model_copy(update={"capabilities": (changed,)}), plain.members.by_id["zmk"]]
    return replace(plain, members=Members(members=tuple(members)))


def weeks(allocations: Allocations, name: str = "oemz|27.11|H87") -> dict[str, Decimal]:
    load = LOADS.get(allocations.store, (name,))
    return load.weeks if load else {}


def test_a_customer_takes_its_share_of_each_week_and_no_more() -> None:
    made = Allocations(limited(buyer=["big"], percent=40))
    big = made.reserve("big:1/1.1.1", 10)
    # Four a week: 24 November's week, the next (four of five days: 3.2) and so on; work takes three days.
    assert weeks(made) == {"2026-W48": Decimal(4), "2026-W49": Decimal("3.2"), "2026-W50": Decimal("2.8")}
    assert big["to_make"] == 10
    assert made.reserve("small:1/1.1.1", 6)["available_on"] < big["available_on"]
    assert weeks(made)["2026-W48"] == 10


def test_a_quota_is_shared_by_all_orders_that_it_is_for() -> None:
    made = Allocations(limited(programme=["GP-1"], percent=40))
    made.reserve("a:1/1.1.1", 4, programme="GP-1")
    made.reserve("b:1/1.1.1", 2, programme="GP-1")
    made.reserve("a:2/1.1.1", 6)
    assert weeks(made) == {"2026-W48": Decimal(10), "2026-W49": Decimal(2)}


def test_what_is_released_is_there_again() -> None:
    made = Allocations(limited(buyer=["big"], percent=40))
    made.reserve("big:1/1.1.1", 10**9)
    made.ask("RELEASE", "big:1/1.1.1")
    assert weeks(made) == {}
    made.reserve("big:2/1.1.1", 4)
    assert weeks(made) == {"2026-W48": Decimal(4)}


def test_one_typo_leaves_the_others_their_share() -> None:
    made = Allocations(limited(buyer=["big"], percent=40))
    assert made.reserve("big:1/1.1.1", 10**12)["to_make"] < 10 * (WEEKS + LONGEST_SPAN) * Decimal("0.4")
    small = made.reserve("small:1/1.1.1", 6)
    assert (small["to_make"], (small["available_on"] - TODAY).days < 7) == (6, True)


orders = st.lists(
    st.tuples(st.sampled_from(["big", "small"]), st.integers(1, 40), st.booleans()), min_size=1, max_size=12
)


@given(orders, st.integers(1, 100))
def test_no_week_holds_more_than_its_capacity_nor_more_of_some_than_their_quota(
    placed: list[tuple[str, int, bool]], percent: int
) -> None:
    made = Allocations(limited(buyer=["big"], percent=percent))
    for number, (buyer, quantity, is_released) in enumerate(placed):
        made.reserve(f"{buyer}:{number}/1.1.1", quantity)
        if is_released:
            made.ask("RELEASE", f"{buyer}:{number}/1.1.1")
    rounding = Decimal("0.00002")
    taken = weeks(made, "oemz|27.11|H87|quota|big|")
    assert all(used <= 10 + rounding for used in weeks(made).values())
    assert all(used <= Decimal(percent) / 10 + rounding for used in taken.values())
    for number, (buyer, _, is_released) in enumerate(placed):
        if not is_released:
            made.ask("RELEASE", f"{buyer}:{number}/1.1.1")
    assert weeks(made) == {}
    assert weeks(made, "oemz|27.11|H87|quota|big|") == {}


@pytest.mark.parametrize(
    ("quota", "buyer", "programme", "matches"),
    [
        ({"buyer": ["a"]}, "a", None, True),
        ({"buyer": ["a"]}, "b", "GP-1", False),
        ({"programme": ["GP-1"]}, "b", "GP-1", True),
        ({"programme": ["GP-1"]}, "b", None, False),
        ({"buyer": ["a"], "programme": ["GP-1"]}, "a", None, False),
        ({}, "anybody", None, True),
    ],
)
def test_a_quota_is_for_its_buyers_and_programmes(quota: Any, buyer: str, programme: str | None, matches: bool) -> None:
    ids = [f"{name}-plant" for name in quota.get("buyer", [])]
    known = Quota.model_validate({**quota, **({"buyer": ids} if ids else {}), "percent": 50})
    assert known.matches(f"{buyer}-plant", programme) is matches
