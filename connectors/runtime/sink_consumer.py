"""The sink's side of the consumer: what to deliver next, what is parked, what may be committed.

Every record read waits in its key's queue until it is finished, so a batch whose delivery failed is still there.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from connectors.runtime import sink_offsets
from connectors.runtime.context import Context
from connectors.runtime.sink_offsets import Commit
from kranhub.broker import client_settings, topics
from kranhub.operations import single_instance
from kranhub.wire.messages import Subject

MAX_BATCH = 100
HEARTBEAT_MS = 3_000
MAX_POLL_INTERVAL_MS = 600_000
"""How long one delivery to the ERP may take before the group gives the partition to another instance."""

Key = tuple[TopicPartition, bytes]


@dataclass
class _Queue:
    """A parked key: the busy document first, then what follows of the same key."""

    records: deque[Any] = field(default_factory=deque)
    due: float = 0.0


class SinkConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the member's addressed topics. One call at a time."""

    def __init__(self, context: Context, subjects: Sequence[Subject]) -> None:
        """Join the group. Raises Kafka's errors."""
        self._consumer = KafkaConsumer(
            **client_settings.kafka_python(context.settings),
            client_id=single_instance.client_id(),
            group_id=context.identity("sink"),
            group_instance_id=context.identity("sink"),  # a restart takes its place over at once (KIP-345)
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            session_timeout_ms=int(single_instance.SESSION_S * 1000),
            heartbeat_interval_ms=HEARTBEAT_MS,
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            allow_auto_create_topics=False,
        )
        self._committed: dict[TopicPartition, Commit] = {}
        self._positions: dict[TopicPartition, int] = {}
        self._parked: dict[Key, _Queue] = {}
        self._without_position: list[TopicPartition] = []
        kinds = [kind for kind, record in topics.IN_KINDS.items() if record in subjects]
        names = [topics.inbound(context.settings.namespace, context.member, kind) for kind in kinds]
        self._consumer.subscribe(names, listener=self)

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Forget what another instance will deliver."""
        for partition in revoked:
            self._committed.pop(partition, None)
            self._positions.pop(partition, None)
        self._parked = {key: queue for key, queue in self._parked.items() if key[0] not in set(revoked)}

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Read nothing of a new partition before `_restore_position` has looked up the group's offset.

        kafka-python calls this on its network thread, where no request may be waited for.
        """
        self._without_position = list(assigned)
        if self._without_position:
            self._consumer.pause(*self._without_position)
            self._consumer.seek_to_beginning(*self._without_position)

    def next_batch(self, wait_ms: int) -> list[Any]:
        """Return records to deliver: due parked ones, then new ones, at most one per key."""
        self._throttle()
        self._poll(0 if self._due() else wait_ms)
        return self._due()[:MAX_BATCH]

    def keep_alive(self, wait_ms: int) -> None:
        """Stay in the group without reading: the ERP is away."""
        self._consumer.pause(*self._consumer.assignment())
        self._poll(wait_ms)

    def finish(self, record: Any) -> None:
        """Take a record that has its receipt, or its dead letter, off its queue."""
        key = _key(record)
        queue = self._parked.get(key)
        if queue and queue.records and queue.records[0].offset == record.offset:
            queue.records.popleft()
            queue.due = 0.0
            if not queue.records:
                del self._parked[key]

    def park(self, record: Any, seconds: float) -> None:
        """Leave a busy document, and what follows it, for later."""
        if queue := self._parked.get(_key(record)):
            queue.due = time.monotonic() + seconds

    def commits(self, without: Sequence[Any]) -> dict[TopicPartition, OffsetAndMetadata]:
        """Return the offsets to commit once the records in ``without`` are finished too."""
        finished = {(record.topic, record.partition, record.offset) for record in without}
        return {
            partition: self._offset(self._commit(partition, finished))
            for partition in self._committed
            if partition in self._positions
        }

    def committed(self) -> None:
        """Note that the last `commits` were committed, after `finish` of their records."""
        for partition in list(self._committed):
            self._committed[partition] = self._commit(partition, set())

    def group_metadata(self) -> Any:
        """Return the group's metadata, which fences a stale instance (KIP-447)."""
        return self._consumer.group_metadata()

    def close(self) -> None:
        """Leave the group."""
        self._consumer.close(autocommit=False, timeout_ms=5_000)

    def _poll(self, wait_ms: int) -> None:
        for partition, records in self._consumer.poll(timeout_ms=wait_ms, max_records=MAX_BATCH).items():
            for record in records:
                self._accept(partition, record)
        for partition in self._without_position:
            self._restore_position(partition)
        self._without_position = []

    def _restore_position(self, partition: TopicPartition) -> None:
        """Resume where the group committed; a group without a commit starts at the beginning, where it is now."""
        found = self._consumer.committed(partition, metadata=True)
        self._committed[partition] = Commit(0) if found is None else sink_offsets.restore(found.offset, found.metadata)
        if found is not None:
            self._consumer.seek(partition, found.offset)

    def _due(self) -> list[Any]:
        now = time.monotonic()
        return [queue.records[0] for queue in self._parked.values() if queue.due <= now]

    def _accept(self, partition: TopicPartition, record: Any) -> None:
        self._positions[partition] = record.offset + 1
        if self._committed[partition].wants(record.offset):
            self._parked.setdefault(_key(record), _Queue()).records.append(record)

    def _throttle(self) -> None:
        """Read no further where too much is parked."""
        for partition in self._consumer.assignment():
            if len(self._open(partition)) >= sink_offsets.MAX_PARKED - MAX_BATCH:
                self._consumer.pause(partition)
            else:
                self._consumer.resume(partition)

    def _open(self, partition: TopicPartition) -> list[int]:
        queues = [queue for (owner, _), queue in self._parked.items() if owner == partition]
        return [record.offset for queue in queues for record in queue.records]

    def _commit(self, partition: TopicPartition, finished: set[tuple[str, int, int]]) -> Commit:
        left = [offset for offset in self._open(partition) if (*partition, offset) not in finished]
        previous = self._committed[partition]
        position = max(self._positions.get(partition, 0), previous.position)
        unread = [offset for offset in previous.parked if offset >= self._positions.get(partition, 0)]
        return sink_offsets.after(previous, position, {*left, *unread})

    def _offset(self, commit: Commit) -> OffsetAndMetadata:
        return OffsetAndMetadata(commit.offset, commit.metadata, -1)


def _key(record: Any) -> Key:
    return TopicPartition(record.topic, record.partition), record.key or b""
