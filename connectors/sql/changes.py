"""How far a change column was read: from which version on the next poll looks. Pure.

A database commits in another order than its clocks and counters run: a slow transaction takes version 17, and commits
after version 18 was read. So every poll starts an overlap below the highest version there was when the poll before it
began, and never above the database's own time: a timestamp that is ahead changes nothing. Which events follow does not
depend on it: every row is remembered, and the comparison of the whole table finds what lies below.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connectors.sql.config import Changed
from kranhub.values.times import FIRST_YEAR

AHEAD = timedelta(minutes=5)
"""A timestamp that is this far beyond the database's time is reported."""

NATIVE = "_"
"""Stands between date and time in the watermark of a column that is no text; ISO 8601 parsers take any character."""

HIGHEST_INTEGER = 2**63 - 1

LONGEST = 64
"""The most characters of a version in an event id: a text column may hold anything, and the row's hash covers
the rest."""


class Versions:
    """The versions of one table."""

    def __init__(self, changed: Changed, zone: ZoneInfo) -> None:
        """Take the column's settings, and the zone of times without one."""
        self._changed = changed
        self.integer = changed.kind == "integer"
        self._zone = ZoneInfo(changed.time_zone) if changed.time_zone else zone

    def trusted(self, version: Any, now: datetime) -> bool:
        """Return whether the highest version may be the watermark: sortable, no empty date, not after ``now``."""
        if self.integer:
            return sorts(version, self._changed)
        moment = self._moment(version)
        return moment is not None and moment.year >= FIRST_YEAR and moment <= now

    def ahead(self, version: Any, now: datetime) -> bool:
        """Return whether the timestamp is so far beyond ``now`` that a clock must be wrong."""
        moment = None if self.integer else self._moment(version)
        return moment is not None and moment > now + AHEAD

    def now(self, now: datetime, like: Any) -> Any:
        """Return the time, written like another version of the column (None: as text)."""
        if isinstance(like, datetime):
            return now if like.tzinfo else now.astimezone(self._zone).replace(tzinfo=None)
        if isinstance(like, date):
            return now.astimezone(self._zone).date()
        moment = _moment(like)
        if moment is None:
            return now.astimezone(self._zone).isoformat(sep=" ", timespec="seconds")
        local = now.astimezone(moment.tzinfo or self._zone).replace(tzinfo=None)
        text = local.isoformat(sep=_separator(like) or " ", timespec="seconds")
        return text if _separator(like) else text[:10]

    def low(self, top: Any) -> Any:
        """Return the version an overlap below the watermark, as the column holds it; text sorts before that second.

        None where no date is that low: then every row is read.
        """
        if self.integer:
            return max(int(top) - int(self._changed.overlap), -HIGHEST_INTEGER)
        day = isinstance(top, date) and not isinstance(top, datetime)
        moment = datetime.combine(top, time()) if day else _moment(top)
        if moment is None:
            return None
        try:
            low = moment - timedelta(seconds=self._changed.overlap) - self._clock_change(moment)
        except OverflowError:
            return None
        if not isinstance(top, str):
            return low.date() if day else low
        text = low.replace(tzinfo=None).isoformat(sep=_separator(top) or " ", timespec="seconds")
        return text if _separator(top) else text[:10]

    def _moment(self, version: Any) -> datetime | None:
        if isinstance(version, date) and not isinstance(version, datetime):
            version = datetime.combine(version, time())
        moment = _moment(version)
        return moment.replace(tzinfo=self._zone) if moment and not moment.tzinfo else moment

    def _clock_change(self, moment: datetime) -> timedelta:
        """Return how far local times ran back or forth around this day: clocks set back repeat an hour."""
        if moment.tzinfo is not None:
            return timedelta(0)
        day = timedelta(days=1)
        before, after = ((moment + step).replace(tzinfo=self._zone).utcoffset() for step in (-day, day))
        return abs((after or timedelta(0)) - (before or timedelta(0)))


def plain(version: Any) -> Any:
    """Return a version as JSON can hold it."""
    if isinstance(version, datetime):
        return universal(version).isoformat(sep=NATIVE)
    if isinstance(version, date):
        return f"{version.isoformat()}{NATIVE}"
    return int(version) if isinstance(version, Decimal) and version.is_finite() else version


def universal(moment: datetime) -> datetime:
    """Return an aware time in UTC; one without a zone, and one of the calendar's first or last hours, as it is."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError:
        return moment


def restored(version: Any) -> Any:
    """Return the version that `plain` wrote."""
    if not isinstance(version, str) or version[10:11] != NATIVE:
        return version
    return datetime.fromisoformat(version) if version[11:] else date.fromisoformat(version[:10])


def spelled(version: Any) -> str:
    """Return the version as event ids hold it; empty where there is none."""
    if isinstance(version, bytes):
        return version.hex()[:LONGEST]
    text = "" if version is None else str(plain(version))[:LONGEST]
    return "".join(sign if sign.isprintable() and sign != "/" else "-" for sign in text)


def sorts(version: Any, changed: Changed) -> bool:
    """Return whether a version of this kind can be ordered."""
    if changed.kind == "integer":
        whole = isinstance(version, int | Decimal) and not isinstance(version, bool)
        return whole and Decimal(version).is_finite() and -HIGHEST_INTEGER <= version <= HIGHEST_INTEGER
    return isinstance(version, date) or _moment(version) is not None


def _separator(version: Any) -> str:
    return str(version)[10:11]


def _moment(version: Any) -> datetime | None:
    if isinstance(version, datetime):
        return version
    if not isinstance(version, str) or version[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(version.strip())
    except ValueError:
        return None
