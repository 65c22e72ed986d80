"""What becomes of the lines of a large order is told together, and nothing of it is lost or told much later."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kranhub.wire.messages import OrderStatus
from streams.routing.context import DecisionContext
from streams.routing.notify import status
from streams.routing.planner.step import Step
from tests.support.choices import WORLDS, Choices, Life, random_world
from tests.support.in_memory_hub import InMemoryHub
from tests.support.plants import BUYER, full_action
from tests.support.worlds import World, silent
from tools.harness.core import line, order, response


def ordered(lines: int) -> InMemoryHub:
    """Return a hub in which an order of so many lines was planned; its plants have yet to answer."""
    hub = InMemoryHub()
    bought = [line(str(number), "ДВ-7.5", 4) for number in range(1, lines + 1)]
    hub.write(BUYER, "Order", order("17", *bought), f"{BUYER}/Order/17/0/a")
    return hub


def answer(hub: InMemoryHub, *numbers: int) -> None:
    """Have the plants accept these of their plant orders, each by an answer of its own."""
    asked = [*hub.records("PlantOrder")]
    for number in numbers:
        hub.write("oemz", "OrderResponse", response(asked[number]), f"oemz/OrderResponse/{number}/0/a")


def told(hub: InMemoryHub) -> list[OrderStatus]:
    return [value for value in hub.records("OrderStatus") if value["addressee"] == BUYER]


def states(hub: InMemoryHub) -> list[Any]:
    return [value["state"] for value in told(hub)]


def test_an_order_of_30_lines_is_received_and_planned_in_two_statuses() -> None:
    assert states(ordered(30)) == ["RECEIVED", "PLANNED"]


def test_answers_line_by_line_come_as_one_status_at_the_first_tick_after_half_a_minute() -> None:
    hub = ordered(30)
    answer(hub, *range(10))
    hub.tick(20 / 60)
    assert states(hub) == ["RECEIVED", "PLANNED"]
    hub.tick(30 / 60)
    last = told(hub)[-1]
    assert states(hub) == ["RECEIVED", "PLANNED", "PLANNED"]
    assert sum(one["state"] == "CONFIRMED" for one in last["lines"]) == 10
    assert last["cause"] == "plant-accepted"
    assert last["reason"]["en"].endswith("Lines changed since the last status: 10.")
    assert last["reason"]["ru"].endswith("Изменилось строк с прошлого раза: 10.")
    hub.tick(5)
    assert len(told(hub)) == 3


def test_the_last_answer_is_told_at_once_with_what_has_waited() -> None:
    hub = ordered(30)
    answer(hub, *range(30))
    assert states(hub) == ["RECEIVED", "PLANNED", "CONFIRMED"]
    assert told(hub)[-1]["reason"]["en"].endswith("Lines changed since the last status: 30.")
    hub.tick(5)
    assert len(told(hub)) == 3


def test_the_buyers_own_change_is_told_at_once() -> None:
    hub = ordered(30)
    bought = [line(str(number), "ДВ-7.5", 4) for number in range(1, 30)]
    hub.write(BUYER, "Order", order("17", *bought), f"{BUYER}/Order/17/0/b")
    assert [value["order_revision"] for value in told(hub)] == [1, 1, 2]


def test_a_small_order_is_told_of_every_line_at_once() -> None:
    hub = ordered(3)
    answer(hub, 0, 1, 2)
    assert states(hub)[-3:] == ["PLANNED", "PLANNED", "CONFIRMED"]


def test_a_crane_is_received_and_planned_in_two_statuses() -> None:
    """Its dates are known before its last plant orders are sent: the buyer reads both in one status."""
    hub = InMemoryHub()
    hub.write(BUYER, "Order", order("17", line("1", "КР-10-22.5", 1)), f"{BUYER}/Order/17/0/a")
    assert [(value["state"], value["earliest_date"] is not None) for value in told(hub)] == [
        ("RECEIVED", False),
        ("PLANNED", True),
    ]


@pytest.mark.parametrize(("lines", "expected"), [(19, 19 + 1 + 19), (20, 3), (25, 3)])
def test_20_lines_are_a_large_order(lines: int, expected: int) -> None:
    """A small order has a status for every line that changes: one when received, one per line planned and answered."""
    hub = ordered(lines)
    answer(hub, *range(lines))
    assert len(told(hub)) == expected


@settings(max_examples=WORLDS, deadline=None)
@given(st.binary(min_size=120, max_size=160), st.binary(min_size=40, max_size=150))
def test_in_the_end_the_customer_has_read_what_is_so(world: bytes, life: bytes) -> None:
    """Every order counts as large here; time passes, and the last status is what follows from the facts.

    A last look comes first, as a day may have ended since.
    """
    with patch.object(status, "LARGE", 1):
        made = lived(world, life)
        assert made.state is not None
        if not made.state.closed:
            assert made.state.held_status is None
            made.wake()
            context = DecisionContext("again", made.today + timedelta(seconds=made.clock), made.master)
            assert status.notify(made.state, None, context) == Step(made.state), "there is no further news"
            assert made.state.status is not None
            assert made.status()["state"] == made.state.status.state


def lived(world: bytes, life: bytes) -> World:
    made = random_world(Choices(world))
    for event in Life(made, Choices(life)).events():
        made.take(event)
    made.answers = silent
    made.happen("PlannerAction", full_action("RELEASE", action_id="last"))
    made.later(hours=1)
    return made
