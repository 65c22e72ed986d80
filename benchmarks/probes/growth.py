"""Measures how the cost of planning grows with an order's lines and with an item's makers, in a process of its own.

Options: ``registry_url``, ``lines`` and ``makers`` as numbers with commas, ``orders``.
"""

import json
import sys
from time import process_time
from typing import Any

from benchmarks import members
from benchmarks.passing import Passing
from benchmarks.samples import CRANE, MOTOR, Goods
from benchmarks.task import Task
from kranhub.settings import Settings
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.routing.masterdata.rules import Rank

SETTINGS = Settings(namespace="bench.", kafka_bootstrap="none:9")
TOGETHER = 20
"""How many orders are under way together while offers are compared."""


def main() -> None:
    """Measure orders of so many lines, then orders whose item has so many makers."""
    options = Task.read().options
    lines, makers = ([int(count) for count in options[name].split(",")] for name in ("lines", "makers"))
    with Registry(options["registry_url"]) as registry:
        codec = Codec(registry)
        found = {
            "lines": {str(count): by_lines(codec, count) for count in lines},
            "makers": {str(count): by_makers(codec, count, int(options["orders"])) for count in makers},
        }
    sys.stdout.write(json.dumps(found))


def by_lines(codec: Codec, count: int) -> dict[str, Any]:
    """Return the processor time that one order of so many lines takes, by goods; cranes up to 100 lines."""
    goods = [MOTOR, CRANE] if count <= 100 else [MOTOR]
    return {f"{each.name}_{name}": value for each in goods for name, value in _of_lines(codec, count, each).items()}


def _of_lines(codec: Codec, count: int, goods: Goods) -> dict[str, float]:
    passing = Passing(SETTINGS, codec, members.master())
    passing.through([1], goods)
    began = process_time()
    statuses = passing.statuses(2, goods, count)
    planned = process_time() - began
    return {
        "planned_s": round(planned, 3),
        "ms_per_line": round(planned * 1000 / count, 2),
        "statuses": len(statuses),
        "status_bytes": sum(statuses),
    }


def by_makers(codec: Codec, count: int, orders: int) -> dict[str, float]:
    """Return the rate of simple orders whose motor has so many makers, and how many of them an order asks."""
    passing = Passing(SETTINGS, codec, members.makers_of_motors(count, Rank.EARLIEST_PROMISE))
    passing.through(range(TOGETHER))
    chunks = [range(start, start + TOGETHER) for start in range(TOGETHER, TOGETHER + orders, TOGETHER)]
    passed = [passing.through(chunk) for chunk in chunks]
    return {
        "per_s": round(len(chunks) * TOGETHER / sum(one.planned for one in passed), 1),
        "asked": passed[-1].asked / TOGETHER,
    }


if __name__ == "__main__":
    main()
