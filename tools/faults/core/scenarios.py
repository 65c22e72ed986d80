"""The faults. Each is a function of the stage; times and counts bound it."""

import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from kranhub.broker import topics
from tools.faults.core.brokers import Node, leader
from tools.faults.core.run import Stage
from tools.harness import fake_time
from tools.harness.core import proofs

SESSION_S = 10.0
"""The core's session time-out: who is silent for longer loses its partitions."""

STAGES = ("ingest", "planner", "allocator", "dispatch", "clock")


def kills(stage: Stage, times: int) -> None:
    """Kill -9 a random worker at a random moment; a supervisor starts it again at once.

    Every second time the next kill waits until the worker has its partitions back; else it may hit a worker that is
    just starting.
    """
    for number in range(times):
        time.sleep(stage.random.random() / 2)
        name = stage.random.choice(stage.workers.names)
        before = stage.workers.assignments(name)
        with stage.fault():
            stage.workers.kill(name)
        if number % 2 and not stage.wait_for(partial(_is_back, stage, name, before), 30):
            stage.notes.append(f"{name} did not come back within 30 s")


def zombies(stage: Stage, times: int) -> None:
    """A worker stops for longer than its session and goes on.

    In turn: at any moment; just before a commit (a failpoint); while another runs under its name.
    """
    for number in range(times):
        name = stage.random.choice(stage.workers.names)
        if number % 3 == 1:
            _asleep_before_a_commit(stage, number)
            continue
        held = stage.workers.replaced(name) if number % 3 == 2 else stage.workers.stopped(name)
        with stage.fault(), held:
            time.sleep(SESSION_S + 3)


def _asleep_before_a_commit(stage: Stage, number: int) -> None:
    reached, name = _folder(stage, f"asleep-{number}"), f"sleeper-{number}"
    stage.workers.start(name, **armed(reached, "core.before-commit=stop@20"))
    if not stage.wait_for(lambda: bool(proofs(reached)), 60):
        stage.notes.append(f"{name} did not stop at its failpoint")
    with stage.fault():
        time.sleep(SESSION_S + 3)
        stage.workers.wake(name)
    stage.workers.remove(name)


def broker_kills(stage: Stage, times: int) -> None:
    """Kill -9 the only broker and start it again."""
    (node,) = stage.rig.brokers.nodes
    for _ in range(times):
        with stage.fault():
            stage.rig.brokers.kill(node)
            stage.rig.brokers.start_again(node)


def lost_leaders(stage: Stage, times: int) -> None:
    """Of three brokers, kill -9 the one that leads a partition of hub.work."""
    for _ in range(times):
        work = topics.hub(stage.settings.namespace, "work")
        node = _node(stage, leader(stage.rig.brokers.direct, work, stage.random.randrange(6)))
        with stage.fault():
            stage.rig.brokers.kill(node)
        stage.rig.brokers.start_again(node)


def moved_coordinators(stage: Stage, times: int) -> None:
    """Of three brokers, stop the one that coordinates a stage's group, or the one that coordinates its transactions."""
    for number in range(times):
        name = f"{stage.settings.namespace}core.{STAGES[number % len(STAGES)]}"
        what, key = ("__consumer_offsets", name)
        if number % 2:
            what, key = ("__transaction_state", f"{name}.{stage.random.choice(stage.workers.names)}")
        node = _node(stage, leader(stage.rig.brokers.direct, what, _partition(key, 10)))
        with stage.fault():
            stage.rig.brokers.stop(node)
        stage.rig.brokers.start_again(node)


def storm(stage: Stage, seconds: float) -> None:
    """Workers join and leave every 3 s."""
    guests: list[str] = []
    with stage.fault():
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if guests and (len(guests) > 1 or stage.random.random() < 0.5):
                stage.workers.remove(guests.pop(0))
            else:
                guests.append(f"guest-{int(until - time.monotonic())}")
                stage.workers.start(guests[-1])
            time.sleep(3)
        for guest in guests:
            stage.workers.remove(guest)


def cuts(stage: Stage, plan: Sequence[tuple[bool, float]]) -> None:
    """The network between workers and broker: (silent or cut, for how many seconds) each time."""
    assert stage.rig.proxy is not None
    for silent, seconds in plan:
        with stage.fault(), stage.rig.proxy.being("silent" if silent else "cut"):
            time.sleep(seconds)


def abandoned(stage: Stage, times: int) -> None:
    """A worker dies just before it commits, with its transaction open, and never returns."""
    for number in range(times):
        reached, name = _folder(stage, f"reached-{number}"), f"doomed-{number}"
        with stage.fault():
            stage.workers.start(name, **armed(reached, "core.before-commit=kill@30"))
            stage.workers.forget(name)
        if proofs(reached) != ["core.before-commit"]:
            stage.notes.append(f"{name} did not die at its failpoint")


def full_disk(stage: Stage) -> None:
    """The broker's disk fills up; the broker gives up its log; then there is room again and it is started."""
    (node,) = stage.rig.brokers.nodes
    ballast = node.folder.parent / "ballast"
    with stage.fault():
        _fill(ballast)
        if not stage.wait_for(lambda: stage.rig.brokers.has_ended(node), 60):
            stage.notes.append("the broker took its full disk for granted")
        ballast.unlink()
        stage.rig.brokers.kill(node)
        stage.rig.brokers.start_again(node)


def clock_jumps(stage: Stage, hours: Sequence[int]) -> None:
    """The wall clock of the broker jumps to these offsets; what measures durations is left alone.

    A jump back may break the broker itself (`BROKEN_BY_ITS_CLOCK`); it is then started again, as in operation.
    """
    (node,) = stage.rig.brokers.nodes
    for offset in hours:
        with stage.fault():
            fake_time.set_clock(stage.rig.folder / "clock", offset)
            time.sleep(2)  # until every process has read it
            if stage.rig.brokers.said(node, BROKEN_BY_ITS_CLOCK):
                stage.rig.brokers.stop(node)
                stage.rig.brokers.set_log_aside(node)
                stage.rig.brokers.start_again(node)
        stage.wait_for_outputs()


BROKEN_BY_ITS_CLOCK = "Histogram recorded value cannot be negative"
"""What Kafka 4.1's group coordinator says when the clock went back during a write: it has written and does not know.

From then on no transaction with offsets of that coordinator's partition ends, until the broker is started again.
"""


def armed(reached: Path, plan: str) -> dict[str, str]:
    """Return the variables that arm failpoints, which leave their proof in the folder."""
    return {"KRANHUB_FAILPOINTS": plan, "KRANHUB_FAILPOINTS_DIR": str(reached)}


def _folder(stage: Stage, name: str) -> Path:
    folder = stage.rig.folder / f"{name}-{stage.settings.namespace}"
    folder.mkdir()
    return folder


def _is_back(stage: Stage, name: str, before: int) -> bool:
    """Return whether every stage of the worker has been given partitions since."""
    return stage.workers.assignments(name) >= before + len(STAGES)


def _node(stage: Stage, number: int) -> Node:
    return next(node for node in stage.rig.brokers.nodes if node.number == number)


def _partition(key: str, count: int) -> int:
    """Return the partition of Kafka's internal topics that a group or a transactional id belongs to (Java's hash)."""
    value = 0
    for character in key:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return (value & 0x7FFFFFFF) % count


def _fill(file: Path) -> None:
    """Write until the disk is full."""
    try:
        with file.open("wb", buffering=0) as stream:
            while True:
                stream.write(b"\0" * 65_536)
    except OSError:
        os.sync()
