"""Which requests a plant's work is done for in which ISO week: a list by week, of which any entry is taken out at once.

A state can neither be searched nor listed; a disruption finds by these lists what must get another day. Pure.
"""

from datetime import date
from typing import NamedTuple

from streams.routing.allocator.capacity import week_of
from streams.routing.tables import Ledger, Table

FORGOTTEN = 4
"""Entries of weeks that are over, that one new entry clears away: more than come, so what is over ends."""


class Entry(NamedTuple):
    """A request: its item and its id."""

    item: str
    request_id: str


class Listed(NamedTuple):
    """Where a request stands: the week in which its work is done, and the place in that week's list."""

    week: str
    number: int


LENGTHS: Table[dict[str, int]] = Table("week", dict[str, int])
"""By plant: how many entries each week has; a week without any is not named."""

ENTRIES: Table[Entry] = Table("week-entry", Entry)


def lengths(ledger: Ledger, plant: str) -> dict[str, int]:
    """Return how many entries each of the plant's weeks has."""
    return ledger.get(LENGTHS, plant) or {}


def entry(ledger: Ledger, plant: str, listed: Listed) -> Entry | None:
    """Return who stands there."""
    return ledger.get(ENTRIES, _place(plant, listed))


def add(ledger: Ledger, plant: str, new: Entry, done: date, today: date) -> Listed:
    """List the request under the week of the day on which its work is done; return where it stands."""
    known = _forget(ledger, plant, week_of(today))
    week = week_of(done)
    listed = Listed(week, known.get(week, 0))
    ledger.put(ENTRIES, _place(plant, listed), new)
    ledger.put(LENGTHS, plant, dict(sorted({**known, week: listed.number + 1}.items())))
    return listed


def remove(ledger: Ledger, plant: str, old: Entry, listed: Listed) -> Entry | None:
    """Take the request out; return who has its place now, the last of the list, or None where nobody had to move."""
    known = lengths(ledger, plant)
    if entry(ledger, plant, listed) != old:
        return None
    last = Listed(listed.week, known[listed.week] - 1)
    moved = entry(ledger, plant, last) if last != listed else None
    ledger.put(ENTRIES, _place(plant, last), None)
    ledger.put(ENTRIES, _place(plant, listed), moved)
    _set_lengths(ledger, plant, {**known, listed.week: last.number})
    return moved


def _forget(ledger: Ledger, plant: str, this_week: str) -> dict[str, int]:
    """Clear away some entries of the earliest week that is over; return the lengths."""
    known = dict(lengths(ledger, plant))
    first = min(known, default=this_week)
    if first < this_week:
        for _ in range(min(FORGOTTEN, known[first])):
            known[first] -= 1
            ledger.put(ENTRIES, _place(plant, Listed(first, known[first])), None)
        _set_lengths(ledger, plant, known)
    return {week: length for week, length in known.items() if length}


def _set_lengths(ledger: Ledger, plant: str, known: dict[str, int]) -> None:
    left = {week: length for week, length in known.items() if length}
    ledger.put(LENGTHS, plant, left or None)


def _place(plant: str, listed: Listed) -> str:
    return f"{plant}/{listed.week}/{listed.number}"
