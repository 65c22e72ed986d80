"""Why a plant was not chosen: a stable code for each candidate of a decision."""

from typing import Any

from streams.router import source
from streams.router.masterdata import MasterData
from streams.router.model import Attempt, Order, Portion, Quote
from streams.router.rules import Rule

_LESS_BY_RANK = {"earliest-promise": "later-date", "lowest-cost": "higher-cost", "balanced-load": "higher-load"}


def alternatives(
    order: Order, portion: Portion, chosen: Attempt | None, rule: Rule | None, master: MasterData
) -> list[dict[str, Any]]:
    """Return every maker of the item, best capability first, with its offer and why it was not chosen."""
    out = source.sift(order, portion, rule, master).not_asked if rule else {}
    quotes = {quote.plant: quote for quote in portion.quotes}
    found = []
    for rank, maker in enumerate(master.makers(portion.item), 1):
        quote, cost = quotes.get(maker.member), maker.capability.cost
        found.append(
            {
                "member": maker.member,
                "rank": rank,
                "why_not": _why_not(maker.member, portion, chosen, rule, out.get(maker.member), quote),
                "cost": cost.amount if cost else None,
                "cost_currency": cost.currency if cost else None,
                "available_on": quote.available_on if quote else None,
                "offered": source.amount(quote) if quote and quote.from_stock is not None else None,
            }
        )
    return found


def _why_not(
    member: str, portion: Portion, chosen: Attempt | None, rule: Rule | None, out: str | None, quote: Quote | None
) -> str | None:
    if chosen and member == chosen.plant:
        return None
    tried = {attempt.plant: attempt.closed for attempt in portion.attempts}
    if tried.get(member):
        return tried[member]
    if member in portion.excluded:
        return "partly-accepted"
    if chosen and chosen.by_hand:
        return "overridden-by-hand"
    return out or _less(portion, rule, quote)


def _less(portion: Portion, rule: Rule | None, quote: Quote | None) -> str:
    if rule is None:
        return "no-rule"
    if quote is None:
        return "lower-rank"
    if quote.from_stock is None:
        return "no-offer"
    less = source.amount(quote) < portion.quantity
    if quote.disruption and (less or rule.rank == "earliest-promise"):
        return "disrupted"
    if less:
        return "offers-less"
    return _LESS_BY_RANK.get(rule.rank, "lower-rank")
