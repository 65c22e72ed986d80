"""The full path with the real ``kranhub core run``: from a buyer's out topic to the plants' in topics.

The orders stand in the buyer's topic before the core starts. The clock runs from the first record that ingest has put
on hub.work to the last plant order that a plant can read: the stages share one process, and none works ahead unnoticed.
"""

import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import members, samples
from benchmarks.cluster import PARTITIONS, Cluster
from benchmarks.figures import median
from benchmarks.processes import Running, running
from benchmarks.samples import CRANE, MOTOR, Goods
from deploy.embedded import stack
from kranhub.broker import topics
from kranhub.parties import members as memberfile
from kranhub.settings import Settings, endpoints, variables
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry

ORDERS, CRANES = 6_000, 400
POLL_S = 0.025
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Result:
    """One measured run; ``problem`` says why there is no rate. Lost and doubled count plant orders."""

    orders: int
    rate: float | None
    lost: int | None = None
    doubled: int | None = None
    problem: str | None = None


def measure(cluster: Cluster, count: int = ORDERS, cranes: int = CRANES, rounds: int = 3) -> dict[str, Any]:
    """Return ``full_path_per_s`` of simple orders and ``full_path_crane_per_s``, and every round beside them."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="kranhub-bench-") as folder:
        settings = members.written(cluster.settings, Path(folder))
        for name, goods, orders in (("full_path", MOTOR, count), ("full_path_crane", CRANE, cranes)):
            results = [_one(cluster, settings, orders, goods) for _ in range(rounds)]
            middle = median([one.rate for one in results if one.rate is not None])
            found |= {f"{name}_per_s": round(middle) if middle else None, name: [asdict(one) for one in results]}
    return found


def _one(cluster: Cluster, settings: Settings, count: int, goods: Goods) -> Result:
    """Run the core once, in a namespace of its own; delete its topics."""
    settings = settings.model_copy(update={"namespace": f"bench-{uuid.uuid4().hex[:6]}."})
    cluster.made += stack.prepare(settings, memberfile.load(settings.required("members_file")))[0]
    try:
        with Registry(endpoints(settings).registry_url) as registry:
            codec = Codec(registry)
            cluster.fill(topics.out(settings.namespace, samples.BUYER, "orders"), _records(codec, count, goods))
        with running("core", [[sys.executable, "-m", "kranhub", "core", "run"]], variables(settings)) as core:
            return _watch(cluster, settings.namespace, count, goods, core)
    finally:
        cluster.delete([name for name in cluster.made if name.startswith(settings.namespace)])


def _records(codec: Codec, count: int, goods: Goods) -> Iterator[tuple[bytes, bytes]]:
    for number in range(count):
        value = samples.order(number, goods)
        yield value["order_id"].encode(), codec.encode(Subject.ORDER, value)


def _watch(cluster: Cluster, namespace: str, count: int, goods: Goods, core: Running) -> Result:
    work = topics.hub(namespace, "work")
    outputs = [topics.inbound(namespace, plant, "orders") for plant in goods.plant_orders]
    expected = count * sum(goods.plant_orders.values())
    began = last = None
    deadline = time.monotonic() + PATIENCE_S
    end = 0
    while time.monotonic() < deadline:
        if reason := core.ended():
            return Result(count, None, problem=reason)
        began = began or (time.monotonic() if cluster.committed(work, PARTITIONS) else None)
        found_end = sum(cluster.committed(topic, 1) for topic in outputs)
        if found_end > end:
            end, last = found_end, time.monotonic()
        elif end >= expected and last and time.monotonic() - last > 1.5:
            break
        time.sleep(POLL_S)
    return _result(cluster, outputs, count, expected, (last or 0.0) - (began or 0.0))


def _result(cluster: Cluster, outputs: list[str], count: int, expected: int, seconds: float) -> Result:
    numbers = [key for topic in outputs for key, _ in cluster.records(topic, 1)]
    lost, doubled = expected - len(set(numbers)), len(numbers) - len(set(numbers))
    if lost:
        return Result(count, None, lost, doubled, f"{lost} plant orders missing after {PATIENCE_S:.0f} s")
    return Result(count, round(count / seconds), lost, doubled)
