"""The order timeline: every event of an order as a row with a sentence. Pure."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kranhub import envelope, identifiers, readmodel, story
from kranhub.codec import Codec
from kranhub.errors import InvalidDocument
from kranhub.plain import plain
from kranhub.readmodel import Place, Stand


class Event(NamedTuple):
    """One committed record of hub.events, as the broker gave it; ``timestamp`` in seconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp: float
    key: bytes
    value: bytes | None
    headers: Iterable[tuple[str, bytes | None]]


class Folded(NamedTuple):
    """What a batch leads to: rows of `readmodel.timeline`, how far the view has come, how many could not be read."""

    rows: list[Mapping[str, Any]]
    reached: dict[Place, Stand]
    unreadable: int


def fold(events: Iterable[Event], codec: Codec) -> Folded:
    """Fold a batch. Raises `Unavailable` when the registry is away; a record that cannot be read is counted only."""
    rows: list[Mapping[str, Any]] = []
    reached: dict[Place, Stand] = {}
    unreadable = 0
    for event in events:
        try:
            rows += row(event, codec)
        except (InvalidDocument, KeyError, ValueError):
            unreadable += 1
        reached[Place(event.topic, event.partition)] = Stand(event.offset + 1, readmodel.stamp(_time(event)))
    return Folded(rows, reached, unreadable)


def row(event: Event, codec: Codec) -> list[Mapping[str, Any]]:
    """Return the event's row; none for what belongs to no order. Raises as `Codec.decode` does."""
    key = event.key.decode("utf-8", "replace")
    if event.value is None or ":" not in key:
        return []
    subject, value = codec.decode(event.value, trusted=True)
    sentence = story.tell(subject, value)
    return [
        {
            "topic": event.topic,
            "partition": event.partition,
            "offset": event.offset,
            "order_key": key,
            "order_id": identifiers.order_of(key)[1],
            "event_id": envelope.read(event.headers).id,
            "subject": subject,
            "time": readmodel.stamp(_time(event)),
            "text_en": sentence.en,
            "text_ru": sentence.ru,
            "value": json.dumps(plain(value), ensure_ascii=False),
        }
    ]


def _time(event: Event) -> datetime:
    """Return the hub's stamp; the broker's where the hub has not stamped it."""
    return envelope.read(event.headers).recorded or datetime.fromtimestamp(event.timestamp, UTC)
