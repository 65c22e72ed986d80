"""One ``up`` or ``down`` at a time: a lock on a file that the operating system releases when its holder dies."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kranhub.errors import Unavailable
from kranhub.text import Text

POLL_SECONDS = 0.1


@contextmanager
def locked(file: Path, *, timeout: float, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock. ``waiting`` is called once if another process has it.

    Raises `Unavailable` when it is not free within ``timeout`` seconds.
    """
    with file.open("a+b") as stream:
        deadline = time.monotonic() + timeout
        if not _try(stream):
            waiting()
            while not _try(stream):
                if time.monotonic() > deadline:
                    raise _busy(file)
                time.sleep(POLL_SECONDS)
        yield  # closing the file, or the end of the process, releases the lock


def _busy(file: Path) -> Unavailable:
    return Unavailable(
        Text(
            en=f"Another `kranhub up` or `kranhub down` holds {file}. Wait for it, or end it, then try again.",
            ru=f"Файл {file} занят другой командой `kranhub up` или `kranhub down`. Дождитесь её и повторите.",
        )
    )


if sys.platform == "win32":
    import msvcrt

    def _try(stream: IO[bytes]) -> bool:
        stream.seek(0)
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
