"""Resets where a stage resumes in an input: the group's offset and the one in its changelog, in one transaction."""

import re

from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import OffsetSpec

from kranhub.broker import lag
from kranhub.errors import Fenced, Misconfigured, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.locations import TopicPartition
from streams.processor.kafka import clients, cluster
from streams.processor.kafka.errors import Aborted
from streams.processor.kafka.guarded import GuardedClient, TransactionalProducer
from streams.processor.stage import Stage
from streams.processor.state import changelog
from streams.processor.state.restore import patiently

INSTANCE = "~reset-offsets"
"""The transactional id's last part: no worker can have this name."""


def reset_offset(settings: Settings, stage: Stage, target: TopicPartition, to: int | None) -> int:
    """Let the stage resume elsewhere in a partition of an input.

    Args:
        settings: The namespace, and where the brokers are.
        stage: The stage. No worker may run it.
        target: The input's partition.
        to: The offset of the next record to process; None for the oldest that is left.

    Returns:
        The offset at which the stage resumes.

    Raises:
        Misconfigured: The topic has no such offset, it is no input, or a worker still runs the stage.
        Unavailable: Kafka is away, or another reset of the same stage ended this one.
    """
    _require_input(stage, target.topic)
    _require_nobody(settings, stage.name)
    first, end = _bounds(clients.admin(settings), target)
    offset = first if to is None else to
    if not first <= offset <= end:
        raise Misconfigured(_outside(target, offset, first, end))
    producer = clients.producer(settings, stage.name, INSTANCE)
    consumer = clients.reader(settings, clients.group(settings, stage.name))
    try:
        producer.init_transactions(30)
        _transact(producer, consumer, stage, target, offset)
    except (Aborted, Fenced) as overtaken:
        raise Unavailable(_overtaken(stage.name)) from overtaken
    finally:
        consumer.close()
    return offset


def _require_input(stage: Stage, topic: str) -> None:
    """Check that the stage reads the topic, by its name or by its pattern.

    Raises:
        Misconfigured: It does not.
    """
    if not any(re.fullmatch(each, topic) if each.startswith("^") else each == topic for each in stage.inputs):
        raise Misconfigured(_no_input(stage, topic))


def _require_nobody(settings: Settings, stage: str) -> None:
    """Check that the group has no members: in a transaction Kafka takes an outsider's offsets too.

    Raises:
        Misconfigured: It has.
    """
    members = [each.workers for each in lag.groups(settings) if each.name == f"core.{stage}"]
    if any(members):
        raise Misconfigured(_running(stage))


def _transact(
    producer: TransactionalProducer, consumer: GuardedClient, stage: Stage, target: TopicPartition, offset: int
) -> None:
    topic, partition = target
    producer.begin_transaction()
    if stage.changelog is not None:
        producer.produce(stage.changelog, str(offset).encode(), changelog.offset_key(topic), partition)
    offsets, metadata = [KafkaPartition(topic, partition, offset)], consumer.consumer_group_metadata()
    producer.send_offsets_to_transaction(offsets, metadata, 10)
    producer.commit_transaction(10)


def _bounds(admin: GuardedClient, target: TopicPartition) -> tuple[int, int]:
    """Return the offsets of the oldest record and of the end, as a read_committed reader sees it.

    Raises:
        Misconfigured: There is no such partition.
    """
    if target.partition >= cluster.partition_counts(admin, [target.topic])[target.topic]:
        raise Misconfigured(_no_partition(target))

    def ask(which: OffsetSpec) -> int:
        return cluster.offsets(admin, [target], which)[target]

    earliest, latest = OffsetSpec.earliest(), OffsetSpec.latest()
    return patiently(lambda: ask(earliest), target.topic), patiently(lambda: ask(latest), target.topic)


def _no_input(stage: Stage, topic: str) -> Text:
    inputs = ", ".join(stage.inputs)
    return Text(
        en=f"The stage {stage.name} does not read {topic}; it reads {inputs}. Give the topic's full name.",
        ru=f"Этап {stage.name} не читает {topic}; он читает {inputs}. Укажите полное имя топика.",
    )


def _no_partition(target: TopicPartition) -> Text:
    return Text(
        en=f"{target.topic} has no partition {target.partition}; they count from 0.",
        ru=f"У топика {target.topic} нет раздела {target.partition}; счёт идёт с 0.",
    )


def _outside(target: TopicPartition, offset: int, first: int, end: int) -> Text:
    topic, number = target
    return Text(
        en=f"{topic} partition {number} holds the offsets {first} to {end}; {offset} is not among them.",
        ru=f"В разделе {number} топика {topic} смещения от {first} до {end}; {offset} среди них нет.",
    )


def _running(stage: str) -> Text:
    return Text(
        en=f"A worker still runs the stage {stage}, or did 10 s ago. Stop the core on every machine, wait "
        "10 s, and try again. Nothing was moved.",
        ru=f"Этап {stage} ещё выполняется или выполнялся 10 с назад. Остановите ядро на всех машинах, "
        "подождите 10 с и повторите. Ничего не изменено.",
    )


def _overtaken(stage: str) -> Text:
    return Text(
        en=f"The stage {stage} was not moved: the transaction was ended from elsewhere, as by another "
        "`kranhub core reset-offsets`. See where the stage stands with `kranhub status`, then try again.",
        ru=f"Этап {stage} не перемещён: транзакцию завершили извне, например другой `kranhub core reset-offsets`. "
        "Посмотрите положение этапа командой `kranhub status` и повторите.",
    )
