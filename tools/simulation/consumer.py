"""Reads the whole record with another client and another codec than the hub's: aiokafka and Apache's avro."""

import asyncio
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import avro.io
import avro.schema
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

from tools.simulation.timetable import SENT

PATIENCE_S = 300.0


class ConsumedRecord(NamedTuple):
    """One committed record.

    Attributes:
        topic: Its topic without the namespace.
        partition: Its partition.
        offset: Its offset.
        key: Its key.
        id: The event's id; without one its place, which has no namespace either.
        kind: Its subject.
        appended_ms: The record's own time, in milliseconds since the epoch.
        data: Its value as bytes.
        recorded: The hub's stamp, where there is one.
        sent_ns: When a member's document was really sent, in nanoseconds since the epoch; None for others.
        value: The content of ``data``, once it is decoded.
    """

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    kind: str
    appended_ms: int = 0
    data: bytes = b""
    recorded: datetime | None = None
    sent_ns: int | None = None
    value: Mapping[str, Any] = {}

    @property
    def place(self) -> str:
        """Topic, partition and offset."""
        return f"{self.topic}/{self.partition}/{self.offset}"


def read(bootstrap: str, namespace: str, topics: Iterable[str]) -> dict[str, list[ConsumedRecord]]:
    """Return every committed record of the topics, by topic, in partitions' order.

    Args:
        bootstrap: The brokers' addresses.
        namespace: The topics' prefix.
        topics: Their names without the namespace.
    """
    return asyncio.run(_read(bootstrap, namespace, list(topics)))


async def _read(bootstrap: str, namespace: str, names: Sequence[str]) -> dict[str, list[ConsumedRecord]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        places = [place async for place in _places(consumer, [f"{namespace}{name}" for name in names])]
        consumer.assign(places)
        found: dict[str, list[ConsumedRecord]] = {name: [] for name in names}
        await asyncio.wait_for(_to_the_end(consumer, places, namespace, found), PATIENCE_S)
    finally:
        await consumer.stop()
    for records in found.values():
        records.sort(key=lambda seen: (seen.partition, seen.offset))
    return found


async def _places(consumer: Any, names: Sequence[str]) -> Any:
    for name in names:
        await consumer._client.add_topic(name)
        for number in sorted(consumer.partitions_for_topic(name) or ()):
            yield TopicPartition(name, number)


async def _to_the_end(consumer: Any, places: list[Any], namespace: str, found: dict[str, list[ConsumedRecord]]) -> None:
    ends = await consumer.end_offsets(places)
    waiting = {place for place in places if ends[place] > 0}
    while waiting:
        batches = await consumer.getmany(*waiting, timeout_ms=200, max_records=5_000)
        for place, records in batches.items():
            found[place.topic.removeprefix(namespace)] += [_seen(record, namespace) for record in records]
        waiting = {place for place in waiting if await consumer.position(place) < ends[place]}


def _seen(record: Any, namespace: str) -> ConsumedRecord:
    heads = dict(record.headers)
    recorded, sent = heads.get("ce_recordedtime"), heads.get(SENT)
    return ConsumedRecord(
        topic=record.topic.removeprefix(namespace),
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode("utf-8", "replace"),
        id=heads.get("ce_id", b"").decode().removeprefix(namespace),
        kind=heads.get("ce_type", b"").decode().removeprefix("kranhub."),
        appended_ms=record.timestamp,
        data=record.value or b"",
        recorded=datetime.fromisoformat(recorded.decode()) if recorded else None,
        sent_ns=int(sent) if sent else None,
    )


class Decoder:
    """Decodes the Confluent wire format; each schema is fetched from the registry and parsed once."""

    def __init__(self, registry_url: str) -> None:
        """Take the registry."""
        self._url = registry_url
        self._readers: dict[int, avro.io.DatumReader] = {}

    def value(self, data: bytes) -> dict[str, Any]:
        """Return the record's value."""
        number = int.from_bytes(data[1:5], "big")
        if number not in self._readers:
            text = httpx.get(f"{self._url}/schemas/ids/{number}").json()["schema"]
            self._readers[number] = avro.io.DatumReader(avro.schema.parse(json.dumps(json.loads(text))))
        value: Any = self._readers[number].read(avro.io.BinaryDecoder(io.BytesIO(data[5:])))
        return dict(value)
