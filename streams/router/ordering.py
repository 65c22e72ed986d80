"""Tells plants what they should make: the smallest difference between what should be and what they were last told."""

from dataclasses import replace
from datetime import date

from streams.router import dates, deadlines, effects, reasons
from streams.router.effects import Effect, Now
from streams.router.masterdata import MasterData
from streams.router.model import Attempt, Line, OrderState, Portion, Sent, with_attempt

Settled = tuple[OrderState, list[Effect]]


def order(state: OrderState, portion: Portion, master: MasterData, now: Now) -> Settled:
    """Return the state with every attempt told what it should know, and the plant orders and decisions."""
    said = []
    for attempt in portion.attempts:
        wanted = _wanted(state, portion, attempt, master)
        if wanted is None or wanted == attempt.sent:
            continue
        told = _tell(state, portion, attempt, wanted, master, now)
        if attempt.sent is None:
            said.append(effects.decision(state, portion, told, master, now))
        said.append(effects.plant_order(state, portion, told, master, now))
        portion = with_attempt(portion, told)
    return state.with_portion(portion), said


def _wanted(state: OrderState, portion: Portion, attempt: Attempt, master: MasterData) -> Sent | None:
    """Return what the plant should have been told; None when there is nothing to tell it."""
    if portion.cancelled or attempt.closed is not None:
        withdrawn = attempt.sent is not None and (attempt.withdraw or attempt.closed is None)
        return replace(attempt.sent, cancelled=True) if attempt.sent and withdrawn else attempt.sent
    if attempt.sent is None and not (attempt.reserved and attempt.approved and not state.order.terms.quotation):
        return None
    line = _line(state, portion)
    if line is None:
        return attempt.sent and replace(attempt.sent, quantity=portion.quantity)
    feeds_into, consignee = _destination(state, portion)
    is_whole = portion.feeds is None and not master.items[portion.item].bill
    price = line.price if is_whole else None
    return Sent(portion.quantity, _day(state, portion, attempt, line, master), consignee, feeds_into, price)


def _line(state: OrderState, portion: Portion) -> Line | None:
    """Return the portion's line; None where the buyer has taken it back but something was made already."""
    return next((line for line in state.order.lines if line.line_id == portion.line_id), None)


def _day(state: OrderState, portion: Portion, attempt: Attempt, line: Line, master: MasterData) -> date:
    """Return the plant order's date: worked out once for a wanted date and then kept, so that plans are not upset."""
    if attempt.day_by_hand:
        return attempt.day_by_hand
    if attempt.sent and attempt.wanted_for == line.requested_date:
        return attempt.sent.requested_date
    available = attempt.reservation.available_on if attempt.reservation else None
    due = dates.due(state, portion, attempt.plant, line, master)
    return max(due, available) if available else due


def _destination(state: OrderState, portion: Portion) -> tuple[str | None, str]:
    """Return what the portion is built into and where it goes: the latest plant asked for it, else the customer."""
    into = dates.targets(portion, dates.line_portions(state, portion.line_id))
    if not into:
        return None, dates.consignee(state)
    attempt = into[0].attempts[-1]
    return into[0].id_of(state.key, attempt), attempt.plant


def _tell(state: OrderState, portion: Portion, attempt: Attempt, wanted: Sent, master: MasterData, now: Now) -> Attempt:
    """Return the attempt after telling: a changed quantity or date needs a new answer, other changes do not."""
    revision, sent = attempt.revision + 1, attempt.sent
    line = _line(state, portion)
    wanted_for = line.requested_date if line else attempt.wanted_for
    told = replace(attempt, sent=wanted, revision=revision, wanted_for=wanted_for)
    if wanted.cancelled:
        return replace(told, answer_by=None)
    if sent and (sent.quantity, sent.requested_date) == (wanted.quantity, wanted.requested_date):
        return told
    answer_by = deadlines.answer_by(state, portion, attempt.plant, master, now)
    return replace(told, answers_from=revision, answer=None, answer_by=answer_by)
