"""Takes the receipts of plants' ERPs for plant orders into the state of an order."""

from kranhub.wire import messages
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.planner.step import Step
from streams.routing.plant_events.assignments import addressed, find, known_order, reject, with_attempt_at


def apply_receipt(state: OrderState | None, value: messages.Receipt, master: MasterData) -> Step:
    """Apply a plant's receipt of a plant order; an ERP that refused the document counts as a plant that refused.

    Args:
        state: The order; None where the hub does not know it.
        value: The Receipt.
        master: The master data.

    Raises:
        InvalidDocument: ``unknown-plant-order`` or ``not-addressee`` as `addressed` does.
    """
    state = known_order(state, value["key"])
    assignment = addressed(state, value["key"], value["member"])
    attempt, revision = assignment.attempt, value["revision"]
    if value["outcome"] in ("APPLIED", "DUPLICATE"):
        if revision < attempt.delivered_revision or (revision == attempt.delivered_revision and attempt.delivered_at):
            return Step(state)
        return Step(
            with_attempt_at(
                state, assignment, replace(attempt, delivered_revision=revision, delivered_at=value["delivered_at"])
            )
        )
    cancelled = attempt.issued is not None and attempt.issued.cancelled
    if value["outcome"] != "REJECTED" or revision < attempt.revision or cancelled or assignment.portion.cancelled:
        return Step(state)
    refused = reject(state, assignment, CloseReason.DELIVERY_REFUSED, value["delivered_at"], master)
    closed = find(refused.state, value["key"])
    if closed is None or revision == 1:
        return refused
    return refused._replace(state=with_attempt_at(refused.state, closed, closed.attempt.to_withdraw()))
