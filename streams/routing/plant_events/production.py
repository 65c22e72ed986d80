"""Takes the state of a plant's production orders into the state of an order, and what follows where they fall short."""

from datetime import date
from decimal import Decimal

from kranhub.wire import messages
from kranhub.wire.messages import ProductionState
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.model.attempt import Attempt, Production
from streams.routing.model.codes import AlertCode, CauseCode, CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.model.quantity import ZERO
from streams.routing.planner import messages as alerts
from streams.routing.planner.step import Step
from streams.routing.plant_events.assignments import (
    addressed,
    current_portion,
    in_base_unit,
    known_order,
    split_portion,
    with_attempt_at,
)
from streams.routing.reasons import Cause
from streams.routing.schedule import dates
from streams.routing.validation import document_identity


def apply_production(state: OrderState | None, value: messages.ProductionStatus, context: DecisionContext) -> Step:
    """Apply the state of a plant's production order; a repeat changes nothing.

    Where the plant has closed its production with less than it was to make, the rest is planned again. Where it has
    aborted all of it, the work is counted anew. Operators are alerted to both.

    Args:
        state: The order; None where the hub does not know it.
        value: The ProductionStatus.
        context: The event and the master data.

    Raises:
        InvalidDocument: ``unknown-plant-order`` or ``not-addressee`` as `addressed` does, ``unmapped-unit`` where its
            unit does not convert, ``too-many-digits`` where its quantity does not fit, ``two-documents`` where another
            document reports the same production order.
    """
    plant_order_id = value["plant_order_id"] or ""
    state = known_order(state, plant_order_id)
    assignment = addressed(state, value["plant_order_id"] or "", value["plant"])
    new = Production(
        value["production_order_id"],
        value["as_of"],
        ProductionState(value["state"]),
        value["estimated_completion"],
        in_base_unit(assignment.portion, value["completed"], value["unit"], context.master),
        scrapped=in_base_unit(assignment.portion, value["scrapped"], value["unit"], context.master),
    )
    if assignment.attempt.has_seen(context.fingerprint):
        return Step(state)
    known = {production.number: production for production in assignment.attempt.productions}
    old = known.get(new.number)
    before = old.document if old else None
    new = replace(
        new,
        document=document_identity.accept_document(before, context.event_id, f"{value['plant']}: {new.number}"),
        ended_on=_ended_on(new, old, value["plant"], context),
    )
    known[new.number] = new
    ordered = tuple(known[number] for number in sorted(known))
    attempt = replace(assignment.attempt.with_seen(context.fingerprint), productions=ordered)
    state = with_attempt_at(state, assignment, attempt)
    portion = current_portion(state, assignment.portion)
    lost = _lost_beside_stock(portion, new, old, value, context)
    again = planned_again(state, portion, attempt, context, lost)
    if again is not None:
        return again
    followed = portion.current == attempt and attempt.confirmed and not attempt.shadow and not portion.surplus
    if followed and attempt.aborted and not assignment.attempt.aborted:
        return _aborted(state, portion, attempt, new, context)
    cause = reasons.production(attempt.plant, portion.item, new.state, context.master)
    return Step(state, cause)


def _ended_on(new: Production, old: Production | None, plant: str, context: DecisionContext) -> date | None:
    """Return the day, at the plant, on which the work ended with as much made as now; None while it goes on."""
    if new.state not in dates.ENDED:
        return None
    if old is not None and old.ended_on is not None and old.completed == new.completed:
        return old.ended_on
    return dates.day_at(plant, new.at, context.master)


def _lost_beside_stock(
    portion: Portion,
    new: Production,
    old: Production | None,
    value: messages.ProductionStatus,
    context: DecisionContext,
) -> Decimal:
    """Return how much the plant has newly lost of what it was to make where the hub counted all of it from stock."""
    if portion.wanted_of_production > 0 or new.state is not ProductionState.CLOSED:
        return ZERO
    planned = in_base_unit(portion, value["planned"], value["unit"], context.master)
    return max(ZERO, min(new.scrapped - (old.scrapped if old else ZERO), planned - new.completed))


def _is_closed(attempt: Attempt) -> bool:
    """Return whether the plant has closed its production: no more of it comes."""
    states = {made.state for made in attempt.productions}
    return states <= {ProductionState.CLOSED, ProductionState.ABORTED} and ProductionState.CLOSED in states


def planned_again(
    state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext, lost: Decimal = ZERO
) -> Step | None:
    """Leave to a plant what it has made where it has closed its production short, and plan the rest again.

    The same plant may be asked once more.

    Args:
        state: The order.
        portion: The portion.
        attempt: The attempt of the plant.
        context: The event and the master data.
        lost: How much was newly lost of what the hub did not know to be made, as it counted it from stock.

    Returns:
        None where nothing is short, or while the plant has not accepted what it was last asked.
    """
    if portion.current != attempt or not attempt.confirmed or attempt.shadow or portion.surplus:
        return None
    short = max(portion.wanted_of_production - attempt.irrevocable, min(lost, portion.quantity - attempt.shipped))
    if short <= 0 or not _is_closed(attempt):
        return None
    scrapped = sum((made.scrapped for made in attempt.productions), ZERO)
    text = reasons.production_short(attempt.plant, portion.item, short, scrapped, context.master)
    place = f"{portion.place}.{attempt.number}/{attempt.completed.normalize():f}/{scrapped.normalize():f}"
    alert = alerts.alert(state, AlertCode.PRODUCTION_SHORT, place, text, context.time)
    kept = portion.quantity - short
    if kept > 0:
        state = split_portion(state, portion, kept, excluded=())
    else:
        closed = attempt.close(CloseReason.NOT_MADE, withdraw=True)
        state = state.with_portion(with_attempt(portion, closed).replanned())
    return Step(state, Cause(CauseCode.PRODUCTION_SHORT, text), [alert])


def _aborted(state: OrderState, portion: Portion, attempt: Attempt, new: Production, context: DecisionContext) -> Step:
    text = reasons.production_aborted(attempt.plant, portion.item, context.master)
    place = f"{portion.place}.{attempt.number}/{new.number}/{new.at.isoformat()}"
    alert = alerts.alert(state, AlertCode.PRODUCTION_ABORTED, place, text, context.time)
    return Step(state, Cause(CauseCode.PRODUCTION_ABORTED, text), [alert])
