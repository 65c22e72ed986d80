"""Handles one event of one order: the state in, the new state and the messages to send out. Pure.

The facts go into the state (`plant_events`), the planner decides what follows (`reconcile`), and the parties learn what
is news to them (`notify`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from kranhub import identifiers
from kranhub.wire import messages
from kranhub.wire.messages import Message, Subject, narrowed
from streams.routing import line_cache, reasons
from streams.routing.context import DecisionContext
from streams.routing.line_cache import LineCache
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.notify import plan as plans
from streams.routing.notify import reminders
from streams.routing.notify import status as statuses
from streams.routing.planner import explode, line_holds, plausibility, quotation, resume, unreachable
from streams.routing.planner.reconcile import reconcile
from streams.routing.planner.step import Step
from streams.routing.plant_events import (
    actions,
    allocations,
    closing,
    deadlines,
    production,
    receipts,
    responses,
    shipments,
)
from streams.routing.recovery import statuses as recovery_statuses
from streams.routing.recovery.evidence import Evidence
from streams.routing.validation import document_identity, timestamps

SEEN = 20
"""How many versions of an order are known by their event ids, so that an older one that is sent again changes
nothing."""

WAKE = Subject.WAKE
"""The subject of a record that makes the planner look at an order again, as when the master data have changed."""


def handle(state: OrderState | None, subject: Subject, value: Message, context: DecisionContext) -> Step | None:
    """Return the state after the event and the messages to send; an event without news returns the same state.

    Args:
        state: The order before the event; None where the hub does not know it.
        subject: The type of the event's record.
        value: The event's record. An Order comes normalised (`normalise`).
        context: The event and the master data. Events count in the order in which they come (`timestamps`).

    Returns:
        The step; None for an event of an order that the hub does not know and that does not begin it.

    Raises:
        InvalidDocument: The author was not asked, the plant order is unknown, it is another document than the one that
            the hub knows, the order is closed, or an action cannot be taken.
    """
    if subject not in _HANDLERS:
        return None if state is None else Step(state)
    if (
        state is not None
        and not state.closed
        and subject == WAKE
        and (end := closing.due(state))
        and end <= context.time
    ):
        return closing.close(state, context)
    applied = _apply(state, subject, value, context)
    if applied is None:
        return None
    if applied.state.closed or (applied.state == state and not applied.messages and subject != WAKE):
        return Step(state or applied.state)
    known = line_cache.find(state, context) if subject != WAKE else None
    lines = known.changed_lines(applied.state, context) if known is not None else None
    reconciled = reconcile(applied.state, context, lines)
    facts = LineCache.of(reconciled.state, context, known, lines)
    notified = statuses.notify(reconciled.state, applied.cause, context, facts.status)
    planned = plans.notify(state, notified.state, context)
    after = _with_due_time(planned.state, facts, context)
    line_cache.keep(facts._replace(state=after), context)
    sent = [*applied.messages, *reconciled.messages, *notified.messages, *planned.messages]
    return Step(after, notified.cause, sent)


def apply_facts(state: OrderState | None, subject: Subject, value: Message, context: DecisionContext) -> Step | None:
    """Return the state with the facts of the event, and the messages about these; nothing is decided, nobody notified.

    The hub reads so while it recovers.

    Args:
        state: The order before the event; None where the hub does not know it.
        subject: The type of the event's record.
        value: The event's record, as for `handle`.
        context: The event and the master data.

    Returns:
        As `handle`.

    Raises:
        InvalidDocument: As `handle` does.
    """
    if subject not in _HANDLERS or subject == WAKE:
        return None if state is None else Step(state)
    return _apply(state, subject, value, context)


def resume_after_restore(state: OrderState, evidence: Evidence, context: DecisionContext) -> Step:
    """Return the state once all of the order was read again (`apply_facts`) and adopted (`adopt`), and what follows.

    An order that is over stays as it is.

    Args:
        state: The order as it was read again and adopted.
        evidence: What the members' ERPs hold of it.
        context: The event and the master data.
    """
    reconciled = reconcile(_resumed(state, context.master), context)
    notified = recovery_statuses.notify_after_restore(reconciled.state, evidence, context)
    planned = plans.notify(None, notified.state, context)
    sent = [*reconciled.messages, *notified.messages, *planned.messages]
    return Step(_with_due_time(planned.state, LineCache.of(planned.state, context), context), messages=sent)


def _apply(state: OrderState | None, subject: Subject, value: Message, context: DecisionContext) -> Step | None:
    if state is not None and state.closed:
        _check_closed(state, subject, value, context)
        return Step(state)
    if subject in _FINGERPRINTED:
        context = context._replace(fingerprint=timestamps.fingerprint(context.event_id, value))
    return _HANDLERS[subject](state, timestamps.bounded(subject, value, context.time), context)


def _with_due_time(after: OrderState, facts: LineCache, context: DecisionContext) -> OrderState:
    """Return the state with the time at which something of it is due, and the members for whom it waits."""
    after = reminders.with_reminder(closing.with_final_since(after, context.time), context.time)
    if (awaited_members := facts.awaited_members) != after.awaited_members:
        after = replace(after, awaited_members=awaited_members)
    told = after.held_status.due if after.held_status else None
    moments = (facts.due, deadlines.due_of_quotation(after), closing.due(after), after.remind_at, told)
    due = min((moment for moment in moments if moment), default=None)
    return after if due == after.due else replace(after, due=due)


def _check_closed(state: OrderState, subject: Subject, value: Message, context: DecisionContext) -> None:
    """Accept what says nothing new of a closed order.

    Raises:
        InvalidDocument: ``two-documents`` for another order, ``order-closed`` for the rest.
    """
    if order := narrowed(messages.Order, subject, value):
        document_identity.check_document(state.document, context.event_id, state.key)
        if context.event_id in state.seen_events or explode.order_of(order) == state.order:
            return
    closing.refuse(state, subject)


def _order(state: OrderState | None, value: messages.Order, context: DecisionContext) -> Step | None:
    order = plausibility.with_implausible_held(explode.order_of(value), state, context.master)
    if state is None:
        key = identifiers.order_key(order.buyer, order.order_id)
        document = document_identity.check_document(None, context.event_id, key)
        first = OrderState(key, order, revision=1, seen_events=(context.event_id,), document=document)
        first = quotation.with_validity(first, context)
        return Step(first, reasons.CANCELLED if order.cancelled else reasons.RECEIVED)
    if context.event_id in state.seen_events:
        return Step(state)
    document = document_identity.check_document(state.document, context.event_id, state.key)
    seen = (*state.seen_events, context.event_id)[-SEEN:]
    if order == state.order or (state.cancelled_by_hand and replace(order, cancelled=True) == state.order):
        return Step(replace(state, seen_events=seen, document=document))
    changed = quotation.with_validity(explode.with_revision(state, order), context)
    changed = replace(changed, seen_events=seen, document=document)
    return Step(changed, reasons.CANCELLED if order.cancelled else reasons.changed(changed.revision))


def _response(state: OrderState | None, value: messages.OrderResponse, context: DecisionContext) -> Step | None:
    return responses.apply_response(state, value, context)


def _production(state: OrderState | None, value: messages.ProductionStatus, context: DecisionContext) -> Step | None:
    return production.apply_production(state, value, context)


def _receipt(state: OrderState | None, value: messages.Receipt, context: DecisionContext) -> Step | None:
    if value["subject"] != Subject.PLANT_ORDER:
        return None if state is None else Step(state)
    return receipts.apply_receipt(state, value, context.master)


def _shipment(state: OrderState | None, value: messages.Shipment, context: DecisionContext) -> Step | None:
    return shipments.apply_shipment(state, value, context)


def _allocation(state: OrderState | None, value: messages.AllocationResult, context: DecisionContext) -> Step | None:
    return allocations.apply_result(state, value, context) if state else None


def _dispatch(state: OrderState | None, value: messages.DispatchStatus, _context: DecisionContext) -> Step | None:
    return Step(unreachable.apply_dispatch_status(state, value)) if state else None


def _action(state: OrderState | None, value: messages.PlannerAction, context: DecisionContext) -> Step | None:
    return actions.apply_action(state, value, context)


def _wake(state: OrderState | None, _value: messages.Wake, context: DecisionContext) -> Step | None:
    """Resume lines that have a mapping now and what a member's stop has kept back, and apply what is due by now."""
    if state is None:
        return None
    before, state = state, _resumed(state, context.master)
    cause = reasons.MAPPED if _goes_on(before, state) else None
    if state.due is None or context.time < state.due:
        return Step(state, cause)
    reminded = reminders.remind(replace(state, due=None), context)
    if reminded.messages:
        reminded = reminded._replace(state=explode.tried_anew(reminded.state, asked=False))
    if state.frozen:
        return reminded._replace(cause=cause)
    passed = deadlines.apply_deadlines(reminded.state, context)
    return Step(passed.state, passed.cause or cause, [*reminded.messages, *passed.messages])


def _goes_on(before: OrderState, after: OrderState) -> bool:
    """Return whether a line that was on hold goes on now."""
    held = {line.line_id for line in before.order.lines if line.hold_reason}
    return any(line.line_id in held and line.hold_reason is None for line in after.order.lines)


def _resumed(state: OrderState, master: MasterData) -> OrderState:
    """Return the state without what a member's stop has kept back, its lines as the master data map them now."""
    if state.is_expired:
        return state
    state = resume.resume(state, master)
    order = line_holds.released(state, master)
    return state if order == state.order else replace(state, order=order, revision=state.revision + 1)


_FINGERPRINTED = frozenset((Subject.ORDER_RESPONSE, Subject.PRODUCTION_STATUS, Subject.SHIPMENT))
"""The events on plant orders whose repeats may come after newer ones."""

_HANDLERS: Mapping[Subject, Callable[[OrderState | None, Any, DecisionContext], Step | None]] = {
    Subject.ORDER: _order,
    Subject.ORDER_RESPONSE: _response,
    Subject.PRODUCTION_STATUS: _production,
    Subject.RECEIPT: _receipt,
    Subject.SHIPMENT: _shipment,
    Subject.ALLOCATION_RESULT: _allocation,
    Subject.DISPATCH_STATUS: _dispatch,
    Subject.PLANNER_ACTION: _action,
    WAKE: _wake,
}
"""The handlers by type of record."""
