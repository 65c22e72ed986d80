"""The order timeline: every event of an order as a row with a sentence. Pure."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from kranhub import identifiers
from kranhub.errors import InvalidDocument, KranhubError
from kranhub.readmodel import event_texts, tables
from kranhub.readmodel.rows import TimelineRow
from kranhub.readmodel.tables import Stand
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.locations import TopicPartition
from kranhub.wire.messages import AnyDecoded, Subject
from kranhub.wire.plain_json import plain


class TimelineRecord(NamedTuple):
    """One committed record of hub.events, as the broker returned it; ``timestamp`` is in seconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]


class Unreadable(NamedTuple):
    """An event that could not be folded, and why: an `InvalidDocument`'s code or an exception's class, no payload."""

    place: TopicPartition
    offset: int
    reason: str


class Folded(NamedTuple):
    """What a batch leads to: rows of `tables.timeline`, how far the view has come, what could not be read."""

    rows: list[TimelineRow]
    reached: dict[TopicPartition, Stand]
    unreadable: list[Unreadable]


def fold(events: Iterable[TimelineRecord], codec: Codec) -> Folded:
    """Fold a batch. One event that cannot be read, for whatever reason, is reported and skipped.

    Raises:
        Unavailable: When the registry is away.
        Misconfigured: When what answers is no registry.
    """
    folded = Folded([], {}, [])
    for event in events:
        place = TopicPartition(event.topic, event.partition)
        try:
            folded.rows.extend(row(event, codec))
        except InvalidDocument as error:
            folded.unreadable.append(Unreadable(place, event.offset, error.code))
        except KranhubError:
            raise
        except Exception as error:  # noqa: BLE001  (the next event must not wait for this one)
            folded.unreadable.append(Unreadable(place, event.offset, type(error).__name__))
        folded.reached[place] = Stand(event.offset + 1, _timestamp(event))
    return folded


def row(event: TimelineRecord, codec: Codec) -> list[TimelineRow]:
    """Return the event's row; none for what belongs to no order.

    Raises:
        InvalidDocument: For an event that cannot be decoded.
        Unavailable: When the registry is away.
        Misconfigured: When what answers is no registry.
    """
    key = event.key.decode("utf-8", "replace")
    if event.value is None or ":" not in key:
        return []
    decoded = codec.decode(event.value, trusted=True)
    text = event_texts.describe(decoded)
    return [
        {
            "topic": event.topic,
            "partition": event.partition,
            "offset": event.offset,
            "order_key": key,
            "order_id": identifiers.order_of(key)[1],
            "order_number": _order_number(decoded),
            "event_id": envelope.read(event.headers).id,
            "subject": decoded.subject.value,
            "time": _timestamp(event),
            "text_en": text.en,
            "text_ru": text.ru,
            "value": json.dumps(plain(decoded.value), ensure_ascii=False),
        }
    ]


def _order_number(decoded: AnyDecoded) -> str | None:
    """Return what people call the order, None where the record does not have it."""
    value: Mapping[str, Any] = decoded.value
    return cast("str | None", value.get("number" if decoded.subject is Subject.ORDER else "order_number"))


def _timestamp(event: TimelineRecord) -> str:
    """Return when the broker recorded the event; where UTC cannot express that, the hub's timestamp; else the epoch.

    A stage's timestamp may lie before that of what led to it: what waited is sent with the timestamp of what ended its
    wait.
    """
    with suppress(OverflowError, OSError, ValueError):
        return tables.timestamp(datetime.fromtimestamp(event.timestamp, UTC))
    recorded = envelope.read(event.headers).recorded
    with suppress(OverflowError):  # year 1 or 9999 in another zone
        if recorded:
            return tables.timestamp(recorded)
    return tables.timestamp(datetime.fromtimestamp(0, UTC))
