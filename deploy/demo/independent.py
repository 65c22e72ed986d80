"""Another client and another codec than the hub's: aiokafka and Apache's avro. For checking, never for delivering."""

import asyncio
import io
import json
from dataclasses import dataclass
from typing import Any

import avro.io
import avro.schema
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """One committed record."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    value: dict[str, Any]


def read(bootstrap: str, registry_url: str, topic: str) -> list[ReadRecord]:
    """Return every committed record of the topic up to its present end.

    Args:
        bootstrap: Kafka's address.
        registry_url: The registry's address.
        topic: Its full name, with the namespace.
    """
    return asyncio.run(_read(bootstrap, registry_url, topic))


async def _read(bootstrap: str, registry_url: str, topic: str) -> list[ReadRecord]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        await consumer._client.add_topic(topic)
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        records = await asyncio.wait_for(_to_the_end(consumer, partitions), PATIENCE_S)
    finally:
        await consumer.stop()
    schemas: dict[int, Any] = {}
    return [_decoded(record, registry_url, schemas) for record in records]


async def _to_the_end(consumer: Any, partitions: list[Any]) -> list[Any]:
    ends = await consumer.end_offsets(partitions)
    found: list[Any] = []
    while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found += records
    return found


def _decoded(record: Any, registry_url: str, schemas: dict[int, Any]) -> ReadRecord:
    headers = {name: value.decode() for name, value in record.headers}
    return ReadRecord(
        record.topic,
        record.partition,
        record.offset,
        (record.key or b"").decode(),
        headers.get("ce_id", ""),
        decode(record.value, registry_url, schemas),
    )


def decode(data: bytes, registry_url: str, schemas: dict[int, Any]) -> dict[str, Any]:
    """Decode the Confluent wire format with Apache's codec.

    Args:
        data: The record's value.
        registry_url: The registry's address.
        schemas: Parsed schemas by their id, which this adds to.
    """
    number = int.from_bytes(data[1:5], "big")
    if number not in schemas:
        text = httpx.get(f"{registry_url}/schemas/ids/{number}").json()["schema"]
        schemas[number] = avro.schema.parse(json.dumps(json.loads(text)))
    decoder = avro.io.BinaryDecoder(io.BytesIO(data[5:]))
    value: dict[str, Any] = avro.io.DatumReader(schemas[number]).read(decoder)  # type: ignore[assignment]
    return value
