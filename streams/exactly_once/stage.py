"""What a stage is: inputs, perhaps state, and one pure function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from kranhub.envelope import Envelope, Headers

if TYPE_CHECKING:
    from streams.exactly_once.out import Out


@dataclass(frozen=True, slots=True)
class Record:
    """One input record. ``timestamp`` is the broker's (LogAppendTime); ``value`` None is a tombstone."""

    topic: str
    partition: int
    offset: int
    timestamp: datetime
    key: str
    value: bytes | None
    headers: Headers
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a record. ``time`` is the hub's stamp of the event: the only clock a stage has."""

    stage: str
    time: datetime


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
    ``changelog`` is the compacted topic that keeps the state, or None for a stage without state.
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

    def process(self, record: Record, state: State, out: Out, ctx: Context) -> None:
        """Handle one record: pure, synchronous, deterministic; it may run again after an abort.

        Raises `InvalidDocument` to send the record to the dead letters, `Unavailable` to try the batch again later.
        Any other exception is a defect of the stage: the record is dead-lettered as ``defect`` and the stream goes on.
        """
