"""When a document last changed, by Tryton's rows: its own timestamp and those of everything below it. Pure.

Writing a line does not touch its head, and a transaction that began earlier may commit later, so a version is the
latest timestamp together with a digest of them all. A row that was imported past Tryton's own ways may have none.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

FIELD = "last_modified_at"
_FORMAT = "%Y%m%dT%H%M%S%f"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def latest(record: Mapping[str, Any]) -> datetime | None:
    """Return the latest timestamp of the record and what is nested in it, None where there is none."""
    return max((timestamp for _, timestamp in _timestamps(record, "")), default=None)


def version(record: Mapping[str, Any]) -> str:
    """Return the document's native version; it sorts by time and is the same whenever nothing was written."""
    timestamps = sorted(f"{path}@{timestamp.isoformat()}" for path, timestamp in _timestamps(record, ""))
    return version_at(latest(record), "|".join(timestamps))


def version_at(moment: datetime | None, content: str) -> str:
    """Return a version of a moment and a digest of the content."""
    return f"{(moment or _NEVER).astimezone(UTC).strftime(_FORMAT)}-{zlib.crc32(content.encode()):08x}"


def digest(value: Mapping[str, Any]) -> str:
    """Return a digest of a document's content, without the fields that only hold when it was read or written."""
    content = {name: _plain(inner) for name, inner in value.items() if name not in {"as_of", "issued_at"}}
    return hashlib.blake2b(repr(sorted(content.items())).encode(), digest_size=8).hexdigest()


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return f"{value.normalize():f}"
        case Mapping():
            return sorted((name, _plain(inner)) for name, inner in value.items())
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return value


def _timestamps(record: Mapping[str, Any], path: str) -> Iterator[tuple[str, datetime]]:
    here = f"{path}/{record.get('id')}"
    if isinstance(record.get(FIELD), datetime):
        yield here, record[FIELD]
    for name, below in record.items():
        if name.endswith("."):
            for nested in below if isinstance(below, list) else [below]:
                if isinstance(nested, Mapping):
                    yield from _timestamps(nested, here + name)
