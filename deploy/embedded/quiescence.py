"""Whether a hub is idle, so that its data can be copied or replaced; and the offsets of its topics and groups then."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kafka import TopicPartition
from kafka.admin import OffsetSpec

from deploy.embedded.manifest import GroupOffset
from deploy.embedded.progress import Progress
from deploy.embedded.waiting import until_answers
from kranhub.broker.admin import admin, described_groups, require_coordinators
from kranhub.errors import Failed, Misconfigured
from kranhub.operations import folder_lock, single_instance, supervision
from kranhub.settings import Settings
from kranhub.text import Text

POLL_S = 0.5


def require_own_stack(external: bool, kind: str) -> None:
    """Require that the data are in the data folder.

    Args:
        external: Whether the settings name a Kafka and a registry of the operator's own.
        kind: The stack's kind: embedded or docker.

    Raises:
        Misconfigured: Where the data are elsewhere.
    """
    if external or kind != "embedded":
        raise Misconfigured(
            Text(
                en="Only the embedded stack keeps everything in its data folder. Back up your Kafka and registry by "
                "their own means, all from one moment; docs/operations.md says what belongs together and what to do "
                "after a restore.",
                ru="Всё в папке данных хранит только встроенный стек. Копируйте свои Kafka и реестр их средствами, всё "
                "на один момент; docs/operations.md говорит, что относится к делу и что делать после восстановления.",
            )
        )


@contextmanager
def unsupervised(settings: Settings, command: str, progress: Progress) -> Iterator[None]:
    """Keep every supervising command off this data folder.

    Args:
        settings: Whose data folder.
        command: The command that works on it now, as the others report it.
        progress: Where a person reads what happens.

    Raises:
        Misconfigured: While a supervising command runs.
    """
    names = {"core", "views", *(Path(file).stem for file in supervision.FILES.values())}
    with folder_lock.held(settings.data_dir, command, names, say=progress.say, stopping=lambda: False):
        yield


def require_no_member(settings: Settings) -> None:
    """Require that no consumer group of the hub has members; those of killed processes are waited for.

    So are the groups' coordinators: a broker that has just started answers before they have read their offsets.

    Raises:
        Failed: While a group has members.
    """
    until_answers(lambda: places(settings))
    deadline = time.monotonic() + single_instance.PATIENCE_S
    while busy := _busy(settings):
        if time.monotonic() > deadline:
            raise Failed(_running(", ".join(busy)))
        time.sleep(POLL_S)


def _busy(settings: Settings) -> list[str]:
    with admin(settings) as client:
        found = described_groups(client)
    return [name for name, description in found.items() if description["members"]]


def ends(settings: Settings) -> dict[str, list[int]]:
    """Return the end offsets of every topic, one for each partition."""
    with admin(settings) as client:
        counts = {topic["name"]: len(topic["partitions"]) for topic in client.describe_topics()}
        places = {TopicPartition(name, number): OffsetSpec.LATEST for name in counts for number in range(counts[name])}
        found = client.list_partition_offsets(places) if places else {}
    return {name: [found[TopicPartition(name, at)].offset for at in range(counts[name])] for name in sorted(counts)}


def places(settings: Settings) -> list[GroupOffset]:
    """Return the offsets of every group.

    Raises:
        Unavailable: A coordinator is not there yet, so that some groups would be missing.
    """
    with admin(settings) as client:
        require_coordinators(client)
        names = sorted(entry["group_id"] for entry in client.list_groups())
        found = client.list_group_offsets(dict.fromkeys(names)) if names else {}
    return [
        GroupOffset(group=group, topic=place.topic, partition=place.partition, offset=at.offset)
        for group in names
        for place, at in sorted(found[group].items())
        if at.offset >= 0
    ]


def _running(what: str) -> Text:
    return Text(
        en=f"The hub still works: {what}. Stop `kranhub run`, `kranhub streams run` and the connectors (Ctrl-C or "
        "SIGTERM), then try again. Nothing was changed.",
        ru=f"Центр ещё работает: {what}. Остановите `kranhub run`, `kranhub streams run` и коннекторы (Ctrl-C или "
        "SIGTERM) и повторите. Ничего не изменено.",
    )
