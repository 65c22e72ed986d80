"""For which requests a plant's work is done in which ISO week: here a disruption finds what gets another day. Pure."""

from datetime import date
from typing import NamedTuple

from streams.routing.allocator.capacity import week_of
from streams.routing.allocator.keys import ReservationKey
from streams.tables import StateTables, Table
from streams.tables.keys import LARGEST

CLEARED = 4
"""How many entries of past weeks a new entry removes: more than one, so that all of them are removed in time."""


FIRST_NUMBER = LARGEST - 1
"""The number of a week's first entry; the position behind it can be written as well."""


class WeekPosition(NamedTuple):
    """The position of a request: the week in which its work is done, and a number that falls with every entry."""

    week: str
    number: int


class _Request(NamedTuple):
    item: str
    request_id: str


WEEKS: Table[_Request] = Table("reservation-week", _Request)
"""The entries by plant, week and number, the latest of a week first."""


def add(tables: StateTables, key: ReservationKey, done: date, today: date) -> WeekPosition:
    """Put the request into the week of the day on which its work is done.

    Args:
        tables: The state.
        key: The request's key.
        done: That day.
        today: Today: some entries of earlier weeks are cleared away.

    Returns:
        The request's position.
    """
    _clear(tables, key.plant, week_of(today))
    week = week_of(done)
    first = tables.scan(WEEKS, (key.plant, week), limit=1)
    position = WeekPosition(week, int(first[0].key[2]) - 1 if first else FIRST_NUMBER)
    tables.put(WEEKS, (key.plant, *position), _Request(key.item, key.request_id))
    return position


def remove(tables: StateTables, plant: str, position: WeekPosition) -> None:
    """Take a request out of its week.

    Args:
        tables: The state.
        plant: The plant.
        position: The request's position.
    """
    tables.put(WEEKS, (plant, *position), None)


def first_from(tables: StateTables, plant: str, position: WeekPosition) -> tuple[WeekPosition, ReservationKey] | None:
    """Return the first request at or after a position, with its own position, or None.

    Args:
        tables: The state.
        plant: The plant.
        position: The position.
    """
    for (_, week, number), request in tables.scan(WEEKS, (plant,), start=(plant, *position), limit=1):
        return WeekPosition(week, int(number)), ReservationKey(plant, *request)
    return None


def _clear(tables: StateTables, plant: str, this_week: str) -> None:
    """Clear away some entries of weeks that are over."""
    for entry in tables.scan(WEEKS, (plant,), end=(plant, this_week), limit=CLEARED):
        tables.put(WEEKS, entry.key, None)
