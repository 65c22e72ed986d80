"""The consumer groups of the hub's own processes: who works on which partitions, and how far behind they are.

The brokers are asked, so that workers on other machines are included.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.protocol.consumer.offsets import IsolationLevel
from pydantic import BaseModel

from kranhub.broker import first_visible
from kranhub.broker.admin import admin, described_groups
from kranhub.broker.first_visible import Reader
from kranhub.errors import Failed
from kranhub.settings import Settings
from kranhub.text import Text

ROOMS = ("core.", "views.")
"""The prefixes of the groups' names, after the namespace."""

STAGES = ("ingest", "planner", "allocator", "dispatch", "masterdata", "clock")
"""The core's stages: each has a group ``core.<stage>`` and must be served."""


class Worker(BaseModel):
    """One member of a group.

    Attributes:
        group: The group's name without the namespace.
        instance: The member's instance name, or else its member id.
        host: The host on which it runs.
        partitions: How many partitions it has.
        lag: How many records it has not committed yet. A partition in which only transaction markers are left counts 0;
            elsewhere they count, too. In a partition that was never committed, every record that the topic still holds
            counts.
        lag_s: How many seconds ago the broker took the oldest of them; None where not known.
    """

    group: str
    instance: str
    host: str
    partitions: int
    lag: int
    lag_s: float | None = 0.0


class Group(BaseModel):
    """A stage of the core, a view or a connector's sink, and the workers that serve it.

    Attributes:
        name: The group's name without the namespace.
        state: The group's state, as Kafka names it.
        lag: How many records wait in all partitions.
        lag_s: How many seconds the oldest has waited; None where not known.
        workers: The members; without any, nobody serves it.
    """

    name: str
    state: str
    lag: int
    lag_s: float | None = 0.0
    workers: list[Worker]


class Behind(NamedTuple):
    """The lag of one partition.

    Attributes:
        records: How many records wait.
        since_ms: When the broker took the first of them, in milliseconds since the epoch; None where not known.
    """

    records: int
    since_ms: int | None = None


def groups(settings: Settings, sinks: Collection[str] = ()) -> list[Group]:
    """Return the groups of the core and the views, and those of sinks, sorted by name.

    Args:
        settings: The installation's settings.
        sinks: The names of the sinks' groups, without the namespace.

    Raises:
        Unavailable: The broker is away.
        Misconfigured: Kafka refuses the account.
    """
    prefixes = tuple(f"{settings.namespace}{room}" for room in ROOMS)
    wanted = {f"{settings.namespace}{sink}" for sink in sinks}
    with admin(settings) as client:
        described = described_groups(client, lambda name: name in wanted or name.startswith(prefixes))
        topics = {topic["name"]: len(topic["partitions"]) for topic in client.describe_topics()} if described else {}
        with closing(first_visible.Reader(settings)) as reader:
            lags = {name: _lags(client, reader, name, each, topics) for name, each in described.items()}
    return [_group(name, settings.namespace, each, lags[name]) for name, each in described.items()]


def forget(settings: Settings, group: str) -> None:
    """Delete a view's group that no process serves.

    Args:
        settings: The installation's settings.
        group: The group's name, without the namespace.

    Raises:
        Failed: A process serves it, or there is no such view.
        Unavailable: The broker is away.
        Misconfigured: Kafka refuses the account.
    """
    name = f"{settings.namespace}{group}"
    with admin(settings) as client:
        found = described_groups(client, name.__eq__)
        if not group.startswith("views.") or not found:
            raise Failed(_no_view(group))
        if found[name]["members"]:
            raise Failed(_is_served(group))
        if client.delete_groups([name]).get(name) == "NonEmptyGroupError":
            raise Failed(_is_served(group))


def _group(name: str, namespace: str, description: Mapping[str, Any], lags: Mapping[TopicPartition, Behind]) -> Group:
    short = name.removeprefix(namespace)
    return Group(
        name=short,
        state=description["group_state"],
        lag=sum(behind.records for behind in lags.values()),
        lag_s=_oldest_s(lags.values()),
        workers=[_worker(short, name, member, lags) for member in description["members"]],
    )


def _worker(short: str, name: str, member: Mapping[str, Any], lags: Mapping[TopicPartition, Behind]) -> Worker:
    given = list(_assigned(member["member_assignment"]))
    behinds = [lags.get(place, Behind(0)) for place in given]
    return Worker(
        group=short,
        instance=(member.get("group_instance_id") or member["member_id"]).removeprefix(f"{name}."),
        host=member["client_host"].removeprefix("/"),
        partitions=len(given),
        lag=sum(behind.records for behind in behinds),
        lag_s=_oldest_s(behinds),
    )


def _oldest_s(waiting: Iterable[Behind]) -> float | None:
    """Return how many seconds the oldest record has waited; 0 where none waits, None where it is not known."""
    since = [behind.since_ms for behind in waiting if behind.records]
    known = [at for at in since if at is not None]
    if since and not known:
        return None
    return max((round(max(0.0, time.time() - at / 1000), 1) for at in known), default=0.0)


def _assigned(assignment: Any) -> Iterator[TopicPartition]:
    for entry in _field(assignment, "assigned_partitions") or ():
        topic, partitions = _field(entry, "topic"), _field(entry, "partitions")
        yield from (TopicPartition(topic, partition) for partition in partitions)


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _lags(
    client: KafkaAdminClient, reader: Reader, name: str, description: Mapping[str, Any], topics: Mapping[str, int]
) -> dict[TopicPartition, Behind]:
    found = client.list_group_offsets({name: None})[name]
    committed = {place: at.offset for place, at in found.items() if at.offset >= 0}
    given = {place for member in description["members"] for place in _assigned(member["member_assignment"])}
    places = whole(committed.keys() | given, topics)
    ends = _offsets(client, places, OffsetSpec.LATEST)
    beginnings = _offsets(client, places - committed.keys(), OffsetSpec.EARLIEST)
    stands = {**beginnings, **committed}
    found = lags(ends, stands)
    first = reader.first(stands, {place: ends[place] for place, lag in found.items() if lag})
    return {
        place: Behind(0) if place in first and first[place] is None else Behind(lag, first.get(place))
        for place, lag in found.items()
    }


def whole(places: Iterable[TopicPartition], topics: Mapping[str, int]) -> set[TopicPartition]:
    """Return every partition of the topics in ``places``.

    A group serves whole topics: a partition without records has no offset, nor has one that no member has reached yet.

    Args:
        places: Partitions that the group has committed or is assigned to.
        topics: The topics that exist, with their numbers of partitions.
    """
    served = {place.topic for place in places} & topics.keys()
    return {TopicPartition(topic, partition) for topic in served for partition in range(topics[topic])}


def lags(ends: Mapping[TopicPartition, int], stands: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
    """Return how many offsets lie between the committed offset (else the beginning) and the end of each partition."""
    return {place: max(0, end - stands[place]) for place, end in ends.items() if place in stands}


def _offsets(client: KafkaAdminClient, places: Iterable[TopicPartition], spec: OffsetSpec) -> dict[TopicPartition, int]:
    wanted = dict.fromkeys(places, spec)
    if not wanted:
        return {}
    found = client.list_partition_offsets(wanted, isolation_level=IsolationLevel.READ_COMMITTED)
    return {place: answer.offset for place, answer in found.items()}


def _no_view(group: str) -> Text:
    return Text(
        en=f"There is no view {group}. Name it as `kranhub status` does, such as views.timeline.MACHINE.",
        ru=f"Нет представления {group}. Назовите его, как `kranhub status`, например views.timeline.МАШИНА.",
    )


def _is_served(group: str) -> Text:
    return Text(
        en=f"A process still serves {group}. Stop it first, and wait 10 s where it was killed.",
        ru=f"Процесс ещё обслуживает {group}. Сначала остановите его; если он убит, подождите 10 с.",
    )
