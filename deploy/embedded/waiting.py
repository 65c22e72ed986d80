"""Waiting for a system to answer."""

from collections.abc import Callable

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from kranhub.errors import Unavailable

START_SECONDS = 120.0
POLL_SECONDS = 0.1


def until_answers(
    ask: Callable[[], object], alive: Callable[[], None] = lambda: None, patience_s: float = START_SECONDS
) -> None:
    """Ask until it raises no `Unavailable`.

    Args:
        ask: Raises `Unavailable` while there is no answer.
        alive: Raises when asking is useless.
        patience_s: After so many seconds the last `Unavailable` is raised.
    """
    for attempt in Retrying(
        retry=retry_if_exception_type(Unavailable),
        stop=stop_after_delay(patience_s),
        wait=wait_fixed(POLL_SECONDS),
        reraise=True,
    ):
        alive()
        with attempt:
            ask()
