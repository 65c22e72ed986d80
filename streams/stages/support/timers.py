"""Timers in a stage's state: a tick finds what is due since the last full minute, and what is due at once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from streams.processor import State
from streams.tables import Table

TIMERS, PROMPT_TIMERS = Table("timer", bytes), Table("prompt-timer", bytes)
"""The due keys by instant; the values are empty."""


def set_timer(state: State, due: datetime, key: str, *, prompt: bool = False) -> None:
    """Set a timer: the first tick at or after the full minute that is not before ``due`` names the key.

    Args:
        state: The state of the partition.
        due: The instant, with its zone.
        key: The key that is then named.
        prompt: The first tick at or after ``due`` itself names it: no full minute is waited for.
    """
    (PROMPT_TIMERS if prompt else TIMERS).put(state, (due, key), b"")


def expire(state: State, time: datetime) -> Iterator[str]:
    """Yield each key whose timer is due, by instant, and forget the timer; first those due at the last full minute."""
    for table, until in ((TIMERS, time.replace(second=0, microsecond=0)), (PROMPT_TIMERS, time)):
        for entry in table.scan(state, end=(until + timedelta.resolution,)):
            table.delete(state, entry.key)
            yield entry.key[1]
