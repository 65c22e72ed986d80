"""What a stage is: inputs, perhaps state, and one pure function."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from kranhub import envelope
from kranhub.envelope import Envelope, Headers

if TYPE_CHECKING:
    from confluent_kafka import Message

    from streams.exactly_once.out import Out


class Record:
    """One input record. ``value`` None is a tombstone; headers and time are read only when asked for."""

    __slots__ = ("_envelope", "_headers", "_timestamp", "key", "offset", "partition", "topic", "value")

    def __init__(
        self,
        topic: str,
        partition: int,
        offset: int,
        key: str,
        value: bytes | None,
        headers: Headers | None = None,
        timestamp_ms: int = 0,
    ) -> None:
        """Take what the broker gave; ``timestamp_ms`` is its own (LogAppendTime), milliseconds since the epoch."""
        self.topic, self.partition, self.offset = topic, partition, offset
        self.key, self.value = key, value
        self._headers, self._timestamp = headers, timestamp_ms
        self._envelope: Envelope | None = None

    @classmethod
    def of(cls, message: Message) -> Record:
        """Return the record of a message without error. Received headers are a list, as names may repeat."""
        return cls(
            message.topic() or "",
            message.partition() or 0,
            message.offset() or 0,
            (message.key() or b"").decode("utf-8", "replace"),
            message.value(),
            message.headers(),  # type: ignore[arg-type]
            message.timestamp()[1],
        )

    @property
    def headers(self) -> Headers:
        """The headers as they came, those without a value left out."""
        return [(name, value) for name, value in self._headers or () if value is not None]

    @property
    def timestamp(self) -> datetime:
        """When the broker appended the record, in UTC."""
        return datetime.fromtimestamp(self._timestamp / 1000, UTC)

    @property
    def envelope(self) -> Envelope:
        """What the CloudEvents headers say."""
        if self._envelope is None:
            self._envelope = envelope.read(self._headers)
        return self._envelope


class Context:
    """What surrounds a record."""

    __slots__ = ("_record", "stage")

    def __init__(self, stage: str, record: Record) -> None:
        """Take the stage's name and the record."""
        self.stage, self._record = stage, record

    @property
    def time(self) -> datetime:
        """The hub's stamp of the event, where it has none the broker's: the only clock a stage has."""
        return self._record.envelope.recorded or self._record.timestamp


class State(Protocol):
    """The stage's keyed state in the record's partition. The next record sees a write; the commit makes it durable."""

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Set the value."""

    def delete(self, key: str) -> None:
        """Forget the key."""


class Stage(Protocol):
    """A step of the core.

    ``inputs`` are topics; where it has state they share one number of partitions, and one partition's records of all
    of them see the same state. An input that begins with ``^`` is a pattern: new topics join without a restart.
    ``changelog`` is the compacted topic that keeps the state, or None for a stage without state; ``state_version``
    rises when a release can no longer read the state of the one before.
    """

    @property
    def name(self) -> str:
        """The stage's name: part of its consumer group."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The topics that it reads, or one pattern."""

    @property
    def changelog(self) -> str | None:
        """The topic that keeps its state."""

    @property
    def state_version(self) -> int:
        """The version of the values that it puts into its state."""

    def process(self, record: Record, state: State, out: Out, ctx: Context) -> None:
        """Handle one record: pure, synchronous, deterministic; it may run again after an abort.

        Raises `InvalidDocument` to send the record to the dead letters, `Unavailable` to try the batch again later.
        Any other exception is a defect of the stage: the record is dead-lettered as ``defect`` and the stream goes on.
        """
