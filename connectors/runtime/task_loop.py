"""Keeps one task running: waits while the ERP or Kafka is away, reports it in the status, continues when it is back."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from connectors.runtime.status import Reporter
from kranhub.errors import KranhubError, Misconfigured, Unavailable

log = structlog.get_logger()

FIRST_DELAY_S, LAST_DELAY_S = 1.0, 60.0
MISCONFIGURED_DELAY_S = 30.0
"""The delay while only a person can help: one attempt every half minute costs nothing."""


STEADY_S = 600.0
"""After an attempt that ran for so long the delays begin with the first again."""


class Stuck(KranhubError):
    """A source cannot continue by itself, but may after a new start from the beginning; a person should be informed."""


class Backoff:
    """Growing delays with jitter, so that many connectors do not come back in the same second."""

    def __init__(self) -> None:
        self._delay = FIRST_DELAY_S

    def reset(self) -> None:
        """Start again from the first delay."""
        self._delay = FIRST_DELAY_S

    def next(self, error: KranhubError) -> float:
        """Return how long to wait after this error, in seconds."""
        if isinstance(error, Misconfigured):
            return MISCONFIGURED_DELAY_S
        asked = error.retry_after if isinstance(error, Unavailable) else 0.0
        delay, self._delay = self._delay, min(self._delay * 2, LAST_DELAY_S)
        return min(max(delay, asked), LAST_DELAY_S) * random.uniform(0.8, 1.2)  # noqa: S311


async def keep(attempt: Callable[[Backoff], Awaitable[None]], reporter: Reporter, stop: asyncio.Event) -> None:
    """Run attempts until ``stop`` is set. `Unavailable`, `Misconfigured` and `Stuck` are waited out; all else leaves.

    An attempt resets the back-off when it has done something; that of `Stuck` grows nevertheless.

    Args:
        attempt: Runs the task until it is stopped, with the back-off to reset.
        reporter: What writes the task's status.
        stop: Set to end it.
    """
    backoff, stuck = Backoff(), Backoff()
    while not stop.is_set():
        began = time.monotonic()
        try:
            await attempt(backoff)
        except (Unavailable, Misconfigured) as error:
            await _wait(error, backoff.next(error), reporter, stop)
        except Stuck as error:
            if time.monotonic() - began > STEADY_S:
                stuck.reset()
            await _wait(error, stuck.next(error), reporter, stop)


async def _wait(error: KranhubError, delay: float, reporter: Reporter, stop: asyncio.Event) -> None:
    await reporter.waiting(error)
    log.warning("task waits", task=reporter.task, reason=error.text.en, again_in_s=round(delay, 1), repeats=True)
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), delay)
