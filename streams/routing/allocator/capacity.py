"""What a plant can make of an item, and in which ISO weeks its capacity is taken. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from kranhub.parties import units
from kranhub.parties.members import Capability, WorkCentre
from streams.routing.masterdata.calendars import Calendar, shifted
from streams.routing.masterdata.items import Item
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.schedule import downtime as halts
from streams.routing.schedule.downtime import Stop
from streams.routing.schedule.lead_time import lead_days, quantity_within

WEEKS = 52
"""In how many weeks work may begin, from the first on; weeks of a stop do not count."""

AGAIN = 3 * WEEKS
"""In how many weeks work that was promised before a stop is placed again."""

MAX_STOPPED = 10 * WEEKS
"""How many weeks of stops are skipped at most."""

LONGEST_SPAN = 20 * WEEKS
"""In how many weeks the days of one work are sought."""

ZERO = Decimal(0)
_MICRO = Decimal("0.000001")
_ROUNDING = Decimal("0.00001")
"""By how much a week may be overbooked: nothing begins in a later week because days do not divide a week's capacity."""


class Load(Struct, frozen=True, omit_defaults=True):
    """What is taken of one capability or work centre, by ISO week (``2026-W48``), in the unit of its capacity."""

    weeks: dict[str, Decimal] = {}


class Work(NamedTuple):
    """What one request takes of a week.

    Attributes:
        load: The name of the `Load`.
        week: The ISO week, such as ``2026-W48``.
        quantity: In the unit of the capacity.
    """

    load: str
    week: str
    quantity: Decimal


class Span(NamedTuple):
    """When work is done that begins on a day.

    Attributes:
        begins: That day.
        weeks: The Mondays of the weeks in which it is done, each with how many of its working days it takes.
        days: How many working days it takes in all; for work of none, 1: all of it is in the week of that day.
    """

    begins: date
    weeks: tuple[tuple[date, int], ...]
    days: int


@dataclass(frozen=True, slots=True)
class Workshop:
    """What makes an item at a plant.

    Attributes:
        load: The name of the `Load` of the capability, or of the work centre that it shares with others.
        calendar: The plant's calendar.
        capability: The capability.
        item: The item.
        weekly: A full week's capacity in its own unit; None without a limit.
        base: How many base units of the item one unit of the capacity is; 1 where ``usage`` counts.
        usage: How much of a work centre one base unit of the item takes; None where the capability has none.
        whole: The item is made in whole numbers.
        stops: Days on which nothing is made, in order and without overlap.
    """

    load: str
    calendar: Calendar
    capability: Capability
    item: Item
    weekly: Decimal | None
    base: Decimal
    usage: Decimal | None
    whole: bool
    stops: tuple[Stop, ...] = ()

    def days(self, quantity: Decimal) -> int:
        """Return how many days of work a quantity of the item takes, in its base unit."""
        return lead_days(self.capability, self.item, quantity)

    def most(self) -> Decimal | None:
        """Return what can be made of the item in `WEEKS` weeks; None where more takes no longer."""
        return quantity_within(self.capability, self.item, WEEKS * len(self.calendar.weekdays))

    def needed(self, quantity: Decimal) -> Decimal:
        """Return how much of the capacity a quantity of the item takes, in the capacity's unit."""
        return quantity / self.base if self.usage is None else quantity * self.usage

    def possible(self, capacity: Decimal) -> Decimal:
        """Return how much of the item so much of the capacity makes, in the item's base unit."""
        return capacity * self.base if self.usage is None else capacity / self.usage

    def capacity(self, day: date) -> Decimal:
        """Return the capacity of the day's ISO week: as much of a full week's as it has working days."""
        return week_capacity(self.weekly or ZERO, self.calendar, day, self.stops)

    def span(self, begins: date, days: int) -> Span:
        """Return when work of so many days is done that begins on a day.

        Where the calendar has no day of work for it within `LONGEST_SPAN` weeks, the rest is in the last of them.
        """
        monday = shifted(begins, 1 - begins.isoweekday())
        if days <= 0:
            return Span(begins, ((monday, 1),), 1)
        weeks: list[tuple[date, int]] = []
        left = days
        for number in range(LONGEST_SPAN):
            first = shifted(monday, 7 * number)
            if number == 0:
                worked = halts.worked_between(self.calendar, begins, shifted(monday, 6), self.stops)
            else:
                worked = halts.working_days_in_week(self.calendar, first, self.stops)
            taken = min(left, worked) if number < LONGEST_SPAN - 1 else left
            if taken > 0:
                weeks.append((first, taken))
                left -= taken
            if left <= 0:
                break
        return Span(begins, tuple(weeks), days)

    def finish(self, begins: date, days: int) -> date:
        """Return the day on which work of so many days is done that may begin on a day."""
        return halts.finish(self.calendar, begins, days, self.stops)

    def stopped_weeks(self, start: date) -> int:
        """Return how many weeks the stops take from ``start`` on, up to `MAX_STOPPED`."""
        days = sum(max(0, (stop.ends - max(stop.begins, start)).days + 1) for stop in self.stops)
        return min(days // 7, MAX_STOPPED)


def week_capacity(weekly: Decimal, calendar: Calendar, day: date, stops: tuple[Stop, ...]) -> Decimal:
    """Return the capacity of the day's ISO week: as much of a full week's as it has working days.

    Args:
        weekly: A full week's capacity.
        calendar: The plant's calendar.
        day: Any day of the week.
        stops: Days on which nothing is made, in order and without overlap.
    """
    return weekly * halts.working_days_in_week(calendar, day, stops) / len(calendar.weekdays)


def workshop(plant: str, item: str, master: MasterData, stops: tuple[Stop, ...] = ()) -> Workshop | None:
    """Return what makes the item at the plant, or None where it does not make it.

    A capacity in a unit that the item does not convert to cannot be measured: it is no limit.

    Args:
        plant: The plant.
        item: The item's id.
        master: The master data, with capabilities and calendars.
        stops: Days on which the plant makes nothing.
    """
    capability = next((maker.capability for maker in master.makers(item) if maker.member == plant), None)
    if capability is None:
        return None
    known, capacity = master.items[item], capability.capacity
    base = known.in_base(Decimal(1), capacity.unit) if capacity else None
    load, weekly = load_name(plant, capability), None
    if capacity and base:
        weekly = capacity.quantity
    if (centre := _work_centre(plant, capability, master)) is not None:
        load, weekly = work_centre_load(plant, centre), centre.capacity.quantity
    return Workshop(
        load=load,
        calendar=master.calendar(plant),
        capability=capability,
        item=known,
        weekly=weekly,
        base=base or Decimal(1),
        usage=capability.usage if centre else None,
        whole=units.is_counted(known.unit),
        stops=stops,
    )


def load_name(plant: str, capability: Capability) -> str:
    """Return the name of the `Load` of a plant's capability."""
    return f"{plant}|{capability.okpd2}|{capability.capacity.unit if capability.capacity else ''}"


def work_centre_load(plant: str, centre: WorkCentre) -> str:
    """Return the name of the `Load` of a plant's work centre."""
    return f"{plant}|{centre.id}|{centre.capacity.unit}|work centre"


def _work_centre(plant: str, capability: Capability, master: MasterData) -> WorkCentre | None:
    if capability.work_centre is None:
        return None
    centres = master.members.by_id[plant].work_centres
    return next((centre for centre in centres if centre.id == capability.work_centre), None)


class Placed(NamedTuple):
    """What was put into weeks.

    Attributes:
        quantity: How much of the item, in its base unit.
        work: What it takes of which weeks; empty where the capacity has no limit.
        share: The share that others have of these weeks, 0 to 1; None without a capacity.
        begins: The day on which the last of it begins; None where it is nothing.
        days: How many days of work each part of it takes.
    """

    quantity: Decimal
    work: tuple[Work, ...] = ()
    share: Decimal | None = None
    begins: date | None = None
    days: int = 0


class PlacedAgain(NamedTuple):
    """Where work that was promised before is now.

    Attributes:
        work: What it takes of which weeks.
        begins: The day on which the last of it begins.
    """

    work: tuple[Work, ...]
    begins: date


def place(load: Load, shop: Workshop, quantity: Decimal, start: date, days: int | None = None) -> Placed:
    """Put as much of the quantity as there is capacity for into the earliest weeks.

    It is made evenly over the working days that it takes. What does not fit into the weeks of these days begins in a
    later week, and takes as many days. What is asked in whole numbers, and made so, is not offered in fractions.

    Args:
        load: What is taken already.
        shop: What makes the item.
        quantity: In the item's base unit.
        start: The day from whose week on the work may begin, for `WEEKS`.
        days: How many days of work it takes; None for as many as the quantity takes.
    """
    step = Decimal(1) if shop.whole and quantity == quantity.to_integral_value() else _MICRO
    if (most := shop.most()) is not None and most < quantity:
        quantity = most.quantize(step, ROUND_FLOOR)
    if quantity <= 0:
        return Placed(ZERO)
    known = shop.days(quantity) if days is None else days
    if shop.weekly is None:
        return Placed(quantity, begins=start, days=known)
    needed = shop.needed(quantity).quantize(_MICRO, ROUND_CEILING)
    chunks = list(_fill(load, shop, needed, start, WEEKS, known))
    total = sum((chunk.quantity for chunk in chunks), ZERO)
    if total < needed:
        less = shop.possible(total).quantize(step, ROUND_FLOOR)
        return place(load, shop, less, start, shop.days(less) if days is None else days)
    work = _work(shop, chunks)
    return Placed(quantity, work, _share(load, shop, work), chunks[-1].span.begins, known)


def place_again(load: Load, shop: Workshop, needed: Decimal, start: date, days: int) -> PlacedAgain | None:
    """Put all of the quantity into the earliest weeks.

    It was promised before a stop, so it may go further ahead than what is new: `AGAIN` weeks.

    Args:
        load: What is taken already, without this quantity.
        shop: What makes the item.
        needed: In the unit of the capacity.
        start: The day from whose week on the work may begin.
        days: How many days of work it takes.

    Returns:
        None where there is not enough capacity.
    """
    chunks = list(_fill(load, shop, needed, start, AGAIN, days))
    if not chunks or sum((chunk.quantity for chunk in chunks), ZERO) != needed:
        return None
    return PlacedAgain(_work(shop, chunks), chunks[-1].span.begins)


def overbooked(load: Load, shop: Workshop, work: Work) -> bool:
    """Return whether more is promised of the work's week than can be made in it.

    Args:
        load: What is taken, this work included.
        shop: What makes the item.
        work: The work.
    """
    return load.weeks.get(work.week, ZERO) > shop.capacity(week_begin(work.week)) + _ROUNDING


class _Chunk(NamedTuple):
    """What begins on one day, in the unit of the capacity."""

    quantity: Decimal
    span: Span


def _fill(load: Load, shop: Workshop, needed: Decimal, start: date, weeks: int, days: int) -> Iterator[_Chunk]:
    """Yield what begins in each of so many weeks; weeks of a stop do not count.

    In a week that is full nothing can be done, so what would go on in it begins behind it.
    """
    monday, used = shifted(start, 1 - start.isoweekday()), dict(load.weeks)
    number, last = 0, weeks + shop.stopped_weeks(start)
    while needed > 0 and number < last:
        span = shop.span(start if number == 0 else shifted(monday, 7 * number), days)
        quantity, full = needed, None
        for week, worked in span.weeks:
            left = (shop.capacity(week) - used.get(week_of(week), ZERO)).quantize(_MICRO, ROUND_FLOOR)
            if left <= 0:
                full = week
            quantity = min(quantity, (max(left, ZERO) * span.days / worked).quantize(_MICRO, ROUND_FLOOR))
        if 0 < quantity < needed <= quantity + _ROUNDING:
            quantity = needed
        number = number + 1 if full is None else (full - monday).days // 7 + 1
        if quantity > 0:
            for name, part in _spread(quantity, span):
                used[name] = used.get(name, ZERO) + part
            needed -= quantity
            yield _Chunk(quantity, span)


def _spread(quantity: Decimal, span: Span) -> Iterator[tuple[str, Decimal]]:
    """Yield how much of the quantity is done in each week: evenly over the working days, all of it in the end."""
    before, worked = ZERO, 0
    for week, days in span.weeks:
        worked += days
        after = (quantity * worked / span.days).quantize(_MICRO, ROUND_FLOOR)
        yield week_of(week), after - before
        before = after


def _work(shop: Workshop, chunks: list[_Chunk]) -> tuple[Work, ...]:
    weeks: dict[str, Decimal] = {}
    for chunk in chunks:
        for week, part in _spread(chunk.quantity, chunk.span):
            weeks[week] = weeks.get(week, ZERO) + part
    return tuple(Work(shop.load, week, part) for week, part in sorted(weeks.items()) if part > 0)


def _share(load: Load, shop: Workshop, work: tuple[Work, ...]) -> Decimal:
    whole = sum((shop.capacity(week_begin(entry.week)) for entry in work), ZERO)
    others = sum((load.weeks.get(entry.week, ZERO) for entry in work), ZERO)
    return min(Decimal(1), others / whole).quantize(_MICRO)


def summed(work: tuple[Work, ...], more: tuple[Work, ...]) -> tuple[Work, ...]:
    """Return all of the work, that of one week as one.

    Args:
        work: The work.
        more: More of it.
    """
    total: dict[tuple[str, str], Decimal] = {}
    for load, week, quantity in (*work, *more):
        total[load, week] = total.get((load, week), ZERO) + quantity
    return tuple(Work(*place, quantity) for place, quantity in sorted(total.items()) if quantity > 0)


def added(load: Load, work: tuple[Work, ...], today: date, sign: int = 1) -> Load:
    """Return the load with the work added or taken out; weeks before today's are dropped.

    Args:
        load: What is taken already.
        work: The work.
        today: Today.
        sign: 1 to add the work, -1 to take it out.
    """
    weeks = dict(load.weeks)
    for entry in work:
        weeks[entry.week] = weeks.get(entry.week, ZERO) + sign * entry.quantity
    first = week_of(today)
    return Load({week: used for week, used in sorted(weeks.items()) if used > 0 and week >= first})


@lru_cache(maxsize=10_000)
def week_of(day: date) -> str:
    """Return the day's ISO 8601 week, such as ``2026-W48``: in this form weeks sort as text."""
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def week_begin(week: str) -> date:
    """Return the week's Monday."""
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)
