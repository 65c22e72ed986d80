"""Keeps the embedded stack running while a supervising command runs on it: what died is started again, and no more.

What a person stopped (``kranhub down``) stays stopped: the record then names no addresses. While an ``up`` or a
``down`` is at work, which its lock shows, nothing is done.
"""

import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from deploy.embedded import process, stack_file
from deploy.embedded.embedded import Embedded
from deploy.embedded.progress import Progress
from deploy.embedded.stack import lock_file
from deploy.embedded.stack_file import Record, Started
from kranhub.errors import KranhubError
from kranhub.operations import disk, file_lock
from kranhub.operations.log_throttle import Repeats
from kranhub.operations.supervisor import Backoff
from kranhub.settings import Settings, is_external
from kranhub.text import Text

log = structlog.get_logger()

LOOK_S = 1.0
RETRY_S = 5.0
"""How soon to try again after a start that was not possible, as on a full disk."""


class StackRestarter:
    """Looks after Kafka and the registry of a data folder, each by itself."""

    def __init__(self, settings: Settings, say: Callable[[Text], None]) -> None:
        """Take the settings, and how to report to a person what is done."""
        self._settings, self._say = settings, say
        self._next, self._logged = 0.0, Repeats()
        self._backoffs: dict[str, Backoff] = {}
        self._due: dict[str, float] = {}

    def step(self) -> None:
        """Start what has died, if anything has and it is time. Never raises, waits for nothing. Call it often."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LOOK_S
        try:
            self._look()
        except KranhubError as error:
            self._complain(error.text)
        except OSError as error:
            self._complain(disk.goes_on(self._settings.data_dir, error))

    def _look(self) -> None:
        if is_external(self._settings) or not _dead(stack_file.read(self._settings)):
            return
        held = file_lock.take(lock_file(self._settings))
        if held is None:
            return
        try:
            for started in _dead(stack_file.read(self._settings)):
                if self._is_due(started):
                    self._restart(started)
        finally:
            held.close()

    def _is_due(self, started: Started) -> bool:
        """Return whether it is time to start it; a process that has just died is reported, and waits for its delay."""
        now = time.monotonic()
        if started.token not in self._due:
            delay = self._backoffs.setdefault(started.name, Backoff()).after(time.time() - started.created)
            self._due[started.token] = now + delay
            self._say(_ended(started.name, delay))
            log.warning("process ended", name=started.name, again_in_s=delay, reason=_last_line(started))
        return now >= self._due[started.token]

    def _restart(self, started: Started) -> None:
        self._due[started.token] = time.monotonic() + RETRY_S
        restarted = Embedded(self._settings, Progress()).restart(stack_file.read(self._settings), started.name)
        try:
            stack_file.write(self._settings, restarted)
        except OSError:
            process.stop([each for each in restarted.processes if each.name == started.name])
            raise
        del self._due[started.token]
        self._say(_again(started.name))

    def _complain(self, text: Text) -> None:
        if self._logged.take("stack") is not None:
            log.warning("the stack waits", reason=text.en)
            self._say(text)


def _dead(last: Record) -> list[Started]:
    """Return what should run and does not."""
    wanted = last.processes if last.kind == "embedded" and last.bootstrap else ()
    return [started for started in wanted if process.find(started) is None]


def _last_line(started: Started) -> str:
    with suppress(OSError):
        return process.decisive(started.log)
    return ""


def _ended(name: str, delay: float) -> Text:
    return Text(
        en=f"{name} has ended; it is started again in {delay:.0f} s",
        ru=f"{name}: процесс завершился, запуск снова через {delay:.0f} с",
    )


def _again(name: str) -> Text:
    return Text(en=f"{name} is started again", ru=f"{name}: запущен снова")
