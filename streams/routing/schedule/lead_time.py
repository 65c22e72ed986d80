"""How many working days a plant needs for a quantity: fixed, or by what it makes in a day or in a lot. Pure."""

from decimal import ROUND_CEILING, Decimal, localcontext

from kranhub.parties.members import Capability, Quantity
from streams.routing.masterdata.items import Item

LONGEST = 9_999
"""The most working days that are counted."""


def lead_days(capability: Capability, item: Item, quantity: Decimal) -> int:
    """Return how many working days a plant needs for the quantity.

    ``setup_days + quantity / rate``, or ``setup_days + lots * lot_days``, begun days and lots as whole ones; the
    capability's ``working_days`` where it has neither, or where its unit does not convert to the item's. Nothing takes
    no time.

    Args:
        capability: What makes the item.
        item: The item.
        quantity: In the item's base unit.
    """
    if quantity <= 0:
        return 0
    if capability.rate is not None and (per_day := _in_base(item, capability.rate)):
        return min(capability.setup_days + _begun(quantity, per_day), LONGEST)
    if capability.lot is not None and capability.lot_days is not None and (size := _in_base(item, capability.lot)):
        return min(capability.setup_days + _begun(quantity, size) * capability.lot_days, LONGEST)
    return capability.working_days


def quantity_within(capability: Capability, item: Item, days: int) -> Decimal | None:
    """Return the largest quantity that takes no more working days, in the base unit: `lead_days`, inverted.

    Args:
        capability: What makes the item.
        item: The item.
        days: How many working days.

    Returns:
        None where any quantity takes the same time.
    """
    left = max(0, days - capability.setup_days)
    if capability.rate is not None and (per_day := _in_base(item, capability.rate)):
        return per_day * left
    if capability.lot is not None and capability.lot_days is not None and (size := _in_base(item, capability.lot)):
        return size * (left // capability.lot_days)
    return None


def _in_base(item: Item, quantity: Quantity) -> Decimal | None:
    return item.in_base(quantity.quantity, quantity.unit)


def _begun(quantity: Decimal, each: Decimal) -> int:
    with localcontext(prec=60):
        return int((quantity / each).to_integral_value(ROUND_CEILING))
