"""Takes the state of a plant's production orders into the state of an order."""

from decimal import Decimal

from kranhub.errors import InvalidDocument
from kranhub.wire import messages
from kranhub.wire.messages import ProductionState
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Production
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion
from streams.routing.planner.step import Step
from streams.routing.plant_events.assignments import addressed, known_order, with_attempt_at
from streams.routing.validation import document_identity
from streams.routing.validation.normalise import UNMAPPED_UNIT, in_base


def apply_production(state: OrderState | None, value: messages.ProductionStatus, context: DecisionContext) -> Step:
    """Apply the state of a plant's production order; a repeat changes nothing.

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
        _completed(assignment.portion, value, context.master),
    )
    if assignment.attempt.has_seen(context.fingerprint):
        return Step(state)
    known = {production.number: production for production in assignment.attempt.productions}
    before = known[new.number].document if new.number in known else None
    new = replace(
        new, document=document_identity.accept_document(before, context.event_id, f"{value['plant']}: {new.number}")
    )
    known[new.number] = new
    ordered = tuple(known[number] for number in sorted(known))
    cause = reasons.production(assignment.attempt.plant, assignment.portion.item, new.state, context.master)
    return Step(
        with_attempt_at(
            state, assignment, replace(assignment.attempt.with_seen(context.fingerprint), productions=ordered)
        ),
        cause,
    )


def _completed(portion: Portion, value: messages.ProductionStatus, master: MasterData) -> Decimal:
    completed = in_base(master.items[portion.item], value["completed"], value["unit"])
    if completed is None:
        raise InvalidDocument(UNMAPPED_UNIT, reasons.unmapped_unit(value["unit"], portion.unit))
    return completed
