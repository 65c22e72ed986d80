"""Locks on files that the operating system releases when their holder dies, so nothing is left behind to be removed."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from kranhub.errors import Unavailable
from kranhub.text import Text

POLL_SECONDS = 0.1


class Held:
    """A lock that is held until it is closed, or until this process and all that inherited it have ended."""

    def __init__(self, stream: IO[bytes]) -> None:
        """Take the open file that is locked."""
        self._stream = stream

    def fileno(self) -> int:
        """Return the descriptor; a child process that inherits it (POSIX) holds the lock, too."""
        return self._stream.fileno()

    def close(self) -> None:
        """Release the lock, as far as this process is concerned."""
        self._stream.close()


def take(file: Path, note: str = "") -> Held | None:
    """Take the lock of a file.

    Args:
        file: The file; it is created where it does not exist.
        note: A note about the holder, written into the file. It is left out where the disk has no room for it.

    Returns:
        The lock; None where another process holds it.

    Raises:
        OSError: The file cannot be opened.
    """
    stream = file.open("a+b", buffering=0)
    if not _try(stream):
        stream.close()
        return None
    if note:
        with suppress(OSError):
            stream.truncate(0)
            stream.write(note.encode())
    return Held(stream)


def note(file: Path) -> str:
    """Return the note that the last holder wrote into the file; empty where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


@contextmanager
def locked(file: Path, *, timeout: float, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a `kranhub up` or a `kranhub down` inside the context.

    Args:
        file: The file of the lock.
        timeout: How many seconds to wait for the lock.
        waiting: Called once if another process holds the lock.

    Raises:
        Unavailable: The lock is not free within ``timeout``.
    """
    deadline = time.monotonic() + timeout
    held = take(file)
    if held is None:
        waiting()
    while held is None:
        if time.monotonic() > deadline:
            raise _busy(file)
        time.sleep(POLL_SECONDS)
        held = take(file)
    try:
        yield
    finally:
        held.close()


def _busy(file: Path) -> Unavailable:
    return Unavailable(
        Text(
            en=f"Another `kranhub up` or `kranhub down` holds {file}. Wait for it, or end it, then try again.",
            ru=f"Файл {file} занят другой командой `kranhub up` или `kranhub down`. Дождитесь её и повторите.",
        )
    )


if sys.platform == "win32":
    import msvcrt

    BEYOND = 1 << 30
    """The position of the locked byte: behind the file's end, as nobody else could read a byte that is locked."""

    def _try(stream: IO[bytes]) -> bool:
        stream.seek(BEYOND)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(stream: IO[bytes]) -> bool:
        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
