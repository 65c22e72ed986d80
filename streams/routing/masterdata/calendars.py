"""Working-day calendars: which days are worked, and on which day work is done. Pure but for `load`."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from kranhub.configuration import yaml_file
from kranhub.configuration.checks import Mistake, mistake
from kranhub.parties.members import Name
from kranhub.text import Text
from kranhub.values.times import FIRST_YEAR, LAST_YEAR

HORIZON = range(date(FIRST_YEAR - 10, 1, 1).toordinal(), date(LAST_YEAR + 10, 12, 31).toordinal() + 1)
"""The days that are counted: those that a document may name, and ten years of work before and after. Days beyond it
count for nothing, so work that would end there ends on the last working day in it, and never before it begins."""


def _month_and_day(text: str) -> str:
    try:
        known = f"{date.fromisoformat(f'2000-{text}'):%m-%d}" == text
    except ValueError:
        known = False
    if not known:
        raise Mistake(
            Text(
                en=f'{text!r} is no day of a year; write month and day, such as "01-07"',
                ru=f'{text!r} не день года; напишите месяц и день, например "01-07"',
            )
        )
    return text


Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Weekday = Annotated[int, Field(ge=1, le=7, description="ISO 8601: 1 is Monday")]
MonthDay = Annotated[str, AfterValidator(_month_and_day)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Covers(_Model):
    """The years for which a calendar lists every exception, both included."""

    first_year: Year
    last_year: Year

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_year > self.last_year:
            raise Mistake(
                Text(en="first_year is after last_year; exchange them", ru="first_year позже last_year; поменяйте их")
            )
        return self


class Calendar(_Model):
    """One calendar of working days. Days before and after `HORIZON` count for nothing.

    Attributes:
        calendar: The calendar's id.
        name: Its name.
        covers: The years for which ``days_off`` and ``working_days`` are all exceptions to the weekdays.
        weekdays: The days of the week that are worked, 1 for Monday.
        days_off: In the covered years: days that are not worked.
        working_days: In the covered years: days that are worked although their weekday is not.
        fixed_days_off: In other years: month and day of what is not worked, such as ``01-07``.
    """

    calendar: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: Name
    covers: Covers
    weekdays: tuple[Weekday, ...] = Field((1, 2, 3, 4, 5), min_length=1)
    days_off: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()
    fixed_days_off: tuple[MonthDay, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        mistakes = [*_mistakes(self), *_idle_years(self)]
        if mistakes:
            raise ValidationError.from_exception_data("Calendar", mistakes)
        return self

    @cached_property
    def _exceptions(self) -> dict[date, bool]:
        return dict.fromkeys(self.days_off, False) | dict.fromkeys(self.working_days, True)

    @cached_property
    def _fixed(self) -> frozenset[tuple[int, int]]:
        return frozenset((int(text[:2]), int(text[3:])) for text in self.fixed_days_off)

    @cached_property
    def _worked(self) -> "array[int]":
        """The ordinals of all working days in the horizon: what makes every question below a look-up."""
        return _worked_days(self)

    @cached_property
    def _weeks(self) -> dict[tuple[int, int], int]:
        """The working days of the weeks that were asked for."""
        return {}

    def covers_year(self, year: int) -> bool:
        """Return whether the calendar lists the exceptions of this year."""
        return self.covers.first_year <= year <= self.covers.last_year

    def is_working(self, day: date) -> bool:
        """Return whether the day is worked."""
        usual = day.isoweekday() in self.weekdays
        if self.covers_year(day.year):
            return self._exceptions.get(day, usual)
        return usual and (day.month, day.day) not in self._fixed

    def next_working(self, day: date) -> date:
        """Return this day, or the first later one that is worked."""
        return self.finish(day, 1)

    def previous_working(self, day: date) -> date:
        """Return this day, or the last earlier one that is worked."""
        return self.start(day, 1)

    def finish(self, start: date, working_days: int) -> date:
        """Return the day at whose end so many working days of work are done, when they may begin on ``start``.

        No days of work end on ``start`` itself, whatever day it is.
        """
        if working_days <= 0 or not self._worked:
            return start
        last = bisect_left(self._worked, start.toordinal()) + working_days - 1
        return max(start, date.fromordinal(self._worked[min(last, len(self._worked) - 1)]))

    def start(self, finish: date, working_days: int) -> date:
        """Return the latest day on which work must begin to be done at the end of ``finish``: `finish`, inverted."""
        if working_days <= 0 or not self._worked:
            return finish
        first = bisect_right(self._worked, finish.toordinal()) - working_days
        return min(finish, date.fromordinal(self._worked[max(first, 0)]))

    def between(self, first: date, last: date) -> int:
        """Return how many days from ``first`` to ``last``, both included, are worked."""
        after, before = bisect_right(self._worked, last.toordinal()), bisect_left(self._worked, first.toordinal())
        return max(0, after - before)

    def working_days_in_week(self, day: date) -> int:
        """Return how many days of the day's ISO week, Monday to Sunday, are worked."""
        week = day.isocalendar()[:2]
        if week not in self._weeks:
            monday = shifted(day, 1 - day.isoweekday())
            self._weeks[week] = self.between(monday, shifted(monday, 6))
        return self._weeks[week]


@lru_cache(maxsize=1_000)
def _worked_days(calendar: Calendar) -> "array[int]":
    """Return the ordinals of a calendar's working days, once for all equal calendars: each partition has its own."""
    return array("l", (day for day in HORIZON if calendar.is_working(date.fromordinal(day))))


class Calendars(_Model):
    """A file of calendars."""

    calendars: tuple[Calendar, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> Self:
        names = [calendar.calendar for calendar in self.calendars]
        repeats = [at for at, name in enumerate(names) if name in names[:at]]
        if repeats:
            mistakes = [
                mistake(
                    ("calendars", at, "calendar"),
                    Text(
                        en=f"{names[at]!r} stands twice; give every calendar one entry",
                        ru=f"{names[at]!r} указан дважды; оставьте одну запись на календарь",
                    ),
                )
                for at in repeats
            ]
            raise ValidationError.from_exception_data("Calendars", mistakes)
        return self

    @cached_property
    def by_id(self) -> dict[str, Calendar]:
        """The calendars by their id."""
        return {calendar.calendar: calendar for calendar in self.calendars}


def load(path: Path) -> Calendars:
    """Read and validate a file of calendars.

    Raises:
        Misconfigured: The file cannot be used; it names file, line and remedy.
    """
    return yaml_file.load(path, Calendars, "KRANHUB_CALENDARS_FILE")


def shifted(day: date, days: int) -> date:
    """Return the day so many calendar days later (earlier when negative), or the last (first) day that there is."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min


WEEKS_OF_A_YEAR = 52


def _idle_years(calendar: Calendar) -> Iterator[InitErrorDetails]:
    """Yield a mistake for each covered year in which no day is worked: work would take no time at all in it."""
    if len(calendar.days_off) < WEEKS_OF_A_YEAR:
        return
    for year in range(calendar.covers.first_year, calendar.covers.last_year + 1):
        days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
        if not any(calendar.is_working(day) for day in days if day.year == year):
            idle = Text(
                en=f"no day of {year} is worked; take days from days_off, or the year from covers",
                ru=f"в {year} году нет ни одного рабочего дня; уберите дни из days_off или год из covers",
            )
            yield mistake(("days_off",), idle)


def _mistakes(calendar: Calendar) -> Iterator[InitErrorDetails]:
    for field in ("days_off", "working_days"):
        days: tuple[date, ...] = getattr(calendar, field)
        for at, day in enumerate(days):
            if not calendar.covers_year(day.year):
                outside = Text(
                    en=f"{day} is in no year that the calendar covers; correct it or covers",
                    ru=f"{day} вне лет, которые охватывает календарь; исправьте день или covers",
                )
                yield mistake((field, at), outside)
            if day in days[:at]:
                twice = Text(en=f"{day} stands twice; take one away", ru=f"{day} указан дважды; уберите один")
                yield mistake((field, at), twice)
    for at, day in enumerate(calendar.working_days):
        if day in calendar.days_off:
            both = Text(
                en=f"{day} is a day off, too; take it from one of the lists",
                ru=f"{day} указан и выходным; уберите его из одного списка",
            )
            yield mistake(("working_days", at), both)
        elif day.isoweekday() in calendar.weekdays:
            anyway = Text(
                en=f"{day} is worked anyway; list only days that the week has off",
                ru=f"{day} и так рабочий; перечислите только дни, которые на неделе выходные",
            )
            yield mistake(("working_days", at), anyway)
