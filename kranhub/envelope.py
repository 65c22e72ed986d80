"""Record headers: CloudEvents 1.0, Kafka protocol binding, binary mode; W3C trace context beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers say. ``recorded`` is the hub's own stamp (CloudEvents extension ``recordedtime``)."""

    id: str
    source: str
    type: str
    time: datetime | None = None
    recorded: datetime | None = None
    traceparent: str | None = None


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
    }
    return [(name, value.encode()) for name, value in fields.items() if value is not None]


def read(raw: Iterable[tuple[str, bytes | None]] | None) -> Envelope:
    """Return the envelope of a record's headers; what is missing or unreadable is empty, never an error."""
    found = {name: value.decode("utf-8", "replace") for name, value in raw or () if value is not None}
    return Envelope(
        id=found.get("ce_id", ""),
        source=found.get("ce_source", ""),
        type=found.get("ce_type", ""),
        time=_parse(found.get("ce_time")),
        recorded=_parse(found.get("ce_recordedtime")),
        traceparent=found.get("traceparent"),
    )


def _format(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else None


def _parse(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return time if time.tzinfo else None
