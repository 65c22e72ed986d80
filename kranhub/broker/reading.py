"""Reads topics for a person or a report: read_committed, without a consumer group, from the beginning or from now."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from kafka import KafkaConsumer, TopicPartition

from kranhub.broker import client_settings, errors
from kranhub.errors import Failed, InvalidDocument, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope
from kranhub.wire import messages as wire
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject, narrowed

M = TypeVar("M")

POLL_MS = 200
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Message:
    """One record as it was read.

    Attributes:
        topic: Its topic.
        partition: Its partition.
        offset: Its offset.
        timestamp: Kafka's timestamp, in UTC.
        key: Its key as text.
        envelope: What its headers hold.
        subject: Which record the value is; None where there is no decoded value.
        value: The decoded value; None for a tombstone, and for bytes that cannot be decoded.
        raw: The value's bytes; None for a tombstone.
        headers: Its headers.
    """

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: str
    envelope: Envelope
    subject: Subject | None
    value: wire.Message | None
    raw: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()

    def value_as(self, kind: type[M]) -> M | None:
        """Return the value as the type of one record, such as `messages.Order`; None where it is none."""
        return narrowed(kind, self.subject, self.value)

    @property
    def time(self) -> datetime:
        """When the hub recorded it; Kafka's timestamp where the hub did not."""
        return self.envelope.recorded or self.timestamp


def messages(
    settings: Settings,
    codec: Codec,
    topic: str,
    *,
    from_start: bool = True,
    follow: Callable[[], bool] | None = None,
    wanted: Callable[[bytes], bool] = lambda _key: True,
) -> Iterator[Message]:
    """Yield a topic's committed records, in each partition's order, up to the end as it is now.

    Args:
        settings: The installation's settings.
        codec: The codec over the hub's registry.
        topic: The topic's name, with the namespace.
        from_start: Whether to begin at the topic's first record; otherwise, at its end.
        follow: Called a few times a second; for as long as it returns True, new records are yielded as well. None to
            stop at the end.
        wanted: Called with each key; only records for which it returns True are decoded and yielded.

    Raises:
        Failed: The topic does not exist.
        Unavailable: Kafka or the registry is away, or the topic cannot be read to its end.
        Misconfigured: Kafka refuses the account.
    """
    with reader(settings) as consumer:
        partitions = _assign(consumer, topic, from_start=from_start)
        found = _following(consumer, follow) if follow else read_to_end(consumer, partitions)
        for record in found:
            if wanted(record.key or b""):
                yield message(record, codec)


def latest(settings: Settings, codec: Codec, topic: str, kind: type[M]) -> dict[str, M]:
    """Return the last value under every key of a compacted topic; a key whose last value is null has none.

    Args:
        settings: The installation's settings.
        codec: The codec over the hub's registry.
        topic: The topic.
        kind: The type of the values; what is of another one is passed by.

    Raises:
        Failed: The topic does not exist.
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    found: dict[str, M] = {}
    for each in messages(settings, codec, topic):
        if value := each.value_as(kind):
            found[each.key] = value
        elif each.raw is None:
            found.pop(each.key, None)
    return found


@contextmanager
def reader(settings: Settings, **config: Any) -> Iterator[KafkaConsumer]:
    """Open a read_committed consumer without a group, and close it at the end of the context.

    Args:
        settings: The installation's settings.
        **config: Settings of kafka-python's consumer that replace the defaults.

    Raises:
        Misconfigured: Kafka refuses the account; as the following, also for what is done with the consumer.
        Unavailable: Kafka is away.
    """
    with errors.translated(settings), closing(open_reader(settings, **config)) as consumer:
        yield consumer


def open_reader(settings: Settings, **config: Any) -> KafkaConsumer:
    """Return a read_committed consumer without a group.

    Args:
        settings: The installation's settings.
        **config: Settings of kafka-python's consumer that replace the defaults.

    Raises:
        KafkaError: Kafka is away, or refuses the account.
    """
    defaults = {"isolation_level": "read_committed", "enable_auto_commit": False, "client_id": "kranhub-reader"}
    return KafkaConsumer(**client_settings.kafka_python(settings), **{**defaults, **config})


def _assign(consumer: KafkaConsumer, topic: str, *, from_start: bool) -> list[TopicPartition]:
    found = consumer.partitions_for_topic(topic)
    if not found:
        raise Failed(
            Text(
                en=f"There is no topic {topic}. `kranhub status` lists them; check the namespace (KRANHUB_NAMESPACE).",
                ru=f"Топика {topic} нет. Список даёт `kranhub status`; проверьте KRANHUB_NAMESPACE.",
            )
        )
    partitions = [TopicPartition(topic, number) for number in sorted(found)]
    consumer.assign(partitions)
    if from_start:
        consumer.seek_to_beginning(*partitions)
    else:
        consumer.seek_to_end(*partitions)
    return partitions


def _following(consumer: KafkaConsumer, follow: Callable[[], bool]) -> Iterator[Any]:
    while follow():
        for batch in consumer.poll(timeout_ms=POLL_MS).values():
            yield from batch


class EndNotReached(Unavailable):
    """A topic could not be read to its end: a transaction is open, or the brokers send nothing."""


def read_to_end(
    consumer: KafkaConsumer,
    partitions: Sequence[TopicPartition],
    ends: Mapping[TopicPartition, int] | None = None,
    *,
    patience_s: float = PATIENCE_S,
) -> Iterator[Any]:
    """Yield the records from the consumer's position up to the present ends of the partitions.

    Args:
        consumer: A consumer to which these partitions, and no others, are assigned.
        partitions: What to read.
        ends: The offsets up to which to read; None for the ends as they are now, as far as the consumer may see.
        patience_s: After how many seconds without a record to give up. A caller that is content with what there is
            suppresses the error.

    Raises:
        EndNotReached: No record has come for ``patience_s``.
    """
    ends = consumer.end_offsets(partitions) if ends is None else ends
    deadline = time.monotonic() + patience_s
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        batches = consumer.poll(timeout_ms=POLL_MS)
        for records in batches.values():
            yield from records
        if batches:
            deadline = time.monotonic() + patience_s
        elif time.monotonic() > deadline:
            raise EndNotReached(_end_not_reached())


def message(record: Any, codec: Codec) -> Message:
    """Return a record that a kafka-python client has read as a `Message`."""
    subject: Subject | None = None
    value: wire.Message | None = None
    if record.value is not None:
        try:
            decoded = codec.decode(record.value)
            subject, value = decoded.subject, decoded.value
        except InvalidDocument:
            pass
    return Message(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=datetime.fromtimestamp(record.timestamp / 1000, UTC),
        key=(record.key or b"").decode("utf-8", "replace"),
        envelope=envelope.read(record.headers),
        subject=subject,
        value=value,
        raw=record.value,
        headers=tuple(record.headers or ()),
    )


def _end_not_reached() -> Text:
    return Text(
        en="The topic's end cannot be read yet: the transaction of another process is still open. Try again.",
        ru="Конец топика пока не прочитать: открыта транзакция другого процесса. Повторите позже.",
    )
