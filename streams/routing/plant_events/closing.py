"""The end of an order: some time after its last state it is closed, and of all that was known little is kept."""

from datetime import datetime, timedelta

from kranhub.errors import DocumentCode, InvalidDocument
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.model.codes import PlanState
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.notify import status
from streams.routing.planner import messages
from streams.routing.planner.step import Step

KEEP = timedelta(days=30)
"""How long an order that is delivered or cancelled, or a quotation that has expired, is kept whole: for late answers,
returns and corrections."""

FINAL = (PlanState.DELIVERED, PlanState.CANCELLED, PlanState.CLOSED)
IGNORED_WHEN_CLOSED = ("AllocationResult", "DispatchStatus", "Receipt", "Wake")
"""The records that may come after an order's end although nobody made a mistake."""


def with_final_since(state: OrderState, time: datetime) -> OrderState:
    """Return the state with the time since which nothing is left to do for the order, or without one."""
    final = state.status is not None and state.status.state in FINAL
    if final == (state.final_since is not None):
        return state
    return replace(state, final_since=time if final else None)


def due(state: OrderState) -> datetime | None:
    """Return when the order is to be closed; None while it is not final, or while a member has yet to learn of it."""
    if state.final_since is None or state.closed or state.awaited_members:
        return None
    return state.final_since + KEEP


def close(state: OrderState, context: DecisionContext) -> Step:
    """Return the closed order, with reservations released and, after a delivery, the last statuses.

    The order itself, its revision and the ids of its versions stay, so that an old version sent again is no new order.
    """
    releases = [
        messages.release_request(state, portion, attempt)
        for portion in state.portions
        for attempt in portion.attempts
        if attempt.reservation is not None and not attempt.reservation.released
    ]
    notified = Step(state)
    if state.status and state.status.state is PlanState.DELIVERED:
        notified = status.notify_closed(state, context)
    ended = replace(
        notified.state,
        closed=True,
        portions=(),
        status=None,
        party_statuses=(),
        seen_actions=(),
        due=None,
        plan_digest="",
    )
    return Step(ended, messages=[*releases, *notified.messages])


def refuse(state: OrderState, subject: str) -> None:
    """Refuse an event that comes after the order's end, except where that is nobody's mistake.

    Raises:
        InvalidDocument: ``order-closed``.
    """
    if subject not in IGNORED_WHEN_CLOSED:
        raise InvalidDocument(DocumentCode.ORDER_CLOSED, reasons.order_closed(state.order.order_id))
