"""The stream's contract (docs/subscribers.md), checked on every record with another client and codec than the hub's.

aiokafka reads, Apache's avro decodes; what a header must be is written down here anew.
"""

import asyncio
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import avro.io
import avro.schema
import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition

PATIENCE_S = 60.0
TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[01]")
REQUIRED = ("ce_specversion", "ce_id", "ce_source", "ce_type", "traceparent")


@dataclass
class Checker:
    """Takes records; says what is wrong with them."""

    registry_url: str
    namespace: str
    schemas: dict[str, Any] = field(default_factory=dict)
    events: dict[tuple[str, str], tuple[str, bytes | None, str]] = field(default_factory=dict)
    records: int = 0

    def take(self, record: Any) -> Iterator[str]:
        """Yield every rule that the record breaks."""
        self.records += 1
        where = f"{record.topic}/{record.partition}/{record.offset}"
        headers = {name: value.decode() for name, value in record.headers}
        if len(headers) != len(record.headers):
            yield f"{where}: a header stands twice"
        if missing := [name for name in REQUIRED if name not in headers]:
            yield f"{where}: without {', '.join(missing)}"
            return
        yield from self._event(where, headers, record)
        yield from self._value(where, headers, record.value)
        if not TRACE.fullmatch(headers["traceparent"]):
            yield f"{where}: traceparent {headers['traceparent']} is not of W3C Trace Context"
        if record.key and len(record.key) <= 1024 and headers.get("ce_subject") != record.key.decode():
            yield f"{where}: ce_subject {headers.get('ce_subject')!r} is not the key"

    def _event(self, where: str, headers: dict[str, str], record: Any) -> Iterator[str]:
        source, name = headers["ce_source"], record.topic.removeprefix(self.namespace)
        prefix = f"/kranhub/{self.namespace.rstrip('.')}/"
        if not source.startswith(prefix):
            yield f"{where}: source {source} does not name the installation"
        if name.startswith("out.") and source != f"{prefix}members/{name.split('.')[1]}":
            yield f"{where}: source {source} is not the topic's owner"
        said = headers["ce_type"], record.value
        *before, place = self.events.setdefault((source, headers["ce_id"]), (*said, where))
        if (*before,) != said:
            yield f"{where}: {source} {headers['ce_id']} is another event at {place}"

    def _value(self, where: str, headers: dict[str, str], value: bytes | None) -> Iterator[str]:
        if value is None:
            if {"content-type", "ce_dataschema"} & headers.keys():
                yield f"{where}: a tombstone has no content"
            return
        if headers.get("content-type") != "application/vnd.confluent.avro" or value[0] != 0:
            yield f"{where}: content-type {headers.get('content-type')}"
        uri = headers.get("ce_dataschema", "")
        if uri != f"{self.registry_url.rstrip('/')}/schemas/ids/{int.from_bytes(value[1:5], 'big')}":
            yield f"{where}: dataschema {uri!r} is not the value's"
            return
        schema = self._schema(uri)
        if schema.fullname != headers["ce_type"]:
            yield f"{where}: type {headers['ce_type']} holds {schema.fullname}"
        body = io.BytesIO(value[5:])
        avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(body))
        if body.read(1):
            yield f"{where}: bytes behind the value"

    def _schema(self, uri: str) -> Any:
        if uri not in self.schemas:
            self.schemas[uri] = avro.schema.parse(json.dumps(json.loads(httpx.get(uri).json()["schema"])))
        return self.schemas[uri]


def check(bootstrap: str, registry_url: str, namespace: str) -> tuple[Checker, list[str]]:
    """Read every committed record of the namespace but the changelogs; return the checker and what is wrong."""
    return asyncio.run(_check(bootstrap, Checker(registry_url, namespace)))


async def _check(bootstrap: str, checker: Checker) -> tuple[Checker, list[str]]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False)
    await consumer.start()
    try:
        names = [name for name in await consumer.topics() if name.startswith(checker.namespace)]
        wanted = sorted(name for name in names if not name.endswith("-changelog"))
        await consumer._client.set_topics(wanted)
        places = [TopicPartition(name, number) for name in wanted for number in consumer.partitions_for_topic(name)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        return checker, await asyncio.wait_for(_read(consumer, places, checker), PATIENCE_S)
    finally:
        await consumer.stop()


async def _read(consumer: Any, places: list[Any], checker: Checker) -> list[str]:
    ends = await consumer.end_offsets(places)
    found: list[str] = []
    while any([await consumer.position(place) < ends[place] for place in places]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found += [mistake for record in records for mistake in checker.take(record)]
    return found
