"""An engine's processes: started together, ended together, their last words kept."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from benchmarks.cluster import REPOSITORY

GRACE_S = 15.0


@dataclass(slots=True)
class Running:
    """The processes of one engine, and what they wrote."""

    name: str
    processes: Sequence[subprocess.Popen[bytes]]
    log: IO[bytes]

    def ended(self) -> str | None:
        """Return why a process has ended, or None while all run."""
        codes = [code for process in self.processes if (code := process.poll()) is not None]
        return f"{self.name} ended with exit code {codes[0]}: {self.last_words()}" if codes else None

    def last_words(self) -> str:
        """Return the last line that is not empty."""
        lines = Path(self.log.name).read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "(no output)")

    def stop(self) -> None:
        """Ask every process to end; kill what does not."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running(name: str, commands: Sequence[Sequence[str]]) -> Iterator[Running]:
    """Run the commands from the repository's root until the block ends."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KRANHUB_")}
    with tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".log") as log:
        workers = Running(name, [_start(command, environment, log) for command in commands], log)
        try:
            yield workers
        finally:
            workers.stop()


def _start(command: Sequence[str], environment: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
    )
