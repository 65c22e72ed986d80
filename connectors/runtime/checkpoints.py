"""A source's checkpoint on the member's compacted checkpoints topic."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from connectors.runtime.context import Context
from kranhub import kafka
from kranhub.connector import Checkpoint, Position
from kranhub.errors import Unavailable
from kranhub.text import Text

READ_POLLS = 300
POLL_MS = 200


def read(context: Context) -> Checkpoint | None:
    """Return the last committed checkpoint, or None when this source has never committed one.

    To be called after `init_transactions`, which has ended every open transaction of an older instance: what is
    committed by then is all there will be. Raises Kafka's errors, and `Unavailable` when the end is not reached.
    """
    place = TopicPartition(context.out("checkpoints"), 0)
    settings = kafka.kafka_python(context.settings)
    with closing(KafkaConsumer(**settings, isolation_level="read_committed", enable_auto_commit=False)) as consumer:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end = _end_uncommitted(context, place)
        return _last(context, consumer, place, end)


def _end_uncommitted(context: Context, place: TopicPartition) -> int:
    """Return the end as an uncommitted reader sees it, so that no commit is missed (compare KAFKA-10167)."""
    with closing(KafkaConsumer(**kafka.kafka_python(context.settings), enable_auto_commit=False)) as consumer:
        end: int = consumer.end_offsets([place])[place]
        return end


def _last(context: Context, consumer: Any, place: TopicPartition, end: int) -> Checkpoint | None:
    found = None
    for _ in range(READ_POLLS):
        if consumer.position(place) >= end:
            return found
        for record in consumer.poll(timeout_ms=POLL_MS).get(place, ()):
            if record.key == key(context) and record.value is not None:
                found = of_value(context.codec.decode(record.value).value)
    raise Unavailable(
        Text(
            en="The checkpoint cannot be read yet: another instance's transaction is still open. It is tried again.",
            ru="Контрольную точку пока не прочитать: открыта транзакция другого экземпляра. Попытка повторится.",
        )
    )


def key(context: Context) -> bytes:
    """Return the checkpoint's key: one per connector and task."""
    return f"{context.loaded.name}.source".encode()


def to_value(context: Context, checkpoint: Checkpoint) -> dict[str, Any]:
    """Return the Avro record of a checkpoint."""
    positions = {
        stream: {"watermark": position.watermark, "seen": sorted(position.seen)}
        for stream, position in checkpoint.positions.items()
    }
    return {"connector": context.loaded.name, "task": 0, "positions": positions}


def of_value(value: Mapping[str, Any]) -> Checkpoint:
    """Return the checkpoint of an Avro record."""
    return Checkpoint(
        {
            stream: Position(position["watermark"], frozenset(position["seen"]))
            for stream, position in value["positions"].items()
        }
    )
