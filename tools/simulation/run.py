"""The plants' process as the day sees it: it gets the time, and answers when all that was due is written."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, NamedTuple

from benchmarks.cluster import REPOSITORY
from kranhub.errors import Failed
from kranhub.text import Text

GRACE_S, PATIENCE_S = 15.0, 120.0


class Report(NamedTuple):
    """The report of the plants' process.

    Attributes:
        at: The simulation's time.
        taken: How many plant orders it has read.
        written: How many documents it has written.
        due: When there is more to do; None for never.
    """

    at: datetime
    taken: int
    written: int
    due: datetime | None


class PlantsProcess:
    """The process."""

    def __init__(self, process: subprocess.Popen[str], log: IO[bytes]) -> None:
        """Take the running process; ``log`` has its complaints."""
        self._process, self._log = process, log
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._sent: datetime | None = None
        self.last: Report | None = None
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def send_time(self, now: datetime) -> None:
        """Send the present time.

        Raises:
            Failed: When the process has ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(now.isoformat() + "\n")
            self._process.stdin.flush()
        except OSError:
            raise Failed(_ended(self._last_line())) from None
        self._sent = now

    def wait(self) -> Report:
        """Return the report once all is done that was due at the last time sent.

        Raises:
            Failed: When the process has ended, or does not answer in time.
        """
        while self.last is None or self.last.at != self._sent:
            try:
                line = self._lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                raise Failed(_ended(f"no answer in {PATIENCE_S:.0f} s")) from None
            if not line:
                raise Failed(_ended(self._last_line()))
            self.last = _report(json.loads(line))
        return self.last

    def end(self) -> None:
        """End the process by closing its input; kill it where that is not enough."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(GRACE_S)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._listener.join(GRACE_S)
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _last_line(self) -> str:
        lines = Path(self._log.name).read_text(encoding="utf-8", errors="replace").splitlines()
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "(no output)")


def _report(report: Mapping[str, Any]) -> Report:
    due = datetime.fromisoformat(report["due"]) if report["due"] else None
    return Report(datetime.fromisoformat(report["at"]), report["taken"], report["written"], due)


@contextmanager
def plants_process(variables: Mapping[str, str], log: Path, seed: int, orders: int) -> Iterator[PlantsProcess]:
    """Run the plants' process until the block ends.

    Args:
        variables: Its environment.
        log: The file for its standard error.
        seed: The seed of all chance.
        orders: How many orders the day has.
    """
    command = [sys.executable, "-m", "tools.simulation.plants", "--seed", str(seed), "--orders", str(orders)]
    pipe = subprocess.PIPE
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env={**variables}, stdin=pipe, stdout=pipe, stderr=output, text=True
        )
        found = PlantsProcess(process, output)
        try:
            yield found
        finally:
            found.end()


def _ended(why: str) -> Text:
    return Text(
        en=f"The process of the plants has ended: {why}. Run the simulation again.",
        ru=f"Процесс заводов завершился: {why}. Запустите моделирование ещё раз.",
    )
