"""Record headers: CloudEvents 1.0, Kafka protocol binding, binary mode; W3C trace context beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

Headers = list[tuple[str, bytes]]

TRACE_CHARACTERS = 512
"""What W3C Trace Context (section 3.3.1.5) wants passed on of tracestate; a longer trace header is left out."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers say. ``recorded`` is the hub's own stamp (CloudEvents extension ``recordedtime``).

    Times are aware. ``tracestate`` means nothing, and is not sent, without ``traceparent``.
    """

    id: str
    source: str
    type: str
    time: datetime | None = None
    recorded: datetime | None = None
    traceparent: str | None = None
    tracestate: str | None = None


def headers(envelope: Envelope) -> Headers:
    """Return the envelope as Kafka headers; header names are ``ce_…`` as the binding says."""
    fields = {
        "content-type": "application/avro",
        "ce_specversion": "1.0",
        "ce_id": envelope.id,
        "ce_source": envelope.source,
        "ce_type": envelope.type,
        "ce_time": _format(envelope.time),
        "ce_recordedtime": _format(envelope.recorded),
        "traceparent": envelope.traceparent,
        "tracestate": envelope.tracestate if envelope.traceparent else None,
    }
    return [(name, value.encode()) for name, value in fields.items() if value is not None]


def read(raw: Iterable[tuple[str, bytes | None]] | None) -> Envelope:
    """Return the envelope of a record's headers, times in UTC; what is missing or unreadable is empty, no error."""
    found = {name: value.decode("utf-8", "replace") for name, value in raw or () if value is not None}
    return Envelope(
        id=found.get("ce_id", ""),
        source=found.get("ce_source", ""),
        type=found.get("ce_type", ""),
        time=_parse(found.get("ce_time")),
        recorded=_parse(found.get("ce_recordedtime")),
        traceparent=_trace(found.get("traceparent", "")),
        tracestate=_trace(found.get("tracestate", "")),
    )


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


def _trace(text: str) -> str | None:
    return text if 0 < len(text) <= TRACE_CHARACTERS else None
