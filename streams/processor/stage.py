"""What a stage is: inputs, perhaps state, and one pure function."""

from collections.abc import Iterator
from typing import Protocol

from streams.processor.outputs import Outputs
from streams.processor.record import Context, Record
from streams.tables.ordered import Range


class State(Protocol):
    """The stage's keyed state in the record's partition. The next record sees a write; the commit makes it durable.

    `streams.tables.Table` puts typed values into it, and reads them in the order of their keys.
    """

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""

    def put(self, key: str, value: bytes) -> None:
        """Set the value."""

    def delete(self, key: str) -> None:
        """Forget the key."""

    def scan(self, wanted: Range) -> Iterator[tuple[str, bytes]]:
        """Yield the entries of a range, in the order of their keys. The state must not change meanwhile."""


class Stage(Protocol):
    """A step of the core.

    Attributes:
        name: The stage's name: part of its consumer group.
        inputs: Topics; where the stage has state they share one number of partitions, and one partition's records of
            all of them see the same state. An input that begins with ``^`` is a pattern: new topics join without a
            restart.
        changelog: The compacted topic that keeps the state; None for a stage without state.
        state_version: Rises when a release can no longer read the state of the one before.
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

    def process(self, record: Record, state: State, outputs: Outputs, ctx: Context) -> None:
        """Handle one record: pure, synchronous, deterministic; it may run again after an abort.

        Args:
            record: The record.
            state: The state of the record's partition.
            outputs: What the stage sends.
            ctx: The hub's time of the record.

        Raises:
            InvalidDocument: The record goes to the dead letters.
            Unavailable: The batch is tried again later.
            Exception: Anything else is a defect of the stage: the record goes to the dead letters as ``defect`` and the
                stream goes on.
        """
