"""The connection between a supervisor and each of its children: the child ends when its supervisor does.

The supervisor holds one end, the child's standard input is the other. When the supervisor is gone, even after kill -9,
the child reads the end of file and stops as it would on SIGTERM. Process ids are not used, because the system gives
them out again. Where the connection is a socket (not on Windows), a child also writes to it why it ends.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from typing import IO

import structlog

log = structlog.get_logger()

VARIABLE = "KRANHUB_PARENT_WATCH"
"""The environment variable by which a child knows that its standard input is the connection to its supervisor."""
LAST_S = 30.0
"""How long a process may take to stop once its supervisor has ended; more than any of them needs by itself."""
REASON_BYTES = 4000
"""The most bytes of the reason that a child gives for its end."""

_connection: int | None = None


class ParentWatch:
    """The supervisor's end of the connection to one child."""

    def __init__(self) -> None:
        """Open the connection.

        Raises:
            OSError: No more files can be opened.
        """
        self._ours: socket.socket | None = None
        self._theirs: socket.socket | None = None
        if os.name == "posix":
            self._ours, self._theirs = socket.socketpair()
        self._pipe: IO[bytes] | None = None

    @property
    def stdin(self) -> int:
        """The child's standard input, as `subprocess.Popen` takes it."""
        return self._theirs.fileno() if self._theirs else subprocess.PIPE

    def started(self, process: "subprocess.Popen[bytes]") -> None:
        """Note that the child has its end, and close it here."""
        self._pipe = process.stdin
        if self._theirs:
            self._theirs.close()

    def reason(self) -> str:
        """Return the reason that the child gave for its end; empty where it gave none."""
        if self._ours is None:
            return ""
        self._ours.setblocking(False)
        with suppress(OSError):
            return self._ours.recv(REASON_BYTES).decode(errors="replace")
        return ""

    def close(self) -> None:
        """Close the connection; a child that still runs then ends."""
        for end in (self._ours, self._theirs, self._pipe):
            if end:
                end.close()


def watch() -> None:
    """End this process once its supervisor is gone; in a process without a supervisor, do nothing."""
    global _connection  # noqa: PLW0603  (a process has one supervisor)
    if os.environ.pop(VARIABLE, None) is None:
        return
    _connection = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_watch, args=(_connection,), name="parent-watch", daemon=True).start()


def report(reason: str) -> None:
    """Tell the supervisor, if there is one, why this process ends."""
    if _connection is not None and os.name == "posix":
        with suppress(OSError):
            os.write(_connection, reason.encode()[:REASON_BYTES])


def _watch(connection: int) -> None:
    with suppress(OSError):
        while os.read(connection, 1):
            pass
    log.warning("the supervisor is gone; this process ends")
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)
    else:
        signal.raise_signal(signal.SIGTERM)
    time.sleep(LAST_S)
    log.warning("did not stop in time; ends now", waited_s=LAST_S)
    os._exit(1)
