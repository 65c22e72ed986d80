"""Keys of a table: a name and parts, written so that the texts sort as the parts do."""

from datetime import UTC, date, datetime

Part = str | int | date | datetime
Key = tuple[Part, ...]

DIGITS = 12
"""Digits of a whole number in a key."""

LARGEST = 10**DIGITS - 1


def written(table: str, key: Key) -> str:
    """Return the state's key of an entry.

    Args:
        table: The table's name; it has no slash.
        key: The parts. Texts keep their order but for ``%`` and ``/``; whole numbers are not negative.

    Raises:
        ValueError: A whole number does not fit `DIGITS`, or a datetime has no time zone.
    """
    return "/".join([table, *map(_text, key)])


def prefix(table: str, key: Key) -> str:
    """Return how the state's keys of all entries begin whose first parts are these."""
    return f"{written(table, key)}/"


def parts(written_key: str) -> tuple[str, ...]:
    """Return the parts of a state's key as texts, without the table's name."""
    _, *texts = written_key.split("/")
    return tuple(texts) if "%" not in written_key else tuple(map(_unescaped, texts))


def instant(text: str) -> datetime:
    """Return the instant of a key's part."""
    return datetime.fromisoformat(text)


def _text(part: Part) -> str:
    if isinstance(part, str):
        return part if "/" not in part and "%" not in part else part.replace("%", "%25").replace("/", "%2F")
    if isinstance(part, datetime):
        if part.tzinfo is None:
            raise ValueError("an instant in a key needs a time zone")
        return f"{part.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
    if isinstance(part, date):
        return part.isoformat()
    number = int(part)
    if not 0 <= number <= LARGEST:
        raise ValueError(f"a number in a key has at most {DIGITS} digits and no sign: {number}")
    return f"{number:0{DIGITS}}"


def _unescaped(text: str) -> str:
    return text.replace("%2F", "/").replace("%25", "%")
