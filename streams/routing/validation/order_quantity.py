"""Whether a quantity fits its item's step and minimum, what it is rounded to, and what the buyer reads of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from kranhub.text import Text
from streams.routing.masterdata.items import Item, Rounding
from streams.routing.model.codes import HoldReason
from streams.routing.model.quantity import MICRO, ZERO, ceil_to, floor_to, round_to


class OrderedQuantity(NamedTuple):
    """What an ordered quantity becomes.

    Attributes:
        quantity: In the item's base unit, rounded where the item says so.
        hold_reason: Why it is refused; None where it is not.
    """

    quantity: Decimal
    hold_reason: HoldReason | None = None


def checked(item: Item, quantity: Decimal, deliveries: Sequence[Decimal] = ()) -> OrderedQuantity:
    """Return the quantity as it may be ordered, or why it may not.

    Where it is wanted in several deliveries each of them is a multiple of the step, and nothing is rounded: only the
    buyer knows which delivery may change.

    Args:
        item: The item, with its rule.
        quantity: In the item's base unit, above zero.
        deliveries: The quantities of its deliveries, in the base unit.
    """
    why = _problem(item, quantity)
    if len(deliveries) > 1:
        in_steps = all(each == floor_to(each, item.step) for each in deliveries)
        return OrderedQuantity(quantity, why or (None if in_steps else HoldReason.QUANTITY_STEP))
    if why is None:
        return OrderedQuantity(quantity)
    rounded = _rounded(item, quantity)
    return OrderedQuantity(quantity, why) if rounded is None or _problem(item, rounded) else OrderedQuantity(rounded)


def _problem(item: Item, quantity: Decimal) -> HoldReason | None:
    if quantity < (item.order_quantity.minimum or ZERO):
        return HoldReason.BELOW_MINIMUM_QUANTITY
    return None if 0 < quantity == floor_to(quantity, item.step) else HoldReason.QUANTITY_STEP


def _rounded(item: Item, quantity: Decimal) -> Decimal | None:
    match item.order_quantity.rounding:
        case Rounding.UP:
            return max(ceil_to(quantity, item.step), _least(item))
        case Rounding.DOWN:
            return floor_to(quantity, item.step)
        case Rounding.NEAREST:
            return round_to(quantity, item.step)
        case Rounding.REFUSE:
            return None


def _least(item: Item) -> Decimal:
    """Return the smallest quantity that may be ordered; zero where any may."""
    return ceil_to(item.order_quantity.minimum or item.step or ZERO, item.step)


def nearest(item: Item, quantity: Decimal) -> Sequence[Decimal]:
    """Return the nearest quantities that may be ordered: the one below, where there is one, and the one above.

    Args:
        item: The item, with its rule.
        quantity: In the item's base unit.
    """
    below, above = floor_to(quantity, item.step), max(ceil_to(quantity, item.step), _least(item))
    return sorted({*([below] if below >= _least(item) and below > 0 else []), above})


def refusal(
    code: HoldReason, item_code: str, quantity: Decimal, unit: str, item: Item, deliveries: Sequence[Decimal] = ()
) -> Text:
    """Return the text on why a quantity is refused, with the nearest that may be ordered.

    Args:
        code: ``quantity-step`` or ``below-minimum-quantity``.
        item_code: The buyer's code of the item.
        quantity: In the buyer's unit.
        unit: The buyer's unit.
        item: The item.
        deliveries: The quantities of its deliveries, in the buyer's unit: the text names one where the sum is right.
    """
    bases = [(each, item.in_base(each, unit) or each) for each in (quantity, *deliveries)]
    quantity, base = next((pair for pair in bases if _problem(item, pair[1]) == code), bases[0])
    asked, amount = _plain(quantity, unit), _plain(base, item.unit)
    same = unit == item.unit
    choices = [_in_both(each, unit, item) for each in nearest(item, base)]
    if code == HoldReason.BELOW_MINIMUM_QUANTITY:
        least = _plain(_least(item), item.unit)
        return Text(
            en=f"{asked} of {item_code} is less than the smallest order, {least}. Order {' or '.join(choices)}.",
            ru=f"{asked} позиции {item_code} меньше наименьшего заказа, {least}. Закажите {' или '.join(choices)}.",
        )
    step = _plain(item.step or MICRO, item.unit)
    return Text(
        en=f"{asked} of {item_code} is {'' if same else f'{amount}, which is '}no multiple of {step}. "
        f"Order {' or '.join(choices)}.",
        ru=f"{asked} позиции {item_code}{'' if same else f' составляет {amount} и'} не кратно {step}. "
        f"Закажите {' или '.join(choices)}.",
    )


def rounding(item_code: str, before: Decimal, after: Decimal, unit: str) -> Text:
    """Return the text that a quantity was rounded.

    Args:
        item_code: The buyer's code of the item.
        before: What was ordered, in the base unit.
        after: What is planned, in the base unit.
        unit: The base unit.
    """
    ordered, planned = _plain(before, unit), _plain(after, unit)
    return Text(
        en=f"{ordered} of {item_code} was ordered and is rounded to {planned}, as the item is not ordered otherwise.",
        ru=f"Заказано {ordered} позиции {item_code}; количество округлено до {planned}: иначе её не заказывают.",
    )


def _in_both(quantity: Decimal, unit: str, item: Item) -> str:
    """Return the quantity in the buyer's unit, where six digits hold it, and in the base unit."""
    one = item.in_base(Decimal(1), unit)
    measured = (quantity / one).quantize(MICRO) if one and unit != item.unit else None
    if measured is None or one is None or measured * one != quantity:
        return _plain(quantity, item.unit)
    return f"{_plain(measured, unit)} ({_plain(quantity, item.unit)})"


def _plain(quantity: Decimal, unit: str) -> str:
    return f"{quantity.normalize():f} {unit}"
