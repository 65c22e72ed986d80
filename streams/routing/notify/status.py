"""The status that a customer gets: states and the promise date, derived from the facts; sent only when they change."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, cast

from kranhub import identifiers
from kranhub.text import Text
from kranhub.wire import messages as wire
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import NO_PLANT, UNREACHABLE, AlertCode, CauseCode, HoldReason, PlanState
from streams.routing.model.copying import replace
from streams.routing.model.order import DeliveryStatus, HeldStatus, Line, LineStatus, OrderState, Status
from streams.routing.model.portion import Portion, replan_suffix
from streams.routing.model.quantity import ZERO
from streams.routing.notify.audiences import notify_parties
from streams.routing.planner import alternative_items, explode, messages, plausibility, source, unreachable
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.reasons import Cause
from streams.routing.schedule import dates
from streams.routing.validation import normalise, order_quantity

PROGRESS: tuple[PlanState, ...] = (
    PlanState.RECEIVED,
    PlanState.PLANNED,
    PlanState.CONFIRMED,
    PlanState.IN_PRODUCTION,
    PlanState.READY,
    PlanState.SHIPPED,
    PlanState.DELIVERED,
)
LARGE = 20
"""From so many lines on an order is large: its status names them all, and they are told together."""

PAUSE = timedelta(seconds=30)
"""How long further news of a large order's lines waits after a status."""


class LineOutlook(NamedTuple):
    """What the facts say of a line.

    Attributes:
        status: Its status.
        arrival: When all of it can be there; None while a part of it has no plant.
    """

    status: LineStatus
    arrival: date | None


def derive(state: OrderState, context: DecisionContext) -> Status:
    """Return the order's status as it follows from the facts."""
    parts = state.by_line()
    return status_of(state, {line.line_id: outlook(parts[line.line_id], line, context) for line in state.order.lines})


def outlook(state: OrderState, line: Line, context: DecisionContext) -> LineOutlook:
    """Return what the facts say of a line.

    Args:
        state: The order; of its portions only the line's are looked at.
        line: One of its lines.
        context: The event and the master data.
    """
    days = dates.arrivals(state, line, context.master, context.time)
    is_known = days is not None and not alternative_items.is_open(state, line, context.master)
    arrival = max((days or {}).values(), default=None) if is_known else None
    return LineOutlook(_line_status(state, line, days, context.master), arrival)


def status_of(state: OrderState, outlooks: Mapping[str, LineOutlook]) -> Status:
    """Return the order's status.

    Args:
        state: The order.
        outlooks: What the facts say of its lines, by their ids.
    """
    if state.is_expired:
        return _expired(state)
    known = [outlooks[line.line_id] for line in state.order.lines]
    lines = tuple(each.status for each in known)
    earliest = _latest(each.arrival for each in known)
    return Status(_order_state(state, lines), state.revision, _promise(lines), lines, earliest)


def _expired(state: OrderState) -> Status:
    """Return the status of a quotation that is over."""
    code = HoldReason.EXPIRED
    lines = tuple(LineStatus(each.line_id, each.item_code, PlanState.CLOSED, code=code) for each in state.order.lines)
    return Status(PlanState.CLOSED, state.revision, None, lines)


def notify(state: OrderState, cause: Cause | None, context: DecisionContext, new: Status | None = None) -> Step:
    """Return the state with its new status, the statuses to all parties, and alerts of newly held lines.

    Nothing is sent where the status is as it was. What becomes of the lines of a large order is told together: after a
    status further news of the kind waits for `PAUSE`, but another state of the whole order goes at once, and so does
    what the buyer has changed.

    Args:
        state: The order after the event.
        cause: Why the status may have changed; None where the event says nothing about that.
        context: The event and the master data.
        new: The status as it follows from the facts, where that is known.
    """
    new, held = _within_tolerance(state, new or derive(state, context), context), state.held_status
    if new == state.status:
        return Step(replace(state, held_status=None) if held else state)
    if _may_wait(state, new, context):
        return Step(replace(state, held_status=_held_back(state, cause)))
    if held is None:
        return notify_new_status(state, new, cause_of(state, new, cause, context.master), context)
    why = cause_of(state, new, cause or _cause_of_held(held), context.master)
    why = Cause(why.code, why.text.then(reasons.lines_changed(_changed_lines(state.status, new))))
    return notify_new_status(state, new, why, context)


def _may_wait(state: OrderState, new: Status, context: DecisionContext) -> bool:
    """Return whether the customer of a large order need not be notified yet."""
    old, last = state.status, state.notified_at
    if old is None or last is None or len(new.lines) < LARGE:
        return False
    return (new.state, new.order_revision) == (old.state, old.order_revision) and context.time < last + PAUSE


def _held_back(state: OrderState, cause: Cause | None) -> HeldStatus:
    held = state.held_status
    assert state.notified_at is not None  # noqa: S101  (news waits only behind a status)
    due = held.due if held else state.notified_at + PAUSE
    if cause is None:
        return held or HeldStatus(due)
    return HeldStatus(due, str(cause.code), cause.text.as_map())


def _cause_of_held(held: HeldStatus) -> Cause | None:
    if held.code is None:
        return None
    codes: tuple[type[CauseCode] | type[HoldReason], ...] = (CauseCode, HoldReason)
    code = next(kind(held.code) for kind in codes if held.code in set(kind))
    return Cause(code, Text(**held.text))


def _changed_lines(old: Status | None, new: Status) -> int:
    known = {line.line_id: line for line in old.lines} if old else {}
    return sum(known.get(line.line_id) != line for line in new.lines)


def _within_tolerance(state: OrderState, new: Status, context: DecisionContext) -> Status:
    """Return the status with the earliest date that the buyer knows, where the new one is no news."""
    old = state.status
    if old is None or state.order.terms.quotation or old.earliest_date == new.earliest_date:
        return new
    if replace(new, earliest_date=old.earliest_date) != old:
        return new
    if new.earliest_date is None:
        return old
    if old.earliest_date is None:  # a first date comes with the news that the order is planned
        return old if new.state == PlanState.RECEIVED or new.promised_date is not None else new
    moved = abs((new.earliest_date - old.earliest_date).days)
    return new if moved > _tolerance(state, context.master) else old


def _tolerance(state: OrderState, master: MasterData) -> int:
    """Return by how many days the earliest date may change without being news: the least of the lines' rules."""
    rules = [
        source.rule_of(state.order, p, master) for p in state.portions if p.item in master.items and not p.cancelled
    ]
    return min((rule.date_tolerance_days for rule in rules if rule is not None), default=0)


def notify_new_status(state: OrderState, new: Status, cause: Cause, context: DecisionContext) -> Step:
    """Return the state with this status, the statuses to all parties, and alerts of newly held lines.

    Args:
        state: The order, with the status before.
        new: Its new status.
        cause: Why it is new.
        context: The event and the master data.
    """
    after = _notified(state, new, cause, context)
    return after._replace(messages=[*after.messages, *_alerts(state, new, context)])


def notify_closed(state: OrderState, context: DecisionContext) -> Step:
    """Return the state and the statuses to all parties at the end of a delivered order."""
    assert state.status is not None  # noqa: S101  (only a delivered order has statuses at its end)
    lines = tuple(
        replace(line, state=PlanState.CLOSED) if line.state == PlanState.DELIVERED else line
        for line in state.status.lines
    )
    return _notified(state, replace(state.status, state=PlanState.CLOSED, lines=lines), reasons.CLOSED, context)


def _notified(state: OrderState, new: Status, why: Cause, context: DecisionContext) -> Step:
    at = context.time if len(new.lines) >= LARGE else None
    after = replace(state, status=new, status_revision=state.status_revision + 1, notified_at=at, held_status=None)
    own = _message(after, new, why, context)
    others = notify_parties(after, cast(wire.OrderStatus, own.value), context.master)
    return Step(others.state, why, [own, *others.messages])


def cause_of(state: OrderState, new: Status, cause: Cause | None, master: MasterData) -> Cause:
    """Return why a status is new: a line newly on hold, else what the event says, else what the states show.

    Args:
        state: The order, with the status before.
        new: Its new status.
        cause: What the event says; None where it says nothing about that.
        master: The master data.
    """
    old = state.status
    known = {line.line_id for line in old.lines if line.code} if old else set()
    stuck = next(
        (line for line in new.lines if line.code in (*NO_PLANT, *UNREACHABLE) and line.line_id not in known), None
    )
    if stuck and stuck.code:
        return Cause(stuck.code, reasons.held(stuck.code, stuck.item_code))
    if cause is None and _is_back(old, new):
        return unreachable.PLANT_BACK
    newly_planned = new.state == PlanState.PLANNED and old is not None and old.state == PlanState.RECEIVED
    offered = _offered(state, old, new)
    waiting = [line.item_code for line in new.lines if line.state == PlanState.ON_HOLD]
    found = reasons.planned(waiting) if newly_planned else cause or offered or _moved(old, new)
    return _with_more(state, old, new, found, master)


def _moved(old: Status | None, new: Status) -> Cause:
    """Return the cause of a status that no event explains: its promise has moved, or parts have found a plant."""
    if old is not None and old.state == new.state and old.promised_date and new.promised_date:
        return reasons.promise_moved(old.promised_date, new.promised_date)
    return reasons.PARTLY_PLANNED


def _offered(state: OrderState, old: Status | None, new: Status) -> Cause | None:
    """Return the cause that a quotation has a date, or that an order's earliest date alone has changed."""
    if new.earliest_date is None:
        return None
    if state.order.terms.quotation:
        return reasons.offered(new.earliest_date)
    if old is None or replace(new, earliest_date=old.earliest_date) != old:
        return None
    return reasons.earliest_changed(old.earliest_date, new.earliest_date)


def _is_back(old: Status | None, new: Status) -> bool:
    """Return whether no plant is unreachable any more."""
    before, after = (
        any(line.code in UNREACHABLE for line in status.lines) if status else False for status in (old, new)
    )
    return before and not after


def _with_more(state: OrderState, old: Status | None, new: Status, cause: Cause, master: MasterData) -> Cause:
    """Add to the cause what stays because it is made already, and how the promise changes."""
    if cause.code in (CauseCode.ORDER_CHANGED, CauseCode.ORDER_CANCELLED):
        kept = [portion for portion in state.portions if not portion.cancelled and _surplus(state, portion)]
        if kept and old and state.order.cancelled and _is_over(old):
            return reasons.TOO_LATE
        if kept:
            cause = Cause(cause.code, cause.text.then(reasons.made_already(kept, master)))
    before, after = old.promised_date if old else None, new.promised_date
    if before and after and before != after and cause != reasons.promise_moved(before, after):
        cause = Cause(cause.code, cause.text.then(reasons.promise_changed(before, after)))
    return cause


def _surplus(state: OrderState, portion: Portion) -> bool:
    """Return whether the portion stands only for what was made or sent before the order was cut."""
    if portion.irrevocable <= 0:
        return False
    line = state.order.line(portion.line_id)
    if line is None or state.order.cancelled:
        return True
    return line.hold_reason is None and portion.feeds is None and portion.quantity > line.quantity


def _is_over(status: Status) -> bool:
    """Return whether everything was made by then."""
    return all(line.state in (PlanState.READY, PlanState.SHIPPED, PlanState.DELIVERED) for line in status.lines)


def _line_status(state: OrderState, line: Line, arrivals: Mapping[int, date] | None, master: MasterData) -> LineStatus:
    portions = [portion for portion in state.portions if portion.line_id == line.line_id and not portion.cancelled]
    if state.order.cancelled and not portions:
        return LineStatus(line.line_id, line.item_code, PlanState.CANCELLED)
    code = _held(state, line, portions, master)
    if code:
        other = _alternative(state, line)
        return LineStatus(line.line_id, line.item_code, PlanState.ON_HOLD, code=code, alternative=other)
    days = arrivals if _is_promised(portions) else None
    promised = max(days.values(), default=None) if days else None
    own = [portion for portion in portions if portion.feeds is None]
    return LineStatus(
        line.line_id,
        line.item_code,
        _progress_of_line(state, line, portions, master),
        promised,
        arrived=sum((portion.current.arrived for portion in own if portion.current), ZERO),
        assumed=any(shipment.assumed for portion in own if portion.current for shipment in portion.current.shipments),
        deliveries=_deliveries(line, own, days),
        alternative=_alternative(state, line),
    )


def _progress_of_line(state: OrderState, line: Line, portions: Sequence[Portion], master: MasterData) -> PlanState:
    """Return the state of a line: that of its portions; a plant is sought anew where it is tried with another item."""
    found = _progress_of(portions, master)
    if found is not PlanState.RECEIVED or state.substitution(line.line_id) is None:
        return found
    was_asked = any(a.issued for p in state.portions if p.line_id == line.line_id for a in p.attempts)
    return PlanState.PLANNED if was_asked else found


def _alternative(state: OrderState, line: Line) -> str | None:
    known = state.substitution(line.line_id)
    if known is None or known.ordered != line.item or known.item == line.item:
        return None
    return known.item if known.decided or explode.is_at_plant(state, line.line_id) else None


def _deliveries(line: Line, own: Sequence[Portion], days: Mapping[int, date] | None) -> tuple[DeliveryStatus, ...]:
    """Return the parts in which the line comes: those of its schedule, or of what its plants send by themselves."""
    if len(own) < 2:
        return ()
    found = [
        DeliveryStatus(
            portion.quantity,
            line.requested_for(portion.node),
            days.get(portion.part) if days else None,
            portion.current.arrived if portion.current else ZERO,
        )
        for portion in own
    ]
    return tuple(sorted(found, key=lambda part: (part.requested_date, part.promised_date or date.max, part.quantity)))


def _held(state: OrderState, line: Line, portions: Sequence[Portion], master: MasterData) -> HoldReason | None:
    if line.hold_reason:
        return line.hold_reason
    if state.frozen:
        return HoldReason.FROZEN
    held = next((portion.hold_reason for portion in portions if portion.hold_reason), None)
    return held or next((why for portion in portions if (why := unreachable.hold_reason(portion, master))), None)


def _progress_of(portions: Sequence[Portion], master: MasterData) -> PlanState:
    """Return the state of a line: of its own item once that is on its way, else of its slowest part."""
    own = [progress(portion, master) for portion in portions if portion.feeds is None]
    shipped = PROGRESS.index(PlanState.READY)
    if own and min(map(PROGRESS.index, own)) >= shipped:
        return _together(own)
    return _together(progress(portion, master) for portion in portions)


def progress(portion: Portion, master: MasterData) -> PlanState:
    """Return how far the portion is; one on hold as far as it was.

    Args:
        portion: The portion.
        master: The master data, with the plants' time zones.
    """
    attempt = portion.current
    if attempt is None or attempt.issued is None:
        return PlanState.PLANNED if len(portion.attempts) > 1 or portion.excluded else PlanState.RECEIVED
    sent = _shipped(portion, attempt)
    if sent:
        return sent
    if dates.finished(portion, master) is not None:
        return PlanState.READY
    if any(made.state in (*dates.DONE, *dates.UNDER_WAY) for made in attempt.productions):
        return PlanState.IN_PRODUCTION
    return PlanState.CONFIRMED if attempt.confirmed else PlanState.PLANNED


def _shipped(portion: Portion, attempt: Attempt) -> PlanState | None:
    """Return whether all of the portion has arrived, or has left."""
    if attempt.arrived >= portion.quantity:
        return PlanState.DELIVERED
    return PlanState.SHIPPED if attempt.shipped >= portion.quantity else None


def _together(states: Iterable[PlanState]) -> PlanState:
    """Return the state of a whole: that of its slowest part, but in production once all agreed and one has begun."""
    ranks = [PROGRESS.index(state) for state in states]
    if not ranks:
        return PlanState.RECEIVED
    begun = min(ranks) >= PROGRESS.index(PlanState.CONFIRMED) and max(ranks) >= PROGRESS.index(PlanState.IN_PRODUCTION)
    return PlanState.IN_PRODUCTION if begun and min(ranks) < PROGRESS.index(PlanState.READY) else PROGRESS[min(ranks)]


def _is_promised(portions: Sequence[Portion]) -> bool:
    """Return whether all plants of a line have promised a day: the customer is promised nothing before."""
    attempts = [portion.current for portion in portions]
    return all(attempt is not None and dates.promised_by_plant(attempt) is not None for attempt in attempts)


def _order_state(state: OrderState, lines: tuple[LineStatus, ...]) -> PlanState:
    if state.order.cancelled and all(line.state == PlanState.CANCELLED for line in lines):
        return PlanState.CANCELLED
    held = [line for line in lines if line.state == PlanState.ON_HOLD]
    if len(held) == len(lines) or (held and state.order.complete_delivery):
        return PlanState.ON_HOLD
    return _together(line.state for line in lines if line.state not in (PlanState.ON_HOLD, PlanState.CANCELLED))


def _promise(lines: tuple[LineStatus, ...]) -> date | None:
    return _latest(line.promised_date for line in lines if line.state != PlanState.CANCELLED)


def _latest(days: Iterable[date | None]) -> date | None:
    known = list(days)
    return max((day for day in known if day), default=None) if None not in known else None


def _message(state: OrderState, status: Status, cause: Cause, context: DecisionContext) -> OutputMessage:
    value: wire.OrderStatus = {
        "order_key": state.key,
        "order_id": state.order.order_id,
        "order_number": state.order.number,
        "buyer": state.order.buyer,
        "revision": state.status_revision,
        "order_revision": status.order_revision,
        "state": wire.OrderState(status.state),
        "promised_date": status.promised_date,
        "earliest_date": status.earliest_date,
        "quotation": state.order.terms.quotation,
        "valid_until": state.validity.until if state.validity else state.order.terms.valid_until,
        "addressee": state.order.buyer,
        "role": "buyer",
        "cause": cause.code,
        "reason": cause.text.as_map(),
        "changed_at": context.time,
        "lines": [_line_value(state, line, context.master) for line in status.lines],
    }
    return OutputMessage(
        wire.Subject.ORDER_STATUS, state.order.order_id, f"hub/OrderStatus/{state.key}/{state.status_revision}", value
    )


def _line_value(state: OrderState, line: LineStatus, master: MasterData) -> wire.OrderStatusLine:
    text = _line_text(state, line, master)
    return {
        "line_id": line.line_id,
        "item_code": line.item_code,
        "state": wire.OrderLineState(line.state),
        "promised_date": line.promised_date,
        "reason": text.as_map() if text else {},
        "arrived": line.arrived or None,
        "arrival_assumed": line.assumed,
        "deliveries": [_delivery_value(part) for part in line.deliveries],
        "alternative_item": line.alternative,
    }


def _delivery_value(part: DeliveryStatus) -> wire.OrderStatusDelivery:
    return {
        "quantity": part.quantity,
        "requested_date": part.requested_date,
        "promised_date": part.promised_date,
        "arrived": part.arrived,
    }


def _line_text(state: OrderState, line: LineStatus, master: MasterData) -> Text | None:
    """Return what the buyer reads of a line.

    That is why it is on hold, that its quantity was rounded, and which item comes instead, or could.
    """
    ordered = state.order.line(line.line_id)
    text: Text | None = None
    if line.code:
        text = _held_text(line.code, line, ordered, master)
    elif ordered is not None and ordered.rounded_from is not None:
        text = order_quantity.rounding(line.item_code, ordered.rounded_from, ordered.quantity, ordered.unit)
    about_item = _item_text(state, line, ordered, master) if ordered else None
    return text.then(about_item) if text and about_item else text or about_item


def _item_text(state: OrderState, line: LineStatus, ordered: Line, master: MasterData) -> Text | None:
    """Return the text that another item comes in place of the ordered one, or could if the buyer allowed it."""
    if line.alternative:
        return alternative_items.replaced(str(ordered.item), line.alternative, master)
    is_late = line.promised_date is not None and line.promised_date > ordered.requested_date
    if line.code in NO_PLANT or (is_late and line.state in (PlanState.PLANNED, PlanState.CONFIRMED)):
        return alternative_items.wants_consent(state, ordered, master)
    return None


def _held_text(code: HoldReason, line: LineStatus, ordered: Line | None, master: MasterData) -> Text:
    told = normalise.held_text(code, ordered, master) if ordered else None
    return told or reasons.held(code, line.item_code)


def _alerts(state: OrderState, new: Status, context: DecisionContext) -> list[OutputMessage]:
    """Return an alert for each line that the order itself newly holds; portions without a plant have their own."""
    known = {line.line_id: line.code for line in state.status.lines} if state.status else {}
    held = [
        (line, line.code)
        for line in new.lines
        if line.code and line.state is PlanState.ON_HOLD and known.get(line.line_id) != line.code
    ]
    late = _late_alert(state, new, context)
    return late + [
        messages.alert(
            state, code, _alert_place(state, line, new), _alert_text(state, code, line, context.master), context.time
        )
        for line, code in held
        if code not in (*NO_PLANT, HoldReason.RECOVERY, HoldReason.FROZEN)
    ]


def _late_alert(state: OrderState, new: Status, context: DecisionContext) -> list[OutputMessage]:
    """Return an alert where lines newly come later than their buyer has asked for."""
    if state.order.terms.quotation:
        return []
    wanted = {line.line_id: line.requested_date for line in state.order.lines}
    late = _late(new, wanted)
    if not late or (state.status is not None and _late(state.status, wanted)):
        return []
    day, asked = max(promised for _, promised, _ in late), min(requested for _, _, requested in late)
    text = reasons.promise_late(day, asked, list(dict.fromkeys(line for line, _, _ in late)))
    place = f"{state.revision}/{day.isoformat()}"
    return [messages.alert(state, AlertCode.PROMISE_LATE, place, text, context.time)]


def _late(status: Status, wanted: Mapping[str, date]) -> list[tuple[str, date, date]]:
    """Return what is promised later than it is wanted and has not arrived: line, promised and requested date."""
    found: list[tuple[str, date, date]] = []
    for line in status.lines:
        if line.line_id not in wanted or line.state in (PlanState.DELIVERED, PlanState.CLOSED):
            continue
        days = [(part.promised_date, part.requested_date) for part in line.deliveries if part.arrived < part.quantity]
        for promised, requested in days or [(line.promised_date, wanted[line.line_id])]:
            if promised is not None and promised > requested:
                found.append((line.line_id, promised, requested))
    return found


def _alert_text(state: OrderState, code: HoldReason, line: LineStatus, master: MasterData) -> Text:
    if code in UNREACHABLE:
        return unreachable.alert_text(code, [p for p in state.portions if p.line_id == line.line_id], state.key, master)
    ordered = state.order.line(line.line_id)
    if code is HoldReason.IMPLAUSIBLE_QUANTITY and ordered is not None and ordered.item in master.items:
        most = plausibility.limit(str(ordered.item), state.order.buyer, master)
        return reasons.implausible(state.key, line.line_id, line.item_code, ordered.quantity, ordered.unit, most)
    return _held_text(code, line, ordered, master)


def _alert_place(state: OrderState, line: LineStatus, new: Status) -> str:
    replans = sum(portion.replans for portion in state.portions if portion.line_id == line.line_id)
    return f"{identifiers.line_place(line.line_id)}/{new.order_revision}{replan_suffix(replans)}"
