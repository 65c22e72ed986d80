"""Record headers: CloudEvents 1.0, Kafka protocol binding, binary mode; W3C Trace Context beside them."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

Headers = list[tuple[str, bytes]]

CONTENT_TYPE = "application/vnd.confluent.avro"
"""The content type of a value: Avro behind the Confluent framing. ``application/avro`` would mean Avro from the first
byte."""

_DATA = ("content-type", CONTENT_TYPE.encode())
_VERSION = ("ce_specversion", b"1.0")

TRACE_CHARACTERS = 512
"""The characters of tracestate that W3C Trace Context (section 3.3.1.5) wants passed on; a longer one is left out."""

SUBJECT_BYTES = 1024
"""The most bytes of a key that is repeated as the event's subject."""

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
"""W3C Trace Context, section 3.2: version, trace id, parent id, flags; a later version may add more behind them."""


class Envelope(NamedTuple):
    """What a record's headers hold. Times are aware.

    Attributes:
        id: The event's id.
        source: Who wrote the event (`member_source`, `hub_source`).
        type: The event's type.
        time: When it happened; None where not known.
        recorded: When the hub recorded it (CloudEvents extension ``recordedtime``); None before that.
        traceparent: W3C Trace Context's traceparent; None for none.
        tracestate: W3C Trace Context's tracestate; it has no meaning, and is not sent, without ``traceparent``.
        subject: The record's key (`subject_of`); None for none.
        dataschema: The URI of the value's schema; None where not known.
        data: Whether the record has a value; one without, which deletes its key, has no data.
    """

    id: str
    source: str
    type: str
    time: datetime | None = None
    recorded: datetime | None = None
    traceparent: str | None = None
    tracestate: str | None = None
    subject: str | None = None
    dataschema: str | None = None
    data: bool = True


def member_source(namespace: str, member: str) -> str:
    """Return the CloudEvents source of a member's events; the namespace names the installation."""
    return f"{_installation(namespace)}/members/{member}"


def hub_source(namespace: str, part: str) -> str:
    """Return the CloudEvents source of events of a part of the hub itself, such as a stage."""
    return f"{_installation(namespace)}/hub/{part}"


def member_of(namespace: str, source: str) -> str | None:
    """Return the member whose source this is; None for any other source."""
    prefix = member_source(namespace, "")
    return source.removeprefix(prefix) if source.startswith(prefix) else None


def new_trace(seed: str) -> str:
    """Return the traceparent that begins a trace; the same for the same seed, such as an event's source and id."""
    digest = sha256(seed.encode("utf-8", "surrogateescape")).hexdigest()
    return f"00-{digest[:31]}1-{digest[32:47]}1-01"  # an id of zeros only would be none


def headers(envelope: Envelope) -> Headers:
    """Return the envelope as Kafka headers, named ``ce_…`` as the binding requires."""
    fields = (
        ("ce_id", envelope.id),
        ("ce_source", envelope.source),
        ("ce_type", envelope.type),
        ("ce_subject", envelope.subject),
        ("ce_dataschema", envelope.dataschema if envelope.data else None),
        ("ce_time", _format(envelope.time)),
        ("ce_recordedtime", _format(envelope.recorded)),
        ("traceparent", envelope.traceparent),
        ("tracestate", envelope.tracestate if envelope.traceparent else None),
    )
    found = [_DATA, _VERSION] if envelope.data else [_VERSION]
    found += [(name, value.encode()) for name, value in fields if value is not None]
    return found


def subject_of(key: bytes) -> str | None:
    """Return a record's key as its event's subject; None where it is empty, no text or over `SUBJECT_BYTES`."""
    if not 0 < len(key) <= SUBJECT_BYTES:
        return None
    try:
        return key.decode()
    except UnicodeDecodeError:
        return None


def read(raw: Iterable[tuple[str, bytes | None]] | None) -> Envelope:
    """Return the envelope of a record's headers, times in UTC; what is missing or unreadable is left empty."""
    found = {name: value.decode("utf-8", "replace") for name, value in raw or () if value is not None}
    return Envelope(
        id=found.get("ce_id", ""),
        source=found.get("ce_source", ""),
        type=found.get("ce_type", ""),
        time=_parse(found.get("ce_time")),
        recorded=_parse(found.get("ce_recordedtime")),
        traceparent=_traceparent(found.get("traceparent", "")),
        tracestate=_tracestate(found.get("tracestate", "")),
        subject=found.get("ce_subject"),
        dataschema=found.get("ce_dataschema"),
        data="content-type" in found,
    )


def _installation(namespace: str) -> str:
    return f"/kranhub/{namespace.rstrip('.')}"


@lru_cache(maxsize=1_000)
def _format(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else None


def _parse(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is UTC:
            return time
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):  # no time, or one that has no place among UTC's years 1 to 9999
        return None


def _traceparent(text: str) -> str | None:
    """Return a traceparent unchanged; None for an invalid one. Version 00 has exactly four parts."""
    found = _TRACEPARENT.fullmatch(text) if len(text) <= TRACE_CHARACTERS else None
    return text if found and not (found[1] and text.startswith("00")) else None


def _tracestate(text: str) -> str | None:
    return text if 0 < len(text) <= TRACE_CHARACTERS else None
