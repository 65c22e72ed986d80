"""Deadlines in a stage's state: by the minute, so that a tick finds what is due without a search."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from streams.processor import State
from streams.stages.support.queues import Backlog

_LAST = "alarm/last"
_MINUTE = timedelta(minutes=1)
MOST_MINUTES = 60 * 24 * 400
"""A hub that stood still for longer than its topics keep their records starts from there."""


def set_alarm(state: State, due: datetime, now: datetime, key: str) -> None:
    """Have the key named by the first tick at or after ``due``."""
    last = _last(state)
    if last is None:
        last = _floor(now) - _MINUTE
        _put_last(state, last)
    minute = max(_floor(due - timedelta(microseconds=1)) + _MINUTE, last + _MINUTE)
    Backlog(_name(minute)).put(state, key.encode("utf-8", "surrogateescape"))


def ring(state: State, time: datetime) -> Iterator[str]:
    """Yield each key whose alarm is due at this time, and forget the alarm."""
    now, last = _floor(time), _last(state)
    if last is None or now <= last:
        return
    minute = max(last, now - MOST_MINUTES * _MINUTE)
    while minute < now:
        minute += _MINUTE
        for key in Backlog(_name(minute)).drain(state):
            yield key.decode("utf-8", "surrogateescape")
    _put_last(state, now)


def _floor(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(second=0, microsecond=0)


def _name(minute: datetime) -> str:
    return f"alarm/{minute:%Y-%m-%dT%H:%M}"


def _last(state: State) -> datetime | None:
    known = state.get(_LAST)
    return datetime.fromisoformat(known.decode()) if known else None


def _put_last(state: State, time: datetime) -> None:
    state.put(_LAST, time.isoformat().encode())
