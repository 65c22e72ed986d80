"""The end of the process within a bounded time: a thread in the ERP's driver cannot be cancelled, and is left behind.

What is cut off was not committed: it is read or delivered again at the next start.
"""

import os
import threading

import structlog

log = structlog.get_logger()

STOP_S = 18.0
"""How long the whole connector may take to stop; the supervisor kills after 20 s."""
EXIT_S = 3.0
"""How long the interpreter may wait for threads once everything is closed and reported."""


def within(seconds: float, code: int, why: str = "") -> None:
    """End the process after a time, unless it has ended by itself.

    Args:
        seconds: How long to wait.
        code: The exit code.
        why: The reason, for the log.
    """

    def leave() -> None:
        log.warning("a call does not end; the process ends without it", waited_s=seconds, reason=why)
        os._exit(code)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    timer.start()
