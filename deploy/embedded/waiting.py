"""Waiting for a system to answer."""

import time
from collections.abc import Callable

from kranhub.errors import Unavailable

START_SECONDS = 120.0
POLL_SECONDS = 0.1


def until_answers(ask: Callable[[], object], alive: Callable[[], None] = lambda: None) -> None:
    """Ask until it raises no `Unavailable`, for `START_SECONDS` at most; ``alive`` raises when asking is useless."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        alive()
        try:
            ask()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)
        else:
            return
