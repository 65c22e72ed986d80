"""How long an order takes from the moment it is due to the moment a read_committed reader has its plant orders.

Three processes share the machine with the broker: the engine, a generator (`probes.generator`, open loop) and a reader
(`probes.reader`). The engine has joined its group before the first order; the first seconds do not count, and every
output is checked afterwards as in `throughput`.
"""

import dataclasses
import json
import subprocess
import sys
import time
import uuid
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import job, orders, throughput
from benchmarks.catalog import Engine
from benchmarks.cluster import PARTITIONS, Cluster
from benchmarks.figures import percentile
from benchmarks.probes.generator import scheduled
from benchmarks.processes import Running, running
from benchmarks.task import Task

RATES = (200, 1_000)
LEAD_S = 2.5
"""How long before the first order the engine has joined: the generator first encodes them all."""
JOIN_S, DRAIN_S = 60.0, 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """Orders per second, and how long: the warm-up does not count."""

    rate: int
    warm_up_s: float = 5.0
    measured_s: float = 20.0

    @property
    def count(self) -> int:
        """How many orders that is."""
        return round(self.rate * (self.warm_up_s + self.measured_s))


@dataclass(frozen=True, slots=True)
class Latency:
    """One engine at one rate, in milliseconds; ``problem`` says why there are no figures.

    ``generator_late_p99`` is how late the generator itself was: that time is part of the figures.
    """

    engine: str
    rate: int
    p50: float | None = None
    p99: float | None = None
    largest: float | None = None
    generator_late_p99: float | None = None
    outputs: int = 0
    lost: int | None = None
    doubled: int | None = None
    problem: str | None = None


def measure(cluster: Cluster, engine: Engine, load: Load) -> Latency:
    """Run an engine under a load and return what its orders took; delete its topics."""
    source = cluster.create(f"bench.load-{uuid.uuid4().hex[:6]}")
    try:
        with throughput.prepared(cluster, engine, source) as task:
            return _measure(cluster, engine, load, task)
    finally:
        cluster.delete([source])


def _measure(cluster: Cluster, engine: Engine, load: Load, task: Task) -> Latency:
    found = Path(task.folder) / "found"
    options = {"found": str(found), "partitions": str(PARTITIONS)}
    with (
        running(f"{engine.name}-reader", [_probe("reader", task, options)]) as reader,
        running(engine.name, [engine.command(task, 0)]) as worker,
    ):
        if problem := _join(cluster, task, worker):
            return Latency(engine.name, load.rate, problem=problem)
        start_ns = time.time_ns() + int(LEAD_S * 1e9)
        late, problem = _generate(task, load, start_ns)
        problem = problem or _drain(cluster, task, worker) or reader.ended()
        if problem:
            return Latency(engine.name, load.rate, problem=problem)
        reader.stop()
    lost, doubled = throughput.check(cluster, task.target, set(_expected(load, start_ns)))
    return result(engine.name, load, start_ns, read(found), late, (lost, doubled))


def _probe(name: str, task: Task, options: Mapping[str, str]) -> Sequence[str]:
    with_options = dataclasses.replace(task, options=dict(options))
    return [sys.executable, "-m", f"benchmarks.probes.{name}", with_options.dump()]


def _join(cluster: Cluster, task: Task, worker: Running) -> str | None:
    """Wait until the engine has its partitions; return why it does not."""
    deadline = time.monotonic() + JOIN_S
    while time.monotonic() < deadline:
        if reason := worker.ended():
            return reason
        if throughput.joined(cluster, task.group, 1):
            return None
        time.sleep(0.1)
    return f"has not joined its group within {JOIN_S:.0f} s: {worker.last_words()}"


def _generate(task: Task, load: Load, start_ns: int) -> tuple[float, str | None]:
    """Send the orders; return how late the generator was (p99, milliseconds), and what went wrong."""
    options = {"rate": str(load.rate), "count": str(load.count), "start_ns": str(start_ns)}
    with running("generator", [_probe("generator", task, options)]) as generator:
        try:
            code = generator.processes[0].wait(LEAD_S + load.count / load.rate + DRAIN_S)
        except subprocess.TimeoutExpired:
            return 0.0, "the generator could not send everything in time"
        answer = generator.last_words()
    return (json.loads(answer)["late_p99_ms"], None) if code == 0 else (0.0, f"generator: {answer}")


def _drain(cluster: Cluster, task: Task, worker: Running) -> str | None:
    """Wait until the output has stopped growing; return why the engine has ended."""
    deadline = time.monotonic() + DRAIN_S
    ends: list[int] = []
    while time.monotonic() < deadline and (len(ends) < 4 or ends[-1] != ends[-4]):
        ends.append(cluster.committed(task.target))
        time.sleep(0.5)
    return worker.ended()


def _expected(load: Load, start_ns: int) -> Iterator[int]:
    """Yield the marks of every output, ``sent_ns`` included: the engines must pass it through."""
    for number in range(load.count):
        order = orders.order(number, scheduled(number, load.rate, start_ns))
        for part in job.parts(order):
            yield orders.digest(order["order_id"].encode(), job.encode(job.PART_HEAD, job.PART, part))


def read(file: Path) -> list[tuple[int, int]]:
    """Return the reader's pairs: sent at, and seen so much later; nanoseconds."""
    flat = array("q", file.read_bytes())
    return list(zip(flat[::2], flat[1::2], strict=True))


def result(
    name: str, load: Load, start_ns: int, found: Sequence[tuple[int, int]], late: float, wrong: tuple[int, int]
) -> Latency:
    """Return the figures of the orders that were due after the warm-up."""
    since = start_ns + int(load.warm_up_s * 1e9)
    counted = [took / 1e6 for sent_ns, took in found if sent_ns >= since]
    p50, p99, largest = (_rounded(percentile(counted, share)) for share in (0.5, 0.99, 1.0))
    problem = None if counted else "no output after the warm-up"
    return Latency(name, load.rate, p50, p99, largest, round(late, 1), len(counted), *wrong, problem)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def summary(found: Sequence[Latency]) -> dict[str, Any]:
    """Return ``latency_ms`` of the results: per rate our p50 and p99, Kafka Streams' better p99, and every engine's."""
    return {str(rate): _at([one for one in found if one.rate == rate]) for rate in dict.fromkeys(f.rate for f in found)}


def _at(found: Sequence[Latency]) -> dict[str, Any]:
    by_name = {one.engine: one for one in found}
    ours = by_name.get("ours")
    theirs = [one.p99 for name, one in by_name.items() if name.startswith("kafka_streams") and one.p99 is not None]
    return {
        "p50": ours.p50 if ours else None,
        "p99": ours.p99 if ours else None,
        "kafka_streams_p99": min(theirs, default=None),
        "engines": {name: dataclasses.asdict(one) for name, one in by_name.items()},
    }
