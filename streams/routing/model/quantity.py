"""Quantities: exact decimal numbers of an item's base unit, with six digits after the point at most."""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

ZERO = Decimal(0)
MICRO = Decimal("0.000001")
"""The smallest quantity."""


def floor_to(quantity: Decimal, step: Decimal | None) -> Decimal:
    """Return the largest multiple of the step that is not above the quantity; the quantity where there is no step."""
    return _multiple(quantity, step, ROUND_FLOOR)


def ceil_to(quantity: Decimal, step: Decimal | None) -> Decimal:
    """Return the smallest multiple of the step that is not below the quantity; the quantity where there is no step."""
    return _multiple(quantity, step, ROUND_CEILING)


def round_to(quantity: Decimal, step: Decimal | None) -> Decimal:
    """Return the nearest multiple of the step, the larger of two; the quantity where there is no step."""
    return _multiple(quantity, step, ROUND_HALF_UP)


def _multiple(quantity: Decimal, step: Decimal | None, rounding: str) -> Decimal:
    if step is None:
        return quantity
    with localcontext(prec=60):
        if quantity % step == 0:
            return quantity
        return (quantity / step).to_integral_value(rounding) * step
