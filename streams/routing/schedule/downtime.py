"""On which days a plant makes nothing, and on which nothing leaves it, because of disruptions. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from streams.routing.masterdata.calendars import Calendar, shifted


class Stop(NamedTuple):
    """Days without work.

    Attributes:
        begins: The first day.
        ends: The last day.
        disruption: The plant's own number of the disruption that lasts longest of them.
    """

    begins: date
    ends: date
    disruption: str


@dataclass(frozen=True, slots=True)
class Stops:
    """A plant's stops, each kind in order and without overlap.

    Attributes:
        making: When nothing is made.
        leaving: When nothing leaves.
    """

    making: tuple[Stop, ...] = ()
    leaving: tuple[Stop, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is any stop."""
        return bool(self.making or self.leaving)

    def between(self, first: date, last: date | None) -> str | None:
        """Return the disruption of the last stop that has a day between these, both included, or None.

        Args:
            first: The first day.
            last: The last day; None for all stops from the first day on.
        """
        later = [stop for stop in (*self.making, *self.leaving) if stop.ends >= first]
        found = [stop for stop in later if last is None or stop.begins <= last]
        return max(found, key=lambda stop: (stop.ends, stop.disruption)).disruption if found else None


NO_STOPS = Stops()


def merged(stops: Iterable[Stop]) -> tuple[Stop, ...]:
    """Return the stops in order, with those that overlap or directly follow each other as one."""
    found: list[Stop] = []
    for stop in sorted(stops):
        last = found[-1] if found else None
        if last is None or stop.begins > shifted(last.ends, 1):
            found.append(stop)
        elif stop.ends > last.ends:
            found[-1] = stop._replace(begins=last.begins)
    return tuple(found)


def finish(calendar: Calendar, start: date, working_days: int, stops: tuple[Stop, ...]) -> date:
    """Return the day at whose end the work is done, as `Calendar.finish`; no day of the stops is worked.

    Args:
        calendar: The plant's calendar.
        start: The day from which the work may begin.
        working_days: How many days of work it takes.
        stops: Days without work, in order and without overlap.
    """
    for stop in stops:
        if calendar.finish(start, working_days) < stop.begins:
            break
        if stop.ends >= start:
            working_days -= calendar.between(start, shifted(stop.begins, -1))
            start = shifted(stop.ends, 1)
    return calendar.finish(start, working_days)


def worked_between(calendar: Calendar, first: date, last: date, stops: tuple[Stop, ...]) -> int:
    """Return how many days from ``first`` to ``last``, both included, are worked.

    Args:
        calendar: The plant's calendar.
        first: The first day.
        last: The last day.
        stops: Days without work, in order and without overlap.
    """
    here = [stop for stop in stops if stop.begins <= last and stop.ends >= first]
    lost = sum(calendar.between(max(stop.begins, first), min(stop.ends, last)) for stop in here)
    return calendar.between(first, last) - lost


def working_days_in_week(calendar: Calendar, day: date, stops: tuple[Stop, ...]) -> int:
    """Return how many days of the day's ISO week, Monday to Sunday, are worked.

    Args:
        calendar: The plant's calendar.
        day: Any day of the week.
        stops: Days without work, in order and without overlap.
    """
    if not stops:
        return calendar.working_days_in_week(day)
    monday = shifted(day, 1 - day.isoweekday())
    return worked_between(calendar, monday, shifted(monday, 6), stops)


def leaving(day: date, stops: tuple[Stop, ...]) -> date:
    """Return this day, or the first after the stop in which it lies."""
    return next((shifted(stop.ends, 1) for stop in stops if stop.begins <= day <= stop.ends), day)
