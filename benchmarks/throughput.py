"""An engine's rate: how fast its output becomes visible to a read_committed reader.

The topic is filled before the engine starts. From outside, and the same for all, we watch how far read_committed
readers may read the output (ListOffsets READ_COMMITTED, every 25 ms; costs the engine nothing). The rate is taken from
the moment when the first quarter is visible and every worker has joined, to the moment when all of it is: process
start, JIT and first fetches count for nobody. Afterwards every output is read and compared, key and bytes, with what
the orders must lead to.
"""

import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from confluent_kafka import ConsumerGroupState, KafkaException

from benchmarks import orders
from benchmarks.catalog import Engine
from benchmarks.cluster import Cluster
from benchmarks.processes import Running, running
from benchmarks.task import Task

WARM_UP = 0.25
POLL_S = 0.025
QUIET_S = 1.5
"""The output counts as complete when it is long enough and has not grown for so long; then it is checked."""
PATIENCE_S = 300.0
STALL_S = 60.0

Sample = tuple[float, int]
"""Monotonic seconds, and the sum of the output's read_committed ends at that time."""


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run. ``problem`` says why there is no rate; lost and doubled count outputs, None if not checked."""

    engine: str
    orders: int
    rate: float | None
    seconds: float = 0.0
    lost: int | None = None
    doubled: int | None = None
    problem: str | None = None


@dataclass(slots=True)
class Expectation:
    """The marks of the outputs of so many orders, computed once."""

    known: dict[int, set[int]] = field(default_factory=dict)

    def of(self, count: int) -> set[int]:
        """Return the marks."""
        if count not in self.known:
            self.known[count] = orders.outputs(count)
        return self.known[count]


def measure(cluster: Cluster, engine: Engine, source: str, count: int, expectation: Expectation) -> Run:
    """Run an engine over a filled topic, check what it did, and return its rate; delete its topics."""
    expected = expectation.of(count)
    with prepared(cluster, engine, source) as task:
        commands = [engine.command(task, number) for number in range(engine.workers)]
        with running(engine.name, commands) as workers:
            return _watch(cluster, engine, task, count, expected, workers)


@contextmanager
def prepared(cluster: Cluster, engine: Engine, source: str) -> Iterator[Task]:
    """Give an engine topics and a folder of its own; delete them at the end."""
    name = f"{engine.name.replace('_', '-')}-{uuid.uuid4().hex[:6]}"
    with tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True) as folder:
        task = engine.task(cluster.bootstrap, name, source, folder)
        cluster.create(task.target)
        if task.changelog:
            cluster.create(task.changelog, config={"cleanup.policy": "compact"})
        try:
            yield task
        finally:
            cluster.delete(topic for topic in (task.target, task.changelog) if topic)


def _watch(cluster: Cluster, engine: Engine, task: Task, count: int, expected: set[int], workers: Running) -> Run:
    samples: list[Sample] = []
    began = time.monotonic() if engine.workers == 1 else None
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if reason := workers.ended():
            return Run(engine.name, count, None, problem=reason)
        samples.append((time.monotonic(), cluster.committed(task.target)))
        began = began or joined(cluster, task.group, engine.workers)
        if _unchanged(samples, QUIET_S) and samples[-1][1] >= len(expected):
            lost, doubled = check(cluster, task.target, expected)
            if not lost or _unchanged(samples, STALL_S):
                return result(engine.name, count, samples, began or 0.0, lost, doubled)
        elif _unchanged(samples, STALL_S):
            break
        time.sleep(POLL_S)
    lost, doubled = check(cluster, task.target, expected)
    return Run(engine.name, count, None, 0.0, lost, doubled, problem=f"stood still with {lost} outputs missing")


def joined(cluster: Cluster, group: str, workers: int) -> float | None:
    """Return the time if all workers are members of a settled group, each with partitions."""
    try:
        found = cluster.admin.describe_consumer_groups([group], request_timeout=10)[group].result()
    except KafkaException:
        return None
    given = [member for member in found.members if member.assignment and member.assignment.topic_partitions]
    return time.monotonic() if found.state == ConsumerGroupState.STABLE and len(given) == workers else None


def _unchanged(samples: Sequence[Sample], seconds: float) -> bool:
    last, end = samples[-1]
    for at, value in reversed(samples):
        if value != end:
            return False
        if last - at >= seconds:
            return True
    return False


def check(cluster: Cluster, topic: str, expected: set[int]) -> tuple[int, int]:
    """Return how many outputs are missing, and how many there are more than once or should not be."""
    seen: set[int] = set()
    total = 0
    for key, value in cluster.records(topic):
        seen.add(orders.digest(key, value))
        total += 1
    lost = len(expected - seen)
    return lost, total - (len(expected) - lost)


def result(name: str, count: int, samples: Sequence[Sample], joined: float, lost: int, doubled: int) -> Run:
    """Return the run's rate from its samples: orders/s between the end of the warm-up and the last output."""
    total = samples[-1][1]
    end = next(at for at, value in samples if value == total)
    began, done = next((at, value) for at, value in samples if value >= total * WARM_UP and at >= joined)
    if done >= total or end <= began:
        return Run(name, count, None, 0.0, lost, doubled, problem="over before the warm-up was; give it more orders")
    seconds = end - began
    return Run(name, count, count * (1 - done / total) / seconds, seconds, lost, doubled)
