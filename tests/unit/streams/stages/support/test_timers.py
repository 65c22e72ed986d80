"""Timers are named at the first tick at or after their full minute, prompt ones at the first tick at or after them."""

from datetime import UTC, datetime

from streams.processor.state.store import Layer, Store
from streams.stages.support import timers


def at(minute: int, second: int) -> datetime:
    return datetime(2026, 11, 24, 8, minute, second, tzinfo=UTC)


def test_a_timer_waits_for_the_full_minute_and_a_prompt_one_does_not() -> None:
    state = Layer(Store())
    timers.set_timer(state, at(0, 35), "usual")
    timers.set_timer(state, at(0, 35), "prompt", prompt=True)
    assert list(timers.expire(state, at(0, 30))) == []
    assert list(timers.expire(state, at(0, 40))) == ["prompt"]
    assert list(timers.expire(state, at(0, 50))) == []
    assert list(timers.expire(state, at(1, 0))) == ["usual"]
    assert list(timers.expire(state, at(9, 0))) == []
