"""How long a quotation holds what it reserves: until the end of a day at its buyer's place. Then it is over. Pure."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.rules import DEFAULTS
from streams.routing.model.codes import CloseReason, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import Order, OrderState, Validity
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import source
from streams.routing.planner.step import Step
from streams.routing.schedule import dates


def with_validity(state: OrderState, context: DecisionContext) -> OrderState:
    """Return the state with the end of its quotation, counted from the event's day at the buyer; none for an order.

    What is over by then stays over; what had ended and is asked for again, or ordered, is planned again.

    Args:
        state: The order as it has just come, or with a revision.
        context: The event and the master data.
    """
    order = state.order
    if not order.terms.quotation or order.cancelled:
        return _replanned(replace(state, validity=None, expired=False))
    validity = _validity(order, dates.day_at(order.buyer, context.time, context.master), context)
    if validity.ends_at <= context.time:
        return replace(state, validity=validity)
    return _replanned(replace(state, validity=validity, expired=False))


def with_known_validity(state: OrderState, context: DecisionContext) -> OrderState:
    """Return the state of a quotation with its end, also where it comes from a release that stored none."""
    is_open = state.order.terms.quotation and not state.order.cancelled
    return with_validity(state, context) if is_open and state.validity is None else state


def _validity(order: Order, day: date, context: DecisionContext) -> Validity:
    items = [line.item for line in order.lines if line.item in context.master.items]
    found = [source.rule_for_item(order, str(item), context.master) for item in items]
    rules = [rule for rule in found if rule] or [DEFAULTS]
    last = day + timedelta(days=min(rule.maximum_quotation_valid_days for rule in rules))
    usual = day + timedelta(days=min(rule.quotation_valid_days for rule in rules))
    until = min(order.terms.valid_until or usual, last)
    buyer = context.master.members.by_id.get(order.buyer)
    zone = ZoneInfo(buyer.time_zone) if buyer else context.time.tzinfo
    midnight = datetime.combine(until + timedelta(days=1), time.min, zone)
    return Validity(until, midnight.astimezone(context.time.tzinfo))


def _replanned(state: OrderState) -> OrderState:
    portions = tuple(p.replanned() if p.hold_reason is HoldReason.EXPIRED else p for p in state.portions)
    return replace(state, portions=portions)


def ends_at(state: OrderState) -> datetime | None:
    """Return when the quotation is over by time alone; None where it is over, or is none, or is at plants already.

    Args:
        state: The order.
    """
    if state.validity is None or state.expired or not state.order.terms.quotation or state.order.cancelled:
        return None
    return None if any(_is_at_plant(portion) for portion in state.portions) else state.validity.ends_at


def _is_at_plant(portion: Portion) -> bool:
    return portion.current is not None and portion.current.issued is not None and not portion.cancelled


def expire(state: OrderState) -> Step:
    """Return the state of the quotation after its end: no plant has any of it, and nothing of it is planned."""
    for portion in state.portions:
        if portion.cancelled:
            continue
        attempt = portion.current
        closed = with_attempt(portion, attempt.close(CloseReason.EXPIRED, withdraw=False)) if attempt else portion
        state = state.with_portion(replace(closed, hold_reason=HoldReason.EXPIRED))
    return Step(replace(state, expired=True), reasons.EXPIRED)
