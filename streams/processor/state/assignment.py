"""The partitions of an instance: where each input resumes, and the state of each."""

import contextlib
import threading
import time
from collections.abc import Container, Mapping

import structlog
from confluent_kafka import TopicPartition as KafkaPartition

from kranhub.errors import Failed, KranhubError
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.locations import TopicPartition
from streams.processor.kafka import clients
from streams.processor.kafka.errors import BrokerAway
from streams.processor.kafka.guarded import GuardedClient
from streams.processor.stage import Stage
from streams.processor.state import restore, version
from streams.processor.state.changelog import Restored
from streams.processor.state.store import Store

log = structlog.get_logger()

SEEK_S = 10.0


class Assignment:
    """The partitions of one instance. The rebalance callbacks change them, a commit advances them.

    Attributes:
        positions: The next offset of each input's partition.
        stores: The committed state of each partition.
        generation: Counts the rebalances.
    """

    def __init__(self, stage: Stage, settings: Settings, admin: GuardedClient) -> None:
        """Start with nothing.

        Args:
            stage: The stage.
            settings: The namespace, the brokers, and the limit of the state.
            admin: An admin client.
        """
        self._stage, self._settings, self._admin = stage, settings, admin
        self._former: tuple[dict[TopicPartition, int], dict[int, Store]] = {}, {}
        self.positions: dict[TopicPartition, int] = {}
        self.stores: dict[int, Store] = {}
        self.generation = 0

    def assigned(self, consumer: GuardedClient, partitions: list[KafkaPartition]) -> None:
        """Restore the state of the given partitions (`restore`), then serve from there.

        Args:
            consumer: The stage's consumer.
            partitions: The partitions that the group has given to it.

        Raises:
            Misconfigured: The state does not belong to the group's offsets, or is of another version.
            Unavailable: Kafka does not answer.
            Failed: The state is larger than the settings allow.
        """
        began = time.monotonic()
        places = [TopicPartition(given.topic, given.partition) for given in partitions]
        group = clients.group(self._settings, self._stage.name)
        offsets = restore.committed(consumer, group, places)
        kept = self._kept(offsets)
        self._former = {}, {}
        restored = self._restore({partition for _, partition in places} - kept.keys())
        self.positions = {place: self._start(place, offsets, kept, restored) for place in places}
        self.stores = kept | {number: Store(found.values, found.version) for number, found in restored.items()}
        self.require_room()
        self.generation += 1
        consumer.assign([KafkaPartition(topic, partition, at) for (topic, partition), at in self.positions.items()])
        log.info(
            "assigned",
            stage=self._stage.name,
            partitions=len(places),
            keys=self.keys,
            kept=len(kept),
            took_s=round(time.monotonic() - began, 3),
        )

    def revoked(self, consumer: GuardedClient, _partitions: list[KafkaPartition]) -> None:
        """Give everything back; what comes again unchanged need not be read again."""
        self._former = self.positions, self.stores
        self.positions, self.stores = {}, {}
        self.generation += 1
        with contextlib.suppress(KranhubError):  # a fenced consumer says so here, and again in the next poll
            consumer.unassign()

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note that a transaction with these next offsets has committed.

        Raises:
            Failed: The state is larger than the settings allow.
        """
        self.positions.update(offsets)
        self.require_room()

    def rewind(self, consumer: GuardedClient) -> None:
        """Go back to where the last commit ended."""
        for (topic, partition), offset in self.positions.items():
            _seek(consumer, KafkaPartition(topic, partition, offset))

    @property
    def keys(self) -> int:
        """How many keys the state holds."""
        return sum(len(store.values) for store in self.stores.values())

    @property
    def size(self) -> int:
        """How many bytes the state takes, estimated."""
        return sum(store.size for store in self.stores.values())

    def require_room(self) -> None:
        """Check that the state is within its limit: better to end than to let the machine swap.

        Raises:
            Failed: It is larger than the settings allow.
        """
        self._require_room_for(self.size)

    def _require_room_for(self, size: int) -> None:
        limit = self._settings.state_limit_mb
        if size > limit * 1_000_000:
            raise Failed(_too_much(self._stage.name, size // 1_000_000, limit))

    def _kept(self, offsets: Mapping[TopicPartition, int | None]) -> dict[int, Store]:
        """Return the stores of partitions that come back as they left: nobody has committed since.

        State and offsets commit in one transaction, so equal offsets mean equal state.
        """
        positions, stores = self._former
        moved = {
            place.partition for place, offset in offsets.items() if offset is None or positions.get(place) != offset
        }
        return {number: store for number, store in stores.items() if number not in moved and _has(offsets, number)}

    def _start(
        self,
        place: TopicPartition,
        offsets: Mapping[TopicPartition, int | None],
        kept: Container[int],
        restored: Mapping[int, Restored],
    ) -> int:
        """Return where a partition's input resumes; what was kept resumes where it left, as `_kept` has proved."""
        if place.partition in kept and (offset := offsets.get(place)) is not None:
            return offset
        return restore.start(self._stage.name, place, offsets.get(place), restored.get(place.partition))

    def _restore(self, partitions: set[int]) -> dict[int, Restored]:
        changelog = self._stage.changelog
        if changelog is None or not partitions:
            return {}
        ends = restore.ends(self._admin, changelog, partitions)
        reader = clients.reader(self._settings)
        try:
            restored = restore.read(reader, changelog, ends, self._require_room_for)
        finally:
            # librdkafka takes up to a second for it, and until this returns no partition of the stage is served.
            threading.Thread(target=_close, args=(reader,), name=f"{self._stage.name} restored").start()
        for partition, found in restored.items():
            version.require(f"{changelog} [{partition}]", found.version, self._stage.state_version)
        return restored


def _close(reader: GuardedClient) -> None:
    with contextlib.suppress(KranhubError):  # what it has read is known, or its reading has failed already
        reader.close()


def _has(offsets: Mapping[TopicPartition, int | None], partition: int) -> bool:
    return any(place.partition == partition for place in offsets)


def _seek(consumer: GuardedClient, place: KafkaPartition) -> None:
    """Seek, trying again while the partition's fetcher is still starting; one that was lost is left alone."""
    deadline = time.monotonic() + SEEK_S
    while True:
        try:
            consumer.seek(place)
        except BrokerAway:
            if all((given.topic, given.partition) != (place.topic, place.partition) for given in consumer.assignment()):
                return
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _too_much(stage: str, size: int, limit: int) -> Text:
    return Text(
        en=f"The state of {stage} has grown to {size} MB; {limit} MB are allowed in one process. Start more instances "
        "on other machines (`kranhub core run --instance NAME`), or allow more with KRANHUB_STATE_LIMIT_MB where the "
        "machine has it. Nothing was lost.",
        ru=f"Состояние этапа {stage} выросло до {size} МБ, а одному процессу разрешено {limit} МБ. Запустите ещё "
        "экземпляры на других машинах (`kranhub core run --instance ИМЯ`) или, если память есть, увеличьте "
        "KRANHUB_STATE_LIMIT_MB. Ничего не потеряно.",
    )
