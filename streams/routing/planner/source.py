"""Which members could make a portion, which of them may, and whose offer is best. Ties always break the same way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from heapq import nsmallest
from typing import Any, NamedTuple

from kranhub.parties.members import CutoverMode
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.items import Item
from streams.routing.masterdata.masterdata import Maker, MasterData
from streams.routing.masterdata.rules import DEFAULTS, Rule
from streams.routing.model.availability import ItemAvailability
from streams.routing.model.codes import CandidateReason
from streams.routing.model.order import Order
from streams.routing.model.portion import Portion, Quote
from streams.routing.model.quantity import floor_to
from streams.routing.planner import cutover, landed_cost
from streams.routing.schedule import dates
from streams.routing.schedule.lead_time import lead_days
from streams.routing.validation.normalise import out_of_base

FAR = date.max


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of a portion.

    Attributes:
        allowed: Those that may be asked, best capability first.
        refused: Why the others may not, by member.
    """

    allowed: tuple[Maker, ...]
    refused: Mapping[str, CandidateReason]


def rule_of(order: Order, portion: Portion, master: MasterData) -> Rule | None:
    """Return the first rule that matches the portion's order and item, or None.

    Args:
        order: The order.
        portion: One of its portions, whose item is in the master data.
        master: The master data.
    """
    return rule_for_item(order, portion.item, master)


def priority(order: Order, portion: Portion, master: MasterData) -> int:
    """Return the class of the portion's order, as its rule says: 0 goes first.

    Args:
        order: The order.
        portion: One of its portions.
        master: The master data.
    """
    rule = rule_of(order, portion, master) if portion.item in master.items else None
    return (rule or DEFAULTS).priority


def rule_for_item(order: Order, item: str, master: MasterData) -> Rule | None:
    """Return the first rule that matches the order and an item, or None.

    Args:
        order: The order.
        item: The item's id, in the master data.
        master: The master data.
    """
    return master.rule_for(order.kind, master.items[item].okpd2, order.buyer, order.programme)


def candidates(order: Order, portion: Portion, rule: Rule, master: MasterData) -> Candidates:
    """Return which members may be asked for the portion under the rule's constraints, and why the others may not.

    Args:
        order: The order.
        portion: One of its portions, whose item is in the master data.
        rule: The rule that applies.
        master: The master data.
    """
    allowed: list[Maker] = []
    out: dict[str, CandidateReason] = {}
    for maker, why, is_stopped in _constrained(portion.item, rule, order.currency, master):
        if why is not None:
            out[maker.member] = why
        elif maker.capability.minimum_lot and below_minimum(maker, portion.quantity, master.items[portion.item]):
            out[maker.member] = CandidateReason.BELOW_MINIMUM_LOT
        elif is_stopped:
            out[maker.member] = CandidateReason.STOPPED
        else:
            allowed.append(maker)
    return Candidates(tuple(allowed), out)


class _Constrained(NamedTuple):
    """A maker, why it may not be asked whatever the quantity, and whether it is stopped."""

    maker: Maker
    why: CandidateReason | None
    is_stopped: bool


def _constrained(item: str, rule: Rule, currency: str, master: MasterData) -> tuple[_Constrained, ...]:
    """Return the item's makers, best capability first; remembered, as they may be many to check for every portion."""
    known = master.worked_out
    place = (_constrained, item, rule.rule, currency)
    if (found := known.get(place)) is None or found[0] is not rule:
        found = known[place] = rule, tuple(_of(maker, rule, currency, master) for maker in master.makers(item))
    constrained: tuple[_Constrained, ...] = found[1]
    return constrained


def _of(maker: Maker, rule: Rule, currency: str, master: MasterData) -> _Constrained:
    why = _forbidden(maker.member, rule, currency, master)
    return _Constrained(maker, why, cutover.mode(maker.member, master) is CutoverMode.STOPPED)


def _forbidden(member: str, rule: Rule, currency: str, master: MasterData) -> CandidateReason | None:
    known = master.members.by_id[member]
    if member in rule.deny or (rule.allow and member not in rule.allow):
        return CandidateReason.NOT_ALLOWED
    if rule.regions and known.region not in rule.regions:
        return CandidateReason.REGION
    if currency not in known.currencies or (rule.currencies and currency not in rule.currencies):
        return CandidateReason.CURRENCY
    return None


def below_minimum(maker: Maker, quantity: Decimal, item: Item) -> bool:
    """Return whether the quantity is less than the maker's smallest lot; a lot that cannot be compared does not count.

    Args:
        maker: The maker, with its capability.
        quantity: In the item's base unit.
        item: The item, with its units.
    """
    lot = maker.capability.minimum_lot
    if lot is None:
        return False
    measured = out_of_base(item, quantity, lot.unit)
    return measured is not None and measured < lot.quantity


def tried(portion: Portion) -> frozenset[str]:
    """Return the members that are not asked again for the portion."""
    return frozenset(portion.excluded) | {attempt.plant for attempt in portion.attempts[portion.retry_from :]}


def answered(portion: Portion) -> bool:
    """Return whether every candidate that was asked for an offer, and is waited for, has made one."""
    waived = portion.quote_round.waived if portion.quote_round else 0
    return all(quote.from_stock is not None for quote in portion.quotes[waived:])


def has_offer(portion: Portion) -> bool:
    """Return whether any candidate has made an offer, be it of nothing."""
    return any(quote.from_stock is not None for quote in portion.quotes)


def to_ask(
    order: Order, portion: Portion, makers: Sequence[Maker], rule: Rule, context: DecisionContext
) -> tuple[Maker, ...]:
    """Return the makers that are asked for offers now, best capability first: no more than the rule says.

    They are the best by the rule's own measure as far as their published availability lets it be told; the place among
    the capabilities decides where nothing was published yet.

    Args:
        order: The order.
        portion: The portion, with its round of quotes.
        makers: The makers that may be asked, best capability first.
        rule: The rule that applies.
        context: The event, the master data, and what was published of availability.
    """
    if len(makers) <= rule.maximum_asked or not context.availability.plants:
        return tuple(makers[: rule.maximum_asked])
    measure, quantity = _MEASURES[rule.rank], portion.quantity
    expected = _expected(portion.item, quantity, context)

    def place(at: int) -> tuple[Any, ...]:
        maker = makers[at]
        made, stocked = expected[maker.member]
        on_stock = (stocked.from_stock or 0) >= quantity
        quote = stocked if on_stock else made
        worth = measure(quote, lambda: cost(maker, order, portion, quantity, context.master))
        return not on_stock and made.available_on is None, not on_stock, worth, at

    return tuple(makers[at] for at in sorted(nsmallest(rule.maximum_asked, range(len(makers)), place)))


def _expected(item: str, quantity: Decimal, context: DecisionContext) -> Mapping[str, tuple[Quote, Quote]]:
    """Return what each maker of the item would offer by what was published: made anew, and from stock."""
    known, master = context.availability.worked_out, context.master
    made_for = master, context.time.date(), quantity
    found: tuple[Any, dict[str, tuple[Quote, Quote]]] | None = known.get((_expected, item))
    if found is None or found[0][0] is not master or found[0][1:] != made_for[1:]:
        offers = {maker.member: _offers(maker, item, quantity, context) for maker in master.makers(item)}
        found = known[_expected, item] = made_for, offers
    return found[1]


def _offers(maker: Maker, item: str, quantity: Decimal, context: DecisionContext) -> tuple[Quote, Quote]:
    capability, today = maker.capability, context.time.date()
    untouched = ItemAvailability(capacity_from=today, load=Decimal(0) if capability.capacity else None)
    free = context.availability.of(maker.member, item) or untouched
    begins = free.capacity_from and max(free.capacity_from, today)
    days = lead_days(capability, context.master.items[item], quantity)
    ready = shifted(begins, days * 7 // 5) if begins else None
    made = Quote(maker.member, available_on=ready, load=free.load)
    return made, Quote(maker.member, from_stock=free.free_stock, available_on=today, load=free.load)


def best(rank: str, order: Order, portion: Portion, makers: Sequence[Maker], master: MasterData) -> tuple[Maker, ...]:
    """Return the makers with an offer of anything, best first.

    Whoever can give all of it stands before who cannot, and whoever has it on stock before who must make it; then the
    rule's own measure decides, and at last the place among the capabilities.

    Args:
        rank: The rule's measure, such as ``lowest-cost``.
        order: The order.
        portion: The portion, with the quotes of its last round.
        makers: The makers that may be asked, best capability first.
        master: The master data.
    """
    offers = {quote.plant: quote for quote in portion.quotes if quote.from_stock is not None}
    measure = _MEASURES[rank]

    def place(entry: tuple[int, Maker]) -> tuple[Any, ...]:
        at, maker = entry
        quote = offers[maker.member]
        whole = amount(quote) >= portion.quantity
        on_stock = (quote.from_stock or 0) >= portion.quantity
        return (not whole, not on_stock, measure(quote, lambda: cost(maker, order, portion, amount(quote), master)), at)

    found = [(at, m) for at, m in enumerate(makers) if m.member in offers and amount(offers[m.member]) > 0]
    return tuple(maker for _, maker in sorted(found, key=place))


def whole(item: str, quantity: Decimal, master: MasterData) -> Decimal:
    """Return as much of the quantity as is a whole number of the item's steps.

    Args:
        item: The item's id.
        quantity: In its base unit.
        master: The master data; of an item that they do not have, all of it.
    """
    known = master.items.get(item)
    return floor_to(quantity, known.step) if known else quantity


def amount(quote: Quote) -> Decimal:
    """Return how much the offer is for, in the item's base unit."""
    return (quote.from_stock or Decimal(0)) + (quote.to_make or Decimal(0))


class Cost(NamedTuple):
    """What one base unit costs where it goes; as a tuple it sorts the best first: comparable, none given, no rate.

    Attributes:
        without: 0 where the cost can be compared, else `NO_COST` or `NO_RATE`.
        currency: The currency of a cost without a rate, else empty: such costs are compared among their own kind.
        amount: In the order's currency with all parts (`landed_cost`), or in ``currency`` the bare unit's where there
            is no rate.
    """

    without: int
    currency: str
    amount: Fraction

    @property
    def is_rated(self) -> bool:
        """Whether there was an exchange rate for it, or none was needed."""
        return self.without != NO_RATE


NO_COST, NO_RATE = 1, 2
"""What a cost lacks (`Cost.without`); 0 where it can be compared."""


def cost(maker: Maker, order: Order, portion: Portion, quantity: Decimal, master: MasterData) -> Cost:
    """Return the maker's cost of one base unit of the quantity in the order's currency, exactly.

    The rate is that of the day, at the buyer, until which offers are waited for: the same whenever it is asked.

    Args:
        maker: The maker, with its capability.
        order: The order, with its buyer and currency.
        portion: The portion, with its round of quotes.
        quantity: How much the maker offers, in the item's base unit; no more than the portion's counts.
        master: The master data, with the rates.
    """
    cost_per_unit = maker.capability.cost
    if cost_per_unit is None:
        return Cost(NO_COST, "", Fraction(0))
    found = landed(maker, order, portion, quantity, master)
    if found is None:
        return Cost(NO_RATE, cost_per_unit.currency, Fraction(cost_per_unit.amount))
    return Cost(0, "", found.per_unit)


def landed(
    maker: Maker, order: Order, portion: Portion, quantity: Decimal, master: MasterData
) -> landed_cost.LandedCost | None:
    """Return what the maker's offer costs where the portion goes, by the rates of the day of `cost`.

    Args:
        maker: The maker, with its capability.
        order: The order, with its buyer and currency.
        portion: The portion, with its round of quotes.
        quantity: How much the maker offers, in the item's base unit; no more than the portion's counts.
        master: The master data.

    Returns:
        None where it has no cost or no rate.
    """
    day = dates.day_at(order.buyer, portion.quote_round.deadline, master) if portion.quote_round else date.min
    counted = min(quantity, portion.quantity) if quantity > 0 else portion.quantity
    return landed_cost.landed_cost(maker, order, portion, counted, day, master)


_MEASURES: Mapping[str, Callable[[Quote, Callable[[], Cost]], Any]] = {
    "capability": lambda _quote, _cost: 0,
    "earliest-promise": lambda quote, _cost: quote.available_on or FAR,
    "lowest-cost": lambda _quote, cost: cost(),
    "balanced-load": lambda quote, _cost: (quote.load is None, quote.load or Decimal(0)),
}
