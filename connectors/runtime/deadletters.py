"""Dead letters of the edge, in the form of the shared language."""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kranhub.connector import Event, Unreadable
from kranhub.errors import InvalidDocument
from kranhub.plain import plain

Letter = dict[str, Any]


def of_unreadable(member: str, unreadable: Unreadable) -> Letter:
    """Return the letter of an ERP's document that is no event."""
    return _letter(
        member, "source", unreadable.id, unreadable.key, unreadable.code, unreadable.reason, unreadable.original
    )


def of_event(member: str, event: Event, error: InvalidDocument) -> Letter:
    """Return the letter of an event that the schema refuses; it never was bytes, so its JSON stands in."""
    original = json.dumps(plain(event.value), ensure_ascii=False, default=str).encode()
    return _letter(member, "source", event.id, event.key, error.code, error.text.as_map(), original)


def of_record(member: str, record: Any, event_id: str, error: InvalidDocument) -> Letter:
    """Return the letter of a Kafka record that the sink cannot decode, with its bytes and its place."""
    key = (record.key or b"").decode("utf-8", "replace")
    place = f"{record.topic}/{record.partition}/{record.offset}"
    letter = _letter(member, "sink", event_id or place, key, error.code, error.text.as_map(), record.value or b"")
    headers = {name: _text(value) for name, value in record.headers or ()}
    return {
        **letter,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "headers": headers,
    }


def _letter(
    member: str, stage: str, event_id: str, key: str, code: str, reason: Mapping[str, str], original: bytes
) -> Letter:
    return {
        "dead_letter_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event_id}/{stage}/{code}")),
        "event_id": event_id,
        "member": member,
        "stage": stage,
        "code": code,
        "reason": dict(reason),
        "topic": "",
        "partition": -1,
        "offset": -1,
        "key": key,
        "original": original,
        "failed_at": datetime.now(UTC),
    }


def _text(value: bytes | None) -> str:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return base64.b64encode(value or b"").decode()
