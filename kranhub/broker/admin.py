"""Creates the topics that the members file requires, and finds where existing ones differ."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import (
    ClusterAuthorizationFailedError,
    NoError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    for_code,
)

from kranhub.broker import client_settings, errors, topics
from kranhub.broker.topics import TopicSpec
from kranhub.errors import Misconfigured
from kranhub.parties.members import Members
from kranhub.settings import Settings
from kranhub.text import Text

GROUPS_TOPIC = "__consumer_offsets"
"""Kafka's own topic of groups and their offsets."""


def apply(settings: Settings, members: Members) -> list[str]:
    """Create the topics that are missing, align the settings of the others, and return the names that were created.

    Raises:
        Misconfigured: A topic has another number of partitions than it must have, so that keys would change partitions,
            or Kafka refuses the account.
        Unavailable: The broker is away.
    """
    specs = topics.specs(members, settings.namespace, work_partitions=settings.work_partitions)
    with admin(settings) as client:
        existing = _partitions(client, specs)
        refuse_differences(specs, existing)
        missing = [spec for spec in specs if spec.name not in existing]
        if missing:
            client.create_topics({spec.name: _creation(spec, settings) for spec in missing}, timeout_ms=60_000)
            client.wait_for_topics([spec.name for spec in missing], timeout_ms=60_000)
        _align(client, [spec for spec in specs if spec.name in existing], settings)
    return [spec.name for spec in missing]


def missing_topics(settings: Settings, members: Members) -> list[str]:
    """Return the topics that should exist and do not. Creates nothing.

    Raises:
        Misconfigured: A topic has another number of partitions than it must have, or Kafka refuses the account.
        Unavailable: The broker is away.
    """
    specs = topics.specs(members, settings.namespace, work_partitions=settings.work_partitions)
    with admin(settings) as client:
        existing = _partitions(client, specs)
    refuse_differences(specs, existing)
    return [spec.name for spec in specs if spec.name not in existing]


def missing_text(missing: Sequence[str]) -> Text:
    """Return what to do about missing topics, of which there is one at least (`missing_topics`)."""
    return Text(
        en=f"{len(missing)} topics do not exist, such as {missing[0]}. Run `kranhub up`: it creates them.",
        ru=f"Нет топиков: {len(missing)}, например {missing[0]}. Выполните `kranhub up`: он их создаст.",
    )


def missing_of_members(settings: Settings, members: Members) -> list[str]:
    """Return the members' own topics that do not exist. Creates nothing.

    Raises:
        Misconfigured: A topic has another number of partitions than it must have, or Kafka refuses the account.
        Unavailable: The broker is away.
    """
    return [spec.name for spec in _missing_of_members(settings, members)]


def add_members(settings: Settings, members: Members) -> list[str]:
    """Create the members' own topics that do not exist, and return their names; another process may do so meanwhile.

    Raises:
        Misconfigured: This account may not create topics, or a topic has another number of partitions than it must
            have.
        Unavailable: The broker is away.
    """
    missing = _missing_of_members(settings, members)
    if not missing:
        return []
    with admin(settings) as client:
        answer = client.create_topics(
            {spec.name: _creation(spec, settings) for spec in missing}, timeout_ms=60_000, raise_errors=False
        )
        failed = {topic["name"]: topic["error_code"] for topic in answer["topics"] if topic["error_code"] not in _DONE}
        if set(failed.values()) & _NOT_ALLOWED:
            raise Misconfigured(_may_not_create([spec.name for spec in missing]))
        for code in failed.values():
            raise for_code(code)
        client.wait_for_topics([spec.name for spec in missing], timeout_ms=60_000)
    return [spec.name for spec in missing]


_DONE = frozenset((NoError.errno, TopicAlreadyExistsError.errno))
_NOT_ALLOWED = frozenset((TopicAuthorizationFailedError.errno, ClusterAuthorizationFailedError.errno))


def _missing_of_members(settings: Settings, members: Members) -> list[TopicSpec]:
    specs = topics.member_specs(members, settings.namespace)
    with admin(settings) as client:
        existing = _partitions(client, specs)
    refuse_differences(specs, existing)
    return [spec for spec in specs if spec.name not in existing]


def _may_not_create(names: Sequence[str]) -> Text:
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return Text(
        en=f"{len(names)} topics of members do not exist ({listed}), and this account may not create them. Run "
        "`kranhub up` with KRANHUB_MEMBERS_FILE naming the new file and an account that may, then publish again.",
        ru=f"Нет топиков участников: {len(names)} ({listed}), а этой учётной записи нельзя их создавать. Выполните "
        "`kranhub up` с новым файлом в KRANHUB_MEMBERS_FILE и с учётной записью, которой можно, и опубликуйте снова.",
    )


def refuse_differences(specs: Sequence[TopicSpec], existing: dict[str, int]) -> None:
    """Check the partitions of the topics that exist.

    Args:
        specs: The topics as they must be.
        existing: The numbers of partitions of those that exist, by name.

    Raises:
        Misconfigured: Topics have another number of partitions than they must have. The text names all of them.
    """
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
    """Open an admin client, and close it at the end of the context.

    Raises:
        Unavailable: The broker is away; also for what is done with the client.
        Misconfigured: Kafka refuses the account; also for what is done with the client.
    """
    with errors.translated(settings):
        client = KafkaAdminClient(**client_settings.kafka_python(settings), client_id="kranhub-admin")
        try:
            yield client
        finally:
            client.close()


def described_groups(client: KafkaAdminClient, wanted: Callable[[str], bool] = lambda _name: True) -> dict[str, Any]:
    """Return the descriptions of the wanted consumer groups that exist, by name and sorted by it."""
    names = sorted(entry["group_id"] for entry in client.list_groups() if wanted(entry["group_id"]))
    return dict(sorted(client.describe_groups(names).items())) if names else {}


def require_coordinators(client: KafkaAdminClient) -> None:
    """Require an answer from the coordinator of every partition of the groups' topic.

    A broker that has just started lacks some of them for a moment, and leaves their groups out of a list of all groups
    without an error.

    Raises:
        KafkaError: A coordinator is not there yet.
    """
    (topic,) = client.describe_topics([GROUPS_TOPIC])
    if not topic["error_code"]:
        client.list_group_offsets(dict.fromkeys(_group_of_each_partition(len(topic["partitions"]))))


def coordinator_partition(name: str, partitions: int) -> int:
    """Return the partition of Kafka's internal topics that a group or a transactional id belongs to.

    Args:
        name: The group or the transactional id.
        partitions: How many the topic has.
    """
    value = 0
    for unit in memoryview(name.encode("utf-16-le")).cast("H"):  # Java's String.hashCode
        value = (31 * value + unit) & 0xFFFFFFFF
    return min(value, 2**32 - value) % 2**31 % partitions  # the absolute value of a signed number, 0 for the least one


def _group_of_each_partition(partitions: int) -> list[str]:
    """Return names of groups, none of which exists, one for each partition."""
    found: dict[int, str] = {}
    for number in count():
        if len(found) == partitions:
            break
        name = f"kranhub-probe-{number}"
        found.setdefault(coordinator_partition(name, partitions), name)
    return list(found.values())


def _partitions(client: KafkaAdminClient, specs: Sequence[TopicSpec]) -> dict[str, int]:
    """Return the numbers of partitions of the topics that exist; other topics of the cluster are not asked for."""
    described = client.describe_topics([spec.name for spec in specs])
    return {topic["name"]: len(topic["partitions"]) for topic in described if not topic["error_code"]}


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
