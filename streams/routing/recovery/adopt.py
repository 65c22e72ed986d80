"""After a restore: the order goes on from what the plants' ERPs hold, not from a decision of its own. Pure.

A plant order that an ERP holds is the attempt that its id names, at its revision and with its content. So nothing is
asked for a second time, an ERP that has seen revision 3 gets 4 next, and what was given to another plant since stays
there.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, localcontext

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import AnyDecoded, OrderResponse, OrderResponseCode, narrowed
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt, Issued, Reservation
from streams.routing.model.codes import CloseReason, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import Line, OrderState, Substitution, is_own_node
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.model.quantity import MICRO, ZERO
from streams.routing.planner import explode, issue, messages, response_deadlines
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.recovery import texts
from streams.routing.recovery.evidence import AttemptRef, Evidence, HeldOrder, attempt_ref
from streams.routing.recovery.texts import Finding
from streams.routing.schedule import dates
from streams.routing.validation.normalise import in_base


def adopt(state: OrderState, evidence: Evidence, context: DecisionContext) -> Step:
    """Return the state with what the plants hold, and an alert for each thing that a person must decide.

    Args:
        state: The order as it was read again.
        evidence: What the members' ERPs hold of it.
        context: The event and the master data.
    """
    found: list[Finding] = []
    groups: dict[tuple[str, int], list[tuple[AttemptRef, HeldOrder]]] = {}
    for order in evidence.orders:
        place = attempt_ref(state.key, order.number)
        if place is None:
            found.append(texts.unread(order))
        else:
            groups.setdefault(place[:2], []).append((place, order))
    newer: set[tuple[str, int, int]] = set()
    for group in sorted(groups):
        state, finding = _portion(state, sorted(groups[group]), context, newer)
        found += [finding] if finding else []
    state = _with_made(state, newer, context.master, found)
    state = _with_withdrawn(state, context.master, found)
    state = _with_sent(state, newer, context.master)
    state = _with_time(state, context)
    if any(finding.stops for finding in found):
        state = replace(state, frozen=True)
    return Step(state, messages=_alerts(state, found, context.time))


def _portion(
    state: OrderState,
    held: Sequence[tuple[AttemptRef, HeldOrder]],
    context: DecisionContext,
    newer: set[tuple[str, int, int]],
) -> tuple[OrderState, Finding | None]:
    """Return the state with the portion that these plant orders are attempts of."""
    (line_id, part, _), last = held[-1]
    known = next((p for p in state.portions if (p.line_id, p.part) == (line_id, part)), None)
    items = [item for _, order in held if (item := _item(order, context.master))]
    item = items[-1] if items else known.item if known else _only_item(state, line_id, context.master)
    if item is None or any(other != item for other in items) or (known and known.item != item):
        return state, texts.unread(last)
    if known is None and not last.cancelled:
        state = _planned_with(state, line_id, item, context.master)
    portion = known or _new(state, line_id, part, item, context.master)
    for place, order in held:
        attempt = next((a for a in portion.attempts if a.number == place.attempt), None)
        if attempt is not None and attempt.plant != order.plant:
            return state, texts.two_plants(order, attempt.plant, context.master)
        if attempt is not None and attempt.revision > order.revision:
            continue
        taken = _attempt(portion, place.attempt, attempt, order, context)
        if attempt is None or order.revision > attempt.revision:
            newer.add(place)
            if attempt is None or attempt.close_reason is None:
                portion = replace(portion, quantity=taken.asked_quantity, hold_reason=None)
        portion = with_attempt(portion, taken)
    attempts = tuple(sorted(portion.attempts, key=lambda attempt: attempt.number))
    portion = replace(portion, attempts=tuple(_ended(attempt, attempts[-1]) for attempt in attempts))
    return state.with_portion(portion), None


def _item(order: HeldOrder, master: MasterData) -> str | None:
    """Return the item that the plant's code means; the code may be the item's own id."""
    if order.item_code is None:
        return None
    found = master.item_of(order.plant, order.item_code)
    return found.item if found else order.item_code if order.item_code in master.items else None


def _only_item(state: OrderState, line_id: str, master: MasterData) -> str | None:
    """Return the line's item where nothing else can be meant: it is bought or made without parts of the hub's."""
    line = state.order.line(line_id)
    item = explode.planned_item(state, line, master) if line is not None else None
    return None if item not in master.items or explode.places(item, line, master)[1:] else item


def _planned_with(state: OrderState, line_id: str, item: str, master: MasterData) -> OrderState:
    """Return the state in which the line is planned with the item, where that is an alternative that a plant makes."""
    line = state.order.line(line_id)
    own = master.items.get(line.item or "") if line else None
    if line is None or own is None or item not in {other.item for other in own.alternative_items}:
        return state
    if state.order.alternatives_allowed is False:
        return state
    planned = explode.planned_item(state, line, master)
    if any(place.item == item for place in explode.places(planned, line, master)):
        return state
    return state.with_substitutions({line_id: Substitution(line_id, own.item, item, decided=True)})


def _new(state: OrderState, line_id: str, part: int, item: str, master: MasterData) -> Portion:
    """Return the portion that such a plant order was made for.

    One that the line no longer needs has no place in its bill, and is taken back with the rest of it (`explode.fit`).
    """
    line, unit = state.order.line(line_id), master.items[item].unit
    planned = explode.planned_item(state, line, master) if line else None
    known = explode.places(planned, line, master) if planned in master.items else []
    places = [place for place in known if place.item == item]
    taken = {portion.node for portion in state.portions if portion.line_id == line_id and portion.item == item}
    free = [place for place in places if place.node not in taken] or places
    if not free:
        return Portion(line_id, part, item, unit, ZERO)
    node = free[0].node
    return Portion(line_id, part, item, unit, ZERO, node, None if is_own_node(node) else free[0].feeds)


def _attempt(
    portion: Portion, number: int, known: Attempt | None, order: HeldOrder, context: DecisionContext
) -> Attempt:
    """Return the attempt as the plant's ERP holds it."""
    if known is not None and known.revision == order.revision:
        is_new = known.delivered_revision < order.revision and not known.shadow
        return replace(known, delivered_revision=order.revision, delivered_at=context.time) if is_new else known
    before, today = known.issued if known else None, dates.day_at(order.plant, context.time, context.master)
    quantity = _quantity(portion.item, order, context.master)
    if quantity is None:
        quantity = before.quantity if before else portion.quantity
    day = order.requested_date or (before.requested_date if before else today)
    shadow = before is not None and before.shadow
    issued = Issued(quantity, day, "", cancelled=order.cancelled, content=portion.content, shadow=shadow)
    if known is None:
        return Attempt(
            order.plant,
            number,
            reservation=Reservation(1, quantity, today, quantity, ZERO, day, answered=1),
            approved=True,
            issued=issued,
            asked_quantity=quantity,
            revision=order.revision,
            delivered_revision=order.revision,
        )
    asked_anew = before is None or (before.quantity, before.requested_date) != (quantity, day)
    kept = replace(
        known,
        approved=True,
        issued=issued,
        asked_quantity=quantity,
        revision=order.revision,
        delivered_revision=order.revision,
        answers_from=order.revision if asked_anew else known.answers_from,
        answer=None if asked_anew else known.answer,
        answer_by=None,
    )
    return kept if known.close_reason else _taken(kept, quantity, day, today)


def _taken(attempt: Attempt, quantity: Decimal, day: date, today: date) -> Attempt:
    """Return the attempt whose plant has taken it: the plant's own ERP reserves, no allocator is asked (`opening`).

    The reservation has a new generation: an answer to an earlier one that is still under way is ignored.
    """
    known = attempt.reservation or Reservation(0, quantity, today)
    reserved = replace(
        known,
        generation=known.generation + 1,
        answered=known.generation + 1,
        quantity=quantity,
        from_stock=quantity if known.from_stock is None else known.from_stock,
        to_make=ZERO if known.to_make is None else known.to_make,
        available_on=known.available_on or day,
        expires_at=None,
    )
    return replace(attempt, reservation=reserved, delivered_generation=reserved.generation)


def _quantity(item: str, order: HeldOrder, master: MasterData) -> Decimal | None:
    if order.quantity is None or order.unit is None:
        return None
    try:
        return in_base(master.items[item], order.quantity, order.unit)
    except InvalidDocument:
        return None


def _ended(attempt: Attempt, last: Attempt) -> Attempt:
    """Return an attempt that another one followed: its plant is to be informed, unless it is already."""
    if attempt is last or attempt.close_reason is not None:
        return attempt
    return attempt.close(CloseReason.MOVED, withdraw=attempt.issued is not None and not attempt.issued.cancelled)


def _with_made(
    state: OrderState, newer: set[tuple[str, int, int]], master: MasterData, found: list[Finding]
) -> OrderState:
    """Return the state in which as much is to be made of an assembly as its parts were ordered for.

    No ERP reports what its plant has taken from its stock; without this its parts would be ordered once more.
    """
    for portion in state.portions:
        attempt = portion.current
        if attempt is None or attempt.issued is None or _of(portion, attempt) not in newer:
            continue
        made = _made(state, portion, master)
        if (
            made == 0
            and not (attempt.issued.cancelled or state.order.cancelled)
            and explode.parts_of(portion.item, portion.node, state.order.line(portion.line_id), master)
        ):
            found.append(texts.no_parts(state.key, portion, attempt, master))
        known = attempt.reservation
        reserved = known and replace(known, to_make=made, from_stock=max(ZERO, portion.quantity - made))
        kept = replace(attempt, reservation=reserved)
        state = state.with_portion(replace(with_attempt(portion, kept), to_make=made))
    return state


def _of(portion: Portion, attempt: Attempt) -> tuple[str, int, int]:
    return portion.line_id, portion.part, attempt.number


def _made(state: OrderState, portion: Portion, master: MasterData) -> Decimal:
    """Return how much of the portion is made; without parts of its own, as much as was known, else all of it."""
    parts = explode.parts_of(portion.item, portion.node, state.order.line(portion.line_id), master)
    if not parts:
        return portion.quantity if portion.to_make is None else min(portion.to_make, portion.quantity)
    beside = _standing(state, portion.line_id, portion.node, portion.item)
    known = sum((min(p.to_make or ZERO, p.quantity) for p in beside if p.part != portion.part), ZERO)
    wanted = max(_for_parts(state, portion.line_id, parts), default=ZERO)
    return min(portion.quantity, max(ZERO, wanted - known))


def _standing(state: OrderState, line_id: str, node: str, item: str) -> list[Portion]:
    """Return the portions of a node that were not taken back."""
    place = line_id, node, item
    return [p for p in state.portions if (p.line_id, p.node, p.item) == place and not p.cancelled and not _is_gone(p)]


def _is_gone(portion: Portion) -> bool:
    """Return whether the plant's ERP holds the portion's plant order as cancelled."""
    return portion.current is not None and portion.current.issued is not None and portion.current.issued.cancelled


def _for_parts(state: OrderState, line_id: str, parts: Sequence[explode.Part]) -> Iterator[Decimal]:
    """Yield for how many assemblies each part was ordered."""
    for part in parts:
        ordered = sum((p.quantity for p in _standing(state, line_id, part.node, part.item)), ZERO)
        with localcontext(prec=60):
            yield (ordered / part.quantity).quantize(MICRO).normalize() + 0


def _with_sent(state: OrderState, newer: set[tuple[str, int, int]], master: MasterData) -> OrderState:
    """Return the state in which the plant orders have destination, price, and the order's dates as they are."""
    put_off = {line.line_id for line in state.order.lines if _is_put_off(state, line, newer, master)}
    for portion in issue.targets_first(state.portions):
        line = state.order.line(portion.line_id)
        for attempt in portion.attempts:
            if attempt.issued is None or _of(portion, attempt) not in newer:
                continue
            feeds_into, consignee = issue.destination(state, portion)
            price = issue.price(portion, line, master) if line else None
            issued = replace(attempt.issued, consignee=consignee, feeds_into=feeds_into, price=price)
            wanted_for = line.requested_for(portion.node) if line and line.line_id not in put_off else None
            portion = with_attempt(portion, replace(attempt, issued=issued, wanted_for=wanted_for))  # noqa: PLW2901
        state = state.with_portion(portion)
    return state


def _is_put_off(state: OrderState, line: Line, newer: set[tuple[str, int, int]], master: MasterData) -> bool:
    """Return whether the line is wanted later than its plants know: a plant's date is never before the day it is due.

    An order that is wanted sooner looks like one whose plants could not be sooner: they keep their date.
    """
    return any(
        attempt.issued is not None
        and not attempt.issued.cancelled
        and _of(portion, attempt) in newer
        and attempt.issued.requested_date < dates.due(state, portion, attempt.plant, line, master)
        for portion in dates.line_portions(state, line.line_id)
        if portion.feeds is None and (attempt := portion.current) is not None
    )


def _with_withdrawn(state: OrderState, master: MasterData, found: list[Finding]) -> OrderState:
    """Return the state without what the plants' ERPs hold as cancelled; what is needed all the same is held.

    An assembly comes before its parts: one that is taken back needs none any more.
    """
    gone = [portion for portion in state.portions if not portion.cancelled and _is_gone(portion)]
    for portion in sorted(gone, key=lambda each: (each.line_id, each.part)):
        attempt = portion.current
        assert attempt is not None  # noqa: S101  (what is gone was somewhere)
        needs = {(need.line_id, need.node, need.item): need.quantity for need in explode.needs(state, master)}
        place = portion.line_id, portion.node, portion.item
        covered = sum((p.quantity for p in _standing(state, *place)), ZERO)
        if state.order.cancelled or covered >= needs.get(place, ZERO):
            state = state.with_portion(portion.cancel())
            continue
        closed = with_attempt(portion, attempt.close(CloseReason.WITHDRAWN, withdraw=False))
        quantity = min(portion.quantity, needs[place] - covered) or portion.quantity
        state = state.with_portion(replace(closed, hold_reason=HoldReason.RECOVERY, quantity=quantity))
        found.append(texts.cancelled(state.key, portion, attempt, master))
    return state


def _with_time(state: OrderState, context: DecisionContext) -> OrderState:
    """Return the state in which every overdue answer has a new deadline: the hub has read nothing in the meantime."""
    for portion in state.portions:
        attempt = portion.current
        if attempt is None or attempt.plant not in context.master.members.by_id:
            continue
        if attempt.answer is None and attempt.answer_by and attempt.answer_by <= context.time:
            by = response_deadlines.answer_by(state, portion, attempt.plant, context)
            state = state.with_portion(with_attempt(portion, replace(attempt, answer_by=by)))
    return state


def missing(state: OrderState, evidence: Evidence, time: datetime) -> list[OutputMessage]:
    """Return an alert for each plant order that was delivered once and that its plant's ERP no longer holds.

    Call it once the events that have waited are applied: a receipt may be among them.

    Args:
        state: The order.
        evidence: What the members' ERPs hold of it.
        time: The hub's time.
    """
    return _alerts(state, _missing(state, evidence), time)


def _alerts(state: OrderState, found: Iterable[Finding], time: datetime) -> list[OutputMessage]:
    return [messages.alert(state, each.code, each.place, each.text, time) for each in found]


def _missing(state: OrderState, evidence: Evidence) -> Iterator[Finding]:
    reported = {order.number for order in evidence.orders}
    for portion in state.portions:
        attempt = portion.current
        if attempt is None or attempt.delivered_at is None or attempt.shadow or portion.cancelled:
            continue
        number = portion.id_of(state.key, attempt)
        if attempt.plant in evidence.plants and number not in reported:
            yield texts.missing(number, attempt.plant)


def outdated(events: Sequence[AnyDecoded], evidence: Evidence) -> set[int]:
    """Return the places of the answers that are about an older revision than the plant's ERP holds now.

    Where the plant has answered none that is newer, its last answer still counts if it was to the quantity that is held
    now: then the later revisions were about something else, and needed no answer.

    Args:
        events: The order's events in their order.
        evidence: What the members' ERPs hold of it.

    Returns:
        Places in ``events``.
    """
    held = {order.number: order for order in evidence.orders}
    answers: dict[str, dict[int, OrderResponse]] = {}
    for at, event in enumerate(events):
        value = narrowed(OrderResponse, event.subject, event.value)
        if value and value["plant_order_id"] in held and value["response_code"] != OrderResponseCode.AB:
            answers.setdefault(value["plant_order_id"], {})[at] = value
    found: set[int] = set()
    for number, given in answers.items():
        revision = held[number].revision
        older = [at for at, value in given.items() if 0 < value["plant_order_revision"] < revision]
        found |= set(older)
        last = max(given)
        if len(older) == len(given) and _answers(given[last], held[number]):
            found.discard(last)
    return found


def _answers(value: OrderResponse, order: HeldOrder) -> bool:
    lines = [line for line in value["lines"] if line["line_id"] == "1"]
    return not lines or (lines[0]["quantity"], lines[0]["unit"]) == (order.quantity, order.unit)
