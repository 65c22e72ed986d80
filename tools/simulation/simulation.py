"""One simulated day from the first order to the verdict, on a cluster that runs already."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.cluster import Cluster
from benchmarks.processes import Running, running
from benchmarks.screen import Screen
from kranhub.parties import members
from kranhub.settings import Settings, endpoints, variables
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from tools.simulation.core_progress import CoreProgress
from tools.simulation.customers import customer_documents
from tools.simulation.environment import environment, scale
from tools.simulation.producer import DocumentProducer
from tools.simulation.result import checks
from tools.simulation.run import plants_process
from tools.simulation.scenario import Day, DayResult
from tools.simulation.timetable import CLOSING, DAYS, HOUR, HOURS, OPENING

STAGES = ("ingest", "planner", "allocator", "dispatch", "masterdata")
"""All stages but the clock: the simulation writes the ticks."""

STEPS = HOURS + 2
"""The steps that the screen counts: the start, the hours, the checks."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many orders, and the seed of all chance."""

    orders: int
    seed: int


def simulate(plan: Plan, cluster: Cluster, screen: Screen) -> dict[str, Any]:
    """Play the day and return its results, as the report has them.

    Args:
        plan: How many orders, and the seed.
        cluster: The running brokers and registry.
        screen: Where a person reads what happens.

    Raises:
        Failed: Where it cannot be played.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kranhub-simulate-") as folder:
        screen.say(_opening(plan))
        with environment(cluster, plan.orders, Path(folder)) as settings:
            result = _play(plan, cluster, settings, Path(folder), screen)
            with screen.step(_checking()):
                found = checks(settings, Path(folder))
    return {
        "orders": plan.orders,
        "seed": plan.seed,
        "scale": scale(plan.orders),
        "seconds": round(result.seconds, 1),
        "orders_per_s": round(plan.orders / result.seconds, 1),
        "days_after": DAYS,
        "total_seconds": round(time.monotonic() - began, 1),
        **found,
    }


def _play(plan: Plan, cluster: Cluster, settings: Settings, folder: Path, screen: Screen) -> DayResult:
    documents = customer_documents(plan.seed, plan.orders, scale(plan.orders))
    with (
        Registry(endpoints(settings).registry_url) as registry,
        _core(settings) as core,
        plants_process(_environment(settings), folder / "plants.log", plan.seed, plan.orders) as plants,
    ):
        codec = Codec(registry)
        known = [member.id for member in members.load(settings.required("members_file")).members]
        progress = CoreProgress(cluster, settings, known, core.ended)
        with screen.step(_waking()):
            progress.wait_until_started()
        day = Day(settings, DocumentProducer(settings, codec), plants, progress)
        return day.play(documents, plan.orders, _shown(screen, plan.orders))


@contextmanager
def _core(settings: Settings) -> Iterator[Running]:
    chosen = [word for stage in STAGES for word in ("--only", stage)]
    command = [sys.executable, "-m", "kranhub", "core", "run", "--instance", "simulate", *chosen]
    with running("core", [command], variables(settings)) as core:
        yield core


def _environment(settings: Settings) -> dict[str, str]:
    """Return the environment in which a process of the simulation finds its namespace, and nothing of another one."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("KRANHUB_")}
    return {**outside, **variables(settings)}


def _shown(screen: Screen, orders: int) -> Callable[[datetime], Any]:
    """Return what shows an hour of the day as a step, and every later day as a line."""

    @contextmanager
    def step(now: datetime) -> Iterator[None]:
        if now < CLOSING:
            hour = (now - OPENING) // HOUR
            with screen.step(_hour(hour + 1, orders * hour // HOURS)):
                yield
        else:
            screen.say(_later(now))
            yield

    return step


def _opening(plan: Plan) -> Text:
    return Text(
        en=f"a day of {plan.orders:,} orders, seed {plan.seed}",
        ru=f"день из {plan.orders:,} заказов, зерно {plan.seed}",
    )


def _waking() -> Text:
    return Text(en="starting the core and the plants", ru="запуск ядра и заводов")


def _hour(number: int, orders: int) -> Text:
    return Text(
        en=f"hour {number} of {HOURS}: {orders:,} orders placed", ru=f"час {number} из {HOURS}: размещено {orders:,}"
    )


def _later(now: datetime) -> Text:
    return Text(en=f"a later day: {now.date()}", ru=f"следующий день: {now.date()}")


def _checking() -> Text:
    return Text(en="reading the record: checker and replay", ru="чтение записи: проверка и повтор")
