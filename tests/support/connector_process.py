"""Real ``kranhub connector run`` processes that a test starts, kills, stops and waits for."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kranhub.settings import Settings

PATIENCE_S = 60.0


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE_S) -> Any:
    """Wait for a condition and return its value; the assertion names what did not come."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        time.sleep(0.05)
    return found


class ConnectorProcess:
    """One running connector. Its log is beside its file."""

    def __init__(self, settings: Settings, file: Path, failpoints: str = "") -> None:
        environment = {
            **os.environ,
            "KRANHUB_DATA_DIR": str(settings.data_dir),
            "KRANHUB_NAMESPACE": settings.namespace,
            "KRANHUB_MEMBERS_FILE": str(settings.required("members_file")),
            "KRANHUB_FAILPOINTS": failpoints,
            "KRANHUB_FAILPOINTS_DIR": str(file.parent),
        }
        self.log = file.with_suffix(".log")
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "kranhub", "connector", "run", str(file)]
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def wait(self) -> int:
        """Wait for its end and return the exit code (negative: the signal)."""
        return self.process.wait(PATIENCE_S)

    def terminate(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.process.terminate()
        return self.wait()

    def resume(self) -> None:
        """Let a stopped process go on."""
        self.process.send_signal(signal.SIGCONT)


@contextmanager
def connector(settings: Settings, file: Path, failpoints: str = "") -> Iterator[ConnectorProcess]:
    """Run a connector; whatever happens, it is gone afterwards."""
    running = ConnectorProcess(settings, file, failpoints)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def reached(folder: Path, failpoint: str) -> bool:
    """Return whether a process was at this failpoint and acted."""
    return bool(list(folder.glob(f"{failpoint}.*")))
