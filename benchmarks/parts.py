"""What is measured beside throughput: latency, restore rate, memory, planning's cost and its growth, the full path."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks import fullpath, growth, latency, memory, planning, restoring
from benchmarks.catalog import LATENCY, Engine
from benchmarks.cluster import Cluster
from benchmarks.figures import number
from benchmarks.latency import Latency, Load
from benchmarks.screen import Screen
from kranhub.text import Text

Missing = Mapping[str, Text]
"""Why an engine cannot run here, by engine."""


@dataclass(frozen=True, slots=True)
class Part:
    """One measurement: ``measure`` takes the cluster and whether it is a quick run, and returns its results."""

    name: str
    title: Text
    measure: Callable[[Cluster, bool], dict[str, Any]]


PARTS = (
    Part(
        "restore",
        Text(en="restoring state from a changelog", ru="восстановление состояния из журнала изменений"),
        lambda cluster, quick: restoring.measure(cluster, 20_000, 1) if quick else restoring.measure(cluster),
    ),
    Part(
        "memory",
        Text(en="memory of open orders", ru="память открытых заказов"),
        lambda cluster, quick: memory.measure(cluster, 2_000) if quick else memory.measure(cluster),
    ),
    Part(
        "planning",
        Text(en="the cost of planning", ru="затраты на планирование"),
        lambda cluster, quick: planning.measure(cluster, planning.QUICK) if quick else planning.measure(cluster),
    ),
    Part(
        "growth",
        Text(en="how planning grows with lines and makers", ru="рост затрат с числом строк и изготовителей"),
        lambda cluster, quick: growth.measure(cluster, growth.QUICK) if quick else growth.measure(cluster),
    ),
    Part(
        "full_path",
        Text(en="the full path, ingest to dispatch", ru="полный путь от приёма до отправки"),
        lambda cluster, quick: fullpath.measure(cluster, 500, 20, 1) if quick else fullpath.measure(cluster),
    ),
)
"""The measurements that are one step each."""

NAMES = ("latency", *(part.name for part in PARTS))


WARM_UP = Load(1_000, 0.0, 10.0)
"""The measurement that comes first and does not count: a broker that has just started takes several times as long for a
transaction."""


def steps(names: Collection[str], *, quick: bool) -> int:
    """Return how many steps the screen shows for these parts."""
    latency_steps = len(LATENCY) * len(loads(quick=quick)) if "latency" in names else 0
    return latency_steps + len([part for part in PARTS if part.name in names])


def loads(*, quick: bool) -> list[Load]:
    """Return the loads under which latency is measured."""
    return [Load(rate, 1.0, 3.0) if quick else Load(rate) for rate in latency.RATES]


def latencies(cluster: Cluster, missing: Missing, screen: Screen, *, quick: bool) -> dict[str, Any]:
    """Measure every engine's latency under every load; return ``latency_ms``."""
    return {"latency_ms": latency.summary(list(_latencies(cluster, missing, screen, quick=quick)))}


def _latencies(cluster: Cluster, missing: Missing, screen: Screen, *, quick: bool) -> Iterator[Latency]:
    if not quick:
        latency.measure(cluster, LATENCY[0], WARM_UP)
    for load in loads(quick=quick):
        for engine in LATENCY:
            with screen.step(_measuring(engine, load)):
                reason = missing.get(engine.name)
                found = (
                    Latency(engine.name, load.rate, problem=reason.en)
                    if reason
                    else latency.measure(cluster, engine, load)
                )
            screen.say(_measured(found))
            yield found


def measure(part: Part, cluster: Cluster, screen: Screen, *, quick: bool) -> dict[str, Any]:
    """Measure one part and return its results."""
    with screen.step(part.title):
        found = part.measure(cluster, quick)
    name, value = next(iter(found.items()))
    line = f"{name}: {number(value)}"
    screen.say(Text(en=line, ru=line))
    return found


def _measuring(engine: Engine, load: Load) -> Text:
    return Text(
        en=f"latency at {load.rate} orders/s: {engine.title}",
        ru=f"задержка при {load.rate} заказах/с: {engine.title}",
    )


def _measured(found: Latency) -> Text:
    if found.p99 is None:
        return Text(en=f"{found.engine}: {found.problem}", ru=f"{found.engine}: нет результата: {found.problem}")
    figures = f"p50 {found.p50} ms, p99 {found.p99} ms"
    return Text(
        en=f"{found.engine}: {figures}, lost {found.lost}, doubled {found.doubled}",
        ru=f"{found.engine}: {figures}, потеряно {found.lost}, удвоено {found.doubled}",
    )
