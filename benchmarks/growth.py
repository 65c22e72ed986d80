"""How the cost of planning grows: with the lines of one order, and with the makers whose offers are compared.

Everything is measured in one process (`probes.growth`), so the ratios do not depend on the machine.
"""

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.cluster import Cluster
from benchmarks.figures import ratio
from benchmarks.processes import answer
from benchmarks.task import Task
from kranhub.settings import endpoints

PATIENCE_S = 300.0


class Size(NamedTuple):
    """How much is measured: the lines of an order, the makers of an item, and how many orders ask for offers."""

    lines: Sequence[int] = (1, 25, 100, 400)
    makers: Sequence[int] = (5, 50, 500)
    orders: int = 200


FULL = Size()
QUICK = Size((1, 25, 100), (5, 50), 20)


def measure(cluster: Cluster, size: Size = FULL) -> dict[str, Any]:
    """Return the rate with the most makers beside that with the fewest, and everything under ``growth``."""
    options = {
        "registry_url": endpoints(cluster.settings).registry_url,
        "lines": ",".join(map(str, size.lines)),
        "makers": ",".join(map(str, size.makers)),
        "orders": str(size.orders),
    }
    task = Task(cluster.bootstrap, source="", target="", group="", options=options)
    found = answer("growth", [sys.executable, "-m", "benchmarks.probes.growth", task.dump()], PATIENCE_S)
    rates = [found["makers"][str(count)]["per_s"] for count in (size.makers[-1], size.makers[0])]
    return {"most_makers_vs_fewest": ratio(*rates), "growth": found}
