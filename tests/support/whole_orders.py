"""The planner in its simplest form, to compare with: every event has all portions of the whole order looked at."""

from collections.abc import Collection
from functools import partial
from typing import Any
from unittest.mock import patch

from kranhub.wire.messages import Message, Subject
from streams.routing import handler, line_cache, reasons
from streams.routing.context import DecisionContext
from streams.routing.model.codes import AlertCode
from streams.routing.model.order import OrderState
from streams.routing.planner import (
    alternative_items,
    approval,
    expectations,
    explode,
    messages,
    quotation,
    response_deadlines,
    unreachable,
)
from streams.routing.planner.assign import assign_plant
from streams.routing.planner.issue import issue_plant_orders, targets_first
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.reserve import update_reservations
from streams.routing.planner.step import Step
from streams.routing.planner.waiting import update_waiting


def handle(state: OrderState | None, subject: Subject, value: Message, context: DecisionContext) -> Step | None:
    """Handle an event as `handler.handle` does, without anything that is kept from before it."""
    kept = patch.object(line_cache, "find", return_value=None), patch.object(line_cache, "keep")
    with patch.object(handler, "reconcile", reconcile), kept[0], kept[1]:
        return handler.handle(state, subject, value, context)


def reconcile(state: OrderState, context: DecisionContext, _lines: Collection[str] | None = None) -> Step:
    """Do each step of `planner.reconcile` for all portions in their order, until no line is planned anew."""
    step = _round(state, context)
    while not step.state.frozen and (trials := alternative_items.next_trials(step.state, context)).lines:
        asked = approval.approval_alerts(trials.state, trials.lines, context)
        more = _round(trials.state, context)
        step = Step(more.state, messages=[*step.messages, *asked, *more.messages])
    return step


def _round(state: OrderState, context: DecisionContext) -> Step:
    if state.frozen:
        return Step(state)
    state = quotation.with_known_validity(state, context)
    steps: list[Any] = [partial(update_reservations, starts={}), update_waiting]
    if state.is_expired:
        return _each(state, steps, context)
    before = unreachable.without_unreachable(state, context.master)
    state = explode.fit(before, context.master, explode.waiting_lines(before.order))
    sent = surpluses(before, state, context)
    state, _, more = _each(state, [assign_plant, *steps], context)
    sent += more
    for portion in targets_first(state.portions):
        state, _, more = issue_plant_orders(state, portion, context)
        sent += more
    state = response_deadlines.with_answer_deadlines(state, context)
    return Step(expectations.with_expectations(state, context), messages=sent)


def _each(state: OrderState, steps: list[Any], context: DecisionContext) -> Step:
    sent: list[OutputMessage] = []
    for step in steps:
        for portion in state.portions:
            state, _, more = step(state, portion, context)
            sent += more
    return Step(state, messages=sent)


def surpluses(before: OrderState, after: OrderState, context: DecisionContext) -> list[OutputMessage]:
    """Return an alert for each portion that is surplus since this event."""
    known = {(portion.line_id, portion.part) for portion in before.portions if portion.surplus}
    found = []
    for portion in after.portions:
        if (
            portion.surplus
            and not portion.cancelled
            and (portion.line_id, portion.part) not in known
            and portion.current
        ):
            text = reasons.surplus(portion.current.plant, portion.item, portion.irrevocable, context.master)
            place = f"{portion.place}/{after.revision}"
            found.append(messages.alert(after, AlertCode.SURPLUS, place, text, context.time))
    return found
