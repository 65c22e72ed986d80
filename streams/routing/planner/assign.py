"""Gives a portion to a plant: by the rule's candidates, after their offers where the rule compares them."""

from datetime import datetime, timedelta

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import Maker, MasterData
from streams.routing.masterdata.rules import Mode, Rule
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, Quote, QuoteRound, with_attempt
from streams.routing.planner import alternative_items, approval, explode, landed_cost, messages, opening, source
from streams.routing.planner.step import Step

QUOTE_TIME = timedelta(seconds=60)
"""How long to wait for offers. Allocators answer at once, so an offer that comes later is left out."""

QUOTE_PATIENCE = timedelta(hours=1)
"""How long to wait for a first offer after that: where none has come at all, the hub itself is behind."""


def assign_plant(state: OrderState, portion: Portion, context: DecisionContext) -> Step:
    """Return the state with a plant for the portion, or with offers asked for, or with the portion on hold.

    Args:
        state: The order.
        portion: One of its portions; one that needs no plant changes nothing.
        context: The event and the master data.

    Returns:
        The step with the requests for quotes, or the decision and the alerts.
    """
    placed = opening.with_opening_plant(state, portion, context)
    if placed is not None:
        return Step(placed)
    if portion.cancelled or portion.hold_reason or portion.current or portion.item not in context.master.items:
        return Step(state)
    if portion.plant_by_hand is not None:
        return _by_hand(state, portion, portion.plant_by_hand, context)
    rule = source.rule_of(state.order, portion, context.master)
    if rule is None:
        return hold(state, portion, HoldReason.NO_RULE, context)
    if _too_many(state, portion, rule):
        return hold(state, portion, HoldReason.TOO_MANY_PORTIONS, context)
    untried = _untried(state, portion, rule, context.master)
    if not untried:
        return hold(state, portion, HoldReason.NO_CANDIDATE, context)
    if rule.rank == "capability" or len(untried) == 1:
        return _propose(state, portion, untried[0].member, rule.mode, context)
    return _compare_quotes(state, portion, untried, rule, context)


def _by_hand(state: OrderState, portion: Portion, plant: str, context: DecisionContext) -> Step:
    """Follow a person, whatever the rules say; on hold where the plant no longer makes the item."""
    if plant not in context.master.candidates(portion.item):
        return hold(state, replace(portion, plant_by_hand=None), HoldReason.NO_CANDIDATE, context)
    return _propose(state, portion, plant, Mode.AUTO, context)


def _too_many(state: OrderState, portion: Portion, rule: Rule) -> bool:
    need = explode.Need(portion.line_id, portion.item, portion.unit, portion.quantity, portion.node)
    return not portion.attempts and len(explode.active(state, need)) > rule.maximum_portions


def _untried(state: OrderState, portion: Portion, rule: Rule, master: MasterData) -> tuple[Maker, ...]:
    before = source.tried(portion)
    return tuple(
        maker for maker in source.candidates(state.order, portion, rule, master).allowed if maker.member not in before
    )


def _propose(state: OrderState, portion: Portion, plant: str, mode: Mode, context: DecisionContext) -> Step:
    number, by_hand = portion.next_attempt, portion.plant_by_hand is not None
    attempt = Attempt(plant, number, approved=mode is Mode.AUTO, by_hand=by_hand)
    alerts = approval.approval_alert(state, portion, attempt, context)
    return Step(state.with_portion(with_attempt(replace(portion, plant_by_hand=None), attempt)), messages=alerts)


def _compare_quotes(
    state: OrderState, portion: Portion, untried: tuple[Maker, ...], rule: Rule, context: DecisionContext
) -> Step:
    asked = portion.open_quotes
    if asked is None or asked.quantity != portion.quantity:
        return _request_quotes(state, replace(portion, quote_round=None), untried, rule, context)
    waiting = _waiting(portion, asked, context.time)
    if waiting is not None:
        return Step(state.with_portion(waiting))
    ranked = source.best(rule.rank, state.order, portion, untried, context.master)
    if not ranked and (more := _unasked(portion, untried)):
        return _request_quotes(state, portion, more, rule, context)
    if not ranked:
        code = HoldReason.NO_CAPACITY if source.has_offer(portion) else HoldReason.NO_OFFER
        return hold(state, portion, code, context)
    return _propose(state, portion, ranked[0].member, rule.mode, context)


def _waiting(portion: Portion, asked: QuoteRound, time: datetime) -> Portion | None:
    """Return the portion as it waits for offers, None where those that came are compared now.

    When the hub is behind, the first offer brings the others with it: they get their time from there.
    """
    if source.answered(portion):
        return None
    if asked.late and source.has_offer(portion):
        asked = replace(asked, deadline=time + QUOTE_TIME, late=False)
    elif asked.deadline <= time and not asked.late and not source.has_offer(portion):
        asked = replace(asked, deadline=time + QUOTE_PATIENCE, late=True)
    return None if asked.deadline <= time else replace(portion, quote_round=asked)


def _unasked(portion: Portion, untried: tuple[Maker, ...]) -> tuple[Maker, ...]:
    asked = {quote.plant for quote in portion.quotes}
    return tuple(maker for maker in untried if maker.member not in asked)


def _request_quotes(
    state: OrderState, portion: Portion, makers: tuple[Maker, ...], rule: Rule, context: DecisionContext
) -> Step:
    """Ask the best of these makers; what those have said that were asked before in the round stays."""
    before, deadline = portion.quotes, context.time + QUOTE_TIME
    asked_round = QuoteRound(
        len(portion.attempts),
        portion.quantity,
        deadline,
        (*before, *(Quote(maker.member) for maker in makers)),
        destination=landed_cost.destination(state, portion),
        waived=len(before),
    )
    chosen = source.to_ask(state.order, replace(portion, quote_round=asked_round), makers, rule, context)
    quotes = (*before, *(Quote(maker.member) for maker in chosen))
    asked = replace(portion, quote_round=replace(asked_round, quotes=quotes))
    requests = [messages.quote_request(state, asked, maker.member) for maker in chosen]
    return Step(state.with_portion(asked), messages=requests)


def hold(state: OrderState, portion: Portion, code: HoldReason, context: DecisionContext) -> Step:
    """Return the state with the portion on hold for a person, the decision that names who was tried, and an alert.

    There is no alert where the line is tried with an alternative item next.

    Args:
        state: The order.
        portion: The portion that no plant was found for.
        code: Why.
        context: The event and the master data.
    """
    held = replace(portion, hold_reason=code)
    place = f"{portion.place}/{portion.round}"
    sent = [messages.decision(state, held, None, context)]
    line = state.order.line(portion.line_id)
    if not alternative_items.is_tried_next(state, line, context.master):
        text = reasons.stuck(code, held, context.master)
        sent.append(messages.alert(state, code, place, text, context.time))
    return Step(state.with_portion(held), messages=sent)
