"""Whatever happens to orders: two different things that the planner or an allocator says never have one id."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.routing import handler
from streams.routing.allocator import allocator
from tests.support.choices import Choices, Life, random_world
from tests.support.market_life import ended, live

FEW = 20


class Said:
    """Remembers what was said under each id, and fails where something else is said under it."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Any] = {}

    def take(self, subject: str, event_id: str, value: Any) -> None:
        assert self.known.setdefault((subject, event_id), value) == value, event_id


def planner_watched(said: Said) -> Callable[..., Any]:
    real = handler.handle

    def handle(*words: Any) -> Any:
        step = real(*words)
        for message in step.messages if step else ():
            said.take(message.subject, message.id, message.value)
        return step

    return handle


def allocator_watched(said: Said) -> Callable[..., Any]:
    real = allocator.handle

    def handle(*words: Any) -> Any:
        outcome = real(*words)
        for result in outcome.results:
            said.take("AllocationResult", result.id, result.value)
        return outcome

    return handle


@settings(max_examples=FEW, deadline=None)
@given(st.binary(min_size=120, max_size=160), st.binary(min_size=40, max_size=150))
def test_nothing_that_the_planner_says_has_the_id_of_something_else(world: bytes, life: bytes) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(handler, "handle", planner_watched(Said()))
        made = random_world(Choices(world))
        for event in Life(made, Choices(life)).events():
            made.take(event)


@settings(max_examples=FEW, deadline=None)
@given(st.binary(min_size=120, max_size=180), st.binary(min_size=60, max_size=240))
def test_nothing_that_is_said_of_orders_that_compete_has_the_id_of_something_else(world: bytes, life: bytes) -> None:
    said = Said()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(handler, "handle", planner_watched(said))
        patched.setattr(allocator, "handle", allocator_watched(said))
        ended(live(world, life))
