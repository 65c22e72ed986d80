"""Quantities: exact decimal numbers of an item's base unit, with six digits after the point at most."""

from decimal import Decimal

ZERO = Decimal(0)
MICRO = Decimal("0.000001")
"""The smallest quantity."""
