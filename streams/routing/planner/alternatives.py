"""Why a plant was not chosen: a stable code for each candidate of a decision."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from kranhub.wire.messages import Alternative, LandedCostPart
from streams.routing.masterdata.masterdata import Maker, MasterData
from streams.routing.masterdata.rules import Rule
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import CandidateReason, CloseReason
from streams.routing.model.order import Order
from streams.routing.model.portion import Portion, Quote
from streams.routing.planner import source

_LESS_BY_RANK = {
    "earliest-promise": CandidateReason.LATER_DATE,
    "lowest-cost": CandidateReason.HIGHER_COST,
    "balanced-load": CandidateReason.HIGHER_LOAD,
}


class Considered(NamedTuple):
    """The makers that a decision names, and how many were not asked, be they named or not."""

    alternatives: list[Alternative]
    not_asked: int


NOT_ASKED_SHOWN = 10
"""How many of the makers that were not asked a decision names."""


def alternatives(
    order: Order, portion: Portion, chosen: Attempt | None, rule: Rule | None, master: MasterData
) -> Considered:
    """Return the makers of the item, best capability first, with its offer and why it was not chosen.

    Of those that were not asked the first `NOT_ASKED_SHOWN` are among them: a market may have thousands.

    Args:
        order: The order.
        portion: The portion that the decision is about, with its quotes and attempts.
        chosen: The attempt at the chosen plant; None where no plant was found.
        rule: The rule that applies; None where none matches.
        master: The master data.
    """
    out = source.candidates(order, portion, rule, master).refused if rule else {}
    quotes = {quote.plant: quote for quote in portion.quotes}
    found: list[Alternative] = []
    not_asked = 0
    makers = master.makers(portion.item)
    taken = next((maker for maker in makers if chosen and maker.member == chosen.plant), None)
    for rank, maker in enumerate(makers, 1):
        quote, cost = quotes.get(maker.member), maker.capability.cost
        why = _why_not(maker.member, portion, chosen, rule, out.get(maker.member), quote)
        if why is CandidateReason.NOT_ASKED and (not_asked := not_asked + 1) > NOT_ASKED_SHOWN:
            continue
        if why is CandidateReason.HIGHER_COST and taken:
            why = _dearer(maker, taken, order, portion, master)
        found.append(
            {
                "member": maker.member,
                "rank": rank,
                "why_not": why,
                "cost": cost.amount if cost else None,
                "cost_currency": cost.currency if cost else None,
                "available_on": quote.available_on if quote else None,
                "offered": source.amount(quote) if quote and quote.from_stock is not None else None,
                "landed_cost": [] if quote is None else _parts(maker, quote, order, portion, master),
            }
        )
    return Considered(found, not_asked)


def _parts(maker: Maker, quote: Quote, order: Order, portion: Portion, master: MasterData) -> list[LandedCostPart]:
    """Return the parts of what the offer costs where it goes, rounded half-even to six digits."""
    found = source.landed(maker, order, portion, source.amount(quote), master)
    if found is None:
        return []
    return [
        {"kind": kind, "amount": _rounded(amount), "currency": order.currency, "quantity": found.quantity}
        for kind, amount in found.parts
    ]


def _rounded(amount: Fraction) -> Decimal:
    return Decimal(round(amount * 10**6)).scaleb(-6).normalize() + 0


def _why_not(
    member: str,
    portion: Portion,
    chosen: Attempt | None,
    rule: Rule | None,
    out: CandidateReason | None,
    quote: Quote | None,
) -> CandidateReason | CloseReason | None:
    if chosen and member == chosen.plant:
        return None
    tried = {attempt.plant: attempt.close_reason for attempt in portion.attempts}
    if tried.get(member):
        return tried[member]
    if member in portion.excluded:
        return CandidateReason.PARTLY_ACCEPTED
    if chosen and chosen.by_hand:
        return CandidateReason.OVERRIDDEN_BY_HAND
    return out or _less(portion, rule, quote)


def _less(portion: Portion, rule: Rule | None, quote: Quote | None) -> CandidateReason:
    if rule is None:
        return CandidateReason.NO_RULE
    if quote is None:
        return CandidateReason.NOT_ASKED if portion.quotes and rule.rank != "capability" else CandidateReason.LOWER_RANK
    if quote.from_stock is None:
        return CandidateReason.NO_OFFER
    less = source.amount(quote) < portion.quantity
    if quote.disruption and (less or rule.rank == "earliest-promise"):
        return CandidateReason.DISRUPTED
    if less:
        return CandidateReason.OFFERS_LESS
    return _LESS_BY_RANK.get(rule.rank, CandidateReason.LOWER_RANK)


def _dearer(maker: Maker, taken: Maker, order: Order, portion: Portion, master: MasterData) -> CandidateReason:
    """Return why the maker's cost lost against the chosen one's: it is higher, or no rate makes it comparable."""
    offers = {quote.plant: source.amount(quote) for quote in portion.quotes}
    own, other = (
        source.cost(each, order, portion, offers.get(each.member, portion.quantity), master) for each in (maker, taken)
    )
    return (
        CandidateReason.HIGHER_COST
        if own.is_rated or own.currency == other.currency
        else CandidateReason.NO_EXCHANGE_RATE
    )
