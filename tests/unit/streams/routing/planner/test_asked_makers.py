"""No more makers are asked for offers than the rule says: the best by what was published, then the next ones."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.availability import UNKNOWN, Availabilities
from streams.routing.model.portion import Portion
from streams.routing.planner import explode, source
from tests.support.masters import item, master, plant
from tests.support.planner_stage import PlannerStage
from tests.support.plants import START, full_order
from tests.support.worlds import World, line, world
from tools.harness.core import line as line_of
from tools.harness.core import order

MAKERS = [f"m{number:02}" for number in range(30)]
GEAR = item("gear", "25.11.23.119")
GEARS = line("gear", 10)
MONDAY = START.date() - timedelta(days=1)


def market(count: int = 30, **rule: Any) -> MasterData:
    """Return so many makers, each with a capacity, and each a little dearer than the one before."""
    weekly = {"capacity": {"quantity": 100, "unit": "H87"}}
    plants = [
        plant(name, {"okpd2": "25.11", "cost": {"amount": 100 + at, "currency": "RUB"}, **weekly}, currencies=["RUB"])
        for at, name in enumerate(MAKERS[:count])
    ]
    return master(plants, [GEAR], {"rank": "earliest-promise", **rule})


def asked(made: World) -> list[str]:
    return [value["plant"] for value in made.subjects("AllocationRequest") if value["action"] == "QUOTE"]


def published(**plants: tuple[Any, date | None, Any]) -> Availabilities:
    """Return what was published of these plants: free stock, first day with capacity, load."""
    found = UNKNOWN
    for name, (free, day, load) in plants.items():
        entry: Any = {"item": "gear", "free_stock": Decimal(free), "capacity_from": day, "load": Decimal(load)}
        found = found.with_plant({"plant": name, "items": [entry]})
    return found


def chosen(availability: Availabilities, quantity: int = 10, **rule: Any) -> list[str]:
    """Return who would be asked for so many."""
    made = market(**rule)
    bought = explode.order_of(full_order("17", [GEARS], made))
    portion = Portion("1", 1, "gear", "H87", Decimal(quantity))
    context = DecisionContext("e", START, made, availability=availability)
    makers = source.to_ask(bought, portion, made.makers("gear"), made.rules.rules[0], context)
    return [maker.member for maker in makers]


def test_ten_are_asked_where_the_rule_names_no_number_and_the_decision_names_some_of_the_others() -> None:
    made = world(market(), lines=[GEARS])
    assert asked(made) == MAKERS[:10]
    (decision,) = made.subjects("RoutingDecision")
    others = {other["member"]: other["why_not"] for other in decision["alternatives"]}
    assert [name for name, why in others.items() if why == "not-asked"] == MAKERS[10:20]
    assert decision["inputs"]["not_asked"] == "20"
    assert len(others) == 20


def test_where_none_of_them_can_the_next_are_asked() -> None:
    """m00 to m05 can make nothing: three are asked, then the next three, then m06 to m08, of whom m06 is taken."""
    limit = {(name, "gear"): 0 for name in MAKERS[:6]}
    made = world(market(maximum_asked=3), limit=limit, lines=[GEARS])
    assert asked(made) == MAKERS[:9]
    assert [plant for _, plant in made.at_plants()] == ["m06"]
    (decision,) = made.subjects("RoutingDecision")
    why = {other["member"]: other["why_not"] for other in decision["alternatives"]}
    assert (why["m00"], why["m05"], why["m07"], why["m09"]) == ("offers-less", "offers-less", "later-date", "not-asked")


def test_where_nobody_can_all_are_asked_before_a_person_is() -> None:
    made = world(market(7, maximum_asked=3), limit={(name, "gear"): 0 for name in MAKERS}, lines=[GEARS])
    assert asked(made) == MAKERS[:7]
    assert made.codes() == ["no-capacity"]


def test_silent_makers_are_waited_for_before_the_next_are_asked() -> None:
    made = world(market(6, maximum_asked=3), limit={("m00", "gear"): 0})
    made.mute = {"m01", "m02"}
    made.order(GEARS)
    assert asked(made) == MAKERS[:3]
    made.later(seconds=61)
    assert asked(made) == MAKERS[:6]
    made.later(seconds=61)
    assert [plant for _, plant in made.at_plants()] == ["m03"]


def test_the_place_among_the_capabilities_decides_where_nothing_was_published() -> None:
    assert chosen(UNKNOWN, maximum_asked=2) == ["m00", "m01"]


@pytest.mark.parametrize(
    ("rank", "expected"),
    [
        ("earliest-promise", ["m03", "m05"]),
        ("lowest-cost", ["m00", "m03"]),
        ("balanced-load", ["m03", "m06"]),
    ],
)
def test_each_rank_asks_by_its_own_measure(rank: str, expected: list[str]) -> None:
    """m03 has it on stock and is asked in any case.

    By day the first with room this week is m05, by cost m00, though it has no room until February, by load m06 (1 %).
    """
    late = {name: (0, date(2027, 2, 1), "0.5") for name in MAKERS}
    known = {**late, "m03": (10, None, 0), "m05": (0, MONDAY, "0.9"), "m06": (0, date(2026, 12, 7), "0.01")}
    assert chosen(published(**known), rank=rank, maximum_asked=2) == expected


def test_who_has_no_room_at_all_is_asked_last() -> None:
    known = dict.fromkeys(MAKERS[:28], (0, None, 1))
    assert chosen(published(**known), maximum_asked=3) == ["m00", "m28", "m29"]


def test_of_whom_nothing_was_published_nothing_is_taken() -> None:
    busy = {name: (0, date(2026, 12, 14), "0.5") for name in MAKERS[:4]}
    assert chosen(published(**busy), maximum_asked=2) == ["m04", "m05"]


def test_the_planner_asks_by_what_its_own_partition_was_told() -> None:
    stage = PlannerStage()
    stage.publish(market(maximum_asked=2))
    entry: Any = {"item": "gear", "free_stock": Decimal(10), "capacity_from": None, "load": None}
    assert stage.come("Availability", {"plant": "m07", "items": [entry]}) == []
    told = stage.come("Order", order("17", line_of("1", "gear", 10)))
    assert [value["plant"] for subject, value in told if subject == "AllocationRequest"] == ["m00", "m07"]


@given(st.integers(1, 40), st.integers(1, 12), st.sets(st.sampled_from(MAKERS)))
def test_never_more_are_asked_at_a_time_and_each_once(count: int, most: int, unable: set[str]) -> None:
    """Whoever can is found in the end, whatever was published: nothing here."""
    names = MAKERS[:count]
    made = world(market(count, maximum_asked=most), limit={(name, "gear"): 0 for name in unable}, lines=[GEARS])
    able = [name for name in names if name not in unable]
    if len(names) > 1:
        assert len(asked(made)) == len(set(asked(made)))
        rounds = names.index(able[0]) // most + 1 if able else -(-len(names) // most)
        assert asked(made) == names[: rounds * most]
    assert [plant for _, plant in made.at_plants()] == able[:1]
