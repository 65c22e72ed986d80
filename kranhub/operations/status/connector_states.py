"""The last state of every connector task, from the compacted ``out.<member>.connector-status`` topics."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from kafka import TopicPartition
from pydantic import BaseModel

from kranhub.broker import reading, topics
from kranhub.broker.reading import EndNotReached
from kranhub.errors import InvalidDocument
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

PATIENCE_S = 10.0


class ConnectorState(BaseModel):
    """The state of one connector task, as the runtime last wrote it.

    A process that was killed wrote nothing about its end: its last state stays, and the age of its heartbeat grows.

    Attributes:
        reason: Why it is in this state, in the reader's language.
        age_s: How long it has been in this state.
        heartbeat_s: How often the task writes its state while its process lives; None for a runtime that does not.
        heartbeat_age_s: How long ago the task last wrote its state, by the broker's clock.
        progress_age_s: How long ago it last was up to date, a source after a look at its ERP; None where it never was.
        lag: How many records wait for a sink; None where not known.
        lag_s: How long the oldest of them has waited; None where not known.
    """

    member: str
    connector: str
    task: str
    state: str
    reason: str
    worker: str
    changed_at: datetime
    age_s: int = 0
    heartbeat_s: int | None = None
    heartbeat_age_s: int = 0
    progress_age_s: int | None = None
    lag: int | None = None
    lag_s: float | None = None

    @property
    def group(self) -> str:
        """The consumer group of a sink, without the namespace."""
        return f"{self.member}.{self.connector}.{self.task}"


def connector_states(settings: Settings) -> list[ConnectorState]:
    """Return the last state of every task of every member.

    Raises:
        Unavailable: Kafka or the registry is away.
        Misconfigured: Kafka refuses the account.
    """
    with reading.reader(settings) as consumer:
        partitions = [TopicPartition(name, 0) for name in _topics(consumer, settings.namespace)]
        last = {(record.topic, record.key): record for record in _read(consumer, partitions)}
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        states = [state for record in last.values() if record.value and (state := _state(codec, record))]
    return sorted(states, key=lambda state: (state.member, state.connector, state.task))


def _topics(consumer: Any, namespace: str) -> list[str]:
    any_member = re.compile(re.escape(topics.out(namespace, "MEMBER", "connector-status")).replace("MEMBER", "[^.]+"))
    return sorted(name for name in consumer.topics() if any_member.fullmatch(name))


def _read(consumer: Any, partitions: Sequence[TopicPartition]) -> Iterator[Any]:
    """Yield every record up to the ends as they are now; stop once nothing has come for `PATIENCE_S`."""
    if not partitions:
        return
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    with suppress(EndNotReached):
        yield from reading.read_to_end(consumer, partitions, patience_s=PATIENCE_S)


def _state(codec: Codec, record: Any) -> ConnectorState | None:
    try:
        decoded = codec.decode_as(messages.ConnectorStatus, record.value)
    except InvalidDocument:
        return None
    reason = decoded["reason"]
    text = str(Text(en=reason.get("en", ""), ru=reason.get("ru", "")))
    age = max(0, round((datetime.now(UTC) - decoded["changed_at"]).total_seconds()))
    heartbeat = max(0, round(time.time() - record.timestamp / 1000))
    ages = {"age_s": age, "heartbeat_age_s": heartbeat}
    if (before := decoded["progress_age_s"]) is not None:
        ages["progress_age_s"] = before + heartbeat
    return ConnectorState.model_validate({**decoded, "reason": text, **ages})
