"""Creates the topics that the members file asks for, and says where existing ones differ."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from kranhub import kafka, topics
from kranhub.errors import Misconfigured
from kranhub.members import Members
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.topics import TopicSpec


def apply(settings: Settings, members: Members) -> list[str]:
    """Create what is missing, align the settings of what is there, and return the names that were created.

    Raises `Misconfigured` when a topic's partition count differs from the design: keys would move; `Unavailable` when
    the broker is away.
    """
    specs = topics.specs(members, settings.namespace, work_partitions=settings.work_partitions)
    with admin(settings) as client:
        existing = _partitions(client)
        refuse_differences(specs, existing)
        missing = [spec for spec in specs if spec.name not in existing]
        if missing:
            client.create_topics({spec.name: _creation(spec, settings) for spec in missing}, timeout_ms=60_000)
            client.wait_for_topics([spec.name for spec in missing], timeout_ms=60_000)
        _align(client, [spec for spec in specs if spec.name in existing], settings)
    return [spec.name for spec in missing]


def missing_topics(settings: Settings, members: Members) -> list[str]:
    """Return the topics that should exist and do not. Raises as `apply` does; creates nothing."""
    specs = topics.specs(members, settings.namespace, work_partitions=settings.work_partitions)
    with admin(settings) as client:
        existing = _partitions(client)
    refuse_differences(specs, existing)
    return [spec.name for spec in specs if spec.name not in existing]


def refuse_differences(specs: Sequence[TopicSpec], existing: dict[str, int]) -> None:
    """Raise `Misconfigured` naming every topic whose partition count is not what the design says."""
    wrong = [spec for spec in specs if existing.get(spec.name, spec.partitions) != spec.partitions]
    if wrong:
        listed = ", ".join(f"{spec.name} ({existing[spec.name]}, not {spec.partitions})" for spec in wrong)
        raise Misconfigured(
            Text(
                en=f"These topics have another number of partitions than the hub needs: {listed}. A key would move to "
                "another partition. Use another namespace, or create them anew after a backup.",
                ru=f"У этих топиков не то число разделов, что нужно центру: {listed}. Ключ попал бы в другой раздел. "
                "Возьмите другое пространство имён или создайте топики заново после резервной копии.",
            )
        )


@contextmanager
def admin(settings: Settings) -> Iterator[KafkaAdminClient]:
    """Open an admin client; Kafka's errors leave as `Unavailable`."""
    with kafka.errors_as_ours(settings):
        client = KafkaAdminClient(**kafka.kafka_python(settings), client_id="kranhub-admin")
        try:
            yield client
        finally:
            client.close()


def _partitions(client: KafkaAdminClient) -> dict[str, int]:
    return {topic["name"]: len(topic["partitions"]) for topic in client.describe_topics()}


def _config(spec: TopicSpec, settings: Settings) -> dict[str, str]:
    return {**spec.config, "min.insync.replicas": str(max(1, settings.replication - 1))}


def _creation(spec: TopicSpec, settings: Settings) -> dict[str, object]:
    return {
        "num_partitions": spec.partitions,
        "replication_factor": settings.replication,
        "configs": _config(spec, settings),
    }


def _align(client: KafkaAdminClient, specs: Sequence[TopicSpec], settings: Settings) -> None:
    resources = [ConfigResource(ConfigResourceType.TOPIC, spec.name, _config(spec, settings)) for spec in specs]
    if resources:
        client.alter_configs(resources)
