"""Writes a few records by hand to the hub's own topics, where every other client would put their keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kranhub import envelope, topics
from kranhub.codec import Codec
from kranhub.envelope import Envelope
from kranhub.errors import Failed, Fenced, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from streams.exactly_once import clients
from streams.exactly_once.guard import BrokerAway

WAIT_S = 30.0
"""How long the brokers may take."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: ``topic`` is the hub topic's last part, ``id`` the same when it is written again."""

    topic: str
    key: str
    subject: str
    value: Mapping[str, Any]
    id: str


def send(settings: Settings, codec: Codec, rows: Sequence[Row], source: str) -> None:
    """Write the rows, in their order, and wait until the brokers have them; ``source`` is the hub's part that says so.

    The records carry no stamp of the hub: the stages take the broker's time, so this machine's clock sets nothing.
    Raises `Unavailable` when Kafka or the registry is away.
    """
    config = {"message.timeout.ms": int(WAIT_S * 1000), "enable.idempotence": True}
    producer = clients.plain_producer(settings, **config)
    failures: list[str] = []
    try:
        for row in rows:
            data = codec.encode(row.subject, row.value)
            about = _about(row, envelope.hub_source(settings.namespace, source), codec.dataschema(data))
            producer.produce(
                topics.hub(settings.namespace, row.topic),
                data,
                row.key.encode(),
                headers=envelope.headers(about),
                on_delivery=lambda error, _message: failures.append(error.name()) if error else None,
            )
        left = producer.flush(WAIT_S + 1)
    except (BufferError, BrokerAway, Failed, Fenced) as error:
        raise _away(str(error)) from error
    if left or failures:
        raise _away(failures[0] if failures else "_TIMED_OUT")


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
