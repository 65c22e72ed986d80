"""Waiting for a system to answer."""

from collections.abc import Callable

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from kranhub.errors import Unavailable

START_SECONDS = 120.0
POLL_SECONDS = 0.1


def until_answers(
    ask: Callable[[], object], alive: Callable[[], None] = lambda: None, patience_s: float = START_SECONDS
) -> None:
    """Call a function until it raises no `Unavailable`.

    Args:
        ask: Raises `Unavailable` while there is no answer.
        alive: Called before each attempt; raises when further attempts are useless.
        patience_s: How many seconds to try.

    Raises:
        Unavailable: The last one, when there is no answer in time.
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
