"""The core killed with kill -9 at every step of its commit: every order reaches its plant once, every status once."""

import signal
from collections import Counter
from pathlib import Path

import pytest

from deploy.demo import independent
from deploy.demo.independent import Seen
from tests.support.core import World, core, order, proofs, start_core, stop, wait_for, world
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

BUYER = "sibir-terminal"
FIRST, SECOND = range(1, 13), range(13, 19)
POINTS = ["core.after-process", "core.after-produce", "core.after-offsets", "core.before-commit", "core.after-commit"]


def place(around: World, numbers: range) -> None:
    for number in numbers:
        around.write(BUYER, "Order", str(number), order(str(number)))


def seen(stack: Stack, around: World, topic: str) -> list[Seen]:
    return independent.read(stack.bootstrap, stack.registry_url, f"{around.settings.namespace}{topic}")


def findings(expected: list[str], found: list[str]) -> tuple[list[str], list[str]]:
    """Return what is lost and what is doubled."""
    wanted, have = Counter(expected), Counter(found)
    return sorted((wanted - have).elements()), sorted((have - wanted).elements())


@pytest.mark.parametrize("at", [1, 4])
@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_in_a_commit_it_loses_and_doubles_nothing(
    stack: Stack, namespace: str, tmp_path: Path, point: str, at: int
) -> None:
    settings = stack.prepare(namespace)
    with world(settings) as around:
        place(around, FIRST)
        armed = {"KRANHUB_FAILPOINTS": f"{point}=kill@{at}", "KRANHUB_FAILPOINTS_DIR": str(tmp_path)}
        killed = start_core(settings, **armed)
        try:
            assert killed.wait(60) == -signal.SIGKILL
        finally:
            stop(killed)
        assert proofs(tmp_path) == [point]
        place(around, SECOND)
        with core(settings) as restarted:
            expected = [f"{BUYER}:{number}/1.1.1" for number in (*FIRST, *SECOND)]
            wait_for(lambda: len(seen(stack, around, "in.oemz.orders")) >= len(expected), "all plant orders")
            planned = [str(number) for number in (*FIRST, *SECOND)]
            wait_for(lambda: _planned(seen(stack, around, f"in.{BUYER}.statuses")) >= set(planned), "all are planned")
            assert stop(restarted) == 0
        asked = [record.value["plant_order_id"] for record in seen(stack, around, "in.oemz.orders")]
        assert findings(expected, asked) == ([], [])
        assert findings(expected, [d.value["plant_order_id"] for d in seen(stack, around, "hub.decisions")]) == ([], [])
        _statuses_follow_each_other(seen(stack, around, f"in.{BUYER}.statuses"))
        assert seen(stack, around, "hub.dead-letters") == []


def _planned(statuses: list[Seen]) -> set[str]:
    return {status.value["order_id"] for status in statuses if status.value["state"] == "PLANNED"}


def _statuses_follow_each_other(statuses: list[Seen]) -> None:
    """Every order's revisions are 1, 2, … without a gap and without a repeat."""
    for number in (*FIRST, *SECOND):
        revisions = [status.value["revision"] for status in statuses if status.value["order_id"] == str(number)]
        assert revisions == list(range(1, len(revisions) + 1))
        assert revisions


def test_the_findings_see_a_planted_loss_and_a_planted_double(stack: Stack, namespace: str) -> None:
    """The comparison above, on a real topic in which one plant order is missing and one stands twice."""
    settings = stack.prepare(namespace)
    with world(settings) as around:
        place(around, range(1, 4))
        around.write(BUYER, "Order", "2", order("2"))
        found = [record.value["order_id"] for record in seen(stack, around, f"out.{BUYER}.orders")]
    assert findings(["1", "2", "3", "4"], found) == (["4"], ["2"])
