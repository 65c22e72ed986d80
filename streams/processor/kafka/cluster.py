"""What the cluster knows of its topics, and what of that a stage requires."""

from collections.abc import Collection, Iterable, Mapping

import structlog
from confluent_kafka import IsolationLevel
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import ConfigResource, OffsetSpec

from kranhub.errors import KranhubError, Misconfigured
from kranhub.text import Text
from kranhub.wire.locations import TopicPartition
from streams.processor.kafka.errors import errors_as_ours, translated
from streams.processor.kafka.guarded import GuardedClient
from streams.processor.stage import Stage

log = structlog.get_logger()

OFFSETS_RETENTION_MIN = 90 * 24 * 60
"""Kafka's own default, 7 days, loses a group that is off over the holidays."""


def offsets(
    client: GuardedClient,
    partitions: Iterable[TopicPartition],
    which: OffsetSpec,
    isolation: IsolationLevel = IsolationLevel.READ_COMMITTED,
    timeout_s: float = 5.0,
) -> dict[TopicPartition, int]:
    """Return where each partition begins or ends.

    Args:
        client: An admin client.
        partitions: The partitions.
        which: The oldest record, the end, or a time.
        isolation: For readers of which isolation; it decides whether open transactions count.
        timeout_s: How long to wait for an answer.

    Raises:
        BrokerAway: There is no answer in time, or the brokers refuse one.
    """
    request = {KafkaPartition(*place): which for place in partitions}
    answers = client.list_offsets(request, isolation_level=isolation, request_timeout=timeout_s)
    with errors_as_ours():
        return {TopicPartition(of.topic, of.partition): answer.result().offset for of, answer in answers.items()}


def stable_ends(client: GuardedClient, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    """Return the offset after each partition's last committed record.

    Raises:
        BrokerAway: There is no answer in 2 s.
    """
    return offsets(client, partitions, OffsetSpec.latest(), timeout_s=2.0)


def partition_counts(client: GuardedClient, names: Collection[str]) -> dict[str, int]:
    """Return how many partitions each topic has.

    Raises:
        Misconfigured: A topic does not exist.
        Unavailable: Kafka does not answer.
    """
    known = client.list_topics(timeout=10).topics  # asking for one by name might create it
    for name in names:
        if name not in known:
            raise Misconfigured(_no_topic(name))
        if (error := known[name].error) is not None:
            raise translated(error)
    return {name: len(known[name].partitions) for name in names}


def require_equal_partitions(client: GuardedClient, stage: Stage) -> None:
    """Check that a stage's inputs and its changelog have the same number of partitions.

    Raises:
        Misconfigured: They have not, or one of the topics does not exist.
    """
    if stage.changelog is None:
        return
    counts = partition_counts(client, [*stage.inputs, stage.changelog])
    if len(set(counts.values())) > 1:
        raise Misconfigured(_unequal(stage.name, counts))


def require_lasting_offsets(client: GuardedClient) -> None:
    """Check that the brokers keep the offsets of a group that is away for 90 days.

    Where the account may not read the brokers' settings (DescribeConfigs), that is logged and the check left out.

    Raises:
        Misconfigured: They forget them sooner.
    """
    minutes = _offsets_retention(client)
    if minutes is not None and minutes < OFFSETS_RETENTION_MIN:
        raise Misconfigured(_retention_too_short(minutes))


def _offsets_retention(client: GuardedClient) -> int | None:
    broker = next(iter(client.list_topics(timeout=10).brokers))
    (answer,) = client.describe_configs([ConfigResource(ConfigResource.Type.BROKER, str(broker))]).values()
    try:
        with errors_as_ours():
            return int(answer.result(20)["offsets.retention.minutes"].value)
    except (KranhubError, TimeoutError, KeyError) as reason:
        log.warning("offsets.retention.minutes not checked", reason=str(reason))
        return None


def _no_topic(name: str) -> Text:
    return Text(
        en=f"The topic {name} does not exist. Run `kranhub up`: it creates the hub's topics.",
        ru=f"Топика {name} нет. Выполните `kranhub up`: команда создаёт топики центра.",
    )


def _retention_too_short(minutes: int) -> Text:
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
