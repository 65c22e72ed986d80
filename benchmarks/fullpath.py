"""The full path with the real ``kranhub core run``: from a buyer's out topic to the plant's in topic.

The orders stand in the buyer's topic before the core starts. The clock runs from the first record that ingest has put
on hub.work to the last plant order that the plant can read: the stages share one process, and none works ahead unseen.
"""

import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import simple
from benchmarks.cluster import PARTITIONS, Cluster
from benchmarks.figures import median
from benchmarks.processes import Running, running
from deploy.embedded import stack
from kranhub import members, topics
from kranhub.codec import Codec
from kranhub.registry import Registry
from kranhub.settings import endpoints, variables

ORDERS = 6_000
POLL_S = 0.025
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Passage:
    """One measured run; ``problem`` says why there is no rate. Lost and doubled count plant orders."""

    orders: int
    rate: float | None
    lost: int | None = None
    doubled: int | None = None
    problem: str | None = None


def measure(cluster: Cluster, count: int = ORDERS, rounds: int = 3) -> dict[str, Any]:
    """Return ``full_path_per_s`` and under ``full_path`` every round."""
    found = [_one(cluster, count) for _ in range(rounds)]
    rates = [one.rate for one in found if one.rate is not None]
    middle = median(rates)
    return {"full_path_per_s": round(middle) if middle else None, "full_path": [asdict(one) for one in found]}


def _one(cluster: Cluster, count: int) -> Passage:
    """Run the core once, in a namespace of its own; delete its topics."""
    settings = cluster.settings.model_copy(update={"namespace": f"bench-{uuid.uuid4().hex[:6]}."})
    cluster.made += stack.prepare(settings, members.load(settings.members_file))[0]
    try:
        with Registry(endpoints(settings).registry_url) as registry:
            codec = Codec(registry)
            cluster.fill(topics.out(settings.namespace, simple.BUYER, "orders"), _records(codec, count))
        with running("core", [[sys.executable, "-m", "kranhub", "core", "run"]], variables(settings)) as core:
            return _watch(cluster, settings.namespace, count, core)
    finally:
        cluster.delete([name for name in cluster.made if name.startswith(settings.namespace)])


def _records(codec: Codec, count: int) -> Iterator[tuple[bytes, bytes]]:
    for number in range(count):
        value = simple.order(number)
        yield value["order_id"].encode(), codec.encode("Order", value)


def _watch(cluster: Cluster, namespace: str, count: int, core: Running) -> Passage:
    work, inbox = topics.hub(namespace, "work"), topics.inbound(namespace, simple.PLANT, "orders")
    began = last = None
    deadline = time.monotonic() + PATIENCE_S
    end = 0
    while time.monotonic() < deadline:
        if reason := core.ended():
            return Passage(count, None, problem=reason)
        began = began or (time.monotonic() if cluster.committed(work, PARTITIONS) else None)
        seen = cluster.committed(inbox, 1)
        if seen > end:
            end, last = seen, time.monotonic()
        elif end >= count and last and time.monotonic() - last > 1.5:
            break
        time.sleep(POLL_S)
    return _passage(cluster, inbox, count, (last or 0.0) - (began or 0.0))


def _passage(cluster: Cluster, inbox: str, count: int, seconds: float) -> Passage:
    numbers = [key for key, _ in cluster.records(inbox, 1)]
    lost, doubled = count - len(set(numbers)), len(numbers) - len(set(numbers))
    if lost:
        return Passage(count, None, lost, doubled, f"{lost} plant orders missing after {PATIENCE_S:.0f} s")
    return Passage(count, round(count / seconds), lost, doubled)
