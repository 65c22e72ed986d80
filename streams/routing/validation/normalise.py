"""From a member's own codes and units to the canonical item and its base unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import reduce

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.parties.units import UNITS
from kranhub.text import Text
from kranhub.values import confusables
from kranhub.wire.messages import InventoryLevel, Order, OrderLine, OrderLineDelivery, PlannedReceipt
from streams.routing.masterdata.items import Item
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import BAD_AMOUNT, NOT_NORMALISED, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import Delivery, Line
from streams.routing.model.quantity import MICRO
from streams.routing.validation import order_quantity

UNMAPPED_ITEM, UNMAPPED_UNIT, COMPLETE_DELIVERY = (
    HoldReason.UNMAPPED_ITEM,
    HoldReason.UNMAPPED_UNIT,
    HoldReason.COMPLETE_DELIVERY,
)


_Coded = OrderLine | InventoryLevel | PlannedReceipt
"""What has a member's code of an item, and a unit."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """An order in canonical items and base units, and what is wrong with lines that are held while the rest goes on."""

    value: Order
    problems: tuple[InvalidDocument, ...] = ()


def normalise_order(value: Order, master: MasterData) -> Normalised:
    """Return the order with canonical items and base units; what a line does not allow is reported in ``problems``.

    Such a line is held: its item or unit is unmapped, or its quantity or price is none that the item allows.

    Raises:
        InvalidDocument: ``too-many-digits`` where a quantity does not fit in the base unit.
    """
    owner = value["buyer"]
    lines = [_line(line, owner, master) for line in value["lines"]]
    held = [line for line in lines if line["hold_reason"]]
    if held and value["complete_delivery"]:
        lines = [{**line, "hold_reason": line["hold_reason"] or COMPLETE_DELIVERY} for line in lines]
    problems = tuple(
        _problem(code, [line for line in held if line["hold_reason"] == code], owner, master)
        for code in NOT_NORMALISED
        if any(line["hold_reason"] == code for line in held)
    )
    return Normalised({**value, "revision": 0, "lines": lines}, problems)


def normalise_level(value: InventoryLevel, master: MasterData) -> InventoryLevel:
    """Return the stock level with its canonical item and in the base unit.

    Raises:
        InvalidDocument: ``unmapped-item``, ``unmapped-unit`` or ``too-many-digits``.
    """
    item = _item(value, master)
    return {
        **value,
        "on_hand": _amount(item, value["on_hand"], value, master),
        "reserved": _amount(item, value["reserved"], value, master),
        "blocked": _amount(item, value["blocked"], value, master),
        "item": item.item,
        "unit": item.unit,
    }


def normalise_receipt(value: PlannedReceipt, master: MasterData) -> PlannedReceipt:
    """Return the planned receipt with its canonical item and in the base unit.

    Raises:
        InvalidDocument: ``unmapped-item``, ``unmapped-unit`` or ``too-many-digits``.
    """
    item = _item(value, master)
    quantity = _amount(item, value["quantity"], value, master)
    return {**value, "quantity": quantity, "item": item.item, "unit": item.unit}


def _item(value: InventoryLevel | PlannedReceipt, master: MasterData) -> Item:
    item = master.item_of(value["company"], value["item_code"])
    if item is None:
        raise _unmapped(UNMAPPED_ITEM, [value], value["company"], master)
    return item


def _amount(item: Item, amount: Decimal, value: InventoryLevel | PlannedReceipt, master: MasterData) -> Decimal:
    """Return a quantity of the document in the item's base unit."""
    quantity = in_base(item, amount, value["unit"])
    if quantity is None:
        raise _unmapped(UNMAPPED_UNIT, [value], value["company"], master)
    return quantity


def mapped(line: Line, buyer: str, master: MasterData) -> Line:
    """Return a line that is as its buyer wrote it as the master data take it now; any other as it is.

    Args:
        line: The line.
        buyer: The member whose codes it has.
        master: The master data.

    Raises:
        InvalidDocument: ``too-many-digits`` where its quantity does not fit in the base unit.
    """
    if line.hold_reason not in NOT_NORMALISED:
        return line
    raw: OrderLine = {
        "line_id": line.line_id,
        "item_code": line.item_code,
        "quantity": line.quantity,
        "unit": line.unit,
        "price": line.price,
        "deliveries": [{"requested_date": d.requested_date, "quantity": d.quantity} for d in line.deliveries],
    }
    found = _line(raw, buyer, master)
    return replace(
        line,
        item=found["item"],
        quantity=found["quantity"],
        unit=found["unit"],
        price=found["price"],
        deliveries=deliveries_of(found),
        hold_reason=HoldReason(found["hold_reason"]) if found["hold_reason"] else None,
        rounded_from=found.get("rounded_from"),
    )


def deliveries_of(line: OrderLine) -> tuple[Delivery, ...]:
    """Return the delivery schedule of an order's line, by date; empty where it has one date."""
    parts = line.get("deliveries") or []
    found = sorted(parts, key=lambda part: part["requested_date"])
    return tuple(Delivery(part["requested_date"], part["quantity"]) for part in found)


def out_of_base(item: Item, quantity: Decimal, unit: str) -> Decimal | None:
    """Return a quantity of base units in another unit, to 28 digits.

    Args:
        item: The item.
        quantity: In its base unit.
        unit: The other unit.

    Returns:
        None where the unit has no mapping.
    """
    one = item.in_base(Decimal(1), unit)
    return quantity / one if one else None


def in_base(item: Item, quantity: Decimal, unit: str) -> Decimal | None:
    """Return the quantity in the item's base unit.

    Args:
        item: The item.
        quantity: In the unit.
        unit: The unit of the quantity.

    Returns:
        None where the unit has no mapping.

    Raises:
        InvalidDocument: ``too-many-digits`` where six digits after the point cannot hold it, or it is too large.
    """
    with localcontext(prec=60):
        exact = item.in_base(quantity, unit)
        if exact is None:
            return None
        rounded = exact.quantize(MICRO)
        if rounded != exact or rounded.adjusted() > 21:
            raise InvalidDocument(DocumentCode.TOO_MANY_DIGITS, _digits(item, quantity, unit))
        return rounded.normalize() + 0


def _line(line: OrderLine, owner: str, master: MasterData) -> OrderLine:
    item = master.item_of(owner, line["item_code"])
    if item is None:
        return {**line, "item": None, "hold_reason": UNMAPPED_ITEM, "rounded_from": None}
    quantity = in_base(item, line["quantity"], line["unit"])
    if quantity is None:
        return {**line, "item": item.item, "hold_reason": UNMAPPED_UNIT, "rounded_from": None}
    deliveries: list[OrderLineDelivery] = [
        {**part, "quantity": in_base(item, part["quantity"], line["unit"]) or part["quantity"]}
        for part in line.get("deliveries") or []
    ]
    allowed = order_quantity.checked(item, quantity, [part["quantity"] for part in deliveries])
    price = _price(line["price"], line["quantity"], quantity)
    is_too_small = _is_distorted(line["price"], price, line["quantity"], quantity)
    why = allowed.hold_reason or (HoldReason.PRICE_TOO_SMALL if is_too_small else None)
    if why is not None:
        return {**line, "item": item.item, "hold_reason": why, "rounded_from": None}
    return {
        **line,
        "item": item.item,
        "quantity": allowed.quantity,
        "unit": item.unit,
        "price": price,
        "hold_reason": None,
        "deliveries": deliveries,
        "rounded_from": quantity if allowed.quantity != quantity else None,
    }


_PRICE_TOLERANCE = Decimal("0.001")
"""How much of a price rounding may change, as a share of it."""


def _price(price: Decimal | None, ordered: Decimal, base: Decimal) -> Decimal | None:
    """Return the price of one base unit, rounded half-even to six digits: the amount stays the buyer's to state."""
    if price is None or ordered == base:
        return price
    with localcontext(prec=60):
        return (price * ordered / base).quantize(MICRO, ROUND_HALF_EVEN).normalize() + 0


def _is_distorted(price: Decimal | None, rounded: Decimal | None, ordered: Decimal, base: Decimal) -> bool:
    """Return whether six digits change the price of one base unit by more than `_PRICE_TOLERANCE` of it.

    Such a price is not passed on per another quantity: a plant's ERP that reads the number alone would take it for the
    price of one unit.
    """
    if price is None or rounded is None:
        return False
    with localcontext(prec=60):
        return abs(rounded * base - price * ordered) > price * ordered * _PRICE_TOLERANCE


def held_text(code: HoldReason, line: Line, master: MasterData) -> Text | None:
    """Return the text for the buyer on a quantity or a price that the item does not allow; None for another reason.

    Args:
        code: Why the line is on hold.
        line: The line as the buyer wrote it.
        master: The master data.
    """
    item = master.items.get(line.item or "")
    if item is None or code not in BAD_AMOUNT:
        return None
    deliveries = [part.quantity for part in line.deliveries]
    if code != HoldReason.PRICE_TOO_SMALL:
        return order_quantity.refusal(code, line.item_code, line.quantity, line.unit, item, deliveries)
    return _price_too_small(line.item_code, line.unit, line.price, item)


def _price_too_small(item_code: str, unit: str, price: Decimal | None, item: Item) -> Text:
    amount = f"{price:f}" if price is not None else "-"
    return Text(
        en=f"The price of {item_code}, {amount} for 1 {unit}, is too small to be given for 1 {item.unit} with six "
        f"digits after the point. Correct the price, or order in {item.unit}.",
        ru=f"Цена {item_code}, {amount} за 1 {unit}, слишком мала, чтобы указать её за 1 {item.unit} с шестью знаками "
        f"после запятой. Исправьте цену или закажите в {item.unit}.",
    )


def _problem(code: HoldReason, lines: Sequence[OrderLine], owner: str, master: MasterData) -> InvalidDocument:
    if code not in BAD_AMOUNT:
        return _unmapped(code, lines, owner, master)
    return InvalidDocument(_DOCUMENT_CODES[code], reduce(Text.then, [_line_text(code, line, master) for line in lines]))


def _line_text(code: HoldReason, line: OrderLine, master: MasterData) -> Text:
    item = master.items[str(line["item"])]
    if code == HoldReason.PRICE_TOO_SMALL:
        return _price_too_small(line["item_code"], line["unit"], line["price"], item)
    deliveries = [part["quantity"] for part in line.get("deliveries") or []]
    return order_quantity.refusal(code, line["item_code"], line["quantity"], line["unit"], item, deliveries)


_DOCUMENT_CODES: Mapping[HoldReason, DocumentCode] = {
    HoldReason.QUANTITY_STEP: DocumentCode.QUANTITY_STEP,
    HoldReason.BELOW_MINIMUM_QUANTITY: DocumentCode.BELOW_MINIMUM_QUANTITY,
    HoldReason.PRICE_TOO_SMALL: DocumentCode.PRICE_TOO_SMALL,
}


def _unmapped(code: HoldReason, lines: Sequence[_Coded], owner: str, master: MasterData) -> InvalidDocument:
    """Return the refusal of these lines; it names what a person cannot see in their codes."""
    text = _no_mapping(code, lines, owner)
    for line in lines:
        looks = confusables.hint(line["item_code"], master.looks(owner)) if code == UNMAPPED_ITEM else _unit_hint(line)
        text = text.then(looks) if looks else text
    return InvalidDocument(code, text)


def _unit_hint(line: _Coded) -> Text | None:
    return confusables.hint(line["unit"], _UNITS)


_UNITS = confusables.skeletons(UNITS)


def _no_mapping(code: HoldReason, lines: Sequence[_Coded], owner: str) -> Text:
    if code == UNMAPPED_ITEM:
        codes = ", ".join(repr(line["item_code"]) for line in lines)
        return Text(
            en=f"The nomenclature has no item for {owner}'s code {codes}. Add the code to the nomenclature "
            "and publish it: the document is then taken up by itself.",
            ru=f"В номенклатуре нет позиции для кода {codes} участника {owner}. Добавьте код в номенклатуру "
            "и опубликуйте её: документ будет принят сам.",
        )
    what = ", ".join(f"{line['unit']!r} ({line['item_code']!r})" for line in lines)
    return Text(
        en=f"There is no mapping of unit {what} to the item's base unit. Use a UN/CEFACT Recommendation 20 code of "
        "the same dimension, or add a conversion to the nomenclature.",
        ru=f"Единица {what} не сводится к базовой единице позиции. Укажите код Рекомендации 20 ЕЭК ООН той же "
        "размерности или добавьте пересчёт в номенклатуру.",
    )


def _digits(item: Item, quantity: Decimal, unit: str) -> Text:
    return Text(
        en=f"{quantity:f} {unit} of {item.item} is no number of six digits after the point in {item.unit}. Round it.",
        ru=f"{quantity:f} {unit} ({item.item}) не выражается в {item.unit} с шестью знаками после запятой. Округлите.",
    )
