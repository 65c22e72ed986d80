"""The stamps of members' clocks: information, never an order. Pure.

The broker decides which of two facts is the later one: all events of a document come by one partition, so the last
record counts, whatever the clock of an ERP says. Where a stamp is later than the hub's own time, that is used instead,
and people are told (`ahead`).
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

Value = Mapping[str, Any]

TOLERANCE = timedelta(minutes=5)
"""How far a member's clock may be ahead of the hub's without a word."""

STAMPS = {
    "Order": ("issued_at",),
    "OrderResponse": ("issued_at",),
    "ProductionStatus": ("as_of",),
    "Shipment": ("actual_departure", "actual_arrival"),
    "InventoryLevel": ("as_of",),
    "Disruption": ("as_of",),
    "Receipt": ("delivered_at",),
}
"""The fields of each document that say what was, by the clock of its author."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""The stamp of a record to which no broker gave one."""


class Ahead(NamedTuple):
    """A stamp that lies ahead of the hub's: which field, what it says, and by how much."""

    field: str
    stamp: datetime
    by: timedelta


def bounded(subject: str, value: Value, time: datetime) -> Value:
    """Return the document with no stamp later than the hub's ``time`` of it."""
    late = {name: time for name, stamp in _stamps(subject, value) if stamp > time}
    return {**value, **late} if late else value


def ahead(subject: str, value: Value, event_time: datetime | None, time: datetime) -> Ahead | None:
    """Return the stamp that is furthest ahead of the hub's ``time``, or None where none is by more than `TOLERANCE`.

    ``event_time`` is the time of the event (CloudEvents ``time``).
    """
    known = [*_stamps(subject, value), *([("ce_time", event_time)] if event_time else [])]
    if not known or time <= _NO_TIME:
        return None
    field, stamp = max(known, key=lambda one: one[1])
    return Ahead(field, stamp, stamp - time) if stamp - time > TOLERANCE else None


def _stamps(subject: str, value: Value) -> list[tuple[str, datetime]]:
    return [(name, value[name]) for name in STAMPS.get(subject, ()) if value.get(name) is not None]


def fingerprint(event_id: str, value: Value) -> str:
    """Return what tells an event that comes again from a new one: 48 bits of its id and of all that it says.

    What changes to and fro has another id each time, or another stamp.
    """
    content = f"{event_id}\n{sorted(value.items())!r}"
    return base64.urlsafe_b64encode(hashlib.blake2b(content.encode(), digest_size=6).digest()).decode()
