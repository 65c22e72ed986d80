"""Who could make a portion, who of them may, and whose offer is best. Ties break the same way every time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kranhub.members import CutoverMode
from streams.router import cutover
from streams.router.items import Item
from streams.router.masterdata import Maker, MasterData
from streams.router.model import Order, Portion, Quote
from streams.router.normalise import out_of_base
from streams.router.rules import Rule

FAR = date.max


@dataclass(frozen=True, slots=True)
class Sifted:
    """The candidates that may be asked, best capability first, and why the others may not (member to code)."""

    may: tuple[Maker, ...]
    not_asked: Mapping[str, str]


def rule_of(order: Order, portion: Portion, master: MasterData) -> Rule | None:
    """Return the first rule that matches the portion's order and item, or None."""
    item = master.items[portion.item]
    return master.rule_for(order.kind, item.okpd2, order.buyer, order.programme)


def sift(order: Order, portion: Portion, rule: Rule, master: MasterData) -> Sifted:
    """Return who may be asked for the portion under the rule's constraints."""
    may, out = [], {}
    for maker in master.makers(portion.item):
        why = _forbidden(maker, order, portion, rule, master)
        if why is None:
            may.append(maker)
        else:
            out[maker.member] = why
    return Sifted(tuple(may), out)


def _forbidden(maker: Maker, order: Order, portion: Portion, rule: Rule, master: MasterData) -> str | None:
    member = master.members.by_id[maker.member]
    if maker.member in rule.deny or (rule.allow and maker.member not in rule.allow):
        return "not-allowed"
    if rule.regions and member.region not in rule.regions:
        return "region"
    if order.currency not in member.currencies or (rule.currencies and order.currency not in rule.currencies):
        return "currency"
    if below_minimum(maker, portion.quantity, master.items[portion.item]):
        return "below-minimum-lot"
    return "stopped" if cutover.mode(maker.member, master) is CutoverMode.STOPPED else None


def below_minimum(maker: Maker, quantity: Decimal, item: Item) -> bool:
    """Return whether the quantity (base unit) is less than the maker's smallest lot; one it cannot measure is none."""
    lot = maker.capability.minimum_lot
    if lot is None:
        return False
    measured = out_of_base(item, quantity, lot.unit)
    return measured is not None and measured < lot.quantity


def tried(portion: Portion) -> frozenset[str]:
    """Return who is not asked again for the portion."""
    return frozenset(portion.excluded) | {attempt.plant for attempt in portion.attempts[portion.retry_from :]}


def answered(portion: Portion) -> bool:
    """Return whether every candidate that was asked for an offer has made one."""
    return all(quote.from_stock is not None for quote in portion.quotes)


def best(rank: str, portion: Portion, makers: Sequence[Maker], master: MasterData) -> tuple[Maker, ...]:
    """Return the makers with an offer of anything, best first.

    Whoever can give all of it stands before who cannot, and whoever has it on stock before who must make it; then the
    rule's own measure decides, and at last the place among the capabilities.
    """
    offers = {quote.plant: quote for quote in portion.quotes if quote.from_stock is not None}
    measure = _MEASURES[rank]
    item = master.items[portion.item]

    def place(entry: tuple[int, Maker]) -> tuple[Any, ...]:
        at, maker = entry
        quote = offers[maker.member]
        whole = amount(quote) >= portion.quantity
        on_stock = (quote.from_stock or 0) >= portion.quantity
        return (not whole, not on_stock, measure(maker, quote, item), at)

    found = [(at, m) for at, m in enumerate(makers) if m.member in offers and amount(offers[m.member]) > 0]
    return tuple(maker for _, maker in sorted(found, key=place))


def amount(quote: Quote) -> Decimal:
    """Return how much the offer is for."""
    return (quote.from_stock or Decimal(0)) + (quote.to_make or Decimal(0))


def _earliest(_maker: Maker, quote: Quote, _item: Item) -> Any:
    return quote.available_on or FAR


def _cheapest(maker: Maker, _quote: Quote, _item: Item) -> Any:
    cost = maker.capability.cost
    return (cost is None, cost.currency if cost else "", cost.amount if cost else Decimal(0))


def _lightest(_maker: Maker, quote: Quote, _item: Item) -> Any:
    return (quote.load is None, quote.load or Decimal(0))


_MEASURES: Mapping[str, Callable[[Maker, Quote, Item], Any]] = {
    "capability": lambda _maker, _quote, _item: 0,
    "earliest-promise": _earliest,
    "lowest-cost": _cheapest,
    "balanced-load": _lightest,
}
