"""librdkafka clients as exactly-once needs them. Each is guarded: nothing but the hub's errors leaves them."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import structlog
from confluent_kafka import Consumer, IsolationLevel, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec

from kranhub.broker import client_settings
from kranhub.errors import KranhubError, Misconfigured
from kranhub.operations import single_instance
from kranhub.settings import Settings
from kranhub.text import Text
from streams.processor.kafka.errors import Guarded, TransactionalProducer, errors_as_ours, opened, translated
from streams.processor.kafka.stalled_fetch import LOOK_S
from streams.processor.stage import Stage
from streams.processor.state.changelog import Place

log = structlog.get_logger()

LOGGER = logging.getLogger("librdkafka")
"""Where librdkafka's own lines go: none past ours to standard error."""

OFFSETS_RETENTION_MIN = 90 * 24 * 60
"""Kafka's own default, 7 days, loses a group that is off over the holidays."""


def group(settings: Settings, stage: str) -> str:
    """Return the stage's consumer group."""
    return f"{settings.namespace}core.{stage}"


def identity(settings: Settings, stage: str, instance: str) -> str:
    """Return the stage's group.instance.id and transactional.id: a restart under it fences its former self."""
    return f"{group(settings, stage)}.{instance}"


def member(settings: Settings, stage: str, instance: str) -> tuple[str, str]:
    """Return the stage's group and the name of this instance in it."""
    return group(settings, stage), identity(settings, stage, instance)


def consumer(settings: Settings, stage: Stage, instance: str, told: Callable[[str], None]) -> Guarded:
    """Return the stage's consumer: static member, read_committed; it never resets or commits an offset by itself.

    Equal partitions of several inputs go to one instance where there is state (range); else all are spread evenly.
    While it polls, ``told`` is called with its statistics (JSON) every `LOOK_S`.
    """
    return Guarded(
        opened(
            Consumer,
            {
                **_quiet(settings),
                "group.id": group(settings, stage.name),
                "group.instance.id": identity(settings, stage.name, instance),
                "client.id": single_instance.client_id(),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "error",
                "session.timeout.ms": int(single_instance.SESSION_S * 1000),
                "heartbeat.interval.ms": 2_000,
                "partition.assignment.strategy": "range" if stage.changelog else "roundrobin",
                "topic.metadata.refresh.interval.ms": 5_000,
                "fetch.wait.max.ms": 100,
                "fetch.queue.backoff.ms": 20,
                "statistics.interval.ms": int(LOOK_S * 1000),
                "stats_cb": told,
            },
        )
    )


def reader(settings: Settings, group_id: str | None = None) -> Guarded:
    """Return a consumer that joins no group and reads a changelog, read_committed, and reports a partition's end."""
    return Guarded(
        opened(
            Consumer,
            {
                **_quiet(settings),
                "group.id": group_id or f"{settings.namespace}core.restore",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 10,
                "fetch.message.max.bytes": 8 * 1024 * 1024,
                "queued.min.messages": 1_000_000,
                "queued.max.messages.kbytes": 128 * 1024,
                "fetch.queue.backoff.ms": 10,
            },
        )
    )


def producer(settings: Settings, stage: str, instance: str) -> TransactionalProducer:
    """Return the stage's transactional producer. murmur2 puts keys where every other client puts them."""
    return TransactionalProducer(
        opened(
            Producer,
            {
                **_quiet(settings),
                "transactional.id": identity(settings, stage, instance),
                "transaction.timeout.ms": 10_000,
                "retry.backoff.ms": 1,
                "partitioner": "murmur2_random",
                "message.max.bytes": 5_000_000,
                "linger.ms": 5,
                "delivery.report.only.error": True,
            },
        )
    )


def plain_producer(settings: Settings, **config: Any) -> Guarded:
    """Return a producer without transactions, for a few records; its keys, too, go where every other client's go."""
    quiet = {"log_level": 3, "error_cb": lambda _error: None, "logger": LOGGER}
    return Guarded(
        opened(Producer, {**client_settings.librdkafka(settings), "partitioner": "murmur2_random", **quiet, **config})
    )


def admin(settings: Settings) -> Guarded:
    """Return an admin client."""
    return Guarded(opened(AdminClient, _quiet(settings)))


def offsets(
    client: Guarded,
    places: Iterable[Place],
    which: OffsetSpec,
    isolation: IsolationLevel = IsolationLevel.READ_COMMITTED,
    timeout_s: float = 5.0,
) -> dict[Place, int]:
    """Return where each partition begins or ends, for readers of this isolation. Raises `BrokerAway`."""
    request = {TopicPartition(*place): which for place in places}
    answers = client.list_offsets(request, isolation_level=isolation, request_timeout=timeout_s)
    with errors_as_ours():
        return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}


def stable_ends(client: Guarded, places: Iterable[Place]) -> dict[Place, int]:
    """Return the offset after each partition's last committed record. Raises `BrokerAway` without an answer in 2 s."""
    return offsets(client, places, OffsetSpec.latest(), timeout_s=2.0)


def partition_counts(client: Guarded, names: Collection[str]) -> dict[str, int]:
    """Return how many partitions each topic has. Raises `Misconfigured` for one that does not exist, `Unavailable`."""
    known = client.list_topics(timeout=10).topics  # asking for one by name might create it
    for name in names:
        if name not in known:
            raise Misconfigured(_no_topic(name))
        if (error := known[name].error) is not None:
            raise translated(error)
    return {name: len(known[name].partitions) for name in names}


def require_equal_partitions(client: Guarded, stage: Stage) -> None:
    """Raise `Misconfigured` unless a stage's inputs and its changelog have the same number of partitions."""
    if stage.changelog is None:
        return
    counts = partition_counts(client, [*stage.inputs, stage.changelog])
    if len(set(counts.values())) > 1:
        raise Misconfigured(_unequal(stage.name, counts))


def _complain(error: KafkaError) -> None:
    """Log librdkafka's errors of connections, seldom: a core without brokers is idle, but not silent.

    They are for information; what must be acted on is raised elsewhere.
    """
    log.warning("kafka does not answer", error=error.name(), reason=error.str(), repeats=True)


def require_lasting_offsets(client: Guarded) -> None:
    """Raise `Misconfigured` when the brokers forget the offsets of a group that is away sooner than after 90 days.

    Where the account may not read the brokers' settings (DescribeConfigs), that is logged and the check left out.
    """
    minutes = _offsets_retention(client)
    if minutes is not None and minutes < OFFSETS_RETENTION_MIN:
        raise Misconfigured(_forgetful(minutes))


def _offsets_retention(client: Guarded) -> int | None:
    broker = next(iter(client.list_topics(timeout=10).brokers))
    (answer,) = client.describe_configs([ConfigResource(ConfigResource.Type.BROKER, str(broker))]).values()
    try:
        with errors_as_ours():
            return int(answer.result(20)["offsets.retention.minutes"].value)
    except (KranhubError, TimeoutError, KeyError) as reason:
        log.warning("offsets.retention.minutes not checked", reason=str(reason))
        return None


def _quiet(settings: Settings) -> dict[str, Any]:
    return {
        **client_settings.librdkafka(settings),
        "log_level": 2,
        "error_cb": _complain,
        "logger": LOGGER,
        # A broker that comes back is seen at once; librdkafka would look again only after up to 10 s.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.timeout.ms": 10_000,
        "socket.connection.setup.timeout.ms": 5_000,
        "allow.auto.create.topics": False,
    }


def _no_topic(name: str) -> Text:
    return Text(
        en=f"The topic {name} does not exist. Run `kranhub up`: it creates the hub's topics.",
        ru=f"Топика {name} нет. Выполните `kranhub up`: команда создаёт топики центра.",
    )


def _forgetful(minutes: int) -> Text:
    return Text(
        en=f"The brokers forget where a stopped group stood after {minutes} minutes. Set "
        f"offsets.retention.minutes={OFFSETS_RETENTION_MIN} (90 days) or more on every broker, then start the core "
        "again: else a hub or a plant that is off over the holidays would begin anew.",
        ru=f"Брокеры забывают, где остановилась группа, через {minutes} минут. Задайте на каждом брокере "
        f"offsets.retention.minutes={OFFSETS_RETENTION_MIN} (90 дней) или больше и запустите ядро снова: иначе центр "
        "или завод после праздников начал бы сначала.",
    )


def _unequal(stage: str, counts: Mapping[str, int]) -> Text:
    listed = ", ".join(f"{name}: {count}" for name, count in counts.items())
    return Text(
        en=f"The inputs and the changelog of {stage} must have one number of partitions, and have {listed}. A key's "
        "records and its state would be in different places. Create the topics anew after a backup, or use another "
        "namespace.",
        ru=f"У входов и журнала состояния этапа {stage} должно быть одно число разделов, а сейчас {listed}. Записи "
        "ключа и его состояние оказались бы в разных местах. Создайте топики заново после резервной копии или "
        "возьмите другое пространство имён.",
    )
