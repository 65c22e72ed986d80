"""Who works where: the consumer groups of the hub's own processes and how far behind they are.

Asks the brokers, so that workers on other machines are seen as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.protocol.consumer.offsets import IsolationLevel
from pydantic import BaseModel

from kranhub import unseen
from kranhub.settings import Settings
from kranhub.topicadmin import admin
from kranhub.unseen import Reader

ROOMS = ("core.", "views.")
"""What the groups' names begin with, after the namespace."""


class Worker(BaseModel):
    """One member of a group. ``lag`` counts records that it has not committed yet.

    A partition in which only transaction markers are left counts 0; elsewhere they count too. Of a partition that was
    never committed every record that the topic still holds is counted.
    """

    group: str
    instance: str
    host: str
    partitions: int
    lag: int


class Group(BaseModel):
    """A stage of the core or a view, and who serves it; without workers nobody does."""

    name: str
    state: str
    lag: int
    workers: list[Worker]


def groups(settings: Settings) -> list[Group]:
    """Return the groups of the core and the views, by name. Raises `Unavailable` when the broker is away."""
    prefixes = tuple(f"{settings.namespace}{room}" for room in ROOMS)
    with admin(settings) as client:
        names = sorted(entry["group_id"] for entry in client.list_groups() if entry["group_id"].startswith(prefixes))
        described = client.describe_groups(names) if names else {}
        topics = {topic["name"]: len(topic["partitions"]) for topic in client.describe_topics()} if names else {}
        with closing(unseen.Reader(settings)) as reader:
            lags = {name: _lags(client, reader, name, described[name], topics) for name in names}
    return [_group(name, settings.namespace, described[name], lags[name]) for name in names]


def _group(name: str, namespace: str, description: Mapping[str, Any], lags: Mapping[TopicPartition, int]) -> Group:
    short = name.removeprefix(namespace)
    return Group(
        name=short,
        state=description["group_state"],
        lag=sum(lags.values()),
        workers=[_worker(short, name, member, lags) for member in description["members"]],
    )


def _worker(short: str, name: str, member: Mapping[str, Any], lags: Mapping[TopicPartition, int]) -> Worker:
    given = list(_assigned(member["member_assignment"]))
    return Worker(
        group=short,
        instance=(member.get("group_instance_id") or member["member_id"]).removeprefix(f"{name}."),
        host=member["client_host"].removeprefix("/"),
        partitions=len(given),
        lag=sum(lags.get(place, 0) for place in given),
    )


def _assigned(assignment: Any) -> Iterator[TopicPartition]:
    for entry in _field(assignment, "assigned_partitions") or ():
        topic, partitions = _field(entry, "topic"), _field(entry, "partitions")
        yield from (TopicPartition(topic, partition) for partition in partitions)


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _lags(
    client: KafkaAdminClient, reader: Reader, name: str, description: Mapping[str, Any], topics: Mapping[str, int]
) -> dict[TopicPartition, int]:
    found = client.list_group_offsets({name: None})[name]
    committed = {place: at.offset for place, at in found.items() if at.offset >= 0}
    given = {place for member in description["members"] for place in _assigned(member["member_assignment"])}
    places = whole(committed.keys() | given, topics)
    ends = _offsets(client, places, OffsetSpec.LATEST)
    beginnings = _offsets(client, places - committed.keys(), OffsetSpec.EARLIEST)
    stands = {**beginnings, **committed}
    found = lags(ends, stands)
    over = reader.nothing(stands, {place: ends[place] for place, lag in found.items() if lag})
    return {place: 0 if place in over else lag for place, lag in found.items()}


def whole(places: Iterable[TopicPartition], topics: Mapping[str, int]) -> set[TopicPartition]:
    """Return every partition of the places' topics; ``topics`` are those that exist, with their partition counts.

    A group serves whole topics: a partition without records has no offset, nor has one that nobody has come to yet.
    """
    served = {place.topic for place in places} & topics.keys()
    return {TopicPartition(topic, partition) for topic in served for partition in range(topics[topic])}


def lags(ends: Mapping[TopicPartition, int], stands: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
    """Return how far the stands, or the beginnings where nothing was committed, are from the ends."""
    return {place: max(0, end - stands[place]) for place, end in ends.items() if place in stands}


def _offsets(client: KafkaAdminClient, places: Iterable[TopicPartition], spec: OffsetSpec) -> dict[TopicPartition, int]:
    wanted = dict.fromkeys(places, spec)
    if not wanted:
        return {}
    found = client.list_partition_offsets(wanted, isolation_level=IsolationLevel.READ_COMMITTED)
    return {place: answer.offset for place, answer in found.items()}
