"""An order's event has only the lines looked at that it concerns, and leads to the same as if all had been."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Subject
from streams.routing import handler, line_cache
from streams.routing.context import DecisionContext
from streams.routing.model.order import Line, OrderState
from streams.routing.notify import status
from streams.routing.notify.status import LineOutlook
from streams.routing.planner.step import Step
from tests.support import whole_orders
from tests.support.choices import WORLDS, Choices, Life, random_world
from tests.support.in_memory_hub import InMemoryHub
from tests.support.plants import BUYER, Event
from tests.support.worlds import World
from tools.harness.core import line, order


class Twice(World):
    """A world whose planner handles each event twice: as the hub does, and with all lines looked at."""

    quick: OrderState | None = None

    def take(self, event: Event) -> None:
        """Give the event to both, and compare what it leads to."""
        context = DecisionContext(event.id, self.today + timedelta(seconds=self.clock + 1), self.master)
        with patch.object(line_cache, "FEW", 0):
            found = self._handled(handler.handle, event, context)
        assert found == self._handled(whole_orders.handle, event, context)
        self.quick = found.state if isinstance(found, Step) else self.quick
        super().take(event)

    def _handled(self, handle: Callable[..., Step | None], event: Event, context: DecisionContext) -> Step | str | None:
        try:
            step = handle(self.quick, Subject(event.subject), event.value, context)
        except InvalidDocument as error:
            return str(error.code)
        return step and step._replace(messages=list(step.messages))


@settings(max_examples=WORLDS, deadline=None)
@given(st.binary(min_size=120, max_size=160), st.binary(min_size=40, max_size=150))
def test_what_follows_is_what_would_follow_if_all_lines_were_looked_at(world: bytes, life: bytes) -> None:
    choose = Choices(world)
    plain = random_world(choose)
    made = Twice(plain.answers, plain.master, stock=plain.stock, limit=plain.limit, mute=plain.mute)
    for event in Life(made, Choices(life)).events():
        made.take(event)


def test_an_event_of_one_line_of_a_large_order_has_that_line_looked_at_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 30 lines the order itself has 30 looked at, and each of the allocator's 30 results one."""
    looked_at: list[str] = []

    def counted(state: OrderState, one: Line, context: DecisionContext) -> LineOutlook:
        looked_at.append(one.line_id)
        return outlook(state, one, context)

    outlook = status.outlook
    monkeypatch.setattr(status, "outlook", counted)
    hub, names = InMemoryHub(), [str(number) for number in range(1, 31)]
    hub.write(BUYER, "Order", order("17", *[line(name, "ДВ-7.5", 4) for name in names]), "e1")
    assert looked_at[:30] == names
    assert sorted(looked_at[30:]) == sorted(names)
    assert len(list(hub.records("PlantOrder"))) == 30
