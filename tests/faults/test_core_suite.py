"""The fault suite's short version: the same stage, checker and faults as `make faults-core`, a few of each."""

import gc
from collections.abc import Iterator
from functools import partial

import pytest
from _pytest.mark import ParameterSet

from tools.faults.core import scenarios
from tools.faults.core.cluster import FaultCluster, fault_cluster
from tools.faults.core.run import Scenario, play

pytestmark = [
    pytest.mark.alone,
    pytest.mark.timeout(240),
    # kafka-python leaves sockets behind when a broker refuses it, which here is the broker's job.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
]

SEED = 4


@pytest.fixture(scope="module")
def place() -> Iterator[FaultCluster]:
    with fault_cluster(proxied=True) as found:
        yield found


@pytest.fixture(autouse=True)
def _sockets_left_behind() -> Iterator[None]:
    """Find them here, and not in whatever test comes next."""
    yield
    gc.collect()


def _more(name: str, scenario: Scenario) -> ParameterSet:
    """Return one that only `make test-all` plays; a fault each."""
    return pytest.param(name, scenario, 1, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("name", "scenario", "faults"),
    [
        ("kill -9 a worker", partial(scenarios.kills, times=4), 4),
        _more("kill -9 the broker", partial(scenarios.broker_kills, times=1)),
        _more("network cut", partial(scenarios.cuts, plan=[(False, 3.0)])),
        _more("transaction left open", partial(scenarios.abandoned, times=1)),
        _more("zombie worker", partial(scenarios.zombies, times=1)),
    ],
)
def test_nothing_is_lost_or_doubled_and_nothing_stands_still(
    place: FaultCluster, name: str, scenario: Scenario, faults: int
) -> None:
    outcome = play(name, scenario, place, ("a", "b"), SEED)
    assert outcome.is_good, str(outcome)  # as text it is shown whole
    assert outcome.faults == faults
    assert outcome.orders > 20
