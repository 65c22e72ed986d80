"""Fills the core's real state with open orders, and says by how much this process has grown.

An open order was planned, reserved, sent to its plant, delivered there and promised by it: most of its life it stands
like that. Options: ``orders``, ``registry_url``.
"""

import gc
import json
import sys

import psutil

from benchmarks import members
from benchmarks.passing import Passing
from benchmarks.task import Task
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from tools.harness.in_memory_core import InMemoryCore

WARM_UP, STEP = 1_000, 500
NAMESPACE = "bench."


def main() -> None:
    """Fill and measure."""
    task = Task.read()
    settings = Settings(namespace=NAMESPACE, kafka_bootstrap=task.bootstrap, registry_url=task.options["registry_url"])
    count = int(task.options["orders"])
    with Registry(task.options["registry_url"]) as registry:
        passing = Passing(settings, Codec(registry), members.master())
        _fill(passing, range(WARM_UP))
        before, keys = _resident(), _keys(passing.core)
        _fill(passing, range(WARM_UP, WARM_UP + count))
        grown = _resident() - before
    core = passing.core
    found = {"bytes": grown, "orders": count, "estimated": _estimated(core), **_per_order(core, count, keys)}
    sys.stdout.write(json.dumps(found))


def _fill(passing: Passing, numbers: range) -> None:
    for start in numbers[::STEP]:
        passing.through(range(start, min(start + STEP, numbers.stop)))


def _resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


def _keys(core: InMemoryCore) -> dict[str, set[tuple[int, str]]]:
    return {
        name: {(partition, key) for partition, store in stores.items() for key in store.values}
        for name, stores in core.stores.items()
    }


def _estimated(core: InMemoryCore) -> int:
    """Return what the processor itself believes that the state takes: its limit hangs on it."""
    return sum(store.size for stores in core.stores.values() for store in stores.values())


def _per_order(core: InMemoryCore, orders: int, before: dict[str, set[tuple[int, str]]]) -> dict[str, float]:
    """Return how many keys the orders have in each stage's state, and how many bytes of keys and values one has."""
    found: dict[str, float] = {}
    for name, keys in _keys(core).items():
        new = keys - before[name]
        sizes = [len(core.stores[name][partition].values[key]) for partition, key in new]
        found[f"{name}_keys"] = len(new)
        found[f"{name}_key_bytes"] = sum(len(key) for _, key in new) / orders
        found[f"{name}_value_bytes"] = sum(sizes) / orders
    return found


if __name__ == "__main__":
    main()
