"""Orders from before the hub: their plants have them already, so they count as confirmed and nothing is sent. Pure.

A plant's ERP must hold the plant order's id as its order's external reference, as if the hub had written it: so its
answers, production and shipments find the order, and a later revision changes it instead of coming a second time.
"""

from datetime import UTC, datetime

from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Answer, Attempt, Issued, Reservation
from streams.routing.model.codes import CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.order import Line, OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.model.quantity import ZERO
from streams.routing.planner import issue
from streams.routing.schedule import dates

BEFORE = datetime(1990, 1, 1, tzinfo=UTC)
"""The instant at which such a plant counts as having accepted: before every event of the hub."""


def with_opening_plant(state: OrderState, portion: Portion, context: DecisionContext) -> OrderState | None:
    """Return the state with the portion at the plant that has it since before the hub.

    What the hub had decided in shadow gives way. The allocator is not asked: the plant's ERP has reserved by itself.

    Args:
        state: The order.
        portion: One of its portions.
        context: The event and the master data.

    Returns:
        None where no plant has the portion since before the hub, or where it cannot have it any more.
    """
    if not state.order.opening:
        return None
    line = state.order.line(portion.line_id)
    if (
        line is None
        or line.opening_plant is None
        or not _is_placeable(state, portion, line.opening_plant, context.master)
    ):
        return None
    if portion.current:
        portion = with_attempt(portion, portion.current.close(CloseReason.BEFORE_HUB, withdraw=False))
    made = portion.to_make or ZERO
    attempt = _attempt(state, portion, line, line.opening_plant, context)
    return state.with_portion(with_attempt(replace(portion, hold_reason=None, to_make=made), attempt))


def _is_placeable(state: OrderState, portion: Portion, plant: str, master: MasterData) -> bool:
    """Return whether the line's own item is at no plant yet except in shadow, and the plant has not had it before."""
    current = portion.current
    if portion.cancelled or portion.feeds is not None or state.order.terms.quotation:
        return False
    before = [attempt.plant for attempt in portion.attempts if attempt is not current]
    known = portion.item in master.items and plant in master.members.by_id
    return known and (current is None or current.shadow) and plant not in (*before, *portion.excluded)


def _attempt(state: OrderState, portion: Portion, line: Line, plant: str, context: DecisionContext) -> Attempt:
    made = min(portion.to_make or ZERO, portion.quantity)
    ready = dates.due(state, portion, plant, line, context.master)
    reservation = Reservation(
        1,
        portion.quantity,
        dates.day_at(plant, context.time, context.master),
        from_stock=portion.quantity - made,
        to_make=made,
        available_on=ready,
        answered=1,
    )
    return Attempt(
        plant,
        number=portion.next_attempt,
        reservation=reservation,
        approved=True,
        issued=Issued(
            portion.quantity,
            ready,
            dates.consignee(state),
            price=issue.price(portion, line, context.master),
            content=portion.content,
        ),
        revision=1,
        wanted_for=line.requested_for(portion.node),
        delivered_revision=1,
        answer=Answer(BEFORE, True, ready),
    )
