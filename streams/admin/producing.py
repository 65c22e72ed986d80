"""Writes a few records by hand, where every other client would put their keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from kranhub.broker import topics
from kranhub.errors import Failed, Fenced, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope, Headers
from kranhub.wire.messages import Message, Subject
from streams.processor.kafka import clients
from streams.processor.kafka.errors import BrokerAway

WAIT_S = 30.0
"""How long the brokers may take."""

AT_ONCE = 1_000
"""How many records may be under way to the brokers before the writer waits for them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record to write.

    Attributes:
        topic: The last part of the hub topic's name.
        key: The record's key.
        subject: The record's subject.
        value: The record's content.
        id: The event's id, the same when it is written again.
    """

    topic: str
    key: str
    subject: Subject
    value: Message
    id: str


def send(settings: Settings, codec: Codec, rows: Sequence[Row], source: str) -> None:
    """Write the rows, in their order, and wait until the brokers have them.

    The records carry no timestamp of the hub: the stages take the broker's time, so this machine's clock sets nothing.

    Args:
        settings: The installation's settings.
        codec: What encodes the rows.
        rows: The records to write.
        source: The part of the hub that is the events' source.

    Raises:
        Unavailable: When Kafka or the registry is away.
    """
    write(settings, [_raw(settings, codec, row, source) for row in rows])


@dataclass(frozen=True, slots=True)
class Raw:
    """One encoded record to write.

    Attributes:
        topic: Its full name.
        partition: The partition; -1 to let the key decide.
        key: The record's key.
        value: The record's value.
        headers: The record's headers.
    """

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers


def write(settings: Settings, records: Sequence[Raw]) -> None:
    """Write the records, in their order, and wait until the brokers have them.

    Raises:
        Unavailable: When Kafka is away: then some of them may have been written.
    """
    config = {"message.timeout.ms": int(WAIT_S * 1000), "enable.idempotence": True}
    producer = clients.plain_producer(settings, **config)
    failures: list[str] = []
    left = 0
    try:
        for number, record in enumerate(records, 1):
            producer.produce(
                record.topic,
                record.value,
                record.key,
                partition=record.partition,
                headers=record.headers,
                on_delivery=lambda error, _message: failures.append(error.name()) if error else None,
            )
            if number % AT_ONCE == 0 or number == len(records):
                left = producer.flush(WAIT_S + 1)
            if left or failures:
                break
    except (BufferError, BrokerAway, Failed, Fenced) as error:
        raise _away(str(error)) from error
    if left or failures:
        raise _away(failures[0] if failures else "_TIMED_OUT")


def _raw(settings: Settings, codec: Codec, row: Row, source: str) -> Raw:
    data = codec.encode(row.subject, row.value)
    about = _about(row, envelope.hub_source(settings.namespace, source), codec.dataschema(data))
    return Raw(topics.hub(settings.namespace, row.topic), -1, row.key.encode(), data, envelope.headers(about))


def _about(row: Row, source: str, dataschema: str | None) -> Envelope:
    trace = envelope.new_trace(source + row.id)
    kind = f"kranhub.{row.subject}"
    return Envelope(row.id, source, kind, traceparent=trace, subject=row.key, dataschema=dataschema)


def _away(reason: str) -> Unavailable:
    return Unavailable(
        Text(
            en=f"Kafka did not take the record ({reason}). Run `kranhub status`, then try again.",
            ru=f"Kafka не приняла запись ({reason}). Выполните `kranhub status` и повторите.",
        )
    )
