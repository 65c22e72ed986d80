"""Timers in a stage's state: a tick finds what is due since the last full minute."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from streams.processor import State
from streams.tables import Table

TIMERS = Table("timer", bytes)
"""The due keys by instant; the values are empty."""


def set_timer(state: State, due: datetime, key: str) -> None:
    """Set a timer: the first tick at or after the full minute that is not before ``due`` names the key.

    Args:
        state: The state of the partition.
        due: The instant, with its zone.
        key: The key that is then named.
    """
    TIMERS.put(state, (due, key), b"")


def expire(state: State, time: datetime) -> Iterator[str]:
    """Yield each key whose timer is due at the last full minute, the earliest first, and forget the timer."""
    minute = time.replace(second=0, microsecond=0)
    for entry in TIMERS.scan(state, end=(minute + timedelta.resolution,)):
        TIMERS.delete(state, entry.key)
        yield entry.key[1]
