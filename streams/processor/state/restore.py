"""Where a partition resumes, and its state.

Commit markers reach the offsets topic and the changelog independently (KAFKA-10167), so the order matters:

1. read the group's committed offsets, requiring stable ones: a pending transaction's outcome is then known;
2. take the changelog's end through ListOffsets READ_UNCOMMITTED: it covers every write of the transactions of step 1;
3. read the changelog read_committed until the position reaches that end, however long a marker takes;
4. serve.

The input offsets stand in the changelog as well, written by the same transaction: they prove that both agree.
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    IsolationLevel,
    KafkaError,
    Message,
)
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import OffsetSpec

from kranhub.errors import Misconfigured, Unavailable
from kranhub.failpoints import failpoint
from kranhub.text import Text
from kranhub.wire.locations import TopicPartition
from streams.processor.kafka import cluster
from streams.processor.kafka.errors import BrokerAway, errors_as_ours, passes, translated
from streams.processor.kafka.guarded import GuardedClient
from streams.processor.state import store
from streams.processor.state.changelog import STATE, Restored
from streams.processor.state.garbage_collection import collector_at_rest

PATIENCE_S = 120.0
"""How long to wait for an answer, and for the next records: longer than an open transaction can block them, as those
time out after 10 s."""

ASK_S = 5.0
"""How long one request may take before it is repeated."""

CHECK_BYTES = 64_000_000
"""The state's size is counted each time that this many bytes more were read."""

Answer = TypeVar("Answer")


def committed(
    consumer: GuardedClient, group: str, places: Sequence[TopicPartition]
) -> dict[TopicPartition, int | None]:
    """Return the group's stable offsets (step 1).

    The admin client's ListConsumerGroupOffsets would do as well, but aborts the process when the coordinator moves
    meanwhile (librdkafka issues 3663 and 4605).

    Args:
        consumer: One of the group that reads read_committed: librdkafka then asks for stable offsets.
        group: The group, for errors.
        places: The partitions.

    Returns:
        The offsets; None for a partition where the group has none.

    Raises:
        Unavailable: There is no answer in time.
    """
    if not places:
        return {}
    wanted = [KafkaPartition(topic, partition) for topic, partition in places]

    def ask() -> dict[TopicPartition, int | None] | None:
        found = consumer.committed(wanted, timeout=ASK_S)
        if errors := [entry.error for entry in found if entry.error]:
            raise translated(errors[0])
        return {TopicPartition(e.topic, e.partition): e.offset if e.offset >= 0 else None for e in found}

    return patiently(ask, group)


def ends(admin: GuardedClient, changelog: str, partitions: Iterable[int]) -> dict[int, int]:
    """Return the changelog's end per partition, uncommitted records included (step 2).

    Args:
        admin: An admin client.
        changelog: The changelog's full name.
        partitions: Its partitions.

    Raises:
        Unavailable: There is no answer in time.
    """
    places = [TopicPartition(changelog, partition) for partition in partitions]
    admin.load_metadata(changelog)

    def ask() -> dict[int, int]:
        found = cluster.offsets(admin, places, OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED, ASK_S)
        return {partition: offset for (_, partition), offset in found.items()}

    return patiently(ask, changelog)


def patiently(ask: Callable[[], Answer | None], what: str) -> Answer:
    """Ask again while there is no answer yet or a leader is being elected.

    Args:
        ask: Asks once; returns None where there is no answer yet.
        what: What is asked about, for the error.

    Raises:
        Unavailable: There is no answer after `PATIENCE_S`.
        KranhubError: As `translated`, for errors that do not end by themselves.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with errors_as_ours():
                if (found := ask()) is not None:
                    return found
        except BrokerAway as away:
            if not away.passes:
                raise
        time.sleep(0.05)
    raise Unavailable(_unstable(what))


def read(
    consumer: GuardedClient,
    changelog: str,
    until: dict[int, int],
    require_room: Callable[[int], None] = lambda _size: None,
) -> dict[int, Restored]:
    """Read the partitions of a changelog up to the given ends (step 3).

    Args:
        consumer: A consumer without a group that reads read_committed.
        changelog: The changelog's full name.
        until: The end of each partition.
        require_room: Called with the estimated bytes of the state while it grows; what it raises ends the reading.

    Returns:
        The state of each partition.

    Raises:
        Unavailable: Nothing was read for `PATIENCE_S`.
        Misconfigured: The changelog holds a record that no stage wrote.
    """
    restored = {partition: Restored(place=f"{changelog} [{partition}]") for partition in until}
    waiting = {partition for partition, end in until.items() if end > 0}
    consumer.load_metadata(changelog)
    consumer.assign([KafkaPartition(changelog, partition, OFFSET_BEGINNING) for partition in sorted(waiting)])
    quiet_since, room = time.monotonic(), Room(restored.values(), require_room)
    with collector_at_rest():
        while waiting:
            failpoint("core.restoring")
            messages = consumer.consume(10_000, timeout=0.05)
            waiting -= _take(messages, restored, until)
            if messages:
                quiet_since = time.monotonic()
                room.grown(sum(map(len, messages)))
            elif time.monotonic() - quiet_since > PATIENCE_S:
                raise Unavailable(_unstable(changelog))
    return restored


def _take(messages: Sequence[Message], restored: Mapping[int, Restored], until: dict[int, int]) -> set[int]:
    """Apply records to the state; return the partitions whose wanted end was reached. Nearly all records are state."""
    ended: set[int] = set()
    values = {partition: found.values for partition, found in restored.items()}
    for message in messages:
        key = message.key()
        if key is None:
            ended |= _ended(message, until)
        elif key[:2] == STATE and (value := message.value()) is not None:
            values[message.partition()][key[2:].decode("utf-8", "surrogateescape")] = value
        else:
            restored[message.partition()].take(key, message.value())
    return ended


class Room:
    """Watches how large the state becomes while it is read; counts exactly only when a rough count says so."""

    def __init__(self, restored: Collection[Restored], require: Callable[[int], None]) -> None:
        """Start the count.

        Args:
            restored: The state of each partition, while it is read.
            require: Raises where there is no room for so many bytes.
        """
        self._restored, self._require = restored, require
        self._rough, self._next = 0, CHECK_BYTES

    def grown(self, size: int) -> None:
        """Note that records of so many bytes were read; some of them replace others."""
        self._rough += size
        if self._rough > self._next:
            self._require(sum(store.size_of(found.values) for found in self._restored))
            self._next = self._rough + CHECK_BYTES


def _ended(message: Message, until: dict[int, int]) -> set[int]:
    """Return the partition whose wanted end was reached, if this event reports it."""
    error, partition = message.error(), message.partition() or 0
    if error is not None and error.code() == KafkaError._PARTITION_EOF:
        return {partition} if (message.offset() or 0) >= until[partition] else set()
    if error is not None and not passes(error):
        raise translated(error)
    return set()


def start(stage: str, place: TopicPartition, group_offset: int | None, restored: Restored | None) -> int:
    """Return where to start: the committed offset, else the changelog's, else the beginning for a new group.

    Args:
        stage: The stage's name, for errors.
        place: The input's partition.
        group_offset: The group's committed offset; None where it has none.
        restored: The partition's state; None for a stage without state.

    Raises:
        Misconfigured: The group's offset is not the one that the state belongs to.
    """
    known = restored.offsets.get(place.topic) if restored else None
    if group_offset is None:
        return OFFSET_BEGINNING if known is None else known
    if restored is not None and known != group_offset:
        raise Misconfigured(_disagreement(stage, place, group_offset, known))
    return group_offset


def _unstable(what: str) -> Text:
    return Text(
        en=f"{what}: a transaction is still open after {PATIENCE_S:.0f} s, so the core cannot resume. Check the "
        "brokers with `kranhub status`, then start the core again.",
        ru=f"{what}: транзакция не завершена и через {PATIENCE_S:.0f} с, ядро не может продолжить. Проверьте "
        "брокеры командой `kranhub status` и запустите ядро снова.",
    )


def _disagreement(stage: str, place: TopicPartition, group_offset: int, known: int | None) -> Text:
    topic, number = place
    if known is None:
        return Text(
            en=f"{topic} partition {number}: the group stands at offset {group_offset}, and the changelog of "
            f"{stage} knows nothing of it: its state is lost. Restore the changelog topic from a backup.",
            ru=f"{topic}, раздел {number}: группа на смещении {group_offset}, а журнал этапа {stage} ничего о нём "
            "не знает: состояние утеряно. Восстановите топик журнала из копии.",
        )
    command = f"kranhub core reset-offsets --stage {stage} --topic {topic} --partition {number} --to {known}"
    return Text(
        en=f"{topic} partition {number}: the group stands at offset {group_offset}, the state at {known}. "
        f"Somebody moved the group's offsets. Set them back to {known}: `{command}`. To replay, use another namespace.",
        ru=f"{topic}, раздел {number}: группа на смещении {group_offset}, а состояние на {known}. Смещения группы "
        f"кто-то изменил. Верните {known}: `{command}`. Для повторного прогона возьмите другое пространство имён.",
    )
