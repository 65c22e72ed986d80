"""How much memory the core's real state takes per 100,000 open simple orders, in a process of its own."""

import sys
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.processes import answer
from benchmarks.task import Task
from kranhub.settings import endpoints

ORDERS = 40_000
PATIENCE_S = 600.0


def measure(cluster: Cluster, orders: int = ORDERS) -> dict[str, Any]:
    """Return ``mb_per_100k_open_orders`` (resident memory, MB of 1,000,000 bytes), and details under ``memory``."""
    options = {"orders": str(orders), "registry_url": endpoints(cluster.settings).registry_url}
    task = Task(cluster.bootstrap, source="", target="", group="", options=options)
    found = answer("memory", [sys.executable, "-m", "benchmarks.probes.memory", task.dump()], PATIENCE_S)
    return {"mb_per_100k_open_orders": round(found["bytes"] / orders / 10), "memory": found}
