"""The faults. Each is a function of the fault context; times and counts bound it."""

import os
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from kranhub.broker import topics
from kranhub.broker.admin import coordinator_partition
from tools.faults.core.brokers import Node, leader
from tools.faults.core.run import FaultContext
from tools.harness import fake_time
from tools.harness.core import proofs

SESSION_S = 10.0
"""The core's session time-out: a worker without a heartbeat for longer loses its partitions."""

STAGES = ("ingest", "planner", "allocator", "dispatch", "clock")


def kills(context: FaultContext, times: int) -> None:
    """Kill -9 a random worker at a random moment; a supervisor starts it again at once.

    Every second time the next kill waits until the worker has its partitions back; else it may hit a worker that is
    just starting.
    """
    for number in range(times):
        time.sleep(context.random.random() / 2)
        name = context.random.choice(context.workers.names)
        before = context.workers.assignments(name)
        with context.fault():
            context.workers.kill(name)
        if number % 2 and not context.wait_for(partial(_is_back, context, name, before), 30):
            context.notes.append(f"{name} did not come back within 30 s")


def zombies(context: FaultContext, times: int) -> None:
    """A worker is paused for longer than its session and then continues.

    In turn: at any moment; just before a commit (a failpoint); while another runs under its name.
    """
    for number in range(times):
        name = context.random.choice(context.workers.names)
        if number % 3 == 1:
            _asleep_before_a_commit(context, number)
            continue
        held = context.workers.replaced(name) if number % 3 == 2 else context.workers.stopped(name)
        with context.fault(), held:
            time.sleep(SESSION_S + 3)


def _asleep_before_a_commit(context: FaultContext, number: int) -> None:
    reached, name = _folder(context, f"asleep-{number}"), f"sleeper-{number}"
    context.workers.start(name, **armed(reached, "core.before-commit=stop@20"))
    if not context.wait_for(lambda: bool(proofs(reached)), 60):
        context.notes.append(f"{name} did not stop at its failpoint")
    with context.fault():
        time.sleep(SESSION_S + 3)
        context.workers.wake(name)
    context.workers.remove(name)


def broker_kills(context: FaultContext, times: int) -> None:
    """Kill -9 the only broker and start it again."""
    (node,) = context.cluster.brokers.nodes
    for _ in range(times):
        with context.fault():
            context.cluster.brokers.kill(node)
            context.cluster.brokers.start_again(node)


def lost_leaders(context: FaultContext, times: int) -> None:
    """Of three brokers, kill -9 the one that leads a partition of hub.work."""
    for _ in range(times):
        work = topics.hub(context.settings.namespace, "work")
        node = _node(context, leader(context.cluster.brokers.direct, work, context.random.randrange(6)))
        with context.fault():
            context.cluster.brokers.kill(node)
        context.cluster.brokers.start_again(node)


def moved_coordinators(context: FaultContext, times: int) -> None:
    """Of three brokers, stop the one that coordinates a stage's group, or the one that coordinates its transactions."""
    for number in range(times):
        name = f"{context.settings.namespace}core.{STAGES[number % len(STAGES)]}"
        what, key = ("__consumer_offsets", name)
        if number % 2:
            what, key = ("__transaction_state", f"{name}.{context.random.choice(context.workers.names)}")
        node = _node(context, leader(context.cluster.brokers.direct, what, coordinator_partition(key, 10)))
        with context.fault():
            context.cluster.brokers.stop(node)
        context.cluster.brokers.start_again(node)


def rebalance_storm(context: FaultContext, seconds: float) -> None:
    """Workers join and leave every 3 s."""
    guests: list[str] = []
    with context.fault():
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if guests and (len(guests) > 1 or context.random.random() < 0.5):
                context.workers.remove(guests.pop(0))
            else:
                guests.append(f"guest-{int(until - time.monotonic())}")
                context.workers.start(guests[-1])
            time.sleep(3)
        for guest in guests:
            context.workers.remove(guest)


def cuts(context: FaultContext, plan: Sequence[tuple[bool, float]]) -> None:
    """The network between workers and broker: (silent or cut, for how many seconds) each time."""
    assert context.cluster.proxy is not None
    for silent, seconds in plan:
        with context.fault(), context.cluster.proxy.being("silent" if silent else "cut"):
            time.sleep(seconds)


def abandoned(context: FaultContext, times: int) -> None:
    """A worker dies just before it commits, with its transaction open, and never returns."""
    for number in range(times):
        reached, name = _folder(context, f"reached-{number}"), f"doomed-{number}"
        with context.fault():
            context.workers.start(name, **armed(reached, "core.before-commit=kill@30"))
            context.workers.forget(name)
        if proofs(reached) != ["core.before-commit"]:
            context.notes.append(f"{name} did not die at its failpoint")


def full_disk(context: FaultContext) -> None:
    """The broker's disk fills up; the broker gives up its log; then there is room again and it is started."""
    (node,) = context.cluster.brokers.nodes
    filler = node.folder.parent / "ballast"
    with context.fault():
        _fill(filler)
        if not context.wait_for(lambda: context.cluster.brokers.has_ended(node), 60):
            context.notes.append("the broker took its full disk for granted")
        filler.unlink()
        context.cluster.brokers.kill(node)
        context.cluster.brokers.start_again(node)


def clock_jumps(context: FaultContext, hours: Sequence[int]) -> None:
    """The wall clock of the broker jumps to these offsets; what measures durations is left alone.

    A jump back may break the broker itself (`BROKEN_BY_ITS_CLOCK`); it is then started again, as in operation.
    """
    (node,) = context.cluster.brokers.nodes
    for offset in hours:
        with context.fault():
            fake_time.set_clock(context.cluster.folder / "clock", offset)
            time.sleep(2)  # until every process has read it
            if context.cluster.brokers.has_logged(node, BROKEN_BY_ITS_CLOCK):
                context.cluster.brokers.stop(node)
                context.cluster.brokers.set_log_aside(node)
                context.cluster.brokers.start_again(node)
        context.wait_for_outputs()


BROKEN_BY_ITS_CLOCK = "Histogram recorded value cannot be negative"
"""What Kafka 4.1's group coordinator logs when the clock went back during a write: it has written, and does not know
so. From then on no transaction with offsets of that coordinator's partition ends, until the broker is started again."""


def armed(reached: Path, plan: str) -> dict[str, str]:
    """Return the variables that arm failpoints, which leave their proof in the folder."""
    return {"KRANHUB_FAILPOINTS": plan, "KRANHUB_FAILPOINTS_DIR": str(reached)}


def _folder(context: FaultContext, name: str) -> Path:
    folder = context.cluster.folder / f"{name}-{context.settings.namespace}"
    folder.mkdir()
    return folder


def _is_back(context: FaultContext, name: str, before: int) -> bool:
    """Return whether every stage of the worker has been given partitions since."""
    return context.workers.assignments(name) >= before + len(STAGES)


def _node(context: FaultContext, number: int) -> Node:
    return next(node for node in context.cluster.brokers.nodes if node.number == number)


def _fill(file: Path) -> None:
    """Write until the disk is full."""
    try:
        with file.open("wb", buffering=0) as stream:
            while True:
                stream.write(b"\0" * 65_536)
    except OSError:
        os.sync()
