"""The versions of the stages' states in a namespace that lacks topics: it may be of another release."""

from collections.abc import Iterable

from kafka import TopicPartition

from kranhub.broker import reading
from kranhub.settings import Settings
from streams.processor import Stage
from streams.processor.state import changelog, version


def require(settings: Settings, stages: Iterable[Stage]) -> None:
    """Require that every changelog that exists holds state of the version that its stage reads.

    It reads the changelogs whole, as a version is a record among the others.

    Raises:
        Misconfigured: One holds state of another version, or Kafka refuses the account.
        Unavailable: Kafka is away.
    """
    for stage in stages:
        if stage.changelog is not None:
            for partition, found in _versions(settings, stage.changelog).items():
                version.require(f"{stage.changelog} [{partition}]", found, stage.state_version)


def _versions(settings: Settings, topic: str) -> dict[int, int | None]:
    """Return the version in each partition of a changelog; nothing where there is no such topic."""
    found: dict[int, int | None] = {}
    with reading.reader(settings) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
        if not partitions:
            return {}
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        for record in reading.read_to_end(consumer, partitions):
            if record.key == changelog.VERSION:
                found[record.partition] = int(record.value) if record.value else None
    return found
