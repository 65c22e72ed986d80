"""Ticks: however many workers beat, every partition sees each tick once, all of them the same ticks."""

from collections import defaultdict

import pytest

from kranhub.broker.reading import Message
from tests.support.stack import Stack
from tools.harness.core import World, core, stop, wait_for, world

pytestmark = pytest.mark.stack

PARTITIONS = range(6)


def ticks(around: World, topic: str) -> dict[int, list[str]]:
    """Return the ids of the ticks in each partition, in their order."""
    found: dict[int, list[str]] = defaultdict(list)
    for message in sorted(around.read(topic), key=place):
        if message.subject == "Tick":
            found[message.partition].append(message.envelope.id)
    return found


def place(message: Message) -> tuple[int, int]:
    return message.partition, message.offset


def test_each_tick_is_said_once_in_every_partition_by_two_workers_one_of_which_is_killed(
    stack: Stack, namespace: str
) -> None:
    settings = stack.prepare(namespace)
    fast = {"KRANHUB_TICK_S": "1"}
    with world(settings) as around, core(settings, "--instance", "a", **fast):
        with core(settings, "--instance", "b", **fast) as killed:
            wait_for(lambda: len(ticks(around, "hub.work")[0]) >= 3, "three ticks")
            killed.kill()
            stop(killed)
        before = len(ticks(around, "hub.work")[0])
        wait_for(lambda: len(ticks(around, "hub.work")[0]) >= before + 3, "time goes on")
        for topic in ("hub.work", "hub.allocation"):
            found = ticks(around, topic)
            assert set(found) == set(PARTITIONS)
            shortest = min(len(said) for said in found.values())
            assert len({tuple(said[:shortest]) for said in found.values()}) == 1
            assert found[0] == sorted(set(found[0]))
