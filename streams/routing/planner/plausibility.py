"""Quantities that nobody orders on purpose wait for a person: one typo takes neither stock nor capacity from others."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import ApprovedQuantity, Line, Order, OrderState
from streams.routing.model.quantity import ZERO

WEEKS = 26
"""Where an item names no plausible quantity, what all its makers can make in so many weeks is one."""


def limit(item: str, buyer: str, master: MasterData) -> Decimal | None:
    """Return up to which quantity an order of the item is taken without a person.

    Args:
        item: The item's id, in the master data.
        buyer: The buyer, for whom the item may have a limit of its own.
        master: The master data; a limit by capacity is remembered there.

    Returns:
        In the item's base unit; None where the item names none and no maker of it declares a capacity.
    """
    known = master.items[item]
    return known.plausible_quantities.get(buyer) or known.plausible_quantity or _by_capacity(item, master)


def _by_capacity(item: str, master: MasterData) -> Decimal | None:
    place = (_by_capacity, item)
    if place not in master.worked_out:
        with localcontext(prec=60):
            weekly = [
                made
                for maker in master.makers(item)
                if (capacity := maker.capability.capacity) is not None
                and (made := master.items[item].in_base(capacity.quantity, capacity.unit)) is not None
            ]
            master.worked_out[place] = sum(weekly, ZERO) * WEEKS or None
    found: Decimal | None = master.worked_out[place]
    return found


def with_implausible_held(order: Order, known: OrderState | None, master: MasterData) -> Order:
    """Return the order with its lines of implausible quantities on hold; with complete delivery, all its lines.

    What was taken once is not asked about again: a line that goes on in ``known``, or that a person has approved, as
    long as its quantity does not rise. Orders from before the hub stand at their plants already and are not held.

    Args:
        order: The order; lines that are on hold for other reasons stay so.
        known: The order as it was; None for a new one.
        master: The master data.
    """
    if order.opening or order.cancelled:
        return order
    taken = _taken(known)
    held = {line.line_id for line in order.lines if _is_implausible(line, order.buyer, taken, master)}
    if not held:
        return order
    others = HoldReason.COMPLETE_DELIVERY if order.complete_delivery else None
    lines = tuple(
        replace(line, hold_reason=line.hold_reason or (_IMPLAUSIBLE if line.line_id in held else others))
        for line in order.lines
    )
    return replace(order, lines=lines)


_IMPLAUSIBLE = HoldReason.IMPLAUSIBLE_QUANTITY


def _taken(known: OrderState | None) -> Mapping[tuple[str, str | None], Decimal]:
    """Return the largest quantity of each line and item that was taken or approved."""
    if known is None:
        return {}
    going_on = [(line.line_id, line.item, line.quantity) for line in known.order.lines if line.hold_reason is None]
    approved = [(each.line_id, each.item, each.quantity) for each in known.approved_quantities]
    found: dict[tuple[str, str | None], Decimal] = {}
    for line, item, quantity in (*going_on, *approved):
        found[line, item] = max(quantity, found.get((line, item), ZERO))
    return found


def _is_implausible(
    line: Line, buyer: str, taken: Mapping[tuple[str, str | None], Decimal], master: MasterData
) -> bool:
    if line.hold_reason is not None or line.item not in master.items:
        return False
    most = limit(str(line.item), buyer, master)
    return most is not None and line.quantity > max(most, taken.get((line.line_id, line.item), ZERO))


def held_lines(order: Order, line_id: str | None) -> list[Line]:
    """Return the lines that wait for the approval of their quantity.

    Args:
        order: The order.
        line_id: The line; None for all.
    """
    return [line for line in order.lines if line.hold_reason is _IMPLAUSIBLE and line_id in (None, line.line_id)]


def with_approved(state: OrderState, lines: Iterable[Line]) -> OrderState:
    """Return the state in which a person has approved the quantities of these lines.

    Args:
        state: The order.
        lines: Some of its lines.
    """
    approved = {each.line_id: each for each in state.approved_quantities}
    approved |= {line.line_id: ApprovedQuantity(line.line_id, str(line.item), line.quantity) for line in lines}
    return replace(state, approved_quantities=tuple(approved.values()))
