"""Whatever comes in whatever order, an allocator answers like a simple one that counts everything again each time."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from streams.routing.allocator import allocator
from streams.routing.allocator.reservations import BY_AGE
from streams.tables import keys
from tests.support.allocation import CALENDARS, ITEMS, START, Allocations, world

CALENDAR = CALENDARS.calendars[0]
GEAR = {"item": "gear", "okpd2": "27.11.25", "unit": "H87", "codes": {"oemz": "Ш"}}
"""Made with the capability that makes motors, so that both share its weeks."""

CODES = {"motor": ["ДВ", "ДВ-2"], "gear": ["Ш"], "paint": ["К"]}
REQUESTS = {f"o:{number}/1.1.1": item for number, item in enumerate(["motor"] * 4 + ["gear"] * 2 + ["paint"] * 2)}
MINUTE = timedelta(minutes=1)
WORKING_DAYS = 3
ROUNDING = Fraction(1, 10**5)


@dataclass
class Kept:
    """One request's reservation, as the naive allocator keeps it: nothing is derived."""

    item: str
    asked: tuple[Fraction, date | None]
    born: int
    generation: int
    stock: Fraction
    taken: Fraction = Fraction(0)
    work: list[tuple[date, Fraction]] = field(default_factory=list)
    begins: date = date.min
    ready: date | None = None
    expires: datetime | None = None

    @property
    def made(self) -> Fraction:
        return sum((quantity for _, quantity in self.work), Fraction(0))


@dataclass
class Naive:
    """An allocator that keeps lists and looks through all of them, day by day, for every question."""

    weekly: Fraction | None
    sites: dict[str, dict[tuple[str, str], tuple[Fraction, datetime]]] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)
    pending: list[tuple[str, datetime, Fraction]] = field(default_factory=list)
    count: int = 0

    def there(self, item: str) -> Fraction:
        return sum((available for available, _ in self.sites.get(item, {}).values()), Fraction(0))

    def open(self, item: str) -> Fraction:
        return sum((one.stock - one.taken for one in self.kept.values() if one.item == item), Fraction(0))

    def free(self, item: str) -> Fraction:
        waiting = sum((quantity for name, _, quantity in self.pending if name == item), Fraction(0))
        return max(Fraction(0), self.there(item) - self.open(item) - waiting)

    def level(self, item: str, site: tuple[str, str], available: Fraction, as_of: datetime, now: datetime) -> None:
        """Take the level, as of a time that is not after now, not before the one before it, and believable."""
        known = self.sites.setdefault(item, {})
        as_of = min(as_of, now)
        if site in known:
            as_of = max(as_of, known[site][1])
            if known[site][0] != available:
                as_of = max(as_of, now - timedelta(days=2))
        known[site] = (available, as_of)
        self.settle(item)

    def settle(self, item: str) -> None:
        times = [as_of for _, as_of in self.sites.get(item, {}).values()]
        speaking = [time for time in times if max(times) - time <= timedelta(days=2)]
        self.pending = [
            entry for entry in self.pending if entry[0] != item or not all(time > entry[1] for time in speaking)
        ]

    def missing(self, item: str) -> Fraction:
        newest = max((as_of for _, as_of in self.sites.get(item, {}).values()))
        unseen = sum((quantity for name, at, quantity in self.pending if name == item and at > newest), Fraction(0))
        return self.open(item) + unseen - self.there(item)

    def shorten(self, item: str, today: date) -> list[str]:
        """Take back what is missing, the youngest first; return the losers."""
        losers = []
        for name, one in sorted(self.kept.items(), key=lambda entry: -entry[1].born):
            lost = min(self.missing(item), one.stock - one.taken)
            if one.item == item and lost > 0:
                one.stock -= lost
                self.make(one, lost, today)
                losers.append(name)
        return losers

    def capacity(self, monday: date) -> Fraction:
        worked = sum(CALENDAR.is_working(monday + timedelta(days=day)) for day in range(7))
        return (self.weekly or 0) * Fraction(worked, 5)

    def used(self, monday: date) -> Fraction:
        return sum((q for one in self.kept.values() for week, q in one.work if week == monday), Fraction(0))

    def make(self, one: Kept, quantity: Fraction, today: date) -> None:
        start = max(today, one.asked[1] or today)
        if one.item != "paint" and quantity > 0:
            found, begins = self.places(quantity, start)
            one.work += found
            one.begins = max(one.begins, begins)
        one.ready = self.done(one, start)

    def places(self, quantity: Fraction, start: date) -> tuple[list[tuple[date, Fraction]], date]:
        """Try every week of the horizon: as much begins in it as its own days and those of the next weeks allow."""
        if self.weekly is None:
            return [(date.min, quantity)], start
        first, rest, begins = monday_of(start), quantity, start
        found: list[tuple[date, Fraction]] = []
        for number in range(52):
            day = start if number == 0 else first + timedelta(weeks=number)
            weeks = [monday_of(worked) for worked in self.worked(day)]
            room = {
                week: self.capacity(week) - self.used(week) - sum(part for known, part in found if known == week)
                for week in weeks
            }
            part = min([rest, *(micro(room[week]) * WORKING_DAYS / weeks.count(week) for week in weeks)])
            part = micro(part)
            if 0 < part < rest <= part + ROUNDING:
                part = rest
            if part > 0:
                done = [micro(part * Fraction(number, WORKING_DAYS)) for number in range(WORKING_DAYS + 1)]
                found += [(week, done[at + 1] - done[at]) for at, week in enumerate(weeks)]
                rest, begins = rest - part, day
        if rest:
            total = quantity - rest
            return self.places(Fraction(int(total)) if quantity.denominator == 1 else total, start)
        return found, begins

    def worked(self, day: date) -> list[date]:
        """Return the days on which work is done that begins on this day."""
        days = (day + timedelta(days=number) for number in range(30))
        return [each for each in days if CALENDAR.is_working(each)][:WORKING_DAYS]

    def done(self, one: Kept, start: date) -> date | None:
        if not one.made:
            return start if one.stock else None
        return self.worked(max(start, one.begins))[-1]

    def reserve(self, name: str, item: str, quantity: Fraction, generation: int, **terms: Any) -> Kept:
        now, expires = terms["now"], terms["expires"]
        known = self.kept.get(name)
        asked = (quantity, terms["not_before"])
        if known is None or not self.answers(known, asked, generation):
            self.count += 1
            taken = min(known.taken, quantity) if known else Fraction(0)
            self.kept.pop(name, None)
            stock = taken + min(self.free(item), quantity - taken)
            one = Kept(item, asked, self.count, generation, stock, taken)
            self.make(one, quantity - stock, now.date())
            self.kept[name] = one
        one = self.kept[name]
        one.asked, one.generation = asked, generation
        one.expires = expires
        return one

    def answers(self, known: Kept, asked: tuple[Fraction, date | None], generation: int) -> bool:
        if known.asked == asked and known.generation == generation:
            return True
        offered = known.stock + known.made
        fits = asked[0] in (known.asked[0], offered) and offered > 0
        return fits and known.asked[1] == asked[1] and known.generation != generation

    def deliver(self, name: str, at: datetime) -> None:
        one = self.kept.get(name)
        if one is None:
            return
        self.pending.append((one.item, at, one.stock - one.taken))
        one.taken, one.expires = one.stock, None
        if self.sites.get(one.item):
            self.settle(one.item)

    def tick(self, time: datetime) -> set[str]:
        """Return who expired."""
        over = {name for name, one in self.kept.items() if one.expires and one.expires <= time}
        for name in over:
            del self.kept[name]
        return over


def micro(value: Fraction) -> Fraction:
    """Return the value without what is less than a millionth."""
    return Fraction(floor(value * 10**6), 10**6)


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


halves = st.integers(1, 60).map(lambda number: Fraction(number, 2))
names = st.sampled_from(sorted(REQUESTS))
starts = st.none() | st.integers(0, 40).map(lambda days: START.date() + timedelta(days=days))
ends = st.none() | st.integers(-3, 12).map(lambda seconds: 20 * seconds)


class Allocating(RuleBasedStateMachine):
    """The allocator beside the naive one."""

    @initialize(weekly=st.sampled_from([None, Fraction(10), Fraction(1, 2)]))
    def begin(self, weekly: Fraction | None) -> None:
        self.naive = Naive(weekly)
        motor = (number(weekly), "H87") if weekly else None
        self.allocations = Allocations(world([*ITEMS, GEAR], motor=motor))
        self.asked: dict[str, dict[str, Any]] = {}

    @property
    def today(self) -> date:
        return self.allocations.time.date()

    @rule(
        code=st.sampled_from([(item, code) for item, codes in CODES.items() for code in codes]),
        site=st.sampled_from(["oemz-a", "oemz-b"]),
        available=st.integers(-2, 40).map(lambda half: Fraction(half, 2)),
        age=st.integers(0, 180) | st.sampled_from([-600, -(10**8), 10**8, 200_000]),
    )
    def level(self, code: tuple[str, str], site: str, available: Fraction, age: int) -> None:
        item, name = code
        as_of = self.allocations.time - timedelta(seconds=age)
        fields: dict[str, Any] = {"site": site, "item": item, "item_code": name, "as_of": as_of, "ahead": True}
        said = self.allocations.level(number(available), **fields)
        self.naive.level(item, (site, name), available, as_of, self.allocations.time)
        losers = self.naive.shorten(item, self.today)
        assert [one["request_id"] for one in said] == losers
        assert all(one["kind"] == "SHORTAGE" for one in said)
        for one in said:
            self.compare(one)
        self.unchanged_by(lambda: self.allocations.level(number(available), **fields))
        assert self.naive.missing(item) <= 0 or not self.naive.open(item)

    @rule(name=names, quantity=halves, generation=st.integers(0, 2), not_before=starts, end=ends)
    def reserve(self, name: str, quantity: Fraction, generation: int, not_before: date | None, end: int | None) -> None:
        self.ask(name, quantity, generation, not_before, end)

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), more=st.integers(0, 1), end=ends)
    def reserve_again(self, data: Any, more: int, end: int | None) -> None:
        """Ask for the same, or for what was offered, perhaps under other terms."""
        name = data.draw(st.sampled_from(sorted(self.asked)))
        asked = self.asked[name]
        known = self.naive.kept.get(name)
        offered = known.stock + known.made if known else Fraction(0)
        quantity = data.draw(st.sampled_from([Fraction(asked["quantity"]), offered or Fraction(1)]))
        self.ask(name, quantity, asked["generation"] + more, asked["not_before"], end)

    def ask(self, name: str, quantity: Fraction, generation: int, not_before: date | None, end: int | None) -> None:
        expires = None if end is None else self.allocations.time + timedelta(seconds=end)
        item = REQUESTS[name]
        fields: dict[str, Any] = {"item": item, "generation": generation, "not_before": not_before}
        fields |= {"expires_at": expires, "quantity": number(quantity)}
        quote: list[dict[str, Any]] = []
        self.unchanged_by(lambda: quote.extend(self.allocations.ask("QUOTE", name, **fields)))
        before = self.naive.free(item) + (self.naive.kept[name].stock if name in self.naive.kept else 0)
        answer = self.allocations.reserve(name, **fields)
        assert quote == [{**answer, "kind": "QUOTE"}]
        terms = {"not_before": not_before, "expires": expires, "now": self.allocations.time}
        self.naive.reserve(name, item, quantity, generation, **terms)
        self.asked[name] = fields
        self.compare(answer)
        assert answer["from_stock"] <= before, "more than is known"
        assert answer["from_stock"] + answer["to_make"] <= max(quantity, Fraction(self.asked[name]["quantity"]))
        self.unchanged_by(lambda: self.allocations.reserve(name, **fields))

    @rule(name=names)
    def release(self, name: str) -> None:
        assert self.allocations.ask("RELEASE", name, item=REQUESTS[name]) == []
        self.naive.kept.pop(name, None)
        self.unchanged_by(lambda: self.allocations.ask("RELEASE", name, item=REQUESTS[name]))

    @rule(name=names, age=st.integers(-60, 120))
    def deliver(self, name: str, age: int) -> None:
        at = self.allocations.time - timedelta(seconds=age)
        self.allocations.ask("DELIVERED", name, item=REQUESTS[name], at=at)
        self.naive.deliver(name, at)
        self.unchanged_by(lambda: self.allocations.ask("DELIVERED", name, item=REQUESTS[name], at=at))

    @rule(seconds=st.integers(1, 200) | st.integers(1, 9).map(lambda days: days * 86_400))
    def tick(self, seconds: int) -> None:
        minutes = (self.allocations.time - START + timedelta(seconds=seconds)) / MINUTE
        said = [one for _ in range(4) for one in self.allocations.tick(minutes)]
        assert {one["request_id"] for one in said} == self.naive.tick(self.allocations.time)
        assert all(one["kind"] == "EXPIRED" for one in said)

    def compare(self, answer: dict[str, Any]) -> None:
        kept = self.naive.kept[answer["request_id"]]
        offered = (answer["from_stock"], answer["to_make"], answer["available_on"], answer["generation"])
        assert offered == (kept.stock, kept.made, kept.ready, kept.generation)

    def unchanged_by(self, action: Any) -> None:
        before = dict(self.allocations.state)
        action()
        assert self.allocations.state == before

    @invariant()
    def holds_and_sums_agree(self) -> None:
        if not hasattr(self, "allocations"):
            return
        holds = values(self.allocations, "reservation/oemz/")
        expected = {f"{one.item}/{name}": (one.stock, one.taken) for name, one in self.naive.kept.items()}
        found = {name: (Fraction(hold["from_stock"]), Fraction(hold.get("in_erp", 0))) for name, hold in holds.items()}
        assert found == expected
        for item, stock in values(self.allocations, "stock/oemz/").items():
            waiting = sum((quantity for name, _, quantity in self.naive.pending if name == item), Fraction(0))
            assert Fraction(stock.get("promised", 0)) == self.naive.open(item) + waiting
            row = by_age(self.allocations, item)
            young = sorted(self.naive.kept.items(), key=lambda entry: -entry[1].born)
            assert row == [name for name, one in young if one.item == item and one.stock > one.taken]

    @invariant()
    def no_week_is_overbooked(self) -> None:
        if not hasattr(self, "allocations") or self.naive.weekly is None:
            return
        for load in values(self.allocations, "load/").values():
            for week, used in load["weeks"].items():
                monday = date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
                assert Fraction(used) == self.naive.used(monday) <= self.naive.capacity(monday) + ROUNDING


def number(fraction: Fraction) -> Decimal:
    return Decimal(fraction.numerator) / fraction.denominator


def values(allocations: Allocations, prefix: str) -> dict[str, Any]:
    found = {key: json.loads(data) for key, data in allocations.state.items() if key.startswith(prefix)}
    return {"/".join(keys.parts(f"/{key.removeprefix(prefix)}")): data for key, data in found.items()}


def by_age(allocations: Allocations, item: str) -> list[str]:
    """Return the requests that hold stock, the youngest first."""
    return [str(entry.value) for entry in BY_AGE.scan(allocations.store, ("oemz", item), reverse=True)]


TestAllocating = Allocating.TestCase
TestAllocating.settings = settings(stateful_step_count=40)


@given(st.lists(halves, min_size=1, max_size=30), st.integers(0, 20), st.integers(1, 5))
def test_after_enough_ticks_no_more_is_promised_than_there_is(
    quantities: list[Fraction], left: int, portion: int
) -> None:
    allocations = Allocations(world(motor=None))
    allocations.level(number(sum(quantities, Fraction(0))))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(allocator, "PORTION", portion)
        for name, quantity in enumerate(quantities):
            allocations.reserve(f"o:{name}/1.1.1", number(quantity))
        said = [allocations.level(left, 1), *(allocations.tick(minute) for minute in range(len(quantities)))]
    assert all(len(part) <= portion for part in said)
    promised = sum(Decimal(hold["from_stock"]) for hold in values(allocations, "reservation/oemz/motor/").values())
    assert promised == min(left, number(sum(quantities, Fraction(0))))
    assert all(
        one["from_stock"] + one["to_make"] == number(quantities[int(one["order_key"][2:])]) for p in said for one in p
    )
