"""What a plant can make of an item, and in which ISO weeks its capacity is taken. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from kranhub.parties import units
from kranhub.parties.members import Capability
from streams.routing.masterdata.calendars import Calendar, shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.schedule import downtime as halts
from streams.routing.schedule.downtime import Stop

WEEKS = 52
"""In how many weeks capacity may be reserved, from the first in which the work may begin; weeks of a stop do not
count."""

AGAIN = 3 * WEEKS
"""In how many weeks work that was promised before a stop is placed again."""

MAX_STOPPED = 10 * WEEKS
"""How many weeks of stops are skipped at most."""

ZERO = Decimal(0)
_MICRO = Decimal("0.000001")


class Load(Struct, frozen=True, omit_defaults=True):
    """What is taken of one capability, by ISO week (``2026-W48``), in the unit of its capacity."""

    weeks: dict[str, Decimal] = {}


class Work(NamedTuple):
    """What one request takes of a week.

    Attributes:
        load: The name of the capability's `Load`.
        week: The ISO week, such as ``2026-W48``.
        quantity: In the unit of the capacity.
    """

    load: str
    week: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Workshop:
    """What makes an item at a plant.

    Attributes:
        load: The name of the capability's `Load`.
        calendar: The plant's calendar.
        working_days: How many days of work an order of the item takes.
        weekly: A full week's capacity in its own unit; None without a limit.
        base: How many base units of the item one unit of the capacity is.
        whole: The item is made in whole numbers.
        stops: Days on which nothing is made, in order and without overlap.
    """

    load: str
    calendar: Calendar
    working_days: int
    weekly: Decimal | None
    base: Decimal
    whole: bool
    stops: tuple[Stop, ...] = ()

    def capacity(self, day: date) -> Decimal:
        """Return the capacity of the day's ISO week: as much of a full week's as it has working days."""
        weekly = self.weekly or ZERO
        return weekly * halts.working_days_in_week(self.calendar, day, self.stops) / len(self.calendar.weekdays)

    def finish(self, start: date, work: tuple[Work, ...]) -> date:
        """Return the day on which the work is done that may begin on ``start``, the last of it in its last week."""
        last = max((week_begin(entry.week) for entry in work), default=start)
        return halts.finish(self.calendar, max(start, last), self.working_days, self.stops)

    def stopped_weeks(self, start: date) -> int:
        """Return how many weeks the stops take from ``start`` on, up to `MAX_STOPPED`."""
        days = sum(max(0, (stop.ends - max(stop.begins, start)).days + 1) for stop in self.stops)
        return min(days // 7, MAX_STOPPED)


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
    return Workshop(
        load=load_name(plant, capability),
        calendar=master.calendar(plant),
        working_days=capability.working_days,
        weekly=capacity.quantity if capacity and base else None,
        base=base or Decimal(1),
        whole=units.is_counted(known.unit),
        stops=stops,
    )


def load_name(plant: str, capability: Capability) -> str:
    """Return the name of the `Load` of a plant's capability."""
    return f"{plant}|{capability.okpd2}|{capability.capacity.unit if capability.capacity else ''}"


class Placed(NamedTuple):
    """What was put into weeks.

    Attributes:
        quantity: How much of the item, in its base unit.
        work: What it takes of which weeks; empty where the capacity has no limit.
        share: The share that others have of these weeks, 0 to 1; None without a capacity.
    """

    quantity: Decimal
    work: tuple[Work, ...] = ()
    share: Decimal | None = None


def place(load: Load, shop: Workshop, quantity: Decimal, start: date) -> Placed:
    """Put as much of the quantity as there is capacity for into the earliest weeks.

    What is asked in whole numbers, and made so, is not offered in fractions.

    Args:
        load: What is taken already.
        shop: What makes the item.
        quantity: In the item's base unit.
        start: The day from whose week on capacity is sought, for `WEEKS`.
    """
    if quantity <= 0 or shop.weekly is None:
        return Placed(max(quantity, ZERO))
    needed = (quantity / shop.base).quantize(_MICRO, ROUND_CEILING)
    found = list(_fill(load, shop, needed, start, WEEKS))
    total = sum((work.quantity for work, _ in found), ZERO)
    if total < needed:
        step = Decimal(1) if shop.whole and quantity == quantity.to_integral_value() else _MICRO
        return place(load, shop, (total * shop.base).quantize(step, ROUND_FLOOR), start)
    return Placed(quantity, tuple(work for work, _ in found), _share(load, found))


def place_again(load: Load, shop: Workshop, needed: Decimal, start: date) -> tuple[Work, ...] | None:
    """Put all of the quantity into the earliest weeks.

    It was promised before a stop, so it may go further ahead than what is new: `AGAIN` weeks.

    Args:
        load: What is taken already, without this quantity.
        shop: What makes the item.
        needed: In the unit of the capacity.
        start: The day from whose week on capacity is sought.

    Returns:
        None where there is not enough capacity.
    """
    found = tuple(work for work, _ in _fill(load, shop, needed, start, AGAIN))
    return found if sum((work.quantity for work in found), ZERO) == needed else None


def overbooked(load: Load, shop: Workshop, work: Work) -> bool:
    """Return whether more is promised of the work's week than can be made in it.

    Args:
        load: What is taken, this work included.
        shop: What makes the item.
        work: The work.
    """
    return load.weeks.get(work.week, ZERO) > shop.capacity(week_begin(work.week))


def _fill(load: Load, shop: Workshop, needed: Decimal, start: date, weeks: int) -> Iterator[tuple[Work, Decimal]]:
    """Yield what each of so many weeks takes, with the week's whole capacity; weeks of a stop do not count."""
    for number in range(weeks + shop.stopped_weeks(start)):
        day = shifted(start, 7 * number)
        week, capacity = week_of(day), shop.capacity(day)
        left = (capacity - load.weeks.get(week, ZERO)).quantize(_MICRO, ROUND_FLOOR)
        if left > 0:
            taken = min(left, needed)
            needed -= taken
            yield Work(shop.load, week, taken), capacity
        if needed <= 0:
            return


def _share(load: Load, found: list[tuple[Work, Decimal]]) -> Decimal:
    whole = sum((capacity for _, capacity in found), ZERO)
    others = sum((load.weeks.get(work.week, ZERO) for work, _ in found), ZERO)
    return min(Decimal(1), others / whole).quantize(_MICRO)


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
