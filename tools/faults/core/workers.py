"""Worker processes: real `kranhub core run`, started again at once when they end, as a supervisor would."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kranhub.settings import Settings
from tools.harness.core import environment

TEND_S = 0.2

EXPLAINED = (0, 1, 3, -signal.SIGKILL)
"""The exit codes of a worker that was asked to end, was fenced or has a client that cannot go on, has no broker, or was
killed by the suite."""

CRASHED = -signal.SIGSEGV
"""The exit code of a worker that librdkafka crashed when a broker came back (ADR 5)."""


class Workers:
    """Some workers by name. What ends by itself is noted with its exit code and started again."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        """Take the workers' settings, and a folder for their logs."""
        self._environment = environment(settings)
        self._folder = folder
        self._lock = threading.RLock()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.ended: list[tuple[str, int]] = []

    @property
    def names(self) -> list[str]:
        """The workers that should run."""
        with self._lock:
            return sorted(self._running)

    def start(self, name: str, **variables: str) -> None:
        """Start a worker; ``variables`` are for this start only."""
        command = [sys.executable, "-m", "kranhub", "core", "run", "--instance", name]
        with (self._folder / f"{name}.log").open("ab") as output, self._lock:
            self._running[name] = subprocess.Popen(
                command, env={**self._environment, **variables}, stdout=output, stderr=output
            )

    def kill(self, name: str) -> None:
        """End a worker with kill -9 and start it again."""
        with self._lock:
            self._end(self._running.pop(name))
            self.start(name)

    def remove(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a worker for good."""
        with self._lock:
            process = self._running.pop(name)
        self._end(process, number)

    def forget(self, name: str) -> int:
        """Wait for a worker that ends by itself, do not start it again, and return its exit code."""
        with self._lock:
            process = self._running.pop(name)
        try:
            return process.wait(60)
        finally:
            self._end(process)

    @contextmanager
    def stopped(self, name: str) -> Iterator[None]:
        """Hold a worker with SIGSTOP for the context's time."""
        with self._lock:
            process = self._running[name]
        os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process.pid, signal.SIGCONT)

    def wake(self, name: str) -> None:
        """Let a worker that stopped itself at a failpoint go on."""
        with self._lock:
            os.kill(self._running[name].pid, signal.SIGCONT)

    @contextmanager
    def replaced(self, name: str) -> Iterator[None]:
        """Hold a worker with SIGSTOP while another runs under its name; then let it go on: it must end by itself."""
        with self._lock:
            former = self._running[name]
        os.kill(former.pid, signal.SIGSTOP)
        self.start(name)
        try:
            yield
        finally:
            os.kill(former.pid, signal.SIGCONT)
            try:
                self.ended.append((name, former.wait(45)))
            finally:
                self._end(former)

    def tend(self) -> None:
        """Start again what has ended."""
        with self._lock:
            for name, process in list(self._running.items()):
                if process.poll() is not None:
                    self.ended.append((name, process.returncode))
                    self.start(name)

    def stop_all(self) -> None:
        """End every worker, gracefully first."""
        with self._lock:
            running, self._running = self._running, {}
        for process in running.values():
            if process.poll() is None:
                process.terminate()
        for process in running.values():
            self._end(process, signal.SIGTERM)

    def surprises(self, *, broker_came_back: bool) -> list[str]:
        """Return what no fault explains: an exit code that is unknown to a supervisor, a Python traceback.

        A crash of the client is explained only where a broker came back.
        """
        explained = (*EXPLAINED, CRASHED) if broker_came_back else EXPLAINED
        codes = {(name, code) for name, code in self.ended if code not in explained}
        ends = [f"{name} ended with {code}" for name, code in sorted(codes)]
        return ends + [f"a traceback in the log of {name}" for name in self._tracebacks()]

    def crashes(self) -> list[str]:
        """Return who has crashed, as often as it did."""
        return [name for name, code in self.ended if code == CRASHED]

    def assignments(self, name: str) -> int:
        """Return how often the stages of a worker have been given partitions so far, by its log."""
        log = self._folder / f"{name}.log"
        return log.read_text(encoding="utf-8", errors="replace").count('"event": "assigned"') if log.exists() else 0

    def _tracebacks(self) -> list[str]:
        logs = sorted(self._folder.glob("*.log"))
        return [log.stem for log in logs if "Traceback" in log.read_text(encoding="utf-8", errors="replace")]

    @staticmethod
    def _end(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGKILL) -> None:
        if process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(30)


@contextmanager
def workers(settings: Settings, folder: Path) -> Iterator[Workers]:
    """Tend workers from a thread while the context lasts, then end all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    found, over = Workers(settings, folder), threading.Event()

    def tend() -> None:
        while not over.wait(TEND_S):
            found.tend()

    thread = threading.Thread(target=tend, name="tend")
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        found.stop_all()
