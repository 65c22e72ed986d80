"""``python -m benchmarks.simulate.replay FILE``: what planner and allocator read, read once more; do they say the same?

The real stages run without Kafka over the recorded hub.work and hub.allocation, partition by partition, each with an
empty state. What they say is compared with what stands in the topics, byte by byte.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from kranhub import kafka, topics
from kranhub.codec import Codec
from kranhub.errors import Unavailable
from kranhub.registry import Registry
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from streams.exactly_once import Record, Stage
from streams.exactly_once.batch import Batch
from streams.exactly_once.store import Store
from streams.stages.allocator import Allocator
from streams.stages.planner import Planner

BATCH = 1_000

COMPARED = {
    "planner": ("RoutingDecision", "PlantOrder", "OrderStatus", "Alert", "AllocationRequest", "Wake"),
    "allocator": ("AllocationResult",),
}
"""What each stage says; its copies on hub.events are left out."""


class Said(NamedTuple):
    """One thing that was said."""

    kind: str
    id: str
    value: bytes


def replay(settings: Settings, codec: Codec) -> dict[str, Any]:
    """Return how much was replayed, and what differs: said only in the record, or only in the replay."""
    recorded = {name: list(_records(settings, name)) for name in ("work", "allocation", "decisions", "alerts")}
    said = Counter(_recorded(recorded))
    again: Counter[Said] = Counter()
    for stage, name in ((Planner(settings, codec), "work"), (Allocator(settings, codec), "allocation")):
        for partition in range(settings.work_partitions):
            mine = [record for record in recorded[name] if record.partition == partition]
            again.update(_replayed(stage, mine, settings, codec))
    missing, extra = said - again, again - said
    kinds = Counter(one.kind for one in said.elements())
    return {
        "records": len(recorded["work"]) + len(recorded["allocation"]),
        "decisions": kinds["RoutingDecision"],
        "plant_orders": kinds["PlantOrder"],
        "compared": said.total(),
        "differs": missing.total() + extra.total(),
        "differing": sorted({f"{one.kind} {one.id}" for one in (*missing, *extra)})[:20],
    }


def _recorded(recorded: dict[str, list[Record]]) -> Iterator[Said]:
    kinds = {f"kranhub.{kind}" for kinds in COMPARED.values() for kind in kinds}
    for records in recorded.values():
        for record in records:
            if record.envelope.type in kinds:
                yield _said(record.envelope.type, record.envelope.id, record.value)


def _replayed(stage: Stage, records: Sequence[Record], settings: Settings, codec: Codec) -> Iterator[Said]:
    store, left = Store(), iter(records)
    kinds = {f"kranhub.{kind}" for kind in COMPARED[stage.name]}
    events = topics.hub(settings.namespace, "events")
    while chunk := list(islice(left, BATCH)):
        batch = Batch(stage, codec, settings.namespace, {chunk[0].partition: store}, lambda _topic: 1)
        batch.process(chunk)
        batch.commit()
        for output in batch.outputs:
            record = Record(output.topic, 0, 0, "", output.value, output.headers)
            if output.topic != events and record.envelope.type in kinds:
                yield _said(record.envelope.type, record.envelope.id, output.value)


def _said(kind: str, event_id: str, value: bytes | None) -> Said:
    return Said(kind.removeprefix("kranhub."), event_id, value or b"")


def _records(settings: Settings, name: str) -> Iterator[Record]:
    """Yield a topic's committed records as a stage gets them, partition by partition."""
    consumer = Consumer(
        {
            **kafka.librdkafka(settings),
            "group.id": f"{settings.namespace}replay",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    topic = topics.hub(settings.namespace, name)
    try:
        for number in range(settings.work_partitions):
            consumer.assign([TopicPartition(topic, number, 0)])
            yield from _to_the_end(consumer)
    finally:
        consumer.close()


def _to_the_end(consumer: Consumer) -> Iterator[Record]:
    while True:
        for message in consumer.consume(5_000, 1.0):
            error = message.error()
            if error is None:
                yield Record.of(message)
            elif error.name() == "_PARTITION_EOF":
                return
            else:
                raise Unavailable(Text(en=f"Kafka: {error.str()}", ru=f"Kafka: {error.str()}"))


def main(file: Path) -> None:
    """Replay the namespace that the settings name; write what came of it to the file, as JSON."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        file.write_text(json.dumps(replay(settings, Codec(registry)), ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
