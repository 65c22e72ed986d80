"""librdkafka clients as exactly-once needs them, and Kafka's errors as ours."""

import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, TypeVar

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, ConfigResource

from kranhub import kafka
from kranhub.errors import Failed, Fenced, KranhubError, Misconfigured, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from streams.exactly_once.stage import Stage

log = structlog.get_logger()

Result = TypeVar("Result")

RETRY_S = 15.0
"""How long one step of a transaction is tried again; by then the coordinator has timed the transaction out anyway."""

RETRY_PAUSE_S = 0.05

COMPLAINT_S = 30.0

OFFSETS_RETENTION_MIN = 90 * 24 * 60
"""Kafka's own default, 7 days, loses a group that is off over the holidays."""

_FENCING = (KafkaError._FENCED, KafkaError.FENCED_INSTANCE_ID, KafkaError.PRODUCER_FENCED)


class Aborted(Exception):
    """The transaction cannot commit; abort it and do the batch again."""


class BrokerAway(Unavailable):
    """The brokers do not answer these clients any more: end the process, a new one begins with new clients."""


def group(settings: Settings, stage: str) -> str:
    """Return the stage's consumer group."""
    return f"{settings.namespace}core.{stage}"


def identity(settings: Settings, stage: str, instance: str) -> str:
    """Return the stage's group.instance.id and transactional.id: a restart under it fences its former self."""
    return f"{group(settings, stage)}.{instance}"


def consumer(settings: Settings, stage: Stage, instance: str) -> Consumer:
    """Return the stage's consumer: static member, read_committed; it never resets or commits an offset by itself.

    Equal partitions of several inputs go to one instance where there is state (range); else all are spread evenly.
    """
    return Consumer(
        {
            **_quiet(settings),
            "group.id": group(settings, stage.name),
            "group.instance.id": identity(settings, stage.name, instance),
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "session.timeout.ms": 10_000,
            "heartbeat.interval.ms": 2_000,
            "partition.assignment.strategy": "range" if stage.changelog else "roundrobin",
            "topic.metadata.refresh.interval.ms": 5_000,
            "fetch.wait.max.ms": 100,
            "fetch.queue.backoff.ms": 20,
        }
    )


def reader(settings: Settings, group_id: str | None = None) -> Consumer:
    """Return a consumer that joins no group and reads a changelog, read_committed, and reports a partition's end."""
    return Consumer(
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
        }
    )


def producer(settings: Settings, stage: str, instance: str) -> Producer:
    """Return the stage's transactional producer. murmur2 puts keys where every other client puts them."""
    return Producer(
        {
            **_quiet(settings),
            "transactional.id": identity(settings, stage, instance),
            "transaction.timeout.ms": 10_000,
            "retry.backoff.ms": 1,
            "partitioner": "murmur2_random",
            "message.max.bytes": 5_000_000,
            "linger.ms": 5,
            "delivery.report.only.error": True,
        }
    )


def admin(settings: Settings) -> AdminClient:
    """Return an admin client."""
    return AdminClient(_quiet(settings))


def partition_counts(client: AdminClient | Producer, names: Collection[str]) -> dict[str, int]:
    """Return how many partitions each topic has. Raises `Misconfigured` for one that does not exist, `Unavailable`."""
    known = retried(partial(client.list_topics, timeout=10)).topics  # asking for one by name might create it
    for name in names:
        if name not in known:
            raise Misconfigured(_no_topic(name))
        if (error := known[name].error) is not None:
            raise translated(error)
    return {name: len(known[name].partitions) for name in names}


def require_equal_partitions(client: AdminClient, stage: Stage) -> None:
    """Raise `Misconfigured` unless a stage's inputs and its changelog have the same number of partitions."""
    if stage.changelog is None:
        return
    counts = partition_counts(client, [*stage.inputs, stage.changelog])
    if len(set(counts.values())) > 1:
        raise Misconfigured(_unequal(stage.name, counts))


class Complaints:
    """Logs librdkafka's errors of connections, one in `COMPLAINT_S`: a core without brokers is idle, but not silent."""

    def __init__(self) -> None:
        """Start without a complaint."""
        self._next = 0.0

    def __call__(self, error: KafkaError) -> None:
        """Take an error; they are for information, what must be acted on is raised elsewhere."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + COMPLAINT_S
            log.warning("kafka does not answer", error=error.name(), reason=error.str())


def require_lasting_offsets(client: AdminClient) -> None:
    """Raise `Misconfigured` when the brokers forget the offsets of a group that is away sooner than after 90 days.

    Where the account may not read the brokers' settings (DescribeConfigs), that is logged and the check left out.
    """
    minutes = _offsets_retention(client)
    if minutes is not None and minutes < OFFSETS_RETENTION_MIN:
        raise Misconfigured(_forgetful(minutes))


def _offsets_retention(client: AdminClient) -> int | None:
    broker = next(iter(retried(partial(client.list_topics, timeout=10)).brokers))
    (answer,) = client.describe_configs([ConfigResource(ConfigResource.Type.BROKER, str(broker))]).values()
    try:
        return int(answer.result(20)["offsets.retention.minutes"].value)
    except (KafkaException, TimeoutError, KeyError) as reason:
        log.warning("offsets.retention.minutes not checked", reason=str(reason))
        return None


def _quiet(settings: Settings) -> dict[str, Any]:
    return {
        **kafka.librdkafka(settings),
        "log_level": 2,
        "error_cb": Complaints(),
        # A broker that comes back is seen at once; librdkafka would look again only after up to 10 s.
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "socket.timeout.ms": 10_000,
        "socket.connection.setup.timeout.ms": 5_000,
        "allow.auto.create.topics": False,
    }


def retried(step: Callable[[], Result]) -> Result:
    """Run one step of a transaction, again while Kafka calls it retriable.

    Raises `Aborted` when the transaction must be aborted, otherwise as `translated` says.
    """
    deadline = time.monotonic() + RETRY_S
    while True:
        try:
            return step()
        except KafkaException as raised:
            error = raised.args[0]
            if not error.retriable() or time.monotonic() > deadline:
                if error.txn_requires_abort() and not error.fatal():
                    raise Aborted(error.name()) from raised
                raise translated(error) from raised
            time.sleep(RETRY_PAUSE_S)


_PASSING = (
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._WAIT_COORD,
    KafkaError._RESOLVE,
    KafkaError._UNKNOWN_BROKER,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.UNSTABLE_OFFSET_COMMIT,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.KAFKA_STORAGE_ERROR,
)


def passes(error: KafkaError) -> bool:
    """Return whether the error ends by itself: a broker, a leader or a new topic's metadata is on its way."""
    return bool(error.retriable()) or error.code() in _PASSING


def translated(error: KafkaError) -> KranhubError:
    """Return Kafka's error as ours: `Fenced`, `Failed` for other fatal ones, else `BrokerAway`.

    A consumer reports a fatal error as ``_FATAL``, with the cause in its words only.
    """
    if error.code() in _FENCING or (error.code() == KafkaError._FATAL and "fenced" in error.str()):
        return Fenced(
            Text(
                en="Another core with the same instance id has started, or the brokers lost sight of this one. "
                "It stops, nothing is lost; started again it goes on. If it happens again and again, give each core "
                "its own --instance.",
                ru="Запущено другое ядро с тем же именем, либо брокеры потеряли это из виду. Оно останавливается, "
                "ничего не потеряно; после запуска работа продолжится. Если это повторяется, задайте каждому ядру свой "
                "--instance.",
            )
        )
    if error.fatal() or error.code() == KafkaError._FATAL:
        return Failed(
            Text(
                en=f"The Kafka client cannot go on ({error.name()}: {error.str()}). Start the core again.",
                ru=f"Клиент Kafka не может продолжать ({error.name()}: {error.str()}). Запустите ядро снова.",
            )
        )
    return BrokerAway(
        Text(
            en=f"Kafka does not answer ({error.name()}). Run `kranhub status`, then start the core again.",
            ru=f"Kafka не отвечает ({error.name()}). Выполните `kranhub status` и запустите ядро снова.",
        )
    )


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
