"""From an order to its portions: explode by the bill of materials, then fit the known portions to what is needed."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any

from streams.router.masterdata import MasterData
from streams.router.model import Line, Order, OrderState, Portion


@dataclass(frozen=True, slots=True)
class Need:
    """What a line needs of one item, in its base unit. ``feeds`` is the item of the same line that it goes into."""

    line_id: str
    item: str
    unit: str
    quantity: Decimal
    feeds: str | None = None


def order_of(value: Mapping[str, Any]) -> Order:
    """Return the order of a normalised Order record; times and revisions are no content."""
    return Order(
        order_id=value["order_id"],
        buyer=value["buyer"],
        kind=value["kind"],
        currency=value["currency"],
        requested_date=value["requested_date"],
        lines=tuple(_line(line, value) for line in value["lines"]),
        payer=value["payer"],
        user=value["user"],
        consignee=value["consignee"],
        programme=value["programme"],
        delivery_place=value["delivery_place"],
        complete_delivery=value["complete_delivery"],
        cancelled=value["document_status"] == "CANCELLED",
    )


def _line(line: Mapping[str, Any], value: Mapping[str, Any]) -> Line:
    return Line(
        line_id=line["line_id"],
        item_code=line["item_code"],
        item=line["item"],
        quantity=line["quantity"],
        unit=line["unit"],
        requested_date=line["requested_date"] or value["requested_date"],
        description=line["description"],
        price=line["price"],
        hold_reason=line["hold_reason"],
    )


def needs(order: Order, master: MasterData) -> tuple[Need, ...]:
    """Return what the order needs; nothing for held lines and cancelled orders.

    An item with a bill becomes its components and itself, the assembly that they feed (see docs/architecture.md).
    """
    if order.cancelled:
        return ()
    lines = [line for line in order.lines if line.item and not line.hold_reason]
    return tuple(need for line in lines for need in _explode(line, master))


def _explode(line: Line, master: MasterData) -> list[Need]:
    item = master.items[str(line.item)]
    found = [Need(line.line_id, item.item, item.unit, line.quantity)]
    with localcontext(prec=60):
        for part in item.components:
            quantity = (line.quantity * part.quantity).quantize(Decimal("0.000001")).normalize() + 0
            unit = master.items[part.item].unit
            found.append(Need(line.line_id, part.item, unit, quantity, part.feeds or item.item))
    return found


def fit(state: OrderState, master: MasterData) -> OrderState:
    """Return the state with portions that sum up to the needs, by the smallest difference.

    More goes to the last portion, less is taken from the last; what is no longer needed is cancelled.
    """
    wanted = needs(state.order, master)
    kept = {(need.line_id, need.item) for need in wanted}
    for portion in state.portions:
        if not portion.cancelled and (portion.line_id, portion.item) not in kept:
            state = state.with_portion(replace(portion, cancelled=True))
    for need in wanted:
        state = _fit_one(state, need)
    return state


def _fit_one(state: OrderState, need: Need) -> OrderState:
    active = [p for p in state.portions if (p.line_id, p.item) == (need.line_id, need.item) and not p.cancelled]
    missing = need.quantity - sum((portion.quantity for portion in active), Decimal(0))
    if missing > 0 and not active:
        return add_portion(state, need)
    for portion in reversed(active):
        if missing == 0:
            break
        quantity = max(Decimal(0), portion.quantity + missing)
        missing -= quantity - portion.quantity
        state = state.with_portion(
            replace(portion, quantity=quantity) if quantity else replace(portion, cancelled=True)
        )
    return state


def add_portion(state: OrderState, need: Need, excluded: tuple[str, ...] = ()) -> OrderState:
    """Return the state with one more portion; ``excluded`` members are not asked for it."""
    part = 1 + max((portion.part for portion in state.portions if portion.line_id == need.line_id), default=0)
    portion = Portion(need.line_id, part, need.item, need.unit, need.quantity, need.feeds, excluded)
    return state.with_portion(portion)
