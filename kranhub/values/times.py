"""Days and instants. A day is a day in the site's own time zone, when it is read and when it is written."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, Literal, TypeVar

from kranhub.errors import DocumentCode
from kranhub.values.texts import Strange

Day = TypeVar("Day", bound=date)
Format = Literal["yyyy-mm-dd", "dd.mm.yyyy"]
FIRST_YEAR, LAST_YEAR = 1990, 2100
_TIME = (
    r"(?:(?:[ \t\N{NO-BREAK SPACE}]+|[Tt])(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?"
    r"\s*(?P<zone>[Zz]|(?P<ahead>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?(?::?00)?)?"
)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _TIME, re.ASCII)
_RUSSIAN = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME, re.ASCII)
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_BLANK = re.compile(r"[\s.:/0-]*|0001-0?1-0?1(?!\d).*|0?1\.0?1\.0001(?!\d).*")
"""An empty date as ERPs write it into text: blanks, `` .  .    ``, ``0000-00-00``, 1C's day one of year 1."""


def day(raw: Any, zone: tzinfo, written: Format = "yyyy-mm-dd") -> date | None:
    """Return a value as a day in the zone.

    Args:
        raw: What the column holds: a date, a time, a text or None.
        zone: The site's time zone. A time without a zone is taken to be in it already.
        written: The form of texts that is understood besides yyyy-mm-dd.

    Returns:
        The day; None where the value is empty.

    Raises:
        Strange: ``bad-date`` where it is no date, ``date-out-of-range`` where its year is not plausible.
    """
    value = _value(raw, written)
    if isinstance(value, datetime):
        return _in_range(value.astimezone(zone).date() if value.tzinfo else value.date())
    return value


def instant(raw: Any, zone: tzinfo, written: Format = "yyyy-mm-dd") -> datetime | None:
    """Return a value as an instant in UTC.

    Args:
        raw: What the column holds: a date, a time, a text or None.
        zone: The time zone of a time without one; a date is the beginning of its day there.
        written: The form of texts that is understood besides yyyy-mm-dd.

    Returns:
        The instant; None where the value is empty.

    Raises:
        Strange: ``bad-date`` where it is no date, ``date-out-of-range`` where its year is not plausible.
    """
    value = _value(raw, written)
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def spelled(value: date, zone: tzinfo, written: Format = "yyyy-mm-dd") -> str:
    """Return a day, or an instant in the zone's local time to the second, as text.

    Args:
        value: A date, or an aware time.
        zone: The time zone in which a time is written.
        written: The form of the date.
    """
    pattern = "%d.%m.%Y" if written == "dd.mm.yyyy" else "%Y-%m-%d"
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime(f"{pattern} %H:%M:%S")
    return value.strftime(pattern)


def cut(moment: datetime, digits: int) -> datetime:
    """Return the time with this many digits (0 to 6) of the fraction of a second; the rest is cut off, not rounded."""
    unit = 10 ** (6 - min(digits, 6))
    return moment.replace(microsecond=moment.microsecond // unit * unit)


def _value(raw: Any, written: Format) -> date | None:
    if isinstance(raw, date):
        return None if (raw.year, raw.month, raw.day) == (1, 1, 1) else _in_range(raw)
    if raw is None or (isinstance(raw, str) and _BLANK.fullmatch(raw.strip())):
        return None
    value = _parsed(raw, written) if isinstance(raw, str) else None
    if value is None:
        raise Strange(DocumentCode.BAD_DATE, f"a date as {written}", f"дата вида {written}")
    return _in_range(value)


def _parsed(raw: str, written: Format) -> datetime | None:
    text = raw.strip()
    if text.casefold().removeprefix("-") == "infinity":  # PostgreSQL's own
        raise _out_of_range()
    found = _ISO.fullmatch(text) or (_RUSSIAN.fullmatch(text) if written == "dd.mm.yyyy" else None)
    if found is None:
        return None
    try:
        year, month, day_, hour, minute, second = (int(found[name] or 0) for name in _PARTS)
        fraction = int((found["part"] or "0").ljust(6, "0")[:6])
        return datetime(year, month, day_, hour, minute, second, fraction, _zone(found))
    except ValueError:
        return None


def _zone(found: "re.Match[str]") -> tzinfo | None:
    if found["zone"] is None:
        return None
    ahead = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    return timezone(-ahead if found["ahead"] == "-" else ahead)


def _in_range(value: Day) -> Day:
    """Return the date if its year is plausible: years such as 1753 or 9999 are a program's placeholder for no date."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise _out_of_range()
    return value


def _out_of_range() -> Strange:
    years = f"{FIRST_YEAR}-{LAST_YEAR}"
    return Strange(DocumentCode.DATE_OUT_OF_RANGE, f"a year of {years}", f"год из {years}")
