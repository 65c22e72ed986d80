"""The planner: one event and one order's state in, the new state and what to say out. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kranhub import identifiers
from streams.router import follow, plan, reasons
from streams.router import settle as settling
from streams.router import status as statuses
from streams.router.effects import Effect, Now
from streams.router.masterdata import MasterData
from streams.router.model import OrderState
from streams.router.reasons import Cause

Value = Mapping[str, Any]
Handled = tuple[OrderState | None, list[Effect]]

SEEN = 20
"""Versions of an order whose event ids are remembered, so that an older one sent again changes nothing."""


def handle(state: OrderState | None, subject: str, value: Value, now: Now, master: MasterData) -> Handled:
    """Return the state after the event, and what to say; an event that says nothing new returns the same state.

    Raises `InvalidDocument` when the author was not asked or the plant order is unknown.
    """
    take = _TAKERS.get(subject)
    if take is None:
        return state, []
    after, cause = take(state, value, now, master)
    if after is None or after == state:
        return state, []
    after, said = settling.settle(after, master, now)
    after, told = statuses.tell(after, cause, now)
    return after, [*said, *told]


Taken = tuple[OrderState | None, Cause | None]


def _order(state: OrderState | None, value: Value, now: Now, master: MasterData) -> Taken:
    order = plan.order_of(value)
    if state is None:
        key = identifiers.order_key(order.buyer, order.order_id)
        first = OrderState(key, order, revision=1, seen=(now.event_id,))
        return plan.fit(first, master), reasons.CANCELLED if order.cancelled else reasons.RECEIVED
    if now.event_id in state.seen:
        return state, None
    seen = (*state.seen, now.event_id)[-SEEN:]
    if order == state.order:
        return replace(state, seen=seen), None
    changed = replace(state, order=order, revision=state.revision + 1, seen=seen)
    return plan.fit(changed, master), reasons.CANCELLED if order.cancelled else reasons.changed(changed.revision)


def _response(state: OrderState | None, value: Value, now: Now, master: MasterData) -> Taken:
    return follow.answered(state, value, master, now.time)


def _production(state: OrderState | None, value: Value, _now: Now, master: MasterData) -> Taken:
    return follow.produced(state, value, master)


def _receipt(state: OrderState | None, value: Value, _now: Now, master: MasterData) -> Taken:
    if value["subject"] != "PlantOrder":
        return state, None
    return follow.received(state, value, master)


def _allocation(state: OrderState | None, value: Value, _now: Now, _master: MasterData) -> Taken:
    return (follow.allocated(state, value) if state else None), None


_TAKERS: dict[str, Callable[[OrderState | None, Value, Now, MasterData], Taken]] = {
    "Order": _order,
    "OrderResponse": _response,
    "ProductionStatus": _production,
    "Receipt": _receipt,
    "AllocationResult": _allocation,
}
