"""What holds of an order after every event, whatever has happened."""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from typing import Any

from streams.routing.context import DecisionContext
from streams.routing.masterdata.items import Component, Item, Supply
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model import order
from streams.routing.model.attempt import Attempt
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion
from streams.routing.notify import status
from streams.routing.planner import reconcile
from streams.routing.planner.messages import OutputMessage
from tests.support.worlds import World

ZERO = Decimal(0)
_MICRO = Decimal("0.000001")
_SAID_NO = ("rejected", "delivery-refused")


def check(of: World, context: DecisionContext, changed: bool) -> None:
    """Assert everything that holds at any time, and what holds where the last event has ``changed`` something."""
    state = of.state
    if state is None or state.closed:
        return
    assert order.load(order.dump(state)) == state
    for message in of.sent[-20:]:
        bilingual(message)
    if state.frozen or state.is_expired or not changed:
        return
    conserved(state, of.master)
    at_plants(of, state)
    settled(state, context)
    if of.is_quiet():
        reserved(of, state)


def bilingual(message: OutputMessage) -> None:
    """Assert that what a person reads is complete in both languages."""
    for name in ("text", "reason"):
        words = message.value.get(name)
        if isinstance(words, dict) and words:
            assert set(words) == {"en", "ru"}
            assert all(words.values())


def conserved(state: OrderState, master: MasterData) -> None:
    """Assert that portions sum up to what is needed; more only where nothing of the surplus can be taken back.

    A line that waits for a correction needs nothing new: what is at plants of it stays.
    """
    needed = dict(needs(state, master))
    waiting = {line.line_id for line in state.order.lines if line.hold_reason and not state.order.cancelled}
    places = {place_of(portion) for portion in active(state)} | set(needed)
    for place in places:
        if place[0] in waiting:
            found = [portion for portion in active(state) if place_of(portion) == place]
            assert all(portion.irrevocable or (portion.current and portion.current.issued) for portion in found)
            continue
        found = [portion for portion in active(state) if place_of(portion) == place]
        total = sum((portion.quantity for portion in found), ZERO)
        if total != needed.get(place, ZERO):
            assert total > needed.get(place, ZERO), place
            assert all(portion.quantity <= portion.irrevocable for portion in found), place
        assert all(portion.quantity > 0 for portion in found)


Where = tuple[str, str, str]


def place_of(portion: Portion) -> Where:
    """Return the need that the portion is for."""
    return portion.line_id, portion.node, portion.item


def active(state: OrderState) -> list[Portion]:
    """Return the portions that count."""
    return [portion for portion in state.portions if not portion.cancelled]


def needs(state: OrderState, master: MasterData) -> Iterator[tuple[Where, Decimal]]:
    """Yield what the lines need, by their bills, for what is not taken from stock."""
    for line in state.order.lines:
        if line.item and not line.hold_reason and not state.order.cancelled:
            known = [
                each.item for each in state.substitutions if (each.line_id, each.ordered) == (line.line_id, line.item)
            ]
            yield from _needs(state, master, (line.line_id, "", (known or [line.item])[0]), line.quantity)


def _needs(state: OrderState, master: MasterData, place: Where, quantity: Decimal) -> Iterator[tuple[Where, Decimal]]:
    yield place, quantity
    made = sum((min(p.quantity, p.to_make or ZERO) for p in active(state) if place_of(p) == place), ZERO)
    made = _whole(made, master.items[place[2]])
    for part in _bill(state, master, place) if made > 0 else ():
        if master.items[part.item].supply is Supply.MAKE or master.makers(part.item):
            node = f"{place[1]}/{part.item}" if place[1] else part.item
            with localcontext(prec=60):
                below = _whole((made * part.quantity).quantize(_MICRO), master.items[part.item])
            if below > 0:
                yield from _needs(state, master, (place[0], node, part.item), below)


def _bill(state: OrderState, master: MasterData, place: Where) -> Sequence[Component]:
    """Return the bill by the day on which the line is wanted."""
    known = master.items[place[2]]
    day = next(line.requested_date for line in state.order.lines if line.line_id == place[0])
    later = [bill.components for bill in known.bills if bill.valid_from is not None and bill.valid_from <= day]
    return [*later, known.components][0] if known.supply is Supply.MAKE else ()


def _whole(quantity: Decimal, item: Item) -> Decimal:
    """Return the quantity as it can be made: pieces are whole."""
    return Decimal(math.ceil(quantity)) if item.unit == "H87" else quantity


def at_plants(of: World, state: OrderState) -> None:
    """Assert that what each plant was told last is what its portion says, and that nobody has what no portion has."""
    told = of.plant_orders()
    for portion in state.portions:
        for attempt in portion.attempts:
            number = portion.id_of(state.key, attempt)
            if attempt.issued is None:
                assert number not in told
                continue
            told_last(of, told.pop(number), portion, attempt)
    assert told == {}
    for portion in active(state):
        waits = portion.open_quotes is not None
        held, placed = portion.hold_reason is not None, portion.current is not None
        assert held != placed or (waits and not held), portion


def told_last(of: World, value: Any, portion: Portion, attempt: Attempt) -> None:
    """Assert that the plant's last version agrees with the attempt."""
    assert attempt.issued is not None
    assert value["revision"] == attempt.revision
    if portion.cancelled or attempt.close_reason:
        assert (value["document_status"] == "CANCELLED") or (attempt.close_reason in _SAID_NO)
        return
    assert value["document_status"] == "ACTIVE"
    assert attempt.issued.quantity == portion.quantity
    quantity = value["lines"][0]["quantity"]
    if quantity != portion.quantity:
        assert attempt.answer is not None
        assert attempt.answer.accepted
        assert portion.quantity == of.accepted[value["plant_order_id"]] < quantity


def settled(state: OrderState, context: DecisionContext) -> None:
    """Assert that to look once more says nothing new."""
    step = reconcile.reconcile(state, context)
    assert step.messages == []
    assert step.state == state
    derived = status.derive(state, context)
    assert state.status is not None
    assert replace(derived, earliest_date=state.status.earliest_date) == state.status


def reserved(of: World, state: OrderState) -> None:
    """Assert that the allocators keep what is open, enough of it, and nothing else."""
    kept = {
        portion.id_of(state.key, attempt): portion.quantity
        for portion in active(state)
        for attempt in portion.attempts
        if attempt.close_reason is None
    }
    assert set(of.asked) == set(kept)
    for number, quantity in kept.items():
        offered = of.results[number]["from_stock"] + of.results[number]["to_make"]
        if number not in of.shortened:
            assert quantity <= offered
            assert quantity in (offered, of.asked[number]["quantity"])
