"""Takes an allocator's results into the state of an order: offers, reservations, and what becomes of those."""

from decimal import Decimal

from kranhub.wire import messages as wire
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Reservation
from streams.routing.model.codes import AlertCode, CauseCode, CloseReason, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, Quote
from streams.routing.model.quantity import ZERO
from streams.routing.planner import messages, quotation, source, waiting
from streams.routing.planner.step import Step
from streams.routing.plant_events import assignments, rescheduling
from streams.routing.plant_events.assignments import Assignment
from streams.routing.reasons import Cause


def apply_result(state: OrderState, value: wire.AllocationResult, context: DecisionContext) -> Step:
    """Apply an allocator's answer; one to an older request is dropped.

    A plant that has accepted keeps its plant order even where its stock and capacity fall short: its answer counts.

    Args:
        state: The order.
        value: The AllocationResult.
        context: The event and the master data.
    """
    if value["kind"] == "QUOTE":
        return Step(_quoted(state, value, context.master))
    if value["kind"] == "FREED":
        return Step(waiting.apply_freed(state, value["request_id"], value["plant"]))
    assignment = assignments.find(state, value["request_id"])
    reservation = assignment.attempt.reservation if assignment else None
    if assignment is None or reservation is None or value["generation"] != reservation.generation:
        return Step(state)
    if assignment.attempt.close_reason is not None or assignment.portion.cancelled:
        return Step(state)
    if value["kind"] == "EXPIRED":
        return _expired(state, assignment, context)
    if value.get("repromising"):
        return rescheduling.apply_repromising(state, assignment, value, context)
    return Step(state) if _is_old(reservation, value) else _apply(state, assignment, value, context)


def _apply(state: OrderState, assignment: Assignment, value: wire.AllocationResult, context: DecisionContext) -> Step:
    if value["kind"] == "MOVED":
        return rescheduling.apply_rescheduling(state, assignment, value, context)
    after = _reserved(state, assignment, value, context.master)
    if after == state or value["kind"] != "SHORTAGE":
        return Step(after)
    number = f"{assignment.portion.place}/{value['generation']}/{value['from_stock']:f}"
    text = reasons.shortage(assignment.attempt.plant, assignment.portion.item, context.master)
    return Step(
        after,
        Cause(CauseCode.SHORTAGE, text),
        [messages.alert(state, AlertCode.SHORTAGE, number, text, context.time)],
    )


def _is_old(reservation: Reservation, value: wire.AllocationResult) -> bool:
    """Return whether a shortage was reported since: stock of one reservation only ever becomes less."""
    is_repeat = value["generation"] == reservation.answered and reservation.from_stock is not None
    return is_repeat and value["from_stock"] > (reservation.from_stock or 0)


def _quoted(state: OrderState, value: wire.AllocationResult, master: MasterData) -> OrderState:
    """Apply an offer that is waited for; one that comes again or too late changes nothing."""
    for portion in state.portions:
        asked = portion.open_quotes if portion.hold_reason is None else None
        quote = next((quote for quote in asked.quotes if quote.plant == value["plant"]), None) if asked else None
        if quote is None or quote.from_stock is not None:
            continue
        if portion.quote_id(state.key, quote.plant) == value["request_id"]:
            return _with_offer(state, portion, quote, value, master)
    return state


def _with_offer(
    state: OrderState, portion: Portion, quote: Quote, value: wire.AllocationResult, master: MasterData
) -> OrderState:
    """Return the state with the offer: of less than was asked for, the whole steps of the item count."""
    from_stock, to_make = value["from_stock"], value["to_make"]
    if (offered := from_stock + to_make) < portion.quantity:
        whole = source.whole(portion.item, offered, master)
        from_stock, to_make = min(from_stock, whole), max(ZERO, whole - from_stock)
    offer = replace(
        quote,
        from_stock=from_stock,
        to_make=to_make,
        available_on=value["available_on"],
        load=value["load"],
        disruption=value.get("disruption"),
    )
    return state.with_portion(portion.with_quote(offer))


def _expired(state: OrderState, assignment: Assignment, context: DecisionContext) -> Step:
    """Take the portion from the plant; a quotation whose time is over ends as a whole."""
    why = HoldReason.EXPIRED if state.order.terms.quotation else HoldReason.NOT_APPROVED
    closed = assignment.attempt.released().close(CloseReason(why), withdraw=assignment.attempt.issued is not None)
    after = assignments.with_attempt_at(state, assignment, closed)
    portion = assignments.current_portion(after, assignment.portion)
    after = after.with_portion(replace(portion, hold_reason=why))
    if (end := quotation.ends_at(after)) and end <= context.time:
        return quotation.expire(after)
    return Step(after, Cause(why, reasons.held(why, portion.item)))


def _reserved(
    state: OrderState, assignment: Assignment, value: wire.AllocationResult, master: MasterData
) -> OrderState:
    portion, attempt, reservation = assignment.portion, assignment.attempt, assignment.attempt.reservation
    assert reservation is not None  # noqa: S101  (the caller has checked)
    known = replace(
        reservation,
        from_stock=value["from_stock"],
        to_make=value["to_make"],
        available_on=value["available_on"],
        answered=value["generation"],
        disruption=value.get("disruption"),
    )
    if known == reservation:
        return state
    after = assignments.with_attempt_at(state, assignment, replace(attempt, reservation=known))
    portion = assignments.current_portion(after, portion)
    if attempt.confirmed and value["kind"] == "SHORTAGE":
        return after.with_portion(replace(portion, to_make=max(ZERO, portion.quantity - value["from_stock"])))
    offered = value["from_stock"] + value["to_make"]
    if offered >= reservation.quantity:
        return after.with_portion(replace(portion, to_make=value["to_make"]))
    return _less(after, assignments.find(after, value["request_id"]), offered, value["to_make"], master)


def _less(
    state: OrderState, assignment: Assignment | None, offered: Decimal, to_make: Decimal, master: MasterData
) -> OrderState:
    """Split the portion where the plant can do only a part of it, or take it away where that is too little.

    Of a part that is no whole number of the item's steps the rest is given back: the reservation is asked for anew.
    """
    assert assignment is not None  # noqa: S101  (the caller has just put it)
    portion, attempt, reservation = assignment.portion, assignment.attempt, assignment.attempt.reservation
    kept_reservation, offered = offered, source.whole(portion.item, offered, master)
    to_make = max(ZERO, to_make - (kept_reservation - offered))
    makers = [maker for maker in master.makers(portion.item) if maker.member == attempt.plant]
    too_little = any(source.below_minimum(maker, offered, master.items[portion.item]) for maker in makers)
    if offered <= 0 or too_little:
        withdraw = attempt.issued is not None
        return assignments.with_attempt_at(state, assignment, attempt.close(CloseReason.NO_CAPACITY, withdraw=withdraw))
    assert reservation is not None  # noqa: S101  (only reserved attempts come here)
    kept = replace(attempt, reservation=replace(reservation, quantity=kept_reservation))
    state = assignments.with_attempt_at(state, assignment, kept)
    portion = assignments.current_portion(state, portion)
    if offered < portion.quantity:
        state = assignments.split_portion(state, replace(portion, to_make=None), offered)
        state = state.with_portion(replace(state.portions[-1], short=(attempt.plant,)))
        portion = assignments.current_portion(state, portion)
    return state.with_portion(replace(portion, to_make=to_make))
