"""From facts to what must be said: every portion gets a plant, a reservation and an up-to-date plant order.

Everything compares what should be with what was last said, so it may run after every event and says only what is new.
"""

from dataclasses import replace

from streams.router import effects, reasons
from streams.router.effects import Effect, Now
from streams.router.masterdata import MasterData
from streams.router.model import Attempt, OrderState, Portion, Sent, with_attempt

Settled = tuple[OrderState, list[Effect]]


def settle(state: OrderState, master: MasterData, now: Now) -> Settled:
    """Return the state after placing, reserving and ordering, and what to say."""
    said: list[Effect] = []
    for step in (_place, _reserve, _order):
        for portion in state.portions:
            state, more = step(state, portion, master, now)
            said += more
    return state, said


def _place(state: OrderState, portion: Portion, master: MasterData, now: Now) -> Settled:
    if portion.cancelled or portion.held or portion.current:
        return state, []
    tried = {*portion.excluded, *(attempt.plant for attempt in portion.attempts)}
    plant = next((member for member in master.candidates(portion.item) if member not in tried), None)
    if plant is None:
        return _hold(state, portion, master, now)
    attempt = Attempt(plant, number=len(portion.attempts) + 1)
    return state.with_portion(with_attempt(portion, attempt)), []


def _hold(state: OrderState, portion: Portion, master: MasterData, now: Now) -> Settled:
    held = replace(portion, held=True)
    place = f"{portion.line_id}.{portion.part}/{len(portion.attempts)}"
    said = [
        effects.decision(state, held, None, master, now),
        effects.alert(state, "no-candidate", place, reasons.no_candidate(held, master), now),
    ]
    return state.with_portion(held), said


def _reserve(state: OrderState, portion: Portion, _master: MasterData, _now: Now) -> Settled:
    said = []
    for attempt in portion.attempts:
        is_open = attempt.closed is None and not portion.cancelled
        if is_open and attempt.reserved != portion.quantity:
            said.append(effects.request(state, portion, attempt, "RESERVE", portion.quantity))
            portion = with_attempt(portion, replace(attempt, reserved=portion.quantity))
        elif not is_open and attempt.reserved is not None and not attempt.released:
            said.append(effects.request(state, portion, attempt, "RELEASE", attempt.reserved))
            portion = with_attempt(portion, replace(attempt, released=True))
    return state.with_portion(portion), said


def _order(state: OrderState, portion: Portion, master: MasterData, now: Now) -> Settled:
    said = []
    for attempt in portion.attempts:
        wanted = _wanted(state, portion, attempt)
        if wanted is None or wanted == attempt.sent:
            continue
        told = _tell(attempt, wanted)
        if attempt.sent is None:
            said.append(effects.decision(state, portion, told, master, now))
        said.append(effects.plant_order(state, portion, told, now))
        portion = with_attempt(portion, told)
    return state.with_portion(portion), said


def _wanted(state: OrderState, portion: Portion, attempt: Attempt) -> Sent | None:
    """Return what the plant should have been told; None when there is nothing to tell it."""
    if portion.cancelled or attempt.closed is not None:
        withdrawn = attempt.sent is not None and (attempt.withdraw or attempt.closed is None)
        return replace(attempt.sent, cancelled=True) if attempt.sent and withdrawn else attempt.sent
    if attempt.from_stock is None and attempt.sent is None:
        return None
    line = next(line for line in state.order.lines if line.line_id == portion.line_id)
    feeds_into, consignee = _destination(state, portion)
    made_whole = portion.feeds is None and not any(other.feeds == portion.item for other in _siblings(state, portion))
    price = line.price if made_whole else None
    return Sent(portion.quantity, line.requested_date, consignee, feeds_into, price)


def _siblings(state: OrderState, portion: Portion) -> list[Portion]:
    return [other for other in state.portions if other.line_id == portion.line_id and not other.cancelled]


def _destination(state: OrderState, portion: Portion) -> tuple[str | None, str]:
    """Return what the portion is built into and where it goes: the latest plant asked for it, else the customer."""
    target = next((other for other in _siblings(state, portion) if other.item == portion.feeds), None)
    if target is None or not target.attempts:
        return None, state.order.consignee or state.order.buyer
    return target.id_of(state.key, target.attempts[-1]), target.attempts[-1].plant


def _tell(attempt: Attempt, wanted: Sent) -> Attempt:
    """Return the attempt after telling: a changed quantity or date needs a new answer, other changes do not."""
    revision, sent = attempt.revision + 1, attempt.sent
    if sent and (sent.quantity, sent.requested_date) == (wanted.quantity, wanted.requested_date):
        return replace(attempt, sent=wanted, revision=revision)
    return replace(attempt, sent=wanted, revision=revision, answers_from=revision, answer=None)
