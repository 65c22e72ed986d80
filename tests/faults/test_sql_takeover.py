"""A sink is stopped or killed between its steps while a second one takes over: the order is in the ERP once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.sql_plant import REFERENCE, ROOT, Plant, blocks, table

DEADLINE_S = 30

DELIVER = """
import asyncio, sys
from pathlib import Path
from tests.support.sql_plant import Plant, connector, plant_order

class Opened(Plant):
    def __init__(self, path):
        self.path = path

async def main():
    intents = {"plant_orders__intents": sys.argv[2]}
    sql = connector(Opened(Path(sys.argv[1])), busy_timeout_seconds=5, **intents)
    receipts = await sql.sink().deliver([plant_order()])
    print(receipts[0].outcome.value)
    await sql.close()

asyncio.run(main())
"""


class Worker:
    """A process that delivers the one plant order, armed with failpoints."""

    def __init__(self, plant: Plant, marks: Path, intents: str, failpoints: str = "") -> None:
        self.marks = marks
        armed = {"KRANHUB_FAILPOINTS": failpoints, "KRANHUB_FAILPOINTS_DIR": str(marks)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", DELIVER, str(plant.path), intents],
            env=os.environ | armed,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def reached(self, name: str) -> None:
        """Wait until the point was reached and the process stands still there, stopped or dead."""
        mark = self.marks / f"{name}.{self.process.pid}"
        deadline = time.monotonic() + DEADLINE_S
        while not (mark.exists() and self._stands()):
            assert mark.exists() or self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < deadline, f"{name} was not reached"
            time.sleep(0.01)

    def _stands(self) -> bool:
        ended = self.process.poll() is not None
        return ended or psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED

    def outcome(self) -> str:
        out, errors = self.process.communicate(timeout=DEADLINE_S)
        return out.strip() or errors.strip().splitlines()[-1]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture(params=["unique", "intents"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Plant:
    schema = blocks("sql")[0]
    if request.param == "intents":
        schema = schema.replace("vnesh_nomer     TEXT UNIQUE", "vnesh_nomer     TEXT") + table("kranhub_intent")
    return Plant(tmp_path / "plant.db", schema)


@pytest.fixture
def workers(plant: Plant, tmp_path: Path) -> Iterator[list[Worker]]:
    started: list[Worker] = []
    yield started
    for worker in started:
        worker.end()


def start(workers: list[Worker], plant: Plant, failpoints: str = "") -> Worker:
    intents = "none" if _is_unique(plant) else "use"
    worker = Worker(plant, plant.path.parent, intents, failpoints)
    workers.append(worker)
    return worker


def _is_unique(plant: Plant) -> bool:
    return not plant.ask("SELECT name FROM sqlite_master WHERE name = 'kranhub_intent'")


def applied_once(plant: Plant) -> bool:
    heads = plant.ask("SELECT id FROM zakaz WHERE vnesh_nomer = ?", REFERENCE)
    return len(heads) == len(plant.ask("SELECT * FROM zakaz_stroka")) == 1


def test_stopped_between_look_up_and_create(plant: Plant, workers: list[Worker]) -> None:
    first = start(workers, plant, "sql.after-lookup=stop")
    first.reached("sql.after-lookup")
    second = start(workers, plant)
    assert second.outcome() == "APPLIED"
    first.process.send_signal(signal.SIGCONT)
    assert first.outcome() == "DUPLICATE"
    assert applied_once(plant)


def test_stopped_before_the_commit_and_then_killed(plant: Plant, workers: list[Worker]) -> None:
    first = start(workers, plant, "sql.before-commit=stop")
    first.reached("sql.before-commit")
    second = start(workers, plant)
    first.process.kill()
    first.process.wait(DEADLINE_S)
    assert second.outcome() == "APPLIED"
    assert applied_once(plant)


def test_stopped_before_the_commit_and_continued(plant: Plant, workers: list[Worker]) -> None:
    first = start(workers, plant, "sql.before-commit=stop")
    first.reached("sql.before-commit")
    second = start(workers, plant)
    first.process.send_signal(signal.SIGCONT)
    assert sorted([first.outcome(), second.outcome()]) == ["APPLIED", "DUPLICATE"]
    assert applied_once(plant)


@pytest.mark.parametrize(
    ("step", "outcome"),
    [("sql.after-lookup", "APPLIED"), ("sql.before-commit", "APPLIED"), ("sql.after-commit", "DUPLICATE")],
)
def test_killed_at_every_step(plant: Plant, workers: list[Worker], step: str, outcome: str) -> None:
    first = start(workers, plant, f"{step}=kill")
    first.reached(step)
    second = start(workers, plant)
    assert second.outcome() == outcome
    assert applied_once(plant)
