"""Capacity is booked in the weeks in which the work is done; the time that it takes follows from the quantity."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.parties.members import Capability
from streams.routing.allocator.plant_load import plant_loads
from streams.routing.context import DecisionContext
from streams.routing.schedule.lead_time import lead_days, quantity_within
from tests.support.allocation import ITEMS, Allocations, offer, world

MONDAY = date(2026, 12, 7)
"""From here on the calendar has no days off for a while."""

GEAR = {"item": "gear", "okpd2": "27.11.25", "unit": "H87", "codes": {"oemz": "Ш"}}


def plant(*capabilities: dict[str, Any], **member: Any) -> Allocations:
    """Return the allocator of a plant that can do this."""
    master = world([*ITEMS, GEAR])
    known, *others = master.members.members
    changes = {**known.model_dump(mode="json", by_alias=True), "capabilities": [*capabilities], **member}
    members = {"members": [changes, *(other.model_dump(mode="json", by_alias=True) for other in others)]}
    given_members = type(master.members).model_validate(members)
    return Allocations(type(master)(given_members, master.nomenclature, calendars=master.calendars))


def weeks(allocations: Allocations) -> dict[str, Decimal]:
    """Return what is taken of each week; all work is of one capability or work centre."""
    (load,) = [json.loads(data) for key, data in allocations.state.items() if key.startswith("load/")]
    return {week: Decimal(taken) for week, taken in load["weeks"].items()}


def motors(**fields: Any) -> dict[str, Any]:
    return {"okpd2": "27.11.24", **fields}


TEN = {"quantity": 10, "unit": "H87"}
FIVE_WEEKS = ["2026-W50", "2026-W51", "2026-W52", "2026-W53", "2027-W01"]


def test_ten_in_25_days_take_two_of_each_of_five_weeks() -> None:
    allocations = plant(motors(working_days=25, capacity=TEN))
    answer = allocations.reserve("o:1/1.1.1", 10, not_before=MONDAY)
    assert offer(answer) == (0, 10, date(2027, 1, 8))
    assert weeks(allocations) == dict.fromkeys(FIVE_WEEKS, Decimal(2))


def test_what_does_not_fit_beside_it_begins_in_a_later_week() -> None:
    """Of 60, 50 fill five weeks with ten each; the other 10 begin in the sixth and take two of each of its five."""
    allocations = plant(motors(working_days=25, capacity=TEN))
    answer = allocations.reserve("o:1/1.1.1", 60, not_before=MONDAY)
    assert answer["available_on"] == date(2027, 2, 12)
    assert list(weeks(allocations).values()) == [10] * 5 + [2] * 5
    assert allocations.reserve("o:2/1.1.1", 40, not_before=MONDAY)["available_on"] == date(2027, 2, 12)
    allocations.ask("RELEASE", "o:1/1.1.1")
    allocations.ask("RELEASE", "o:2/1.1.1")
    assert not [key for key in allocations.state if key.startswith("load/")]


@pytest.mark.parametrize(
    ("fields", "quantity", "days", "done"),
    [
        ({"working_days": 7}, 100, 7, date(2026, 12, 15)),
        ({"working_days": 7, "setup_days": 2, "rate": {"quantity": 4, "unit": "H87"}}, 10, 5, date(2026, 12, 11)),
        ({"rate": {"quantity": 4, "unit": "H87"}}, 12, 3, date(2026, 12, 9)),
        ({"rate": {"quantity": 4, "unit": "H87"}}, 13, 4, date(2026, 12, 10)),
        ({"setup_days": 1, "lot": {"quantity": 6, "unit": "H87"}, "lot_days": 3}, 6, 4, date(2026, 12, 10)),
        ({"setup_days": 1, "lot": {"quantity": 6, "unit": "H87"}, "lot_days": 3}, 7, 7, date(2026, 12, 15)),
        ({"working_days": 2, "rate": {"quantity": 4, "unit": "TNE"}}, 13, 2, date(2026, 12, 8)),
    ],
)
def test_the_lead_time_follows_from_setup_and_rate_or_lots(
    fields: dict[str, Any], quantity: int, days: int, done: date
) -> None:
    """Ten at four a day take two days of setup and three of work; a unit that does not convert says nothing."""
    allocations = plant(motors(**fields))
    (capability,) = allocations.master.members.by_id["oemz"].capabilities
    assert lead_days(capability, allocations.master.items["motor"], Decimal(quantity)) == days
    assert allocations.reserve("o:1/1.1.1", quantity, not_before=MONDAY)["available_on"] == done


def test_what_takes_longer_than_the_horizon_is_not_offered() -> None:
    """Four a day on 52 weeks of five days are 1,040, less those of ten days of setup."""
    allocations = plant(motors(setup_days=10, rate={"quantity": 4, "unit": "H87"}))
    assert allocations.reserve("o:1/1.1.1", 10**12)["to_make"] == 1000


def test_capabilities_of_one_work_centre_share_its_hours() -> None:
    """A motor takes two hours and a gear half an hour of the same ten hours a week."""
    centre = {"work_centres": [{"id": "winding", "capacity": {"quantity": 10, "unit": "HUR"}}]}
    allocations = plant(
        motors(working_days=5, work_centre="winding", usage="2"),
        {"okpd2": "27.11.25", "working_days": 5, "work_centre": "winding", "usage": "0.5"},
        **centre,
    )
    assert allocations.reserve("o:1/1.1.1", 4, not_before=MONDAY)["available_on"] == date(2026, 12, 11)
    assert allocations.reserve("o:2/1.1.1", 4, item="gear", not_before=MONDAY)["available_on"] == date(2026, 12, 11)
    assert weeks(allocations) == {"2026-W50": 10}
    assert allocations.reserve("o:3/1.1.1", 1, not_before=MONDAY)["available_on"] == date(2026, 12, 18)
    context = DecisionContext("load", allocations.time, allocations.master)
    (load,) = plant_loads(allocations.store, "oemz", context).values()
    assert (load["capability"], load["unit"]) == ("winding", "HUR")
    assert [week["free"] for week in load["weeks"] if week["week"] == "2026-W50"] == [0]


def test_what_a_third_of_an_hour_is_taken_for_is_offered_whole() -> None:
    centre = {"work_centres": [{"id": "winding", "capacity": {"quantity": 1, "unit": "HUR"}}]}
    allocations = plant(motors(working_days=1, work_centre="winding", usage="0.333333"), **centre)
    assert allocations.reserve("o:1/1.1.1", 10**6)["to_make"] == 155


def test_work_on_which_a_plant_is_already_takes_only_the_days_that_are_left() -> None:
    """Begun on Monday for 20 days; a stop in the third week moves the 10 days that are left behind it."""
    allocations = plant(motors(working_days=20, capacity=TEN))
    allocations.reserve("o:1/1.1.1", 40, not_before=MONDAY)
    allocations.tick(28 * 24 * 60 - 7 * 24 * 60)
    (moved,) = allocations.disrupt(minutes=21 * 24 * 60, begins=date(2026, 12, 21), ends=date(2026, 12, 27))
    assert moved["available_on"] == date(2027, 1, 8)
    assert weeks(allocations)["2026-W53"] == 10


def test_today_is_the_day_of_the_plants_own_place() -> None:
    """It is 02:00 on the 25th in Omsk when it is 20:00 on the 24th in UTC."""
    allocations = plant(motors(working_days=1))
    allocations.time = allocations.time.replace(hour=20)
    assert allocations.reserve("o:1/1.1.1", 1)["available_on"] == date(2026, 11, 25)


def test_what_an_earlier_release_reserved_keeps_its_day_and_can_be_moved() -> None:
    """It booked all work in the week in which it begins."""
    allocations = plant(motors(working_days=3, capacity=TEN))
    allocations.reserve("o:1/1.1.1", 4)
    key = next(key for key in allocations.state if key.startswith("reservation/"))
    old = json.loads(allocations.state[key])
    for name in ("last_begins", "days"):
        old.pop(name)
    allocations.store.apply({key: json.dumps(old).encode()})
    (moved,) = allocations.disrupt()
    assert moved["available_on"] == date(2026, 12, 4)
    assert allocations.ask("RELEASE", "o:1/1.1.1") == []
    assert not [key for key in allocations.state if key.startswith("load/")]


@given(
    st.decimals("0.01", 50, places=2),
    st.integers(0, 9),
    st.one_of(st.none(), st.integers(1, 9)),
    st.integers(1, 200),
)
def test_the_largest_quantity_within_so_many_days_takes_no_more_and_a_little_more_does(
    each: Decimal, setup: int, lot_days: int | None, days: int
) -> None:
    size = {"quantity": each, "unit": "H87"}
    how = {"rate": size} if lot_days is None else {"lot": size, "lot_days": lot_days}
    capability = Capability.model_validate(motors(setup_days=setup, **how))
    item = world().items["motor"]
    most = quantity_within(capability, item, days)
    assert most is not None
    assert most == 0 or lead_days(capability, item, most) <= days
    assert lead_days(capability, item, most + Decimal("0.000001")) > days
