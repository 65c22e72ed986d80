"""Where a partition resumes, and its state.

Commit markers reach the offsets topic and the changelog independently (KAFKA-10167), so the order matters:

1. read the group's committed offsets, requiring stable ones: a pending transaction's outcome is then known;
2. take the changelog's end through ListOffsets READ_UNCOMMITTED: it covers every write of the transactions of step 1;
3. read the changelog read_committed until the position reaches that end, however long a marker takes;
4. serve.

The input offsets stand in the changelog as well, written by the same transaction: they prove that both agree.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from kranhub.errors import Misconfigured, Unavailable
from kranhub.failpoints import failpoint
from kranhub.text import Text
from streams.exactly_once.changelog import Place, Restored
from streams.exactly_once.clients import translated

PATIENCE_S = 120.0
"""Longer than any open transaction can block: their time-out is 10 s."""

Answer = TypeVar("Answer")


def committed(admin: AdminClient, group: str, places: Sequence[Place]) -> dict[Place, int | None]:
    """Return the group's stable offsets, None where it has none (step 1). Raises `Unavailable`."""
    if not places:
        return {}
    wanted = [TopicPartition(topic, partition) for topic, partition in places]
    request = [ConsumerGroupTopicPartitions(group, wanted)]

    def ask() -> dict[Place, int | None] | None:
        answer = admin.list_consumer_group_offsets(request, require_stable=True)[group].result()
        found = answer.topic_partitions or []
        if any(entry.error for entry in found):
            return None
        return {(e.topic, e.partition): e.offset if e.offset >= 0 else None for e in found}

    return _patiently(ask, group)


def ends(admin: AdminClient, changelog: str, partitions: Iterable[int]) -> dict[int, int]:
    """Return the changelog's end per partition, uncommitted records included (step 2). Raises `Unavailable`."""
    request = {TopicPartition(changelog, partition): OffsetSpec.latest() for partition in partitions}  # type: ignore[no-untyped-call]

    def ask() -> dict[int, int]:
        answers = admin.list_offsets(request, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=30)
        return {place.partition: answer.result().offset for place, answer in answers.items()}

    return _patiently(ask, changelog)


def _patiently(ask: Callable[[], Answer | None], what: str) -> Answer:
    """Ask again while there is no answer yet or a leader is being elected. Raises `Unavailable` after `PATIENCE_S`."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if (found := ask()) is not None:
                return found
        except KafkaException as raised:
            if not _passes(raised.args[0]):
                raise translated(raised.args[0]) from raised
        time.sleep(0.05)
    raise Unavailable(_unstable(what))


def _passes(error: KafkaError) -> bool:
    """Return whether the error ends by itself: a broker or a leader is on its way."""
    return bool(error.retriable()) or error.code() in _PASSING


_PASSING = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)


def read(consumer: Consumer, changelog: str, until: dict[int, int]) -> dict[int, Restored]:
    """Read the partitions of a changelog up to the given ends (step 3). Raises `Unavailable` after `PATIENCE_S`."""
    restored = {partition: Restored() for partition in until}
    waiting = {partition for partition, end in until.items() if end > 0}
    consumer.assign([TopicPartition(changelog, partition, OFFSET_BEGINNING) for partition in sorted(waiting)])
    take = {partition: found.take for partition, found in restored.items()}
    quiet_since = time.monotonic()
    while waiting:
        failpoint("core.restoring")
        messages = consumer.consume(10_000, timeout=0.05)
        for message in messages:
            key = message.key()
            if message.error() is not None:
                waiting -= _ended(message, until)
            elif key is not None:
                take[message.partition()](key, message.value())  # type: ignore[index]
        if messages:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since > PATIENCE_S:
            raise Unavailable(_unstable(changelog))
    return restored


def _ended(message: Message, until: dict[int, int]) -> set[int]:
    """Return the partition whose wanted end was reached, if this event says so."""
    error, partition = message.error(), message.partition() or 0
    if error is not None and error.code() == KafkaError._PARTITION_EOF:
        return {partition} if (message.offset() or 0) >= until[partition] else set()
    if error is not None and not _passes(error):
        raise translated(error)
    return set()


def start(place: Place, group_offset: int | None, restored: Restored | None) -> int:
    """Return where to start: the committed offset, else the changelog's, else the beginning for a new group.

    Raises `Misconfigured` when the group's offset is not the one that the state belongs to.
    """
    known = restored.offsets.get(place[0]) if restored else None
    if group_offset is None:
        return OFFSET_BEGINNING if known is None else known
    if restored is not None and known is not None and known != group_offset:
        raise Misconfigured(_disagreement(place, group_offset, known))
    return group_offset


def _unstable(what: str) -> Text:
    return Text(
        en=f"{what}: a transaction is still open after {PATIENCE_S:.0f} s, so the core cannot resume. Check the "
        "brokers with `kranhub status`, then start the core again.",
        ru=f"{what}: транзакция не завершена и через {PATIENCE_S:.0f} с, ядро не может продолжить. Проверьте "
        "брокеры командой `kranhub status` и запустите ядро снова.",
    )


def _disagreement(place: Place, group_offset: int, known: int) -> Text:
    return Text(
        en=f"{place[0]} partition {place[1]}: the group stands at offset {group_offset}, the state at {known}. "
        f"Somebody moved the group's offsets. Set them back to {known}; to replay, use another namespace.",
        ru=f"{place[0]}, раздел {place[1]}: группа на смещении {group_offset}, а состояние на {known}. "
        f"Смещения группы кто-то изменил. Верните {known}; для повторного прогона возьмите другое пространство имён.",
    )
