"""What happens to an installation while it is in use. Each scenario asserts what the operator reads."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil

from deploy.embedded import stack_file
from tools.faults.installation import releases
from tools.faults.installation.installation import Installation
from tools.faults.installation.waiting import has_more, wait_for
from tools.harness import fake_time
from tools.harness.settings import REPOSITORY

Scenario = Callable[[Installation], None]

REFUSED = "state of version"
"""The core's text for state that another release wrote."""

FEW_BYTES = 1_000_000
FULL_S = 15.0
"""How long the disk stays full; nothing is waited for in that time, as nothing can happen."""


def supervisor_killed(here: Installation) -> None:
    """Kill -9 `kranhub run`: its processes end with it, the status reports it, a new one takes over."""
    assert here.hub is not None
    children = here.children()
    assert children
    here.hub.kill()
    here.hub.wait()
    result = here.kranhub("status")
    assert result.code == 5, result.output
    assert "was killed" in result.output, result.output
    _, alive = psutil.wait_procs(children, timeout=40)
    assert not alive, f"still run: {alive}"
    here.start()
    here.wait_until_well()


def closed_terminal(here: Installation) -> None:
    """SIGHUP ends `kranhub run` as SIGTERM does: exit code 0, nothing left."""
    assert here.hub is not None
    children = here.children()
    here.hub.send_signal(signal.SIGHUP)
    assert here.hub.wait(60) == 0
    assert not psutil.wait_procs(children, timeout=5)[1]
    here.start()
    here.wait_until_well()


def two_supervisors(here: Installation) -> None:
    """A second `kranhub run` on the same folder ends at once and names the first."""
    assert here.hub is not None
    second = here.kranhub("run", str(here.file))
    assert second.code == 4, second.output
    assert str(here.hub.pid) in second.output, second.output
    assert here.hub.poll() is None


def registry_lost(here: Installation) -> None:
    """Kill -9 the registry: it is started again by itself, and Kafka is left alone."""
    before = _stack(here)
    os.kill(before["registry"], signal.SIGKILL)
    wait_for(lambda: _stack(here)["registry"] not in (0, before["registry"]), "the registry is started again")
    here.wait_until_well()
    assert _stack(here)["kafka"] == before["kafka"]


def broker_lost(here: Installation) -> None:
    """Kill -9 Kafka: it is started again by itself, and the registry is left alone."""
    before = _stack(here)
    os.kill(before["kafka"], signal.SIGKILL)
    wait_for(lambda: _stack(here)["kafka"] not in (0, before["kafka"]), "Kafka is started again")
    here.wait_until_well()
    assert _stack(here)["registry"] == before["registry"]


def few_open_files(here: Installation) -> None:
    """With 256 open files nothing starts, and the sentence names the limit and what to set."""
    assert here.stop() == 0
    result = here.kranhub("run", str(here.file), limits=["ulimit -n 256"])
    assert result.code == 4, result.output
    assert "256" in result.output, result.output
    assert "ulimit -n" in result.output, result.output
    assert "java" not in result.output.lower(), result.output
    here.start()
    here.wait_until_well()


def a_clock_a_day_off(here: Installation) -> None:
    """The machine of one connector is a day ahead, then a day behind: its plant's orders come and go all the same."""
    plant = "oemz"
    whole = here.file
    clock = here.folder / "clock"
    for hours in (24, -24):
        assert here.stop() == 0
        fake_time.set_clock(clock, hours)
        here.file = here.without(plant)
        here.start()
        try:
            with here.connector(plant, **fake_time.variables(clock)):
                before = here.delivered(plant)
                wait_for(partial(has_more, here, plant, before + 3), f"orders reach {plant}, whose clock is wrong")
        finally:
            here.stop()
            here.file = whole
            here.start()
        here.wait_until_well()


def disk_full(here: Installation) -> None:
    """The disk of the data folder fills up: nothing ends for good, and all work continues once there is room again."""
    assert here.hub is not None
    filling = here.data / "filling"
    free = shutil.disk_usage(here.data).free
    try:
        with filling.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free - FEW_BYTES)
        _write_until_full(here.data / "rest")
        time.sleep(FULL_S)
        assert here.hub.poll() is None, "the supervisor has ended"
        assert here.kranhub("status").code in (3, 5)
    finally:
        for rest in (filling, here.data / "rest"):
            rest.unlink(missing_ok=True)
    here.wait_until_well()


def upgrade_and_back(here: Installation) -> None:
    """A release whose state has another version refuses with a message; the former release continues."""
    _on(here, releases.with_another_state(here.folder / "another"))
    wait_for(lambda: REFUSED in here.log, "the new release says that the state is of another version")
    result = here.kranhub("status")
    assert result.code == 5, result.output
    _on(here, REPOSITORY)
    here.wait_until_well()


def upgrade_from_former(here: Installation) -> None:
    """Another release has begun; this one follows it, or refuses its state with a sentence; then the other again."""
    former, read = here.release, len(here.log)
    _on(here, REPOSITORY)
    wait_for(lambda: here.kranhub("status").code == 0 or REFUSED in here.log[read:], "it works, or refuses the state")
    _on(here, former)
    wait_for(lambda: here.kranhub("status").code == 0, "the former release works again", patience=120)


def _on(here: Installation, release: Path) -> None:
    """Stop the hub and start it with another release."""
    assert here.stop() == 0
    here.release = release
    here.start()


def backup_and_restore(here: Installation) -> None:
    """A backup while nothing happens, then the data are destroyed and restored: the hub continues where it was."""
    assert here.stop() == 0
    folder = here.folder / "backup"
    made = here.kranhub("backup", str(folder))
    assert made.code == 0, made.output
    running = here.kranhub("restore", str(folder))
    assert running.code != 0, "it restores over a running stack"
    assert here.kranhub("down").code == 0
    shutil.rmtree(here.data)
    here.data.mkdir()
    done = here.kranhub("restore", str(folder))
    assert done.code == 0, done.output
    here.start()
    here.wait_until_well()


def _write_until_full(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as rest:
        while True:
            rest.write(b"x" * 4096)


def _stack(here: Installation) -> dict[str, int]:
    """Return the pids of Kafka and the registry, 0 for one that does not run."""
    found = {started.name: started.pid for started in stack_file.read(here.settings).processes}
    return {name: pid if psutil.pid_exists(pid) else 0 for name, pid in found.items()}
