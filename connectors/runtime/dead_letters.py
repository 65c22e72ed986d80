"""Dead letters of the edge, in the form of the shared language."""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kranhub.connector import Event, Unreadable
from kranhub.errors import Code, DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.plain_json import plain

Letter = messages.DeadLetter

MOST_BYTES = 900_000
"""What fits into a record of any broker (1,048,576 bytes by default) beside its key and headers."""
KEPT_BYTES = 500_000
"""How much of a document that is larger its letter keeps."""


def refuse_oversized(encoded: bytes) -> None:
    """Raise `InvalidDocument` for an event that Kafka would not take: it would be tried again for ever."""
    if len(encoded) > MOST_BYTES:
        raise InvalidDocument(
            DocumentCode.TOO_LARGE,
            Text(
                en=f"The document has {len(encoded)} bytes, {MOST_BYTES} are the most. Split it in the ERP.",
                ru=f"В документе {len(encoded)} байт, допускается {MOST_BYTES}. Разделите его в учётной системе.",
            ),
        )


def of_unreadable(member: str, unreadable: Unreadable) -> Letter:
    """Return the letter of an ERP's document that is no event."""
    return _letter(
        member, "source", unreadable.id, unreadable.key, unreadable.code, unreadable.reason, unreadable.original
    )


def of_event(member: str, event: Event, error: InvalidDocument) -> Letter:
    """Return the letter of an event that the schema refuses; it never was bytes, so its JSON stands in."""
    original = json.dumps(plain(event.value), ensure_ascii=False, default=str).encode("utf-8", "replace")
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
    member: str, stage: str, event_id: str, key: str, code: Code, reason: Mapping[str, str], original: bytes
) -> Letter:
    return {
        "dead_letter_id": str(uuid.uuid5(uuid.NAMESPACE_URL, _clean(f"{event_id}/{stage}/{code}"))),
        "event_id": _clean(event_id),
        "member": member,
        "stage": stage,
        "code": _clean(code),
        "reason": {language: _clean(sentence) for language, sentence in reason.items()},
        "topic": "",
        "partition": -1,
        "offset": -1,
        "key": _clean(key),
        "original": original if len(original) <= MOST_BYTES else original[:KEPT_BYTES],
        "failed_at": datetime.now(UTC),
    }


def _clean(text: str) -> str:
    """Return the text with a question mark for what cannot be written, so that a letter always can."""
    return text.encode("utf-8", "replace").decode()


def _text(value: bytes | None) -> str:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return base64.b64encode(value or b"").decode()
