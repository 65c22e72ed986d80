"""Which scenarios there are, and on which brokers each is played."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools.faults.core import scenarios
from tools.faults.core.cluster import FaultCluster, fault_cluster
from tools.faults.core.run import Scenario
from tools.harness import fake_time
from tools.harness.small_disk import CannotMount, mounted

DISK = "256m"


class NotHere(Exception):
    """This machine cannot play the scenario; the text gives the reason."""


@dataclass(frozen=True, slots=True)
class Group:
    """Scenarios that share brokers: how the brokers are started, and what is played on them by name."""

    place: Callable[[], AbstractContextManager[FaultCluster]]
    scenarios: dict[str, Scenario]


def program() -> list[Group]:
    """Return all scenarios, bounded in count and time."""
    return [
        Group(
            partial(fault_cluster, proxied=True),
            {
                "kill -9 a worker x 25": partial(scenarios.kills, times=25),
                "zombie worker x 5": partial(scenarios.zombies, times=5),
                "kill -9 the broker x 5": partial(scenarios.broker_kills, times=5),
                "rebalance storm 60 s": partial(scenarios.rebalance_storm, seconds=60),
                "network cut x 5": partial(scenarios.cuts, plan=CUTS),
                "transaction left open x 3": partial(scenarios.abandoned, times=3),
            },
        ),
        Group(
            partial(fault_cluster, count=3),
            {
                "leader lost, 3 brokers x 5": partial(scenarios.lost_leaders, times=5),
                "coordinator moved x 4": partial(scenarios.moved_coordinators, times=4),
            },
        ),
        Group(small_disk, {"disk full": scenarios.full_disk}),
        Group(wrong_clock, {"clock jumps x 4": partial(scenarios.clock_jumps, hours=[2, 0, -2, 0])}),
    ]


CUTS = [(False, 3.0), (True, 5.0), (False, 15.0), (True, 15.0), (True, 3.0)]
"""Whether the proxy is silent rather than cut, and for how many seconds; two of the times are longer than the
session."""


@contextmanager
def small_disk() -> Iterator[FaultCluster]:
    """Start brokers whose log is on a small disk in memory.

    Raises:
        NotHere: Where no disk may be mounted.
    """
    folder = Path(tempfile.mkdtemp(prefix="kranhub-disk-"))
    try:
        with mounted(folder, DISK), fault_cluster(data=folder) as found:
            yield found
    except CannotMount as error:
        raise NotHere("a small disk cannot be mounted here: run as root") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def wrong_clock() -> Iterator[FaultCluster]:
    """Start a broker whose wall clock can be set.

    Raises:
        NotHere: Where libfaketime is not installed.
    """
    with fault_cluster() as found:
        node = found.brokers.nodes[0]
        clock = found.folder / "clock"
        fake_time.set_clock(clock, 0)
        node.variables = _fake_time(clock)
        found.brokers.stop(node)
        found.brokers.start_again(node)
        yield found


def _fake_time(clock: Path) -> dict[str, str]:
    try:
        return fake_time.variables(clock)
    except fake_time.NotInstalled as error:
        raise NotHere("libfaketime is not installed here: it is for Linux only") from error
