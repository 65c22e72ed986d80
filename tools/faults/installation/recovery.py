"""The hub is older than the ERPs, and an ERP is older than the hub: what only one side has is adopted."""

import shutil
import sqlite3
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import psutil
import yaml

from deploy.embedded import stack_file
from tools.faults.installation.installation import Installation
from tools.faults.installation.verify import DONE, statuses
from tools.faults.installation.waiting import has_more, wait_for

MORE = 4
"""How many orders reach a plant after the backup, or after the copy of its system."""

PLANT = "tsvetnoy-bulvar"
DONE_OR_LATER = (DONE, "IN_PRODUCTION", "READY", "SHIPPED", "DELIVERED")


def backup_older(here: Installation) -> None:
    """A backup; work continues; all data of the hub are destroyed and restored: it reads in the ERPs what it lacks."""
    assert here.stop() == 0, "it does not stop as asked"
    folder = here.folder / "older"
    made = here.kranhub("backup", str(folder))
    assert made.code == 0, made.output
    here.start()
    known = _held(here)
    for plant in ("oemz", PLANT):
        wait_for(partial(has_more, here, plant, here.delivered(plant) + MORE), f"orders reach {plant}")
    before = dict(statuses(here))
    _destroy(here)
    missed = _held(here) - known
    assert len(missed) >= 2 * MORE, f"the ERPs hold no more than the backup: {missed}"
    done = here.kranhub("restore", str(folder))
    assert done.code == 0, done.output
    waits = here.kranhub("recovery", "status")
    assert waits.code == 5, waits.output
    result = here.kranhub("status")
    assert "recovers after a restore" in result.output, result.output
    came = len(statuses(here))
    here.start()
    _recovered(here)
    waits_for_people = here.waiting()
    assert not waits_for_people, waits_for_people
    less = [
        f"{order} {state}"
        for order, state in statuses(here)[came:]
        if before.get(order) == DONE and state not in DONE_OR_LATER
    ]
    assert not less, f"the customer is told less than before: {less}"


def erp_older(here: Installation) -> None:
    """A plant's system is set back to an older copy: the hub reads what it holds and names what it has lost."""
    copy = here.folder / "older.sqlite"
    erp = next(plant for plant in here.plants if plant.plant == PLANT)
    _copied(erp.file, copy)
    before = here.delivered(PLANT)
    wait_for(lambda: has_more(here, PLANT, before + MORE), "orders come after the copy")
    assert here.stop() == 0, "it does not stop as asked"
    had = set(here.held(PLANT))
    _copied(copy, erp.file)
    lost = had - set(here.held(PLANT))
    assert len(lost) >= MORE, f"its system has lost no more than {lost}"
    _raise_epoch(here.folder / f"{PLANT}.yaml")
    begun = here.kranhub("recovery", "begin")
    assert begun.code == 0, begun.output
    here.start()
    _recovered(here)
    alerts = here.waiting("recovery-missing")
    named = {alert["text"]["en"].split()[5].strip(",") for alert in alerts}
    assert named == lost, f"lost: {sorted(lost)}; named: {sorted(named)}"
    for number in sorted(lost):
        result = here.kranhub("orders", "reject", number, "--reason", "its ERP was set back to an older copy")
        assert result.code == 0, result.output
    wait_for(lambda: here.waiting() == [], "nothing waits for a person any more")


def _recovered(here: Installation) -> None:
    wait_for(lambda: here.kranhub("recovery", "status").code == 0, "the hub has recovered")
    result = here.json_of("recovery", "status")
    assert result["unreported"] == [], result
    here.wait_until_well()


def _destroy(here: Installation) -> None:
    """Kill -9 everything of the hub, and delete its data folder."""
    assert here.hub is not None, "the hub runs"
    killed = here.children()
    killed += [psutil.Process(started.pid) for started in stack_file.read(here.settings).processes]
    here.hub.kill()
    here.hub.wait()
    for process in killed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    wait_for(lambda: not any(map(_lives, killed)), "everything of the hub has ended")
    here.hub = None
    shutil.rmtree(here.data)
    here.data.mkdir()


def _lives(process: psutil.Process) -> bool:
    """Return whether the process runs; an ended one may remain a zombie until its parent collects it."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _held(here: Installation) -> set[str]:
    return {reference for plant in here.plants for reference in here.held(plant.plant)}


def _copied(source: Path, target: Path) -> None:
    """Copy a system's database as its own tools do, while others use it."""
    with closing(sqlite3.connect(source, timeout=20)) as old, closing(sqlite3.connect(target, timeout=20)) as new:
        old.backup(new)


def _raise_epoch(file: Path) -> None:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["config"]["epoch"] = content["config"].get("epoch", 1) + 1
    file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
