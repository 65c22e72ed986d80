"""From an order to its portions: explode by the bills of materials, then fit the known portions to what is needed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any, NamedTuple

from kranhub.wire import messages
from kranhub.wire.messages import OrderDocumentStatus
from streams.routing.masterdata.items import Component, Supply
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import CORRECTABLE, NO_PLANT, UNMAPPED, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import Line, Order, OrderState, Substitution, delivery_node, is_own_node
from streams.routing.model.portion import Portion
from streams.routing.model.quantity import MICRO, ZERO, ceil_to
from streams.routing.model.terms import NO_SPECIFICATION, specification_of, terms_of, to_plant
from streams.routing.validation.normalise import deliveries_of


@dataclass(frozen=True, slots=True)
class Need:
    """What a line needs of one item.

    Attributes:
        line_id: The order's line.
        item: The item's id.
        unit: Its base unit.
        quantity: In the base unit.
        node: As in `Portion`.
        feeds: As in `Portion`.
    """

    line_id: str
    item: str
    unit: str
    quantity: Decimal
    node: str = ""
    feeds: str | None = None


def order_of(value: messages.Order) -> Order:
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
        delivery_place=_text_or_none(value["delivery_place"]),
        complete_delivery=value["complete_delivery"],
        cancelled=value["document_status"] == OrderDocumentStatus.CANCELLED,
        terms=terms_of(value),
        opening=bool(value.get("opening")),
        number=_text_or_none(value.get("number")),
        alternatives_allowed=value.get("alternatives_allowed"),
    )


def _text_or_none(text: str | None) -> str | None:
    """Return an optional text; a blank one says nothing, and an ERP would not keep it."""
    return text if text and not text.isspace() else None


def _line(line: messages.OrderLine, value: messages.Order) -> Line:
    deliveries = deliveries_of(line)
    return Line(
        line_id=line["line_id"],
        item_code=line["item_code"],
        item=line["item"],
        quantity=line["quantity"],
        unit=line["unit"],
        requested_date=deliveries[-1].requested_date
        if deliveries
        else line["requested_date"] or value["requested_date"],
        description=_text_or_none(line["description"]),
        price=line["price"],
        hold_reason=HoldReason(line["hold_reason"]) if line["hold_reason"] else None,
        specification=specification_of(line),
        opening_plant=line.get("opening_plant"),
        deliveries=deliveries if len(deliveries) > 1 else (),
        rounded_from=line.get("rounded_from"),
    )


def with_revision(state: OrderState, order: Order) -> OrderState:
    """Return the state with the next revision of its order.

    Portions of which the order now says something else to their plants are marked (`Portion.content`). What had no
    plant is planned again where the revision may have changed that.
    """
    whole = _to_all(order) != _to_all(state.order)
    before, after = _to_makers(state.order), _to_makers(order)
    changed = {name for name, content in after.items() if before.get(name) != content}
    portions = tuple(
        replace(portion, content=portion.content + 1)
        if whole or (portion.feeds is None and portion.line_id in changed)
        else portion
        for portion in state.portions
    )
    is_replanned = _replannable(state.order, order)
    portions = tuple(portion.replanned() if is_replanned(portion) else portion for portion in portions)
    kept = tuple(known for known in state.substitutions if _stays(known, state, order))
    return replace(
        state,
        order=order,
        revision=state.revision + 1,
        portions=portions,
        cancelled_by_hand=False,
        substitutions=kept,
    )


def _stays(known: Substitution, state: OrderState, order: Order) -> bool:
    """Return whether the line is still planned with the item that was found for it.

    A change of what decides on it has it tried anew, unless a plant makes it already.
    """
    before, line = (each.line(known.line_id) for each in (state.order, order))
    if line is None or before is None or line.item != known.ordered:
        return False
    if known.item != known.ordered and order.alternatives_allowed is False:
        return False
    is_same = _to_sourcing(line) == _to_sourcing(before) and _to_rules(order) == _to_rules(state.order)
    return (is_same and not state.order.cancelled) or is_at_plant(state, known.line_id)


def is_at_plant(state: OrderState, line_id: str) -> bool:
    """Return whether a plant has been asked to make something that the line needs, or a person has chosen one."""
    return any(
        portion.irrevocable > 0
        or portion.plant_by_hand is not None
        or (portion.current is not None and (portion.current.by_hand or portion.current.issued is not None))
        for portion in state.portions
        if portion.line_id == line_id and not portion.cancelled and not portion.surplus
    )


def tried_anew(state: OrderState, *, asked: bool = True) -> OrderState:
    """Return the state in which the lines that no plant can deliver are tried with each of their items again.

    Args:
        state: The order, of which something may have changed that no event of its own says.
        asked: Whether lines count of which a plant was asked to make something: it has refused, or was silent.
    """
    if not state.substitutions:
        return state
    held = {p.line_id for p in state.portions if p.hold_reason in NO_PLANT and not p.cancelled}
    if not asked:
        held -= {p.line_id for p in state.portions if any(attempt.issued for attempt in p.attempts)}
    kept = tuple(
        known for known in state.substitutions if known.line_id not in held or is_at_plant(state, known.line_id)
    )
    return state if len(kept) == len(state.substitutions) else replace(state, substitutions=kept)


def _replannable(before: Order, after: Order) -> Callable[[Portion], bool]:
    """Return which held portions the change of the order may have given a plant."""
    ruled = _to_rules(before) != _to_rules(after)
    known = {line.line_id: _to_sourcing(line) for line in before.lines}
    lines = {line.line_id for line in after.lines if known.get(line.line_id) != _to_sourcing(line)}

    def is_replanned(portion: Portion) -> bool:
        return portion.hold_reason in NO_PLANT and (ruled or portion.line_id in lines)

    return is_replanned


def _to_rules(order: Order) -> tuple[Any, ...]:
    """Return what of the order decides who may be asked."""
    return order.kind, order.currency, order.programme, order.opening, order.alternatives_allowed


def _to_sourcing(line: Line) -> tuple[Any, ...]:
    """Return what of a line decides who can make it, and what it is built of."""
    return line.item, line.quantity, line.requested_date, line.opening_plant, line.deliveries, line.specification


def _to_all(order: Order) -> tuple[Any, ...]:
    """Return what of the order as a whole every plant receives (`messages.plant_order`)."""
    return order.kind, order.currency, order.payer, order.programme, order.number, to_plant(order.terms)


def _to_makers(order: Order) -> dict[str, tuple[Any, ...]]:
    """Return what of each line the plant receives that makes the line's own item."""
    return {line.line_id: (line.description, line.specification) for line in order.lines}


def needs(state: OrderState, master: MasterData) -> Iterator[Need]:
    """Yield what the order needs, a parent before its components; nothing for held lines and cancelled orders.

    An item with a bill is its own assembly; its components are needed for what is not taken from stock, in whole
    steps of their own (`Item.step`).
    """
    for need in _wanted(state, master):
        yield need
        yield from _below(state, need, master)


def _wanted(state: OrderState, master: MasterData) -> list[Need]:
    if state.order.cancelled:
        return []
    items = [(line, planned_item(state, line, master)) for line in state.order.lines if not line.hold_reason]
    return [need for line, item in items if item in master.items for need in _of_line(line, item)]


def planned_item(state: OrderState, line: Line, master: MasterData) -> str:
    """Return the item that the line is planned with: its own, or an alternative that the master data have.

    Args:
        state: The order.
        line: One of its lines.
        master: The master data.
    """
    known = state.substitution(line.line_id) if state.substitutions else None
    is_known = known is not None and known.ordered == line.item and known.item in master.items
    return known.item if known is not None and is_known else str(line.item)


def _of_line(line: Line, item: str) -> list[Need]:
    """Return what the line needs of the item: each delivery of its schedule by itself."""
    unit = line.unit
    if not line.deliveries:
        return [Need(line.line_id, item, unit, line.quantity)]
    return [
        Need(line.line_id, item, unit, delivery.quantity, delivery_node(number))
        for number, delivery in enumerate(line.deliveries)
    ]


def _below(state: OrderState, parent: Need, master: MasterData) -> Iterator[Need]:
    for need in _components(state, parent, master):
        yield need
        yield from _below(state, need, master)


def _components(state: OrderState, parent: Need, master: MasterData) -> list[Need]:
    parts = parts_of(parent.item, parent.node, state.order.line(parent.line_id), master)
    made = ceil_to(_to_make(state, parent), master.items[parent.item].step) if parts else ZERO
    if made <= 0:
        return []
    return [
        Need(parent.line_id, part.item, part.unit, _amount(made, part, master), part.node, part.feeds) for part in parts
    ]


def _amount(made: Decimal, part: "Part", master: MasterData) -> Decimal:
    """Return how much of the part goes into so much: pieces are whole, so half a roll needs a roll."""
    return ceil_to(_times(made, part.quantity), master.items[part.item].step)


class Part(NamedTuple):
    """What one base unit of a node's item needs.

    Attributes:
        item: The item's id.
        unit: Its base unit.
        quantity: In the base unit.
        node: As in `Portion`.
        feeds: As in `Portion`.
    """

    item: str
    unit: str
    quantity: Decimal
    node: str
    feeds: str


def parts_of(item: str, node: str, line: Line | None, master: MasterData) -> tuple[Part, ...]:
    """Return the item's bill at this node, without what the plant that builds it in buys by itself.

    Of the item's bills the first counts that the line meets: by the day on which it is wanted, and where it is the
    line's own item by its characteristic and drawing as well.

    Args:
        item: The item that is built.
        node: Its node in the line's bill of materials, as in `Portion`.
        line: The line; None where the order has it no longer.
        master: The master data; the result is remembered there.
    """
    components = components_of(item, node, line, master)
    known, place = master.worked_out, (parts_of, id(components), node)  # the bills live as long as the master data
    if (found := known.get(place)) is None:
        found = known[place] = tuple(_bill(components, node, master))
    parts: tuple[Part, ...] = found
    return parts


def components_of(item: str, node: str, line: Line | None, master: MasterData) -> tuple[Component, ...]:
    """Return the item's bill at this node, all of it.

    Args:
        item: The item that is built.
        node: Its node in the line's bill of materials, as in `Portion`.
        line: The line; None where the order has it no longer.
        master: The master data.
    """
    if line is None:
        return master.items[item].bill()
    specification = line.specification if is_own_node(node) and item == line.item else NO_SPECIFICATION
    return master.items[item].bill(specification, line.requested_for(node))


def places(item: str, line: Line | None, master: MasterData) -> list[Part]:
    """Return where items may stand in a line that is planned with this one: first itself, then all its parts.

    Args:
        item: The item that the line is planned with.
        line: The line: each delivery of its schedule has the same places; None where the order has it no longer.
        master: The master data.
    """
    found: list[Part] = []
    for number in range(max(1, len(line.deliveries)) if line else 1):
        tree = [Part(item, master.items[item].unit, Decimal(1), delivery_node(number), "")]
        for part in tree:
            tree += parts_of(part.item, part.node, line, master)
        found += tree
    return found


def _bill(components: Sequence[Component], node: str, master: MasterData) -> Iterator[Part]:
    parts = {part.item: part for part in components}
    nodes = {name: f"{node}/{name}".lstrip("/") for name in parts if not _bought_elsewhere(name, master)}
    for name, place in nodes.items():
        part = parts[name]
        yield Part(name, master.items[name].unit, part.quantity, place, nodes.get(_into(part, parts, nodes), node))


def _bought_elsewhere(item: str, master: MasterData) -> bool:
    """Return whether no member sells what is bought: then the plant that builds it in buys it by itself."""
    return master.items[item].supply is Supply.BUY and not master.makers(item)


def _into(part: Component, parts: Mapping[str, Component], nodes: Mapping[str, str]) -> str:
    """Return the nearest sibling with a place of its own that the part goes into, or "" for the parent."""
    feeds = part.feeds
    while feeds and feeds not in nodes:
        feeds = parts[feeds].feeds
    return feeds or ""


@lru_cache(maxsize=10_000)
def _times(made: Decimal, quantity: Decimal) -> Decimal:
    with localcontext(prec=60):
        return (made * quantity).quantize(MICRO).normalize() + 0


def _to_make(state: OrderState, need: Need) -> Decimal:
    return sum((min(portion.to_make or ZERO, portion.quantity) for portion in active(state, need)), ZERO)


def active(state: OrderState, need: Need) -> list[Portion]:
    """Return the portions that cover the need."""
    node, line, item = need.node, need.line_id, need.item
    return [p for p in state.portions if p.node == node and p.line_id == line and p.item == item and not p.cancelled]


def fit(state: OrderState, master: MasterData, waiting: frozenset[str]) -> OrderState:
    """Return the state with portions that sum up to the needs, by the smallest difference.

    More goes to the last portion, less is taken from the last; what is no longer needed is cancelled. What a plant has
    made or sent stays: nobody can take it back.

    Args:
        state: The order, or one line of it (`OrderState.by_line`).
        master: The master data.
        waiting: The lines of the whole order that wait for a correction (`waiting_lines`).
    """
    kept: set[tuple[str, str, str]] = set()
    for need in _wanted(state, master):
        state = _fit_tree(state, need, master, kept)
    for portion in state.portions:
        if portion.line_id in waiting and portion.current and portion.current.issued:
            continue
        if not portion.cancelled and (portion.line_id, portion.node, portion.item) not in kept:
            spare = portion if portion.surplus else replace(portion, surplus=True)
            state = state.with_portion(_shrunk(spare, ZERO))
    return state


def waiting_lines(order: Order) -> frozenset[str]:
    """Return the lines whose last revision waits for a correction: what is at plants of them stays there until then.

    A mistake in a quantity or a price takes nothing back from a plant. What no plant was notified of is given up.
    """
    held = {line.line_id: line.hold_reason for line in order.lines if line.hold_reason}
    if order.cancelled or any(why in UNMAPPED for why in held.values()):
        return frozenset(line for line, why in held.items() if why in CORRECTABLE and not order.cancelled)
    return frozenset(held)


def _fit_tree(state: OrderState, need: Need, master: MasterData, kept: set[tuple[str, str, str]]) -> OrderState:
    kept.add((need.line_id, need.node, need.item))
    state = _fit_one(state, need)
    for component in _components(state, need, master):
        state = _fit_tree(state, component, master, kept)
    return state


def _fit_one(state: OrderState, need: Need) -> OrderState:
    known = active(state, need)
    missing = need.quantity - sum((portion.quantity for portion in known), ZERO)
    if missing > 0 and not known:
        return add_portion(state, need)
    for portion in reversed(known):
        same = portion.feeds == need.feeds and not portion.surplus
        fitted = portion if same else replace(portion, feeds=need.feeds, surplus=False)
        if missing != 0:
            fitted = _shrunk(fitted, portion.quantity + missing)
            missing -= (ZERO if fitted.cancelled else fitted.quantity) - portion.quantity
        state = state.with_portion(fitted)
    return state


def _shrunk(portion: Portion, quantity: Decimal) -> Portion:
    """Return the portion with this quantity, or as much as is made or sent already; cancelled where that is nothing."""
    kept = max(quantity, min(portion.irrevocable, portion.quantity))
    if kept == portion.quantity:
        return portion
    return replace(portion, quantity=kept) if kept > 0 else portion.cancel()


def add_portion(
    state: OrderState, need: Need, excluded: tuple[str, ...] = (), to_make: Decimal | None = None
) -> OrderState:
    """Return the state with one more portion.

    Args:
        state: The order.
        need: What the portion is for.
        excluded: Members that are not asked for it.
        to_make: How much of it is not taken from stock, in the base unit; None where that is not known.
    """
    part = 1 + max((portion.part for portion in state.portions if portion.line_id == need.line_id), default=0)
    portion = Portion(
        need.line_id, part, need.item, need.unit, need.quantity, need.node, need.feeds, to_make, excluded=excluded
    )
    return state.with_portion(portion)
