"""Plans a line with an alternative of its item where that cannot come, or comes late: by rule, and with consent. Pure.

A line is tried with its own item first, then with each alternative in the order of the nomenclature, until one comes in
time; where none does, with the one that comes first. Nothing is sent to a plant before that is decided. An alternative
stands for all of a line: what a plant has been asked to make is not replaced, and parts of an assembly have no
alternatives of their own.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from kranhub.text import Text
from streams.routing.context import DecisionContext
from streams.routing.masterdata.items import Item
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import AlternativeItems, Rule
from streams.routing.model.codes import NO_PLANT
from streams.routing.model.order import Line, Order, OrderState, Substitution, TriedItem
from streams.routing.planner import explode, source
from streams.routing.schedule import dates
from streams.routing.validation import order_quantity
from streams.routing.validation.order_quantity import OrderedQuantity


class Outcome(NamedTuple):
    """What became of a line with the item that it is planned with.

    Attributes:
        arrival: When all of it can be there; None where no plant can deliver it.
        in_time: It comes early enough for no other item to be tried.
    """

    arrival: date | None
    in_time: bool


class Trials(NamedTuple):
    """Which items lines are planned with next.

    Attributes:
        state: The order with other items, or with decisions for the present ones.
        lines: The ids of the lines of which that has changed: they are to be planned again; empty for none.
    """

    state: OrderState
    lines: frozenset[str]


def next_trials(state: OrderState, context: DecisionContext, lines: Collection[str] | None = None) -> Trials:
    """Return the next items of the lines whose outcome with the present ones is known.

    Args:
        state: The order, planned.
        context: The event and the master data.
        lines: The ids of the lines of which something may have changed; None for all.
    """
    items, tried = context.master.items, {known.line_id for known in state.substitutions}
    wanted = {
        line.line_id
        for line in state.order.lines
        if (lines is None or line.line_id in lines)
        and (line.line_id in tried or ((own := items.get(line.item or "")) is not None and own.alternative_items))
    }
    if not wanted or state.is_expired:
        return Trials(state, frozenset())
    parts = state.by_line(wanted)
    own_lines = [line for line in state.order.lines if line.line_id in wanted]
    found = {line.line_id: _next(parts[line.line_id], line, context) for line in own_lines}
    changed = {line_id: after for line_id, after in found.items() if after != state.substitution(line_id)}
    if not changed:
        return Trials(state, frozenset())
    return Trials(state.with_substitutions(changed), frozenset(changed))


def _next(state: OrderState, line: Line, context: DecisionContext) -> Substitution | None:
    """Return which item the line is planned with next; None for its own, of which nothing is to be remembered."""
    before, known = state.substitution(line.line_id), _known(state, line)
    candidates = _candidates(state, line, context.master)
    if known.item != known.ordered and known.item not in candidates and not explode.is_at_plant(state, line.line_id):
        return None
    if len(candidates) < 2 or (outcome := _outcome(state, line, context)) is None:
        return before
    after = next_trial(known, candidates, outcome)
    return before if after == known else after


def next_trial(known: Substitution, candidates: Sequence[str], outcome: Outcome) -> Substitution:
    """Return which item a line is planned with next; the same value where it stays.

    Args:
        known: The item that it is planned with, and those that were tried before.
        candidates: The items that it may be planned with, its own first.
        outcome: What became of it with the present item.
    """
    results = {tried.item: tried.arrival for tried in known.tried} | {known.item: outcome.arrival}
    if outcome.arrival is not None and (known.decided or outcome.in_time):
        return _planned_with(known, known.item, results, decided=True)
    left = [item for item in candidates if item not in results]
    if left:
        return _planned_with(known, left[0], results, decided=False)
    possible = [item for item in candidates if results.get(item) is not None]
    best = min(possible, key=lambda item: results[item] or date.max, default=known.ordered)
    return _planned_with(known, best, results, decided=True)


def _planned_with(known: Substitution, item: str, results: dict[str, date | None], *, decided: bool) -> Substitution:
    tried = tuple(TriedItem(name, arrival) for name, arrival in results.items() if name != item)
    return Substitution(known.line_id, known.ordered, item, tried, decided)


def is_open(state: OrderState, line: Line, master: MasterData) -> bool:
    """Return whether another item may yet be tried for the line, so that no plant is asked for the present one.

    Args:
        state: The order, or one line of it.
        line: The line.
        master: The master data.
    """
    return len(_candidates(state, line, master)) > 1 and not _known(state, line).decided


def is_tried_next(state: OrderState, line: Line | None, master: MasterData) -> bool:
    """Return whether the line is planned with another item where no plant can deliver the present one.

    Args:
        state: The order, or one line of it.
        line: The line; None where the order has it no longer.
        master: The master data.
    """
    if line is None or len(candidates := _candidates(state, line, master)) < 2:
        return False
    known = _known(state, line)
    return next_trial(known, candidates, Outcome(None, in_time=False)).item != known.item


def tried_items(state: OrderState, line: Line, master: MasterData) -> tuple[str, ...]:
    """Return the alternatives that were tried for the line and are no longer planned.

    Args:
        state: The order.
        line: One of its lines.
        master: The master data.
    """
    return tuple(tried.item for tried in _known(state, line).tried if tried.item in master.items)


def _permitted(order: Order, line: Line, rule: Rule | None, master: MasterData) -> tuple[str, ...]:
    """Return the alternatives of the line's item that its rule and the nomenclature allow, the best first."""
    own = master.items.get(line.item or "")
    if own is None or not own.alternative_items or rule is None:
        return ()
    if rule.alternative_items is AlternativeItems.NEVER or order.opening:
        return ()
    days = {delivery.requested_date for delivery in line.deliveries} or {line.requested_date}
    return tuple(
        other.item
        for other in own.alternative_items
        if all(map(other.is_valid, days)) and _is_orderable(line, master.items[other.item])
    )


def _has_consent(order: Order, rule: Rule) -> bool:
    """Return whether the buyer consents to alternatives, or is not asked."""
    return not rule.alternatives_need_consent if order.alternatives_allowed is None else order.alternatives_allowed


def replaced(line_item: str, by: str, master: MasterData) -> Text:
    """Return the text that an alternative is delivered in place of the ordered item.

    Args:
        line_item: The ordered item's id.
        by: The alternative's id.
        master: The master data.
    """
    own, other = master.item_name(line_item), master.item_name(by)
    return Text(en=f"{other.en} is delivered in place of {own.en}.", ru=f"Вместо «{own.ru}» поставляется «{other.ru}».")


def wants_consent(state: OrderState, line: Line, master: MasterData) -> Text | None:
    """Return the text that alternatives could be delivered if the buyer allowed them; None where there are none.

    Args:
        state: The order.
        line: One of its lines, which no plant can deliver, or which comes late.
        master: The master data.
    """
    rule, at_plant = _rule(state.order, line, master), explode.is_at_plant(state, line.line_id)
    found = _permitted(state.order, line, rule, master)
    if rule is None or not found or _has_consent(state.order, rule):
        return None
    if at_plant and rule.alternative_items is not AlternativeItems.WHERE_LATE:
        return None
    names = [master.item_name(item) for item in found]
    english, russian = ", ".join(name.en for name in names), ", ".join(name.ru for name in names)
    if at_plant:
        return Text(
            en=f"Alternatives, which may come earlier: {english}. Order one of them in its place.",
            ru=f"Замены, которые могут прийти раньше: {russian}. Закажите одну из них вместо этой позиции.",
        )
    return Text(
        en=f"Alternatives: {english}. Send the order again with alternatives_allowed, or order one of them.",
        ru=f"Возможные замены: {russian}. Отправьте заказ снова с alternatives_allowed или закажите одну из них.",
    )


def _known(state: OrderState, line: Line) -> Substitution:
    known = state.substitution(line.line_id)
    own = str(line.item)
    return known if known is not None and known.ordered == own else Substitution(line.line_id, own, own)


def _candidates(state: OrderState, line: Line, master: MasterData) -> tuple[str, ...]:
    """Return the items that the line may be planned with, its own first; nothing where that is not to be changed."""
    own = master.items.get(line.item or "")
    if own is None or not own.alternative_items or line.hold_reason or state.order.cancelled:
        return ()
    rule = _rule(state.order, line, master)
    if rule is None or not _has_consent(state.order, rule) or explode.is_at_plant(state, line.line_id):
        return ()
    return (own.item, *_permitted(state.order, line, rule, master))


def _rule(order: Order, line: Line, master: MasterData) -> Rule | None:
    return source.rule_for_item(order, line.item, master) if line.item in master.items else None


def _is_orderable(line: Line, item: Item) -> bool:
    """Return whether the item may be ordered in the line's quantities as they are."""
    found = order_quantity.checked(item, line.quantity, [delivery.quantity for delivery in line.deliveries])
    return found == OrderedQuantity(line.quantity)


def _outcome(state: OrderState, line: Line, context: DecisionContext) -> Outcome | None:
    """Return what became of the line with its present item; None while that is not known."""
    portions = [p for p in state.portions if p.line_id == line.line_id and not p.cancelled and not p.surplus]
    item = explode.planned_item(state, line, context.master)
    if not any(portion.feeds is None and portion.item == item for portion in portions):
        return None
    if any(portion.hold_reason in NO_PLANT for portion in portions):
        return Outcome(None, in_time=False)
    days = dates.arrivals(state, line, context.master, context.time)
    if not days:
        return None
    rule = _rule(state.order, line, context.master)
    if rule is None or rule.alternative_items is not AlternativeItems.WHERE_LATE:
        return Outcome(max(days.values()), in_time=True)
    own = [portion for portion in portions if portion.feeds is None and portion.part in days]
    return Outcome(max(days.values()), all(days[p.part] <= line.requested_for(p.node) for p in own))
