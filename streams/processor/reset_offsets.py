"""Moves a stage's place in an input by hand: the group's offset and the one in its changelog, in one transaction."""

import re

from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec

from kranhub.broker import lag
from kranhub.errors import Fenced, Misconfigured, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from streams.processor.kafka import clients
from streams.processor.kafka.errors import Aborted, Guarded, TransactionalProducer
from streams.processor.stage import Stage
from streams.processor.state import changelog
from streams.processor.state.changelog import Place
from streams.processor.state.restore import patiently

MOVER = "~move"
"""The transactional id's last part: no worker can have this name."""


def move(settings: Settings, stage: Stage, place: Place, to: int | None) -> int:
    """Let the stage go on at offset ``to`` of an input's partition, None for the oldest record; return that offset.

    Raises `Misconfigured` when the topic has no such offset or a worker still runs the stage, `Unavailable` when Kafka
    is away or somebody else moves the stage at the same time.
    """
    _require_input(stage, place[0])
    _require_nobody(settings, stage.name)
    first, end = _bounds(clients.admin(settings), place)
    offset = first if to is None else to
    if not first <= offset <= end:
        raise Misconfigured(_outside(place, offset, first, end))
    producer = clients.producer(settings, stage.name, MOVER)
    consumer = clients.reader(settings, clients.group(settings, stage.name))
    try:
        producer.init_transactions(30)
        _transact(producer, consumer, stage, place, offset)
    except (Aborted, Fenced) as overtaken:
        raise Unavailable(_not_moved(stage.name)) from overtaken
    finally:
        consumer.close()
    return offset


def _require_input(stage: Stage, topic: str) -> None:
    """Raise `Misconfigured` unless the stage reads the topic, by its name or by its pattern."""
    if not any(re.fullmatch(each, topic) if each.startswith("^") else each == topic for each in stage.inputs):
        raise Misconfigured(_no_input(stage, topic))


def _require_nobody(settings: Settings, stage: str) -> None:
    """Raise `Misconfigured` while the group has members: in a transaction Kafka takes an outsider's offsets too."""
    members = [each.workers for each in lag.groups(settings) if each.name == f"core.{stage}"]
    if any(members):
        raise Misconfigured(_running(stage))


def _transact(producer: TransactionalProducer, consumer: Guarded, stage: Stage, place: Place, offset: int) -> None:
    topic, partition = place
    producer.begin_transaction()
    if stage.changelog is not None:
        producer.produce(stage.changelog, str(offset).encode(), changelog.offset_key(topic), partition)
    offsets, metadata = [TopicPartition(topic, partition, offset)], consumer.consumer_group_metadata()
    producer.send_offsets_to_transaction(offsets, metadata, 10)
    producer.commit_transaction(10)


def _bounds(admin: Guarded, place: Place) -> tuple[int, int]:
    """Return the offsets of the oldest record and of the end, as a read_committed reader sees it."""
    if place[1] >= clients.partition_counts(admin, [place[0]])[place[0]]:
        raise Misconfigured(_no_partition(place))

    def ask(which: OffsetSpec) -> int:
        return clients.offsets(admin, [place], which)[place]

    earliest, latest = OffsetSpec.earliest(), OffsetSpec.latest()
    return patiently(lambda: ask(earliest), place[0]), patiently(lambda: ask(latest), place[0])


def _no_input(stage: Stage, topic: str) -> Text:
    inputs = ", ".join(stage.inputs)
    return Text(
        en=f"The stage {stage.name} does not read {topic}; it reads {inputs}. Give the topic's full name.",
        ru=f"Этап {stage.name} не читает {topic}; он читает {inputs}. Укажите полное имя топика.",
    )


def _no_partition(place: Place) -> Text:
    return Text(
        en=f"{place[0]} has no partition {place[1]}; they count from 0.",
        ru=f"У топика {place[0]} нет раздела {place[1]}; счёт идёт с 0.",
    )


def _outside(place: Place, offset: int, first: int, end: int) -> Text:
    return Text(
        en=f"{place[0]} partition {place[1]} holds the offsets {first} to {end}; {offset} is not among them.",
        ru=f"В разделе {place[1]} топика {place[0]} смещения от {first} до {end}; {offset} среди них нет.",
    )


def _running(stage: str) -> Text:
    return Text(
        en=f"A worker still runs the stage {stage}, or did 10 s ago. Stop the core on every machine, wait "
        "10 s, and try again. Nothing was moved.",
        ru=f"Этап {stage} ещё выполняется или выполнялся 10 с назад. Остановите ядро на всех машинах, "
        "подождите 10 с и повторите. Ничего не изменено.",
    )


def _not_moved(stage: str) -> Text:
    return Text(
        en=f"The stage {stage} was not moved: the transaction was ended from elsewhere, as by another "
        "`kranhub core move`. See where the stage stands with `kranhub status`, then try again.",
        ru=f"Этап {stage} не перемещён: транзакцию завершили извне, например другой `kranhub core move`. Посмотрите "
        "положение этапа командой `kranhub status` и повторите.",
    )
