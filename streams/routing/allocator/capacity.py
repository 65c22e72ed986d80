"""What a plant can make of an item, and in which ISO weeks its capacity is taken. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from kranhub.parties import units
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.schedule import downtime as halts
from streams.routing.schedule.calendars import Calendar, shifted
from streams.routing.schedule.downtime import Stop

WEEKS = 52
"""How far ahead capacity is given away, from the week in which the work may begin; weeks of a stop do not count."""

AGAIN = 3 * WEEKS
"""How far ahead what was promised before a stop finds other weeks."""

MAX_STOPPED = 10 * WEEKS
"""Weeks of stops that are passed over at most."""

ZERO = Decimal(0)
_MICRO = Decimal("0.000001")
_COUNTED = frozenset({"count", "pair", "set", "kit", "sheet", "pack", "roll"})


class Load(Struct, frozen=True, omit_defaults=True):
    """What is taken of one capability, by ISO week (``2026-W48``), in the unit of its capacity."""

    weeks: dict[str, Decimal] = {}


class Work(NamedTuple):
    """What one request has of a week: the load's name, the week, the quantity in the unit of the capacity."""

    load: str
    week: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Workshop:
    """What makes an item at a plant.

    ``weekly`` is a full week's capacity in its own unit, one of which is ``base`` base units of the item; without a
    limit it is None. ``whole`` says that the item is made in whole numbers. ``load`` names the capability's `Load`. On
    the days of ``downtime`` nothing is made.
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
        """Return how many weeks from ``start`` on the stops take."""
        days = sum(max(0, (stop.ends - max(stop.begins, start)).days + 1) for stop in self.stops)
        return min(days // 7, MAX_STOPPED)


def workshop(plant: str, item: str, master: MasterData, stops: tuple[Stop, ...] = ()) -> Workshop | None:
    """Return what makes the item at the plant, which makes nothing on the days of ``downtime``, or None.

    A capacity in a unit that the item does not convert to cannot be measured: it is no limit.
    """
    capability = next((maker.capability for maker in master.makers(item) if maker.member == plant), None)
    if capability is None:
        return None
    known, capacity = master.items[item], capability.capacity
    base = known.in_base(Decimal(1), capacity.unit) if capacity else None
    return Workshop(
        load=f"{plant}|{capability.okpd2}|{capacity.unit if capacity else ''}",
        calendar=master.calendar(plant),
        working_days=capability.working_days,
        weekly=capacity.quantity if capacity and base else None,
        base=base or Decimal(1),
        whole=known.unit in units.UNITS and units.UNITS[known.unit].dimension in _COUNTED,
        stops=stops,
    )


class Placed(NamedTuple):
    """What was put into weeks: how much of the item (base unit), where, and the share that others have of them."""

    quantity: Decimal
    work: tuple[Work, ...] = ()
    share: Decimal | None = None


def place(load: Load, shop: Workshop, quantity: Decimal, start: date) -> Placed:
    """Put as much of the quantity (base unit) as there is capacity for into the earliest weeks from ``start`` on.

    What is asked in whole numbers, and made so, is not offered in fractions.
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
    """Put all of the quantity (in the unit of the capacity) into the earliest weeks from ``start`` on; else None.

    ``load`` is without it. It was promised before a stop, so it may go further ahead than what is new.
    """
    found = tuple(work for work, _ in _fill(load, shop, needed, start, AGAIN))
    return found if sum((work.quantity for work in found), ZERO) == needed else None


def overbooked(load: Load, shop: Workshop, work: Work) -> bool:
    """Say whether more is promised of the work's week than can be made in it."""
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
    """Return the load with the work (``sign`` -1: without it); weeks before today's are dropped."""
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
