"""From where a request has what is not on stock: planned receipts, or the plant's capacity. Pure."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from streams.routing.allocator.capacity import Load, Placed, Workshop, place
from streams.routing.allocator.planned_receipts import Coming, Share
from streams.routing.allocator.stock import ZERO


class Supply(NamedTuple):
    """What a request has beside stock.

    Attributes:
        receipts: What comes, without the shares' numbers.
        placed: What is made.
    """

    receipts: tuple[Share, ...] = ()
    placed: Placed = Placed(ZERO)


def supply(coming: Iterable[Coming], load: Load, shop: Workshop | None, quantity: Decimal, start: date) -> Supply:
    """Return how a quantity is had: by planned receipts where all of it comes no later than it would be made.

    Where neither receipts nor capacity give all of it, whichever gives more does.

    Args:
        coming: What may still be promised of receipts, what comes first before.
        load: What is taken of the capacity.
        shop: What makes the item; None where the plant does not make it.
        quantity: In the item's base unit.
        start: The first day that counts.
    """
    if quantity <= 0:
        return Supply()
    placed = place(load, shop, quantity, start) if shop else Placed(ZERO)
    receipts = _shares(coming, quantity)
    total = sum((share.quantity for share in receipts), ZERO)
    if total > placed.quantity:
        return Supply(receipts)
    if shop is None or total < quantity:
        return Supply(placed=placed)
    made_on = shop.finish(placed.begins or start, placed.days)
    comes_on = max(start, *(share.day for share in receipts))
    return Supply(receipts) if comes_on <= made_on else Supply(placed=placed)


def _shares(coming: Iterable[Coming], quantity: Decimal) -> tuple[Share, ...]:
    """Return what comes first, up to the quantity."""
    found: list[Share] = []
    for each in coming:
        found.append(Share(each.receipt_id, 0, min(quantity, each.quantity), each.day))
        quantity -= found[-1].quantity
        if quantity <= 0:
            break
    return tuple(found)
