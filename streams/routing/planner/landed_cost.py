"""What a portion costs where it goes: goods, lot, transport and customs, without VAT, in the order's currency. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from kranhub.parties.members import Money, VatBasis
from streams.routing.masterdata.masterdata import Maker, MasterData
from streams.routing.model.codes import CostKind
from streams.routing.model.order import Order, OrderState
from streams.routing.model.portion import Portion
from streams.routing.schedule import dates

_HUNDRED = Fraction(100)

_Amount = tuple[CostKind, Money, VatBasis, Fraction]
"""What a cost is for, the money, how its VAT is to be read, and how often it is paid."""


@dataclass(frozen=True, slots=True)
class LandedCost:
    """What a quantity costs where it goes.

    Attributes:
        parts: The amounts by their kind, without VAT, in the order's currency; without what is nothing or not known.
        quantity: For how much of the item, in its base unit.
    """

    parts: tuple[tuple[CostKind, Fraction], ...]
    quantity: Decimal

    @property
    def total(self) -> Fraction:
        """All parts together."""
        return sum((amount for _, amount in self.parts), Fraction(0))

    @property
    def per_unit(self) -> Fraction:
        """What one base unit comes to."""
        return self.total / Fraction(self.quantity)


def destination(state: OrderState, portion: Portion) -> str:
    """Return the member to whom the portion's goods go: the plant that builds them in, else the consignee.

    Where no plant is chosen yet for what they go into, it is the next one on their way for which one is.

    Args:
        state: The order.
        portion: One of its portions.
    """
    portions = dates.line_portions(state, portion.line_id)
    for _ in portions:
        if portion.feeds is None:
            break
        into = [other for other in portions if other.node == portion.feeds]
        chosen = next((other.attempts[-1].plant for other in into if other.attempts), None)
        if chosen is not None:
            return chosen
        if not into:
            break
        portion = into[0]
    return dates.consignee(state)


def landed_cost(
    maker: Maker, order: Order, portion: Portion, quantity: Decimal, day: date, master: MasterData
) -> LandedCost | None:
    """Return what the quantity costs from this maker.

    Args:
        maker: The maker, with its capability.
        order: The order, with its currency.
        portion: The portion, with its round of quotes and the destination in it.
        quantity: In the item's base unit, above zero.
        day: The day whose exchange rates count.
        master: The master data, with transport, customs and rates.

    Returns:
        None where the maker names no cost of a unit, or where a part has no exchange rate.
    """
    capability = maker.capability
    if capability.cost is None:
        return None
    to = portion.quote_round.destination if portion.quote_round else None
    amounts: list[_Amount] = [(CostKind.GOODS, capability.cost, capability, Fraction(quantity))]
    if capability.lot_cost is not None:
        amounts.append((CostKind.LOT, capability.lot_cost, capability, Fraction(1)))
    amounts += _freight(maker.member, to, portion.item, quantity, master) if to else []
    parts: dict[CostKind, Fraction] = {}
    for kind, money, basis, times in amounts:
        net = _net(money, basis, order.currency, day, master)
        if net is None:
            return None
        parts[kind] = parts.get(kind, Fraction(0)) + net * times
    if to and (percent := master.duty(maker.member, to, master.items[portion.item].okpd2)):
        parts[CostKind.CUSTOMS] = sum(parts.values(), Fraction(0)) * Fraction(percent) / _HUNDRED
    return LandedCost(tuple((kind, amount) for kind, amount in parts.items() if amount), quantity)


def _freight(origin: str, to: str, item: str, quantity: Decimal, master: MasterData) -> Sequence[_Amount]:
    """Return the costs of the way; what is for a unit that the item does not convert to is not known."""
    freight = master.members.transport.cost(origin, to)
    found: list[_Amount] = []
    if freight is not None and freight.per_shipment is not None:
        found.append((CostKind.TRANSPORT, freight.per_shipment, freight, Fraction(1)))
    if freight is not None and freight.per_quantity is not None:
        one = master.items[item].in_base(Decimal(1), freight.per_quantity.unit)
        if one is not None:
            found.append((CostKind.TRANSPORT, freight.per_quantity, freight, Fraction(quantity) / Fraction(one)))
    return found


def _net(money: Money, basis: VatBasis, currency: str, day: date, master: MasterData) -> Fraction | None:
    """Return the amount in the currency without VAT; None where there is no rate."""
    rate = master.rates.on(money.currency, currency, day)
    if rate is None:
        return None
    amount = Fraction(money.amount) * Fraction(rate.rate) / Fraction(rate.nominal)
    return amount * _HUNDRED / (_HUNDRED + Fraction(basis.vat_rate or 0)) if basis.vat_included else amount
