"""What a scenario runs in: workers, incoming orders, an observer of the outputs, and a record of every fault."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from kranhub.settings import Settings
from tools.faults.core.cluster import FaultCluster
from tools.faults.core.expected import expectation
from tools.faults.core.feed import BUYER, Feed, feeding
from tools.faults.core.observation import Observer, observing
from tools.faults.core.verify import Fault, Waited, findings, longest_stall
from tools.faults.core.workers import Workers, workers

RATES = {1: 15.0, 3: 7.5}
"""Orders per second, by how many brokers share the machine. With a crane among ten, an order makes five outputs. Three
brokers that keep three copies take up two cores at 15 a second: the stall would then be that of a backlog."""

CALM = 2 * 10
"""How many orders of each kind are sent before the first fault."""

PATIENCE_S = 90.0

QUIET_S = 5.0
"""After this time without an output the core is done."""


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """The result of a scenario.

    Attributes:
        scenario: Its name.
        orders: How many orders the brokers have acknowledged.
        outputs: How many outputs came.
        faults: How many faults it had.
        seed: The seed of its random choices.
        longest_stall_s: For how long at most an order did not proceed without a fault, in seconds.
        took_s: How long it took, in seconds.
        lost: The outputs that are missing.
        doubled: The outputs that came too often.
        notes: What else no fault explains.
        crashes: The workers whose Kafka client has crashed.
    """

    scenario: str
    orders: int
    outputs: int
    faults: int
    seed: int
    longest_stall_s: float
    took_s: float
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Nothing lost, nothing doubled, nothing unexplained, and no order stood still over 30 s without a fault."""
        return not self.lost and not self.doubled and not self.notes and self.longest_stall_s <= 30


@dataclass
class FaultContext:
    """What a scenario's faults act on."""

    cluster: FaultCluster
    settings: Settings
    workers: Workers
    feed: Feed
    watch: Observer
    random: random.Random
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def fault(self) -> Iterator[None]:
        """Note when a fault begins and ends, then wait until the core works again."""
        begin = time.monotonic()
        yield
        self.faults.append(Fault(begin, time.monotonic()))
        self.wait_for_outputs()

    def wait_for_outputs(self, count: int = 40, patience_s: float = PATIENCE_S) -> None:
        """Wait until so many more outputs have come; after the patience the checker names what is missing."""
        enough = len(self.watch.arrivals) + count
        self.wait_for(lambda: len(self.watch.arrivals) >= enough, patience_s)

    def wait_for(self, condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
        """Wait for a condition; return whether it came in time."""
        deadline = time.monotonic() + patience_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True


Scenario = Callable[[FaultContext], None]


def play(
    name: str,
    scenario: Scenario,
    cluster: FaultCluster,
    names: Sequence[str],
    seed: int,
    *,
    patience_s: float = PATIENCE_S,
) -> ScenarioResult:
    """Run a scenario and return its result.

    Args:
        name: The scenario's name.
        scenario: What causes its faults.
        cluster: The brokers and the registry.
        names: The names of the workers to start.
        seed: The seed of its random choices.
        patience_s: How many seconds at most to wait, after the last fault, for what is missing.
    """
    began, settings, came_back = time.monotonic(), cluster.settings(), cluster.brokers.came_back
    feed = Feed(settings, RATES[len(cluster.brokers.nodes)])
    watch = Observer(cluster.brokers.direct, cluster.registry_url, settings.namespace)
    folder = cluster.folder / f"workers-{settings.namespace}"
    with ExitStack() as stack:
        stack.callback(feed.close)
        stack.enter_context(observing(watch))
        staff = stack.enter_context(workers(cluster.for_workers(settings), folder))
        context = FaultContext(cluster, settings, staff, feed, watch, random.Random(seed))
        _calm(context, names)
        with feeding(feed):
            context.wait_for_outputs()
            scenario(context)
        expected = {order(number): expectation(number) for number in feed.orders}
        context.wait_for(lambda: len(watch.arrivals) >= sum(map(len, expected.values())), patience_s)
        context.wait_for_outputs(1, QUIET_S)  # what comes too much comes a little later
        notes = context.notes + staff.surprises(broker_came_back=cluster.brokers.came_back > came_back)
        crashes = staff.crashes()
    lost, doubled = findings(expected, watch.observed(), {order(number) for number in feed.unsure})
    return ScenarioResult(
        scenario=name,
        orders=len(expected),
        outputs=len(watch.arrivals),
        faults=len(context.faults),
        seed=seed,
        longest_stall_s=round(longest_stall(context.faults, _waits(feed, watch)), 1),
        took_s=round(time.monotonic() - began, 1),
        lost=[f"{each.order}: {each.content}" for each in lost],
        doubled=[f"{each.order}: {each.content}" for each in doubled],
        notes=notes,
        crashes=crashes,
    )


def _waits(feed: Feed, watch: Observer) -> list[Waited]:
    """Return how long each order waited for its last output; those without any output are lost."""
    done = {output.order: arrival.at for arrival, output in zip(watch.arrivals, watch.observed(), strict=True)}
    return [Waited(at, done[order(number)]) for number, at in feed.orders.items() if order(number) in done]


def _calm(context: FaultContext, names: Sequence[str]) -> None:
    """Start the workers and let some orders through undisturbed: what they lead to must be what is expected."""
    for name in names:
        context.workers.start(name)
    for number in range(CALM):
        context.feed.one(number)
    expected = {order(number): expectation(number) for number in range(CALM)}
    enough = sum(map(len, expected.values()))
    assert context.wait_for(lambda: len(context.watch.arrivals) >= enough), "the core does not work before any fault"
    context.wait_for_outputs(1, QUIET_S)
    lost, doubled = findings(expected, context.watch.observed())
    assert not lost + doubled, f"the core is wrong before any fault: lost {lost}, doubled {doubled}"


def order(number: int) -> str:
    """Return the order's key as the core writes it."""
    return f"{BUYER}:{number}"
