"""Measures what planning an order costs one worker, in a process of its own.

Options: ``registry_url``, ``plants``, ``rank``, ``open_orders``, and by name of the goods how many orders are measured.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from benchmarks import filling, members
from benchmarks.figures import percentile
from benchmarks.passing import Passed, Passing
from benchmarks.samples import CRANE, MOTOR, Goods
from benchmarks.stopwatch import Stopwatch
from benchmarks.task import Task
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.processor.state.garbage_collection import spare_what_lives
from streams.routing import handler
from streams.routing.allocator import allocator
from streams.routing.masterdata.rules import Rank
from streams.stages import planner as planner_stage

NAMESPACE = "bench."
TOGETHER = 50
"""How many orders are under way together while the rate is measured; for the latency it is one."""


def main() -> None:
    """Fill the state, then measure each kind of order."""
    task = Task.read()
    options = task.options
    settings = Settings(namespace=NAMESPACE, kafka_bootstrap=task.bootstrap, registry_url=options["registry_url"])
    master = members.master(int(options["plants"]), Rank(options["rank"]))
    with Registry(options["registry_url"]) as registry:
        codec = Codec(registry)
        passing = Passing(settings, codec, master, _watch())
        filling.busy(passing.core, settings, codec, master)
        filling.open_orders(passing, int(options["open_orders"]))
        spare_what_lives()  # as `kranhub core run` does
        numbers = iter(range(int(options["open_orders"]), 10**7))
        wanted = [(goods, int(options.get(goods.name, "0"))) for goods in (MOTOR, CRANE)]
        found = {goods.name: measure(passing, goods, numbers, count) for goods, count in wanted if count}
    sys.stdout.write(json.dumps(found))


def _watch() -> Stopwatch:
    """Time what the stages have the router do: translate the order, plan it, and reserve what plants have."""
    watch = Stopwatch()
    for module, name in ((planner_stage, "normalise_order"), (handler, "handle"), (allocator, "handle")):
        watch.watch(module, name)
    return watch


def measure(passing: Passing, goods: Goods, numbers: Iterator[int], count: int) -> dict[str, float | int | None]:
    """Return rates and latencies of so many orders each; a tenth of that comes before and does not count."""
    passing.through([*islice(numbers, max(1, count // 10))], goods)
    chunks = [[*islice(numbers, TOGETHER)] for _ in range(max(1, count // TOGETHER))]
    together = [passing.through(chunk, goods) for chunk in chunks]
    alone = [passing.through([number], goods) for number in islice(numbers, count)]
    return {"orders": count, **_rates(together, len(chunks) * TOGETHER), **_latencies(alone)}


def _rates(passed: Sequence[Passed], count: int) -> dict[str, float]:
    return {
        "per_s": round(count / sum(one.planned for one in passed), 1),
        "router_per_s": round(count / sum(one.router for one in passed), 1),
        "confirmed_per_s": round(count / sum(one.confirmed for one in passed), 1),
    }


def _latencies(passed: Sequence[Passed]) -> dict[str, float | None]:
    planned = [one.planned * 1000 for one in passed]
    return {
        "p50_ms": _rounded(percentile(planned, 0.5)),
        "p99_ms": _rounded(percentile(planned, 0.99)),
        "confirmed_p99_ms": _rounded(percentile([one.confirmed * 1000 for one in passed], 0.99)),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


if __name__ == "__main__":
    main()
