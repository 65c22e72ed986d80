"""A plant that says it cannot make or send: what it then offers, and what becomes of what it has promised."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from streams.routing.allocator import allocator, disruptions
from streams.tables import keys
from tests.support.allocation import START, TODAY, Allocations, offer, world

AFTER = date(2026, 12, 1)
"""The last day of the stop that `Allocations.disrupt` says by default; it begins on Wednesday, 2026-11-25."""


def moves(said: Sequence[dict[str, Any]]) -> list[tuple[str, date | None, str | None]]:
    assert all(one["kind"] == "MOVED" for one in said)
    return [(one["request_id"], one["available_on"], one["disruption"]) for one in said]


def test_an_offer_counts_no_day_of_the_stop_and_names_the_disruption() -> None:
    allocations = Allocations()
    assert allocations.disrupt() == []
    answer = allocations.reserve("o:1/1.1.1", 4)
    assert offer(answer) == (0, 4, date(2026, 12, 4)), "one day before the stop, two after it and the day off"
    assert answer["disruption"] == "D-1"
    assert allocations.reserve("o:2/1.1.1", 2)["available_on"] == date(2026, 12, 4), "2 of 3 days are in the next week"
    assert allocations.reserve("o:3/1.1.1", 1)["available_on"] == date(2026, 12, 9), "which has no more than 4"


def test_an_offer_that_the_disruption_does_not_touch_names_none() -> None:
    allocations = Allocations()
    allocations.level(5)
    allocations.disrupt(begins=date(2026, 11, 27), ends=date(2026, 11, 29))
    assert allocations.reserve("o:1/1.1.1", 5)["disruption"] is None, "all of it is on stock"
    quick = allocations.reserve("o:2/1.1.1", 1)
    assert (quick["available_on"], quick["disruption"]) == (date(2026, 11, 26), None)
    later = allocations.reserve("o:3/1.1.1", 1, not_before=date(2026, 12, 7))
    assert (later["available_on"], later["disruption"]) == (date(2026, 12, 9), None)


def test_an_offer_without_limit_of_capacity_comes_later_too() -> None:
    allocations = Allocations(world(motor=None))
    allocations.disrupt()
    assert offer(allocations.reserve("o:1/1.1.1", 999)) == (0, 999, date(2026, 12, 4))


def test_a_stop_of_which_nobody_knows_the_end_lasts_for_the_horizon_and_capacity_for_as_long_behind_it() -> None:
    allocations = Allocations()
    allocations.disrupt(begins=TODAY, ends=None)
    answer = allocations.reserve("o:1/1.1.1", 8)
    assert (offer(answer), answer["disruption"]) == ((0, 8, date(2027, 11, 25)), "D-1")
    assert allocations.reserve("o:2/1.1.1", 1000)["to_make"] > 400


def booked() -> Allocations:
    """A plant with three orders in its first two weeks."""
    allocations = Allocations()
    for number, quantity in enumerate((3, 6, 8), 1):
        allocations.reserve(f"o:{number}/1.1.1", quantity, generation=number)
    return allocations


def test_what_cannot_stay_goes_into_later_weeks_and_its_orders_are_told() -> None:
    allocations = booked()
    said = allocations.disrupt()
    assert moves(said) == [
        ("o:2/1.1.1", date(2026, 12, 9), "D-1"),
        ("o:1/1.1.1", date(2026, 12, 9), "D-1"),
        ("o:3/1.1.1", date(2026, 12, 16), "D-1"),
    ], "6 of the 8 are done around the stop, the short week is full with them, the next has room for 1"
    assert [(one["generation"], one["from_stock"], one["to_make"]) for one in said] == [(2, 0, 6), (1, 0, 3), (3, 0, 8)]
    assert loads(allocations) == {"2026-W48": 2, "2026-W49": 4, "2026-W50": 10, "2026-W51": 1}


def test_when_it_is_over_what_it_moved_comes_back_as_far_as_there_is_room() -> None:
    allocations = booked()
    allocations.disrupt()
    said = allocations.disrupt(minutes=1, status="RESOLVED")
    assert sorted(moves(said)) == [
        ("o:1/1.1.1", date(2026, 11, 26), None),
        ("o:2/1.1.1", date(2026, 12, 3), None),
        ("o:3/1.1.1", date(2026, 12, 3), None),
    ]
    assert allocations.reserve("o:4/1.1.1", 1)["disruption"] is None


def test_what_is_done_before_the_stop_or_begins_behind_it_stays() -> None:
    allocations = Allocations()
    allocations.reserve("o:1/1.1.1", 3)
    allocations.reserve("o:2/1.1.1", 3, not_before=date(2026, 12, 21))
    assert allocations.disrupt(begins=date(2026, 11, 27), ends=date(2026, 12, 18)) == []


def test_work_that_has_begun_goes_on_behind_the_stop() -> None:
    allocations = Allocations(world(motor=None))
    assert allocations.reserve("o:1/1.1.1", 3)["available_on"] == date(2026, 11, 26)
    allocations.time += timedelta(days=1)
    assert moves(allocations.disrupt(minutes=1440)) == [("o:1/1.1.1", date(2026, 12, 4), "D-1")]
    allocations.time += timedelta(days=2)
    over = allocations.disrupt(minutes=3 * 1440, status="RESOLVED")
    assert moves(over) == [("o:1/1.1.1", date(2026, 11, 30), "D-1")], "Wednesday and Thursday are lost"


def test_a_longer_stop_moves_again_and_a_shorter_one_back() -> None:
    allocations = Allocations(world(motor=None))
    allocations.reserve("o:1/1.1.1", 3)
    allocations.disrupt()
    assert moves(allocations.disrupt(minutes=1, ends=date(2026, 12, 6))) == [("o:1/1.1.1", date(2026, 12, 8), "D-1")]
    assert moves(allocations.disrupt(minutes=2, ends=date(2026, 11, 26))) == [("o:1/1.1.1", date(2026, 11, 30), "D-1")]


def test_when_nothing_can_leave_goods_are_ready_behind_it_and_stock_too() -> None:
    allocations = Allocations()
    allocations.level(5)
    allocations.reserve("o:1/1.1.1", 6)
    lost: dict[str, Any] = {"cause": "LOGISTICS_DISRUPTION", "begins": TODAY}
    assert moves(allocations.disrupt(**lost)) == [("o:1/1.1.1", date(2026, 12, 2), "D-1")]
    assert loads(allocations) == {"2026-W48": 1}
    answer = allocations.reserve("o:2/1.1.1", 5, not_before=date(2026, 12, 1))
    assert (answer["available_on"], answer["disruption"]) == (date(2026, 12, 4), None)
    allocations.level(9, 1)
    answer = allocations.reserve("o:3/1.1.1", 4)
    assert (answer["from_stock"], answer["available_on"], answer["disruption"]) == (4, date(2026, 12, 2), "D-1")


@pytest.mark.parametrize(
    "fields",
    [
        {"effect": "CAPACITY_INCREASE"},
        {"effect": "DEMAND_REDUCTION"},
        {"effect": "DEMAND_INCREASE"},
        {"effect": "UNKNOWN"},
        {"sites": ["oemz-b"]},
        {"ends": TODAY},
        {"status": "RESOLVED"},
        {"member": "zmk"},
    ],
)
def test_what_stops_nothing_changes_no_date(fields: dict[str, Any]) -> None:
    allocations = booked()
    before = loads(allocations)
    assert allocations.disrupt(**fields) == []
    assert loads(allocations) == before
    assert allocations.reserve("o:1/1.1.1", 3, generation=9)["disruption"] is None


def test_one_that_names_all_sites_stops_the_plant() -> None:
    assert len(booked().disrupt(sites=["oemz-a", "oemz-b"])) == 3


def test_a_repeat_changes_nothing() -> None:
    allocations = booked()
    allocations.disrupt()
    allocations.disrupt(minutes=5, ends=date(2026, 11, 30))
    before = dict(allocations.state)
    assert [allocations.disrupt(minutes=minute, ends=date(2026, 11, 30)) for minute in (5, 4, 6)] == [[]] * 3
    assert allocations.state == before


@pytest.mark.parametrize("stamp", [START + timedelta(days=3653), START, datetime(1990, 1, 1, tzinfo=UTC)])
def test_the_last_word_counts_whatever_its_stamp_says(stamp: datetime) -> None:
    allocations = booked()
    allocations.disrupt(as_of=START + timedelta(days=3653), ahead=True)
    assert len(allocations.disrupt(as_of=stamp, ends=date(2026, 12, 9), ahead=True)) == 3
    assert len(allocations.disrupt(as_of=stamp, status="RESOLVED", ahead=True)) == 3
    assert allocations.reserve("o:9/1.1.1", 1)["disruption"] is None
    allocations.disrupt(as_of=stamp, ends=date(2026, 12, 9), ahead=True)
    assert allocations.reserve("o:8/1.1.1", 1)["disruption"] == "D-1"


def test_without_a_time_of_its_own_the_order_of_arrival_counts_and_a_repeat_is_one() -> None:
    allocations = booked()
    assert len(allocations.disrupt(as_of=None)) == 3
    before = dict(allocations.state)
    allocations.time += timedelta(hours=1)
    assert allocations.disrupt(as_of=None) == []
    assert allocations.state == before
    assert len(allocations.disrupt(as_of=None, status="RESOLVED")) == 3


def test_very_many_are_looked_at_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 3)
    allocations = Allocations(world(motor=None))
    for number in range(10):
        allocations.reserve(f"o:{number}/1.1.1", 1)
    said = [allocations.disrupt(), *(allocations.tick(minute) for minute in range(1, 9))]
    assert all(len(part) <= 3 for part in said)
    told = [one for part in said for one in part]
    assert sorted(moves(told)) == [(f"o:{number}/1.1.1", date(2026, 12, 4), "D-1") for number in range(10)]
    assert "reschedule" not in allocations.state


def test_what_is_released_meanwhile_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 2)
    allocations = Allocations(world(motor=None))
    for number in range(7):
        allocations.reserve(f"o:{number}/1.1.1", 1)
    said = allocations.disrupt()
    for number in (0, 3, 6):
        allocations.ask("RELEASE", f"o:{number}/1.1.1")
    said += [one for minute in range(1, 9) for one in allocations.tick(minute)]
    assert {one["request_id"] for one in said} == {f"o:{number}/1.1.1" for number in (1, 2, 4, 5, 6)}


def test_an_offer_after_a_stock_ran_short_counts_no_day_of_the_stop() -> None:
    allocations = Allocations()
    allocations.level(3)
    allocations.reserve("o:1/1.1.1", 3)
    allocations.disrupt()
    (lost,) = allocations.level(0, 1)
    assert (lost["kind"], *offer(lost), lost["disruption"]) == ("SHORTAGE", 0, 3, date(2026, 12, 4), "D-1")
    assert moves(allocations.disrupt(minutes=1, status="RESOLVED")) == [("o:1/1.1.1", date(2026, 11, 26), None)]


def test_a_plant_has_only_so_many_open_disruptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disruptions, "LIMIT", 3)
    allocations = Allocations()
    for number in range(3):
        allocations.disrupt(f"D-{number}", minutes=number)
    before = dict(allocations.state)
    with pytest.raises(InvalidDocument) as refused:
        allocations.disrupt("D-9")
    assert refused.value.code == "too-many-disruptions"
    assert allocations.state == before
    allocations.disrupt("D-1", minutes=9, status="RESOLVED")
    allocations.disrupt("D-9")
    assert set(json.loads(allocations.state["disruption/oemz"])) == {"D-0", "D-2", "D-9"}


def test_lists_of_weeks_that_are_over_are_cleared_away() -> None:
    allocations = Allocations(world(motor=None))
    for number in range(20):
        allocations.reserve(f"o:{number}/1.1.1", 1)
    allocations.time += timedelta(days=21)
    for number in range(20, 26):
        allocations.reserve(f"o:{number}/1.1.1", 1)
    weeks = [keys.parts(key)[1] for key in allocations.state if key.startswith("reservation-week/")]
    assert weeks == ["2026-W51"] * 6
    for number in range(26):
        allocations.ask("RELEASE", f"o:{number}/1.1.1")
    assert allocations.state == {}


def loads(allocations: Allocations) -> dict[str, Decimal]:
    """What is taken of the weeks, as the load and as all holds together say."""
    found: dict[str, Decimal] = {}
    for work in (work for hold in values(allocations, "reservation/") for work in hold.get("work", ())):
        found[work[1]] = found.get(work[1], Decimal(0)) + Decimal(work[2])
    known = {week: Decimal(used) for load in values(allocations, "load/") for week, used in load["weeks"].items()}
    assert known == {week: used for week, used in found.items() if week in known}
    return known


def values(allocations: Allocations, prefix: str) -> list[dict[str, Any]]:
    return [json.loads(data) for key, data in allocations.state.items() if key.startswith(prefix)]


def listed(allocations: Allocations) -> None:
    """Every reservation with work has one place in this week or later, and those places name nobody else."""
    year, this, _ = allocations.time.isocalendar()
    since = f"{year}-W{this:02}"
    found = {
        keys.parts(key): json.loads(data) for key, data in allocations.state.items() if key.startswith("reservation/")
    }
    places = {key: tuple(kept["position"]) for key, kept in found.items() if kept.get("position", [""])[0] >= since}
    entries = {
        keys.parts(key): json.loads(data)
        for key, data in allocations.state.items()
        if key.startswith("reservation-week/")
    }
    expected = {("oemz", week, f"{number:012}"): [*key[1:]] for key, (week, number) in places.items()}
    assert {key: request for key, request in entries.items() if key[1] >= since} == expected


days = st.integers(-5, 25).map(lambda number: TODAY + timedelta(days=number))
reserves = st.tuples(st.just("reserve"), st.integers(0, 7), st.integers(1, 15), st.none() | st.none() | days)
releases = st.tuples(st.just("release"), st.integers(0, 7))
disrupts = st.tuples(
    st.just("disrupt"),
    st.integers(0, 2),
    st.integers(0, 20),
    days,
    st.none() | st.integers(-1, 30),
    st.sampled_from(["STRIKE", "LOGISTICS_DISRUPTION"]),
    st.sampled_from(["OPEN", "OPEN", "RESOLVED"]),
)
ticks = st.tuples(st.just("tick"), st.integers(1, 5))
mixed = st.one_of(reserves, releases, disrupts, disrupts, ticks)


def play(allocations: Allocations, step: Any, plant: str = "oemz", item: str = "motor") -> list[dict[str, Any]]:
    match step:
        case "reserve", name, quantity, start:
            fields = {"generation": quantity, "not_before": start, "plant": plant, "item": item}
            return allocations.ask("RESERVE", f"o:{name}/1.1.1", quantity, **fields)
        case "release", name:
            return allocations.ask("RELEASE", f"o:{name}/1.1.1", plant=plant, item=item)
        case "tick", more:
            return allocations.tick((allocations.time - START) / timedelta(minutes=1) + more * 700)
        case _:
            return disrupt(allocations, step, plant)


def disrupt(allocations: Allocations, step: Any, plant: str = "oemz") -> list[dict[str, Any]]:
    _, number, minutes, begins, length, cause, status = step
    ends = None if length is None else begins + timedelta(days=length)
    fields = {"begins": begins, "ends": ends, "cause": cause, "status": status, "member": plant}
    return allocations.disrupt(f"D-{number}", minutes, **fields)


def shuffled(words: Sequence[Any], random: Any, repeats: int = 0) -> list[Any]:
    """Return the words in another order, those on one disruption in the same; some come twice."""
    left = list(words)
    for _ in range(repeats):
        at = random.randrange(len(left))
        left.insert(at, left[at])
    numbers = [word[1] for word in left]
    random.shuffle(numbers)
    by_number = {number: [word for word in left if word[1] == number] for number in numbers}
    return [by_number[number].pop(0) for number in numbers]


def capacity(allocations: Allocations, monday: date) -> Decimal:
    """What the week has by the calendar, day by day, without the days on which the plant makes nothing."""
    calendar = allocations.master.calendar("oemz")
    stops = json.loads(allocations.state.get("stop/oemz", b"{}")).get("making", ())
    spans = [(date.fromisoformat(first), date.fromisoformat(last)) for first, last, _ in stops]
    week = [monday + timedelta(days=number) for number in range(7)]
    worked = [day for day in week if calendar.is_working(day) and not any(a <= day <= b for a, b in spans)]
    return Decimal(10) * len(worked) / 5


@given(st.lists(reserves, min_size=2, max_size=8), st.lists(mixed, min_size=1, max_size=20), st.integers(1, 5))
def test_capacity_is_never_exceeded_and_nothing_of_what_was_promised_is_lost(
    orders: list[Any], then: list[Any], portion: int
) -> None:
    allocations, steps = Allocations(), [*orders, *then]
    promised: dict[str, tuple[Decimal, date | None]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allocator, "PORTION", portion)
        while steps or "reschedule" in allocations.state:
            said = play(allocations, steps.pop(0) if steps else ("tick", 0))
            for one in said:
                known = promised.get(one["request_id"])
                assert one["kind"] != "MOVED" or (known is not None and known[0] == one["to_make"] > 0)
                promised[one["request_id"]] = (one["to_make"], one["available_on"])
            listed(allocations)
            loads(allocations)
    for key, data in allocations.state.items():
        if key.startswith("reservation/"):
            hold = json.loads(data)
            made, day = promised[keys.parts(key)[2]]
            assert (Decimal(hold.get("to_make", 0)), hold.get("available_on")) == (made, day and day.isoformat())
            assert sum(Decimal(work[2]) for work in hold.get("work", ())) == made
    year, week, _ = allocations.time.isocalendar()
    for name, used in loads(allocations).items():
        if name >= f"{year}-W{week:02}":
            assert used <= capacity(allocations, date.fromisocalendar(int(name[:4]), int(name[6:]), 1))


@given(st.lists(disrupts, min_size=1, max_size=6), st.lists(reserves, max_size=4), st.randoms())
def test_words_on_different_disruptions_end_the_same_in_whatever_order_they_come(
    words: list[Any], orders: list[Any], random: Any
) -> None:
    mixed = shuffled(words, random, repeats=3)
    ends = []
    for said in (words, mixed):
        allocations = Allocations()
        for step in said:
            disrupt(allocations, step)
        ends.append(
            (
                {key: json.loads(data) for key, data in allocations.state.items()},
                [play(allocations, one) for one in orders],
            )
        )
    assert ends[0][0] == ends[1][0]
    assert ends[0][1] == ends[1][1]


@given(st.lists(disrupts, max_size=6), st.randoms())
def test_a_single_reservation_ends_on_the_same_day_in_whatever_order_disruptions_come(
    words: list[Any], random: Any
) -> None:
    ends = []
    for said in (words, shuffled(words, random)):
        allocations = Allocations()
        allocations.reserve("o:1/1.1.1", 12)
        for step in said:
            disrupt(allocations, step)
        ends.append(values(allocations, "reservation/")[0]["available_on"])
    assert ends[0] == ends[1]


@given(st.lists(st.one_of(reserves, releases, disrupts), max_size=12), st.randoms())
def test_plants_do_not_touch_each_other(steps: list[Any], random: Any) -> None:
    alone, together = Allocations(), Allocations()
    for plant, item in ITEM.items():
        for step in steps:
            play(alone, step, plant, item)
    left = dict.fromkeys(ITEM, 0)
    while waiting := [plant for plant, number in left.items() if number < len(steps)]:
        plant = random.choice(waiting)
        play(together, steps[left[plant]], plant, ITEM[plant])
        left[plant] += 1
    assert alone.state == together.state


ITEM = {"oemz": "motor", "zmk": "girder"}
