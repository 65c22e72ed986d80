"""An engine's processes: started together, ended together, their last words kept."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.cluster import REPOSITORY
from kranhub.errors import Failed
from kranhub.text import Text

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
        """Return the last line that is not empty, short enough for a sentence."""
        return self.last_line()[:300] or "(no output)"

    def last_line(self) -> str:
        """Return the whole last line that is not empty; empty where there is none."""
        lines = Path(self.log.name).read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

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
def running(
    name: str, commands: Sequence[Sequence[str]], settings: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run the commands from the repository's root until the block ends; ``settings`` are their KRANHUB_ variables."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("KRANHUB_")}
    environment = {**inherited, **(settings or {})}
    with tempfile.NamedTemporaryFile(prefix=f"{name}-", suffix=".log") as log:
        workers = Running(name, [_start(command, environment, log) for command in commands], log)
        try:
            yield workers
        finally:
            workers.stop()


def answer(name: str, command: Sequence[str], patience_s: float) -> Any:
    """Run a command to its end and return what the JSON of its last line says. Raises `Failed` when it fails."""
    with running(name, [command]) as probe:
        try:
            code = probe.processes[0].wait(patience_s)
        except subprocess.TimeoutExpired:
            raise Failed(_no_answer(name, f"not within {patience_s:.0f} s")) from None
        if code != 0:
            raise Failed(_no_answer(name, probe.last_words()))
        return json.loads(probe.last_line())


def _start(command: Sequence[str], environment: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
    )


def _no_answer(name: str, why: str) -> Text:
    return Text(
        en=f"The measuring process {name} failed: {why}. Run it again.",
        ru=f"Измеряющий процесс {name} завершился неудачей: {why}. Запустите ещё раз.",
    )
