"""Each stage killed with kill -9 at every step of its commit: every order reaches its plant once, every status once."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

from deploy.demo import independent
from deploy.demo.independent import ReadRecord
from tests.support.stack import Stack
from tools.harness.core import World, core, environment, order, proofs, start_core, stop, wait_for, world

pytestmark = pytest.mark.stack

BUYER = "sibir-terminal"
FIRST = range(1, 4)
MOST, MEANWHILE = 4, 2
"""Orders that are placed to have a stage killed, and then while it is down."""

STAGES = ("ingest", "planner", "allocator", "dispatch", "masterdata", "clock")
POINTS = ["core.after-process", "core.after-produce", "core.after-offsets", "core.before-commit", "core.after-commit"]


def place(around: World, numbers: range) -> None:
    for number in numbers:
        around.write(BUYER, "Order", str(number), order(str(number)))


def seen(stack: Stack, around: World, topic: str) -> list[ReadRecord]:
    return independent.read(stack.bootstrap, stack.registry_url, f"{around.settings.namespace}{topic}")


def findings(expected: list[str], found: list[str]) -> tuple[list[str], list[str]]:
    """Return what is lost and what is doubled."""
    wanted, have = Counter(expected), Counter(found)
    return sorted((wanted - have).elements()), sorted((have - wanted).elements())


@pytest.mark.parametrize(
    "stage",
    [
        "ingest",
        "allocator",
        # One stage without state and one with state are enough for every day.
        pytest.param("planner", marks=pytest.mark.slow),
        pytest.param("dispatch", marks=pytest.mark.slow),
    ],
)
def test_a_stage_killed_anywhere_in_a_commit_loses_and_doubles_nothing(
    stack: Stack, namespace: str, tmp_path: Path, stage: str
) -> None:
    """The stage runs in a process of its own, so it is that stage's commit which is torn; the others go on.

    It dies at one point after the other; orders come while it is down, and it begins where the one before it died.
    """
    settings = stack.prepare(namespace)
    others = [option for name in STAGES if name != stage for option in ("--only", name)]
    with world(settings) as around, core(settings, "--instance", "others", *others) as rest:
        placed = 0
        for point in POINTS:
            placed = _killed_at(point, stage, around, tmp_path / point, placed)
        with core(settings, "--instance", "one", "--only", stage) as restarted:
            numbers = range(1, placed + 1)
            expected = [f"{BUYER}:{number}/1.1.1" for number in numbers]
            wait_for(lambda: len(seen(stack, around, "in.oemz.orders")) >= len(expected), "all plant orders")
            planned = {str(number) for number in numbers}
            wait_for(lambda: _planned(seen(stack, around, f"in.{BUYER}.statuses")) >= planned, "all are planned")
            assert [stop(restarted), stop(rest)] == [0, 0]
        asked = [record.value["plant_order_id"] for record in seen(stack, around, "in.oemz.orders")]
        assert findings(expected, asked) == ([], [])
        assert findings(expected, [d.value["plant_order_id"] for d in seen(stack, around, "hub.decisions")]) == ([], [])
        _statuses_follow_each_other(seen(stack, around, f"in.{BUYER}.statuses"), numbers)
        assert seen(stack, around, "hub.dead-letters") == []


def _killed_at(point: str, stage: str, around: World, reached: Path, placed: int) -> int:
    """Have the stage killed at the point of its second commit; return how many orders were placed by then.

    ``placed`` is how many were before. Each order has its own transaction, but for those that came while it was down.
    """
    reached.mkdir()
    armed = {"KRANHUB_FAILPOINTS": f"{point}=kill@2", "KRANHUB_FAILPOINTS_DIR": str(reached)}
    killed = start_core(around.settings, "--instance", "one", "--only", stage, **armed)
    try:
        for number in range(placed + 1, placed + 1 + MOST):
            place(around, range(number, number + 1))
            wait_for(partial(_is_beyond, around, killed, number), "the order at its plant, or the stage dead")
            if killed.poll() is not None:
                break
        assert killed.wait(60) == -signal.SIGKILL
    finally:
        stop(killed)
    assert proofs(reached) == [point]
    place(around, range(number + 1, number + 1 + MEANWHILE))
    return number + MEANWHILE


def _is_beyond(around: World, killed: subprocess.Popen[bytes], number: int) -> bool:
    """Return whether the order has reached its plant, or the process that was to be killed is dead."""
    return killed.poll() is not None or len(around.addressed("oemz", "orders")) >= number


def _planned(statuses: list[ReadRecord]) -> set[str]:
    return {status.value["order_id"] for status in statuses if status.value["state"] == "PLANNED"}


def _statuses_follow_each_other(statuses: list[ReadRecord], numbers: Iterable[int]) -> None:
    """Every order's revisions are 1, 2, … without a gap and without a repeat."""
    for number in numbers:
        revisions = [status.value["revision"] for status in statuses if status.value["order_id"] == str(number)]
        assert revisions == list(range(1, len(revisions) + 1))
        assert revisions


@pytest.mark.slow
def test_killed_while_its_state_comes_back_it_begins_again(stack: Stack, namespace: str, tmp_path: Path) -> None:
    settings = stack.prepare(namespace)
    with world(settings) as around:
        place(around, FIRST)
        with core(settings) as first:
            wait_for(lambda: len(around.addressed("oemz", "orders")) == len(FIRST), "the first orders")
            assert stop(first) == 0
        armed = {"KRANHUB_FAILPOINTS": "core.restoring=kill", "KRANHUB_FAILPOINTS_DIR": str(tmp_path)}
        killed = start_core(settings, **armed)
        try:
            assert killed.wait(60) == -signal.SIGKILL
        finally:
            stop(killed)
        assert proofs(tmp_path) == ["core.restoring"]
        place(around, range(1, 8))  # the first three are repeats: only what came back knows them
        with core(settings):
            wait_for(lambda: len(around.addressed("oemz", "orders")) >= 7, "the later orders")
        asked = [record.value["plant_order_id"] for record in seen(stack, around, "in.oemz.orders")]
    assert findings([f"{BUYER}:{number}/1.1.1" for number in range(1, 8)], asked) == ([], [])


def test_the_former_process_of_a_name_ends_with_its_exit_code(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    with world(settings) as around, core(settings, "--instance", "same") as former:
        place(around, range(1, 2))
        wait_for(lambda: len(around.addressed("oemz", "orders")) == 1, "the former works")
        former.send_signal(signal.SIGSTOP)
        with core(settings, "--instance", "same") as newer:
            place(around, range(2, 3))
            wait_for(lambda: len(around.addressed("oemz", "orders")) == 2, "the newer works")
            former.send_signal(signal.SIGCONT)
            assert former.wait(60) == 1
            place(around, range(3, 4))
            wait_for(lambda: len(around.addressed("oemz", "orders")) == 3, "the newer goes on")
            assert stop(newer) == 0


@pytest.mark.slow
def test_a_second_core_of_a_living_name_says_so_and_fights_nobody(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    with world(settings) as around, core(settings, "--instance", "same") as first:
        place(around, range(1, 2))
        wait_for(lambda: len(around.addressed("oemz", "orders")) == 1, "the first works")
        command = [sys.executable, "-m", "kranhub", "core", "run", "--instance", "same", "--only", "dispatch"]
        with subprocess.Popen(command, env=environment(settings, KRANHUB_LANG="en"), stderr=subprocess.PIPE) as second:
            said = second.communicate(timeout=60)[1].decode()
            assert second.returncode == 4
        assert f"/{first.pid} (host/process)" in said
        assert "--instance" in said
        place(around, range(2, 3))
        wait_for(lambda: len(around.addressed("oemz", "orders")) == 2, "the first goes on")
        assert stop(first) == 0


def test_the_findings_see_a_planted_loss_and_a_planted_double(stack: Stack, namespace: str) -> None:
    """The comparison above, on a real topic in which one plant order is missing and one stands twice."""
    settings = stack.prepare(namespace)
    with world(settings) as around:
        place(around, range(1, 4))
        around.write(BUYER, "Order", "2", order("2"))
        found = [record.value["order_id"] for record in seen(stack, around, f"out.{BUYER}.orders")]
    assert findings(["1", "2", "3", "4"], found) == (["4"], ["2"])
