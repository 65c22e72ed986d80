"""One run of the benchmark: which engines, how many rounds, and what comes out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from benchmarks import environment, orders, parts, throughput
from benchmarks.catalog import LATENCY, Engine
from benchmarks.cluster import Cluster
from benchmarks.figures import median, ratios
from benchmarks.parts import NAMES, PARTS, Missing
from benchmarks.screen import Screen
from benchmarks.throughput import Expectation, Run
from kranhub.text import Text

QUICK = 8
"""By how many times fewer orders a quick run has; it also has one round only."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: engines for throughput, and the other parts by name (`parts.NAMES`)."""

    engines: Sequence[Engine]
    rounds: int = 3
    quick: bool = False
    parts: Collection[str] = NAMES

    @property
    def steps(self) -> int:
        """How many steps the screen shows."""
        return self.rounds * len(self.engines) + parts.steps(self.parts, quick=self.quick)

    def orders(self, engine: Engine) -> int:
        """Return how many orders the engine gets per round."""
        return engine.orders // QUICK if self.quick else engine.orders


def run(plan: Plan, cluster: Cluster, screen: Screen) -> dict[str, Any]:
    """Measure everything and return all figures, as benchmarks/results/latest.json holds them."""
    missing = _prepare([*plan.engines, *(LATENCY if "latency" in plan.parts else ())], screen)
    rates = _throughput(plan, cluster, missing, screen)
    found = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": plan.quick,
        "rounds": plan.rounds,
        "machine": environment.machine(),
        "versions": environment.versions(),
        "ratios": ratios({name: found["rate"] for name, found in rates.items()}),
        "throughput": rates,
    }
    if "latency" in plan.parts:
        found |= parts.latencies(cluster, missing, screen, quick=plan.quick)
    for part in PARTS:
        if part.name in plan.parts:
            found |= parts.measure(part, cluster, screen, quick=plan.quick)
    return found


def kept(saved: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """Return a full run's results with parts that were measured by themselves since, each with its own time."""
    figures = {name: value for name, value in later.items() if name not in _OF_A_RUN}
    times = dict.fromkeys(figures, later["measured_at"])
    return {**saved, **figures, "measured_later": {**saved.get("measured_later", {}), **times}}


_OF_A_RUN = ("measured_at", "quick", "rounds", "machine", "versions", "ratios", "throughput", "latency_ms")
"""The figures that only a full run has."""


def _prepare(engines: Sequence[Engine], screen: Screen) -> Missing:
    """Make the engines ready; return why some cannot run here."""
    missing = {}
    for engine in {engine.name: engine for engine in engines}.values():
        if (reason := engine.prepare()) is not None:
            missing[engine.name] = reason
            screen.say(Text(en=f"{engine.title}: {reason.en}", ru=f"{engine.title}: {reason.ru}"))
    return missing


def _throughput(plan: Plan, cluster: Cluster, missing: Missing, screen: Screen) -> dict[str, Any]:
    """Run every engine once per round, in turn; every other round backwards."""
    runs: dict[str, list[Run]] = {engine.name: [] for engine in plan.engines}
    expectation = Expectation()
    for number in range(plan.rounds):
        for engine in plan.engines[:: -1 if number % 2 else 1]:
            with screen.step(_measuring(engine, number)):
                runs[engine.name].append(_one(plan, cluster, engine, missing, expectation))
            screen.say(_measured(runs[engine.name][-1]))
    return {engine.name: summary(engine, runs[engine.name]) for engine in plan.engines}


def _one(plan: Plan, cluster: Cluster, engine: Engine, missing: Missing, expectation: Expectation) -> Run:
    count = plan.orders(engine)
    if (reason := missing.get(engine.name)) is not None:
        return Run(engine.name, count, None, problem=reason.en)
    source = f"bench.orders-{count}"
    if source not in cluster.made:
        cluster.fill(cluster.create(source), orders.records(count))
    return throughput.measure(cluster, engine, source, count, expectation)


def summary(engine: Engine, runs: Sequence[Run]) -> dict[str, Any]:
    """Return an engine's rounds and their median; the rate is null, with the reason, where it could not run."""
    rates = [run.rate for run in runs if run.rate is not None]
    problems = [run.problem for run in runs if run.problem]
    middle = median(rates)
    return {
        "title": engine.title,
        "rate": round(middle) if middle else None,
        "orders": runs[0].orders if runs else 0,
        "lost": sum(run.lost or 0 for run in runs),
        "doubled": sum(run.doubled or 0 for run in runs),
        "problem": problems[0] if problems else None,
        "runs": [asdict(run) for run in runs],
    }


def _measuring(engine: Engine, number: int) -> Text:
    return Text(en=f"round {number + 1}: {engine.title}", ru=f"круг {number + 1}: {engine.title}")


def _measured(run: Run) -> Text:
    if run.rate is None:
        return Text(en=f"{run.engine}: no rate: {run.problem}", ru=f"{run.engine}: без результата: {run.problem}")
    return Text(
        en=f"{run.engine}: {run.rate:,.0f} orders/s, lost {run.lost}, doubled {run.doubled}",
        ru=f"{run.engine}: {run.rate:,.0f} заказов/с, потеряно {run.lost}, удвоено {run.doubled}",
    )
