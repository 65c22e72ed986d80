"""When a document last changed, as Tryton's rows say: its own stamp and those of everything below it. Pure.

Writing a line does not touch its head, and a transaction that began earlier may commit later, so a version is the
latest stamp together with a digest of them all.
"""

import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

FIELD = "last_modified_at"
_FORMAT = "%Y%m%dT%H%M%S%f"


def latest(record: Mapping[str, Any]) -> datetime:
    """Return the latest stamp of the record and what is nested in it."""
    return max(stamp for _, stamp in _stamps(record, ""))


def version(record: Mapping[str, Any]) -> str:
    """Return the document's native version; it sorts by time and is the same whenever nothing was written."""
    stamps = sorted(f"{path}@{stamp.isoformat()}" for path, stamp in _stamps(record, ""))
    return stamped(latest(record), "|".join(stamps))


def stamped(moment: datetime, content: str) -> str:
    """Return a version of a moment and a digest of the content."""
    return f"{moment.astimezone(UTC).strftime(_FORMAT)}-{zlib.crc32(content.encode()):08x}"


def moment_of(event_id: str) -> datetime:
    """Return the moment in an event id that ends in a version."""
    text = event_id.rpartition("/")[2].partition("-")[0]
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def digest(value: Mapping[str, Any] | None) -> int:
    """Return a digest of a document's content, without the fields that only say when it was read or written."""
    content = {name: _plain(inner) for name, inner in (value or {}).items() if name not in {"as_of", "issued_at"}}
    return zlib.crc32(repr(sorted(content.items())).encode())


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _stamps(record: Mapping[str, Any], path: str) -> Iterator[tuple[str, datetime]]:
    here = f"{path}/{record['id']}"
    if record.get(FIELD):
        yield here, record[FIELD]
    for name, below in record.items():
        if name.endswith("."):
            for nested in below if isinstance(below, list) else [below] if below else []:
                yield from _stamps(nested, here + name)
