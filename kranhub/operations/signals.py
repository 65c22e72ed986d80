"""How a process is asked to stop: one place for every process of the hub."""

import signal
from collections.abc import Callable

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""The signals of Ctrl-C, of a supervisor, of a terminal that closes, of Ctrl-Break and of a console that closes on
Windows."""


def on_request(asked: Callable[[], object]) -> None:
    """Call ``asked`` whenever this process is asked to stop. Must be called from the main thread.

    A hang-up signal that was ignored from the start (``nohup``) stays ignored.
    """
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue
        signal.signal(number, lambda _number, _frame: asked())
