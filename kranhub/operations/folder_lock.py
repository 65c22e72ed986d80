"""Which command may supervise on a data folder: one for each part, by locks that the kernel holds.

Each name has two locks. The first is the supervisor's: it is free as soon as the supervisor has died. The second is
inherited by its children (POSIX): it is free once the last of them has ended, so a successor sees what is left of
a supervisor that was killed. Process ids are not used for this, because the system gives them out again.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kranhub.errors import KranhubError, Misconfigured
from kranhub.operations import disk, file_lock
from kranhub.operations.file_lock import Held
from kranhub.operations.log_throttle import Repeats
from kranhub.text import Text

LEFT_S = 45.0
"""How long a successor waits for the processes that its predecessor left; by then all have ended that can end by
themselves."""
POLL_S = 0.2

Say = Callable[[Text], None]


class StopAsked(Exception):
    """This process was asked to stop while it waited."""


class FolderLocks:
    """The locks of one supervising command; they are taken one by one and released together."""

    def __init__(self, folder: Path, command: str, *, say: Say, stopping: Callable[[], bool]) -> None:
        """Prepare the locks; takes none yet.

        Args:
            folder: The data folder.
            command: The supervising command as a person types it.
            say: Called with the sentence that something is waited for.
            stopping: Returns whether this process was asked to stop.
        """
        self._folder, self._command = folder / "locks", command
        self._say, self._stopping = say, stopping
        self._own: list[Held] = []
        self._inherited: list[Held] = []

    def take(self, names: Collection[str]) -> None:
        """Take the locks of these names; wait while the disk is full, and `LEFT_S` for the rest of a former supervisor.

        Raises:
            Misconfigured: Another supervisor has one of them, children of a former one do not end, or the folder cannot
                be written.
            StopAsked: This process was asked to stop meanwhile.
        """
        for name in sorted(names):
            own = self._open(self._folder / f"{name}.lock")
            if own is None:
                raise _busy(*_holder(self._folder / f"{name}.lock"), self._folder.parent)
            self._own.append(own)
        for name in sorted(names):
            self._inherited.append(self._free(self._folder / f"{name}.children"))

    def inherited(self) -> tuple[int, ...]:
        """Return the descriptors that every child must inherit."""
        return tuple(held.fileno() for held in self._inherited)

    def close(self) -> None:
        """Release all of them."""
        for held in (*self._own, *self._inherited):
            held.close()

    def _free(self, file: Path) -> Held:
        deadline, announced = time.monotonic() + LEFT_S, False
        while (held := self._open(file)) is None:
            left = _described(holders(file))
            if time.monotonic() > deadline:
                raise Misconfigured(_in_the_way(left, file))
            if not announced:
                self._say(_left(left))
            announced = True
            self._wait()
        return held

    def _open(self, file: Path) -> Held | None:
        announced = Repeats()
        while True:
            try:
                file.parent.mkdir(parents=True, exist_ok=True)
                return file_lock.take(file, json.dumps({"pid": os.getpid(), "command": self._command}))
            except OSError as error:
                if not disk.is_full(error):
                    raise disk.failure(self._folder.parent, error) from error
                if announced.take("disk") is not None:
                    self._say(disk.waits(self._folder.parent))
                self._wait()

    def _wait(self) -> None:
        if self._stopping():
            raise StopAsked
        time.sleep(POLL_S)


@contextmanager
def held(
    folder: Path, command: str, names: Collection[str], *, say: Say, stopping: Callable[[], bool]
) -> Iterator[tuple[int, ...]]:
    """Hold the locks of these names inside the context; yield the descriptors that children must inherit.

    Args:
        folder: The data folder.
        command: The supervising command as a person types it.
        names: The names of the locks.
        say: Called with the sentence that something is waited for.
        stopping: Returns whether this process was asked to stop.

    Raises:
        Misconfigured: Another supervisor has one of them, children of a former one do not end, or the folder cannot be
            written.
        StopAsked: This process was asked to stop while it waited.
    """
    locks = FolderLocks(folder, command, say=say, stopping=stopping)
    try:
        locks.take(names)
        yield locks.inherited()
    finally:
        locks.close()


def holders(file: Path) -> list[int]:
    """Return the ids of the processes that have the file open, on Linux; elsewhere none."""
    if sys.platform != "linux":
        return []
    others = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid())
    return sorted(int(entry.name) for entry in others if _has_open(entry / "fd", file))


def _has_open(descriptors: Path, file: Path) -> bool:
    with suppress(OSError):
        wanted = file.stat()
        for descriptor in descriptors.iterdir():
            with suppress(OSError):
                if os.path.samestat(descriptor.stat(), wanted):
                    return True
    return False


def _holder(file: Path) -> tuple[str, str]:
    """Return the holder's command and process id from its lock, or from the system where that cannot be read."""
    try:
        note = json.loads(file_lock.note(file))
        return str(note["command"]), str(note["pid"])
    except (ValueError, KeyError, TypeError):
        return "kranhub", ", ".join(map(str, holders(file))) or "?"


def _described(pids: Collection[int]) -> str:
    """Return the processes with their commands, as far as they can be seen."""
    return ", ".join(f"{pid} ({_command(pid)})" for pid in pids) or "?"


def _command(pid: int) -> str:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return "?"
    return " ".join(arguments[arguments.index("kranhub") :] if "kranhub" in arguments else arguments).strip()


def _busy(command: str, pid: str, folder: Path) -> KranhubError:
    return Misconfigured(
        Text(
            en=f"`{command}` (pid {pid}) already runs this on the data folder {folder.resolve()}. Stop it first "
            f"(Ctrl-C, or `kill {pid}`), or name another folder in KRANHUB_DATA_DIR.",
            ru=f"`{command}` (процесс {pid}) уже выполняет это с папкой данных {folder.resolve()}. Сначала остановите "
            f"его (Ctrl-C или `kill {pid}`) или укажите другую папку в KRANHUB_DATA_DIR.",
        )
    )


def _left(who: str) -> Text:
    return Text(
        en=f"A former supervisor of this folder is gone, and what it ran still stops: pid {who}. Waiting for it.",
        ru=f"Прежний надзор этой папки исчез, а его процессы ещё останавливаются: процесс {who}. Ожидание.",
    )


def _in_the_way(who: str, file: Path) -> Text:
    return Text(
        en=f"What a former supervisor of this folder ran does not end: pid {who}. Nothing is started beside it. Look "
        f"what it waits for; `kill -9` ends it, and nothing is lost by that. Then start again. ({file} is held.)",
        ru=f"То, что запустил прежний надзор этой папки, не завершается: процесс {who}. Рядом с ним ничего не "
        f"запускается. Посмотрите, чего он ждёт; `kill -9` завершит его, ничего не потеряв. Затем повторите запуск. "
        f"(Занят файл {file}.)",
    )
