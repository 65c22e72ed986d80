"""The timestamps of members' clocks: information, never an order. Pure.

The broker decides which of two facts is the later one: all events of a document come by one partition, so the last
record counts, whatever the clock of an ERP says. Where a timestamp is later than the hub's own time, that is used
instead, and operators are alerted (`ahead`).
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

from kranhub.wire.messages import Message, Subject

TOLERANCE = timedelta(minutes=5)
"""How far a member's clock may be ahead of the hub's without an alert."""

STAMPS: Mapping[Subject, tuple[str, ...]] = {
    Subject.ORDER: ("issued_at",),
    Subject.ORDER_RESPONSE: ("issued_at",),
    Subject.PRODUCTION_STATUS: ("as_of",),
    Subject.SHIPMENT: ("actual_departure", "actual_arrival"),
    Subject.INVENTORY_LEVEL: ("as_of",),
    Subject.PLANNED_RECEIPT: ("as_of",),
    Subject.DISRUPTION: ("as_of",),
    Subject.RECEIPT: ("delivered_at",),
}
"""The timestamps of each document that state what has happened, by its author's clock."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""The timestamp of a record to which no broker gave one."""


class Ahead(NamedTuple):
    """A timestamp that is ahead of the hub's time.

    Attributes:
        field: The field of the document; ``ce_time`` for the event's own time.
        timestamp: What it says.
        by: How far it is ahead.
    """

    field: str
    timestamp: datetime
    by: timedelta


def bounded(subject: Subject, value: Message, time: datetime) -> Message:
    """Return the document with no timestamp later than the hub's time of it.

    Args:
        subject: The type of the document.
        value: The document.
        time: The hub's time of it.
    """
    late = {name: time for name, timestamp in _timestamps(subject, value) if timestamp > time}
    return cast(Message, {**value, **late}) if late else value


def ahead(subject: Subject, value: Message, event_time: datetime | None, time: datetime) -> Ahead | None:
    """Return the timestamp that is furthest ahead of the hub's time.

    Args:
        subject: The type of the document.
        value: The document.
        event_time: The time of the event (CloudEvents ``time``); None where it has none.
        time: The hub's time of the document.

    Returns:
        None where no timestamp is ahead by more than `TOLERANCE`.
    """
    known = [*_timestamps(subject, value), *([("ce_time", event_time)] if event_time else [])]
    if not known or time <= _NO_TIME:
        return None
    field, timestamp = max(known, key=lambda one: one[1])
    return Ahead(field, timestamp, timestamp - time) if timestamp - time > TOLERANCE else None


def _timestamps(subject: Subject, value: Message) -> list[tuple[str, datetime]]:
    fields: Mapping[str, Any] = value
    return [(name, fields[name]) for name in STAMPS.get(subject, ()) if fields.get(name) is not None]


def fingerprint(event_id: str, value: Message) -> str:
    """Return what distinguishes an event from a repeat of another: 48 bits of its id and of all its content.

    What changes to and fro has another id each time, or another timestamp.
    """
    content = f"{event_id}\n{sorted(value.items())!r}"
    return base64.urlsafe_b64encode(hashlib.blake2b(content.encode(), digest_size=6).digest()).decode()
