"""What planning costs one worker, in processes of its own (`probes.planning`): its rate, its latency, how they grow.

The full router of one worker is the real planner and allocator with codec, state and transactions, without Kafka. An
order has passed it once its plant orders are out and its buyer is notified; how long their plants' answers take beside
that is measured, too: it is ``confirmed`` once all of them have promised.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.cluster import Cluster
from benchmarks.figures import median
from benchmarks.members import PLANTS
from benchmarks.processes import answer
from benchmarks.task import Task
from kranhub.settings import endpoints
from streams.routing.masterdata.rules import Rank

PATIENCE_S = 600.0

Figures = dict[str, Any]


class Size(NamedTuple):
    """How much is measured: orders and cranes, in as many processes each, and the growth."""

    simple: int = 1_000
    crane: int = 150
    rounds: int = 3
    plants: Sequence[int] = (5, 50, 500)
    open_orders: Sequence[int] = (1_000, 100_000, 1_000_000)


FULL = Size()
QUICK = Size(100, 20, 1, (5, 50), (1_000, 5_000))


def measure(cluster: Cluster, size: Size = FULL) -> dict[str, Any]:
    """Return ``simple_orders_per_s``, the rate of one worker, and everything else under ``planning``."""
    rounds = [_probe(cluster, size, PLANTS, size.open_orders[0]) for _ in range(size.rounds)]
    middle = {f"{goods}_{name}": _middle(rounds, goods, name) for goods in rounds[0] for name in rounds[0][goods]}
    base = _figures(rounds[0]) | middle
    members = {str(plants): _figures(_probe(cluster, size, plants, size.open_orders[0])) for plants in size.plants[1:]}
    offers = {str(plants): _offers(cluster, size, plants) for plants in size.plants}
    grown = {str(count): _figures(_probe(cluster, size, PLANTS, count)) for count in size.open_orders[1:]}
    found = {
        **base,
        "by_members": {str(size.plants[0]): base, **members},
        "by_members_offers": offers,
        "by_open_orders": {str(size.open_orders[0]): base, **grown},
        "rounds": [_figures(one) for one in rounds],
    }
    return {"planning_simple_per_s": base["simple_per_s"], "planning": found}


def _middle(rounds: Sequence[Figures], goods: str, name: str) -> float | None:
    return median([one[goods][name] for one in rounds])


def _figures(found: Mapping[str, Figures]) -> Figures:
    """Return the figures of every kind of goods side by side."""
    return {f"{goods}_{name}": value for goods, figures in found.items() for name, value in figures.items()}


def _offers(cluster: Cluster, size: Size, plants: int) -> Figures:
    """Measure orders where every plant that could make it is asked for an offer; fewer where those are many."""
    few = max(10, size.simple * PLANTS // plants // 2)
    cranes = size.crane if plants == PLANTS else 0
    return _figures(_probe(cluster, size._replace(simple=few, crane=cranes), plants, 0, Rank.EARLIEST_PROMISE))


def _probe(
    cluster: Cluster, size: Size, plants: int, open_orders: int, rank: Rank = Rank.CAPABILITY
) -> dict[str, Figures]:
    options = {
        "registry_url": endpoints(cluster.settings).registry_url,
        "plants": str(plants),
        "rank": str(rank),
        "open_orders": str(open_orders),
        "simple": str(size.simple),
        "crane": str(size.crane),
    }
    task = Task(cluster.bootstrap, source="", target="", group="", options=options)
    command = [sys.executable, "-m", "benchmarks.probes.planning", task.dump()]
    found: dict[str, Figures] = answer("planning", command, PATIENCE_S)
    return found
