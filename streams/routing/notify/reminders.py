"""Reminds operators of what is on hold for longer than an alert may wait: a hold always has an owner and a deadline."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.model.codes import AlertCode, HoldReason, PlanState
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.planner import messages
from streams.routing.planner.messages import ANSWER_TIME
from streams.routing.planner.step import Step

LONGEST = timedelta(days=28)
"""The longest time between two reminders; the first comes when the alert's own time is over, then each takes twice as
long as the one before."""


def with_reminder(state: OrderState, time: datetime) -> OrderState:
    """Return the state with the time of the next reminder: one while a line is on hold, none while none is.

    Args:
        state: The order after the event.
        time: The hub's time of the event.
    """
    held = bool(_held(state))
    if held == (state.remind_at is not None):
        return state
    return replace(state, remind_at=time + ANSWER_TIME if held else None, reminders=0)


def remind(state: OrderState, context: DecisionContext) -> Step:
    """Return the state with the next reminder, and the alert where one is due.

    Args:
        state: The order.
        context: The event, whose time decides, and the master data.
    """
    if state.remind_at is None or state.remind_at > context.time:
        return Step(state)
    text = reasons.still_on_hold(_held(state), list(_running(state)))
    alert = messages.alert(state, AlertCode.STILL_ON_HOLD, "order", text, context.time)
    wait = min(ANSWER_TIME * 2 ** (state.reminders + 1), LONGEST)
    return Step(replace(state, remind_at=context.time + wait, reminders=state.reminders + 1), messages=[alert])


def _held(state: OrderState) -> list[tuple[str, HoldReason]]:
    lines = state.status.lines if state.status else ()
    return [(line.line_id, line.code) for line in lines if line.state is PlanState.ON_HOLD and line.code]


def _running(state: OrderState) -> Iterator[tuple[str, str]]:
    """Yield the plant orders of held lines whose plants go on, each with its plant."""
    held = {line for line, _ in _held(state)}
    for portion in state.portions:
        attempt = portion.current
        if portion.line_id in held and attempt is not None and attempt.issued is not None and not portion.cancelled:
            yield portion.id_of(state.key, attempt), attempt.plant
