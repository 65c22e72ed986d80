"""Everything of the hub is lost and restored from a backup that is older than the ERPs: they lose and double nothing.

The ERPs are four workshops, each in a file of SQLite. What is counted is read there, with nothing of the hub; triggers
keep every state that a document was ever in.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.commandline import Cli
from tests.support.workshop.erp import SCHEMA
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack

HISTORY = """
CREATE TABLE history (at INTEGER PRIMARY KEY, kind TEXT, key TEXT, revision INTEGER, state TEXT, promised TEXT);
CREATE TRIGGER told AFTER UPDATE OF hub_revision ON purchase BEGIN
    INSERT INTO history VALUES (NULL, 'purchase', NEW.id, NEW.hub_revision, NEW.hub_state, NEW.hub_promised); END;
CREATE TRIGGER ordered AFTER INSERT ON job BEGIN
    INSERT INTO history VALUES (NULL, 'job', NEW.reference, NEW.revision, NEW.state, NULL); END;
CREATE TRIGGER revised AFTER UPDATE OF revision ON job BEGIN
    INSERT INTO history VALUES (NULL, 'job', NEW.reference, NEW.revision, NEW.state, NULL); END;
"""
PAINT, MOTOR, STEEL = ("ОКР-М2", "м2"), ("ДВ-7.5", "шт"), ("МК-СТ", "кг")
CODES = {"tsvetnoy-bulvar": "TB-PAINT", "zmk-most": "ZM-PAINT ZM-STRUCT", "oemz": "EM-MTF-75"}
BUYER = "sibir-terminal"
RANKS = ("RECEIVED", "PLANNED", "CONFIRMED", "IN_PRODUCTION", "READY", "SHIPPED", "DELIVERED")


@dataclass
class Erp:
    """One company's workshop, as its own people use it."""

    path: Path
    refuses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.executescript(SCHEMA + HISTORY)
            codes = CODES.get(self.path.stem, "").split()
            database.executemany("INSERT INTO item VALUES (?, 'шт')", [(code,) for code in codes])

    def ask(self, query: str, *words: Any) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.path, timeout=20)) as database, database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query, words)]

    def order(self, number: int, what: tuple[str, str], quantity: int) -> None:
        self.ask(
            "INSERT INTO purchase (id, supplier, state, wanted, changed_at) VALUES (?, 'hub', 'confirmed', ?, ?)",
            number,
            "2027-06-01",
            _now(),
        )
        self.ask(
            "INSERT INTO purchase_line (purchase, code, name, quantity, unit) VALUES (?, ?, 'x', ?, ?)",
            *(number, what[0], quantity, what[1]),
        )

    def change(self, number: int, quantity: int) -> None:
        self.ask("UPDATE purchase_line SET quantity = ? WHERE purchase = ?", quantity, number)
        self.ask("UPDATE purchase SET changed_at = ?, version = version + 1 WHERE id = ?", _now(), number)

    def answer(self) -> None:
        """A clerk answers what is new: yes, or no to the orders that the plant refuses."""
        for job in self.ask("SELECT id, reference FROM job WHERE state IN ('new', 'changed')"):
            state = "refused" if job["reference"].partition("/")[0] in self.refuses else "accepted"
            columns = "state = ?, promised = '2027-05-20', changed_at = ?, version = version + 1"
            self.ask(f"UPDATE job SET {columns} WHERE id = ? AND state IN ('new', 'changed')", state, _now(), job["id"])

    def shown(self) -> dict[int, str]:
        return {row["id"]: row["hub_state"] for row in self.ask("SELECT id, hub_state FROM purchase")}

    def jobs(self) -> dict[str, tuple[int, str, Decimal]]:
        """Every plant order: its revision, its state and its quantity."""
        query = "SELECT reference, revision, state, quantity FROM job JOIN job_line ON job_line.job = job.id"
        return {
            row["reference"]: (row["revision"], row["state"], Decimal(str(row["quantity"]))) for row in self.ask(query)
        }


@dataclass
class Works:
    """The hub's command line, the four companies, and the supervisor that runs."""

    cli: Cli
    folder: Path
    erps: dict[str, Erp]
    running: subprocess.Popen[str] | None = None

    @property
    def buyer(self) -> Erp:
        return self.erps[BUYER]

    def start(self) -> None:
        with (self.folder / "run.log").open("a", encoding="utf-8") as log:
            self.running = self.cli.logged(log, "run", str(self.folder / "hub.yaml"), KRANHUB_TICK_S="1")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.running is not None:
            self.running.send_signal(how)
            self.running.wait(90)
            self.running = None

    def until(self, condition: Callable[[], Any], what: str, patience: float = 120) -> Any:
        """Let the clerks work until the condition holds."""
        deadline = time.monotonic() + patience
        while not (found := condition()):
            assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}; {self.buyer.shown()}"
            for erp in self.erps.values():
                erp.answer()
            time.sleep(0.3)
        return found

    def confirmed(self, *numbers: int) -> None:
        self.until(lambda: all(self.buyer.shown()[n] == "CONFIRMED" for n in numbers), f"{numbers} are confirmed")

    def jobs(self) -> dict[str, tuple[int, str, Decimal]]:
        return {name: job for erp in self.erps.values() for name, job in erp.jobs().items()}

    def history(self, kind: str) -> dict[str, list[tuple[int, str]]]:
        """Every revision and state that a document of this kind was ever given by the hub, in order."""
        found: dict[str, list[tuple[int, str]]] = {}
        for erp in self.erps.values():
            for row in erp.ask("SELECT * FROM history WHERE kind = ? ORDER BY at", kind):
                found.setdefault(row["key"], []).append((row["revision"], row["state"]))
        return found


def _now() -> str:
    return datetime.now().strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ005  (the workshop writes its local time)


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    names = [BUYER, *CODES]
    erps = {name: Erp(tmp_path / f"{name}.sqlite") for name in names}
    for name in names:
        settings = {"path": str(tmp_path / f"{name}.sqlite"), "poll_seconds": 0.3}
        connector = {"member": name, "connector": "tests.support.workshop:Workshop", "config": settings}
        (tmp_path / f"{name}.yaml").write_text(json.dumps(connector), encoding="utf-8")
    hub = {"views": False, "connectors": [f"{name}.yaml" for name in names]}
    (tmp_path / "hub.yaml").write_text(json.dumps(hub), encoding="utf-8")
    works = Works(Cli(tmp_path / "data", new_namespace()), tmp_path, erps)
    try:
        works.cli.json("up")
        yield works
    finally:
        works.stop()
        works.cli.run("down")


def _go_on(works: Works) -> None:
    """What happens after the backup: orders, a change, a refusal, and a decision by hand."""
    works.start()
    works.erps["tsvetnoy-bulvar"].refuses.add(f"{BUYER}:4")
    works.buyer.order(4, PAINT, 40)
    works.buyer.order(5, MOTOR, 6)
    works.buyer.order(6, STEEL, 700)
    works.buyer.change(3, 800)
    works.buyer.order(8, PAINT, 30)
    works.confirmed(4, 5, 6, 8)
    moved = works.cli.run("orders", "override-plant", f"{BUYER}:8", "--plant", "zmk-most", "--reason", "full")
    assert moved[0] == 0, moved
    works.until(lambda: works.erps["tsvetnoy-bulvar"].jobs()[f"{BUYER}:8/1.1.1"][1] == "cancelled", "it is taken back")
    works.until(lambda: works.erps["zmk-most"].jobs().get(f"{BUYER}:8/1.1.2", (0, ""))[1] == "accepted", "it is moved")
    works.confirmed(8)
    works.until(lambda: works.erps["zmk-most"].jobs()[f"{BUYER}:3/1.1.1"][0] == 2, "the plant knows of 800 kg")
    works.confirmed(3)


@pytest.mark.timeout(600)
def test_what_is_lost_with_the_hub_is_taken_up_from_the_erps(works: Works) -> None:
    buyer = works.buyer
    works.start()
    buyer.order(1, PAINT, 100)
    buyer.order(2, MOTOR, 4)
    buyer.order(3, STEEL, 500)
    works.confirmed(1, 2, 3)
    works.stop()
    backup = works.folder / "backup"
    assert works.cli.json("backup", str(backup))["topics"] > 100

    _go_on(works)
    works.stop(signal.SIGKILL)
    works.cli.run("down")
    jobs, told = works.jobs(), works.history("purchase")
    shutil.rmtree(works.cli.folder)

    buyer.order(7, MOTOR, 2)  # while there is no hub
    restored = works.cli.json("restore", str(backup))
    works.start()
    works.until(lambda: works.cli.run("recovery", "status")[0] == 0, "the hub has recovered", 180)
    works.confirmed(7)
    said = works.cli.json("recovery", "status")
    assert (said["recovery_id"], said["unreported"]) == (restored["recovery_id"], [])

    buyer.change(5, 9)
    works.until(lambda: works.erps["oemz"].jobs()[f"{BUYER}:5/1.1.1"][0] == 2, "revision 1 is followed by 2")
    buyer.change(8, 35)
    works.until(lambda: works.erps["zmk-most"].jobs()[f"{BUYER}:8/1.1.2"][0] == 2, "the plant that has it now is told")
    works.confirmed(5, 8)
    now = works.jobs()
    changed = {f"{BUYER}:5/1.1.1", f"{BUYER}:8/1.1.2"}
    assert {name: job for name, job in now.items() if name in jobs.keys() - changed} == {
        name: job for name, job in jobs.items() if name not in changed
    }, "no plant was asked anew for what it had"
    assert set(now) - set(jobs) == {f"{BUYER}:7/1.1.1"}, "and nobody else was"
    assert _made(now) == {1: 100, 2: 4, 3: 800, 4: 40, 5: 9, 6: 700, 7: 2, 8: 35}
    for key, entries in works.history("purchase").items():
        revisions = [revision for revision, _ in entries]
        assert revisions == sorted(set(revisions)), f"purchase {key}: {entries}"
        later = [state for _, state in entries[len(told.get(key, [])) :]]
        assert key in ("5", "7", "8") or all(RANKS.index(state) >= RANKS.index("CONFIRMED") for state in later), entries
    _, letters, _ = works.cli.run("tail", "hub.dead-letters", "--no-follow")
    assert letters.strip() == ""


def _made(jobs: dict[str, tuple[int, str, Decimal]]) -> dict[int, Decimal]:
    """Return how much the plants make for each of the buyer's orders."""
    found: dict[int, Decimal] = {}
    for name, (_, state, quantity) in jobs.items():
        number = int(name.partition(":")[2].partition("/")[0])
        if state == "accepted":
            found[number] = found.get(number, Decimal(0)) + quantity
    return found
