"""``python -m tools.simulation.replay FILE PARTITION …``: what planner and allocator read, read once more.

The real stages run without Kafka over the recorded hub.work and hub.allocation, partition by partition, each with an
empty state. Their outputs are compared with the topics' records, byte by byte.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, TopicPartition

from kranhub.broker import client_settings, topics
from kranhub.errors import Unavailable
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.processor import Record, Stage
from streams.processor.batch import Batch
from streams.processor.state.store import Store
from streams.stages.allocator import Allocator
from streams.stages.planner import Planner

BATCH, NAMED = 1_000, 20

INPUTS = ("work", "allocation")
OUTPUTS = (*INPUTS, "outbox", "plans", "decisions", "alerts")
"""The topics into which planner and allocator write; their copies on hub.events are left out."""

KINDS = frozenset(
    f"kranhub.{kind}"
    for kind in (
        "RoutingDecision",
        "PlantOrder",
        "OrderStatus",
        "OrderPlan",
        "Alert",
        "AllocationRequest",
        "Wake",
        "AllocationResult",
    )
)
"""The types of their outputs."""


class OutputDigest(NamedTuple):
    """One output, its value as a digest."""

    kind: str
    id: str
    digest: str


def compare(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how much was replayed, and what differs: outputs in the record alone, or in the replay alone.

    ``parts`` are what `replay` has found in all partitions.
    """
    listed = list(parts)
    recorded, again = (
        Counter(OutputDigest(*one) for part in listed for one in part[name]) for name in ("recorded", "again")
    )
    missing, extra = recorded - again, again - recorded
    kinds = Counter(one.kind for one in recorded.elements())
    return {
        "records": sum(part["records"] for part in listed),
        "decisions": kinds["RoutingDecision"],
        "plant_orders": kinds["PlantOrder"],
        "compared": recorded.total(),
        "differs": missing.total() + extra.total(),
        "differing": sorted({f"{one.kind} {one.id}" for one in (*missing, *extra)})[:NAMED],
    }


def replay(settings: Settings, codec: Codec, partitions: Sequence[int]) -> dict[str, Any]:
    """Replay partitions.

    Args:
        settings: Whose namespace is replayed.
        codec: What decodes and encodes the records.
        partitions: Their numbers.

    Returns:
        How many records were read, the outputs that the topics hold, and the outputs of the replay.
    """
    recorded: list[OutputDigest] = []
    again: list[OutputDigest] = []
    count = 0
    for number in partitions:
        found = {name: list(_records(settings, name, number)) for name in OUTPUTS}
        recorded += [one for records in found.values() for one in _digests(records)]
        count += sum(len(found[name]) for name in INPUTS)
        again += _replayed(Planner(settings, codec), found["work"], settings, codec)
        again += _replayed(Allocator(settings, codec), found["allocation"], settings, codec)
    return {"records": count, "recorded": recorded, "again": again}


def _replayed(stage: Stage, records: Sequence[Record], settings: Settings, codec: Codec) -> Iterator[OutputDigest]:
    store, left = Store(), iter(records)
    events = topics.hub(settings.namespace, "events")
    while chunk := list(islice(left, BATCH)):
        batch = Batch(stage, codec, settings.namespace, {chunk[0].partition: store}, lambda _topic: 1)
        batch.process(chunk)
        batch.commit()
        outputs = (output for output in batch.outputs if output.topic != events)
        yield from _digests(Record(output.topic, 0, 0, "", output.value, output.headers) for output in outputs)


def _digests(records: Iterable[Record]) -> Iterator[OutputDigest]:
    for record in records:
        if (kind := record.envelope.type) in KINDS:
            digest = hashlib.sha256(record.value or b"").hexdigest()
            yield OutputDigest(kind.removeprefix("kranhub."), record.envelope.id, digest)


def _records(settings: Settings, name: str, partition: int) -> Iterator[Record]:
    """Yield the committed records of a partition as a stage gets them."""
    consumer = Consumer(
        {
            **client_settings.librdkafka(settings),
            "group.id": f"{settings.namespace}replay",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    try:
        consumer.assign([TopicPartition(topics.hub(settings.namespace, name), partition, 0)])
        while True:
            for message in consumer.consume(5_000, 1.0):
                error = message.error()
                if error is None:
                    yield Record.of(message)
                elif error.name() == "_PARTITION_EOF":
                    return
                else:
                    raise Unavailable(Text(en=f"Kafka: {error.str()}", ru=f"Kafka: {error.str()}"))
    finally:
        consumer.close()


def main(arguments: Sequence[str]) -> None:
    """Replay partitions of the namespace that the settings name; write what came of it to the file, as JSON."""
    file, *partitions = arguments
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        found = replay(settings, Codec(registry), [int(number) for number in partitions])
    Path(file).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
