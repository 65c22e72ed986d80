"""Lines that the order itself holds: which of them go on as the master data and people's approvals are now. Pure."""

from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import NOT_NORMALISED, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import Order, OrderState
from streams.routing.planner import plausibility
from streams.routing.validation import normalise


def released(state: OrderState, master: MasterData) -> Order:
    """Return the order with those of its lines on hold that need not be; a complete delivery goes on as a whole.

    Args:
        state: The order, with the quantities that a person has approved.
        master: The master data.

    Raises:
        InvalidDocument: ``too-many-digits`` where a quantity does not fit in the base unit.
    """
    order = state.order
    lines = tuple(normalise.mapped(line, order.buyer, master) for line in order.lines)
    lifted = [HoldReason.IMPLAUSIBLE_QUANTITY]
    if not any(line.hold_reason in NOT_NORMALISED for line in lines):
        lifted.append(HoldReason.COMPLETE_DELIVERY)
    lines = tuple(replace(line, hold_reason=None) if line.hold_reason in lifted else line for line in lines)
    return plausibility.with_implausible_held(replace(order, lines=lines), state, master)
