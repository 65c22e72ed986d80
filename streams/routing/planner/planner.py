"""The planner: one event and one order's state in, the new state and what to say out. Pure."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kranhub import identifiers
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.copying import replace
from streams.routing.model.order import Line, OrderState
from streams.routing.notify import reasons
from streams.routing.notify import status as statuses
from streams.routing.notify.reasons import Cause
from streams.routing.planner import closing, explode, resume, unreachable
from streams.routing.planner import reconcile as settling
from streams.routing.planner.messages import Effect, Now
from streams.routing.plant_events import actions, allocations, deadlines, responses, shipments
from streams.routing.recovery.evidence import Evidence
from streams.routing.validation import document_identity, normalise, timestamps

Value = Mapping[str, Any]
Handled = tuple[OrderState | None, list[Effect]]

SEEN = 20
"""Versions of an order whose event ids are remembered, so that an older one sent again changes nothing."""

WAKE = "Wake"
"""The subject of a record that says only that it is to be looked at the order again: the master data may be others."""


def handle(state: OrderState | None, subject: str, value: Value, now: Now, master: MasterData) -> Handled:
    """Return the state after the event, and what to say; an event that says nothing new returns the same state.

    An Order comes normalised (`normalise`). Events count in the order in which they come (`timestamps`). Raises
    `InvalidDocument` when the author was not asked, the plant order is unknown, it is another document than the one
    that the hub knows, or an action cannot be taken.
    """
    if subject not in _TAKERS:
        return state, []
    if state is not None and not state.closed and subject == WAKE and (end := closing.due(state)) and end <= now.time:
        return closing.close(state, master, now)
    after, cause, first = _taken(state, subject, value, now, master)
    if after is None or after.closed or (after == state and not first and subject != WAKE):
        return state, []
    after, said = settling.settle(after, master, now)
    after, told = statuses.tell(after, cause, master, now)
    return _timed(after, master, now), [*first, *said, *told]


def noted(state: OrderState | None, subject: str, value: Value, now: Now, master: MasterData) -> Handled:
    """Return the state with the facts of the event, and what must be said of these; nothing is decided, nobody told.

    So the hub reads while it recovers. Raises as `handle` does.
    """
    if subject not in _TAKERS or subject == WAKE:
        return state, []
    after, _, first = _taken(state, subject, value, now, master)
    return after, first


def recovered(state: OrderState, evidence: Evidence, master: MasterData, now: Now) -> tuple[OrderState, list[Effect]]:
    """Return the state once all of the order was read again (`noted`) and adopted (`adopt`), and what follows.

    An order that is over is not taken up again.
    """
    after = _resumed(state, master)
    after, said = settling.settle(after, master, now)
    after, told = statuses.told_again(after, evidence, master, now)
    return _timed(after, master, now), [*said, *told]


def _taken(state: OrderState | None, subject: str, value: Value, now: Now, master: MasterData) -> "Taken":
    if state is not None and state.closed:
        _after_the_end(state, subject, value, now)
        return state, None, []
    if subject in _MARKED:
        now = replace(now, mark=timestamps.mark(now.event_id, value))
    return _TAKERS[subject](state, timestamps.bounded(subject, value, now.time), now, master)


def _timed(after: OrderState, master: MasterData, now: Now) -> OrderState:
    """Return the state with the time at which something of it is due, and with whom it waits for."""
    after = closing.noted(after, now)
    if (waits_for := resume.waiting(after, master)) != after.waits_for:
        after = replace(after, waits_for=waits_for)
    if (due := _due(after)) != after.due:
        after = replace(after, due=due)
    return after


def _due(state: OrderState) -> datetime | None:
    return min((day for day in (deadlines.due(state), closing.due(state)) if day), default=None)


def _after_the_end(state: OrderState, subject: str, value: Value, now: Now) -> None:
    """Pass by what says nothing new of a closed order.

    Raises `InvalidDocument` for the rest: ``order-closed``, or ``two-documents`` for another order.
    """
    if subject == "Order":
        document_identity.same(state.document, now.event_id, state.key)
    if subject == "Order" and (now.event_id in state.seen or explode.order_of(value) == state.order):
        return
    closing.refuse(state, subject)


Taken = tuple[OrderState | None, Cause | None, list[Effect]]


def _order(state: OrderState | None, value: Value, now: Now, _master: MasterData) -> Taken:
    order = explode.order_of(value)
    if state is None:
        key = identifiers.order_key(order.buyer, order.order_id)
        document = document_identity.same(None, now.event_id, key)
        first = OrderState(key, order, revision=1, seen=(now.event_id,), document=document)
        return first, reasons.CANCELLED if order.cancelled else reasons.RECEIVED, []
    if now.event_id in state.seen:
        return state, None, []
    document = document_identity.same(state.document, now.event_id, state.key)
    seen = (*state.seen, now.event_id)[-SEEN:]
    if order == state.order or (state.cancelled_by_hand and replace(order, cancelled=True) == state.order):
        return replace(state, seen=seen, document=document), None, []
    changed = replace(explode.revised(state, order), seen=seen, document=document)
    return changed, reasons.CANCELLED if order.cancelled else reasons.changed(changed.revision), []


def _response(state: OrderState | None, value: Value, now: Now, master: MasterData) -> Taken:
    return *responses.answered(state, value, master, now), []


def _production(state: OrderState | None, value: Value, now: Now, master: MasterData) -> Taken:
    return *responses.produced(state, value, master, now), []


def _receipt(state: OrderState | None, value: Value, _now: Now, master: MasterData) -> Taken:
    if value["subject"] != "PlantOrder":
        return state, None, []
    return *responses.received(state, value, master), []


def _shipment(state: OrderState | None, value: Value, now: Now, master: MasterData) -> Taken:
    return shipments.shipped(state, value, master, now)


def _allocation(state: OrderState | None, value: Value, now: Now, master: MasterData) -> Taken:
    return allocations.allocated(state, value, master, now) if state else (None, None, [])


def _dispatch(state: OrderState | None, value: Value, _now: Now, _master: MasterData) -> Taken:
    return unreachable.reported(state, value) if state else None, None, []


def _action(state: OrderState | None, value: Value, now: Now, master: MasterData) -> Taken:
    return actions.acted(state, value, master, now)


def _wake(state: OrderState | None, _value: Value, now: Now, master: MasterData) -> Taken:
    """Take up lines that have a mapping now, what a member's stop has kept, and what the passing of time decides."""
    if state is None:
        return None, None, []
    before, state = state, _resumed(state, master)
    cause = reasons.MAPPED if state.order is not before.order else None
    if state.due is None or now.time < state.due:
        return state, cause, []
    after, late, said = deadlines.passed(replace(state, due=None), master, now)
    return after, late or cause, said


def _resumed(state: OrderState, master: MasterData) -> OrderState:
    """Return the state with what a member's stop has kept, and with its lines as the master data map them now."""
    state = resume.resumed(state, master)
    lines = _mapped(state, master)
    if lines == state.order.lines:
        return state
    return replace(state, order=replace(state.order, lines=lines), revision=state.revision + 1)


def _mapped(state: OrderState, master: MasterData) -> tuple[Line, ...]:
    """Return the order's lines as the master data map them now; a complete delivery goes on once all are mapped."""
    lines = tuple(normalise.mapped(line, state.order.buyer, master) for line in state.order.lines)
    if any(line.hold_reason in normalise.UNMAPPED for line in lines):
        return lines
    waiting = normalise.COMPLETE_DELIVERY
    return tuple(replace(line, hold_reason=None) if line.hold_reason == waiting else line for line in lines)


_MARKED = frozenset(("OrderResponse", "ProductionStatus", "Shipment"))
"""Words on plant orders, of which a repeat may come after what was said since."""

_TAKERS: dict[str, Callable[[OrderState | None, Value, Now, MasterData], Taken]] = {
    "Order": _order,
    "OrderResponse": _response,
    "ProductionStatus": _production,
    "Receipt": _receipt,
    "Shipment": _shipment,
    "AllocationResult": _allocation,
    "DispatchStatus": _dispatch,
    "PlannerAction": _action,
    WAKE: _wake,
}
