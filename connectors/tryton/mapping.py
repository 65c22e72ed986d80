"""Tryton's records to the hub's documents: records and codes in, values out. Pure.

Each function returns a value as the codec takes it, or None for a record that has nothing for the hub, and raises
`InvalidDocument` for one that cannot be expressed as a document.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import unquote

from connectors.tryton import comment_block
from connectors.tryton.codes import Codes, inner, quantity, text_of
from connectors.tryton.error_codes import TrytonCode
from connectors.tryton.fields import Fields, Kind
from kranhub import identifiers
from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import (
    LineStatus,
    OrderDocumentStatus,
    OrderKind,
    OrderResponseCode,
    PlannedReceiptDocumentStatus,
    PlannedReceiptSource,
    PlantOrderDocumentStatus,
    ProductionState,
)

Record = Mapping[str, Any]
Value = (
    messages.Order
    | messages.OrderResponse
    | messages.InventoryLevel
    | messages.PlannedReceipt
    | messages.ProductionStatus
)
"""A value that a record of Tryton can become."""

PURCHASE_FIELDS: Fields = {
    "number": Kind.TEXT,
    "state": Kind.STATE,
    "currency.code": Kind.TEXT,
    "delivery_date": Kind.DAY,
    "party.code": Kind.TEXT,
    "invoice_party.code": Kind.TEXT,
    "warehouse.code": Kind.TEXT,
    "lines.type": Kind.STATE,
    "lines.product.code": Kind.TEXT,
    "lines.description": Kind.TEXT,
    "lines.quantity": Kind.NUMBER,
    "lines.unit.symbol": Kind.TEXT,
    "lines.unit_price": Kind.NUMBER,
    "lines.delivery_date": Kind.DAY,
}
SALE_FIELDS: Fields = {
    "number": Kind.TEXT,
    "reference": Kind.TEXT,
    "state": Kind.STATE,
    "comment": Kind.TEXT,
    "shipping_date": Kind.DAY,
    "lines.type": Kind.STATE,
    "lines.note": Kind.TEXT,
    "lines.quantity": Kind.NUMBER,
    "lines.unit.symbol": Kind.TEXT,
    "lines.shipping_date": Kind.DAY,
}
PRODUCTION_FIELDS: Fields = {
    "number": Kind.TEXT,
    "reference": Kind.TEXT,
    "state": Kind.STATE,
    "product.code": Kind.TEXT,
    "quantity": Kind.NUMBER,
    "unit.symbol": Kind.TEXT,
    "planned_date": Kind.DAY,
    "effective_date": Kind.DAY,
}
STOCK_PRODUCTION_FIELDS: Fields = {**PRODUCTION_FIELDS, "warehouse.code": Kind.TEXT}
PURCHASE_LINE_FIELDS: Fields = {
    "purchase.state": Kind.STATE,
    "purchase.warehouse.code": Kind.TEXT,
    "product.code": Kind.TEXT,
    "quantity": Kind.NUMBER,
    "unit.symbol": Kind.TEXT,
    "delivery_date": Kind.DAY,
    "moves.state": Kind.STATE,
    "moves.quantity": Kind.NUMBER,
}
LEVEL_FIELDS: Fields = {
    "code": Kind.TEXT,
    "quantity": Kind.NUMBER,
    "default_uom.symbol": Kind.TEXT,
    "type": Kind.TEXT,
}
LINE_MARK = "kranhub "  # before the plant order's line id, in a sale line's note
STATES = {
    "request": ProductionState.FORECAST,
    "draft": ProductionState.FORECAST,
    "waiting": ProductionState.WAITING,
    "assigned": ProductionState.READY,
    "running": ProductionState.RUNNING,
    "done": ProductionState.COMPLETED,
    "cancelled": ProductionState.ABORTED,
}


def order(record: Record, codes: Codes) -> messages.Order | None:
    """Return a purchase as an ``Order``; None for one that was cancelled before it had a number.

    The order's identity is the record's id: numbers are for people, and may start again with every year.

    Raises:
        InvalidDocument: ``no-requested-date``, or the code of a value that makes no document.
    """
    if not text_of(record["number"]):
        return None
    lines = [_order_line(line, codes) for line in record["lines."] if line["type"] == "line"]
    days = [line["requested_date"] for line in lines if line["requested_date"]]
    requested = codes.day(record["delivery_date"]) or max(days, default=None)
    if requested is None:
        raise InvalidDocument(TrytonCode.NO_REQUESTED_DATE, _no_date(record["number"]))
    site = codes.site(inner(record, "warehouse.code"))
    return {
        "order_id": str(record["id"]),
        "number": text_of(record["number"]),
        "buyer": codes.member.id,
        "payer": codes.member_of(inner(record, "invoice_party.code")),
        "consignee": site,
        "kind": OrderKind(codes.config.order_kind),
        "document_status": OrderDocumentStatus.CANCELLED
        if record["state"] == "cancelled"
        else OrderDocumentStatus.ACTIVE,
        "currency": inner(record, "currency.code"),
        "requested_date": requested,
        "delivery_place": site,
        "complete_delivery": codes.config.complete_delivery,
        "alternatives_allowed": codes.config.alternatives_allowed,
        "lines": [{**line, "requested_date": _unless(line["requested_date"], requested)} for line in lines],
    }


def remembered(order_id: str, number: str, currency: str, requested: date, codes: Codes) -> messages.Order:
    """Return the ``Order`` of a deleted purchase, from what is still known of it.

    Args:
        order_id: The purchase's id.
        number: The purchase's number; empty for none.
        currency: The order's currency.
        requested: The order's requested date.
        codes: The company's codes.
    """
    return {
        "order_id": order_id,
        "number": number or None,
        "buyer": codes.member.id,
        "payer": None,
        "consignee": None,
        "kind": OrderKind(codes.config.order_kind),
        "document_status": OrderDocumentStatus.CANCELLED,
        "currency": currency,
        "requested_date": requested,
        "delivery_place": None,
        "complete_delivery": codes.config.complete_delivery,
        "alternatives_allowed": codes.config.alternatives_allowed,
        "lines": [],
    }


def made_for(production: Record, sales: Sequence[Record]) -> str | None:
    """Return the plant order for which a production is made, None where its reference names no plant order's sale.

    Raises:
        InvalidDocument: ``ambiguous-reference`` where several sales have that number.
    """
    ours = [sale for sale in sales if identifiers.is_plant_order_id(sale["reference"] or "")]
    orders = {sale["reference"] for sale in ours}
    if production["reference"] in orders:
        return str(production["reference"])
    if not ours or len(sales) == 1:
        return str(ours[0]["reference"]) if ours else None
    raise InvalidDocument(TrytonCode.AMBIGUOUS_REFERENCE, _ambiguous(production, sales))


def response(record: Record, codes: Codes, modified: datetime) -> messages.OrderResponse | None:
    """Return a sale as an ``OrderResponse``, once people have confirmed or refused it.

    None for a sale that the hub itself cancelled, for one that is no plant order's, and for a copy of such a one.

    Args:
        record: The sale.
        codes: The company's codes.
        modified: When the sale was last changed, in UTC.

    Raises:
        InvalidDocument: ``mark-removed`` where the hub's paragraph is missing, or the code of a value that makes no
            document.
    """
    reference, asked = record["reference"] or "", comment_block.read(record["comment"], record["id"])
    if (
        not identifiers.is_plant_order_id(reference)
        or record["state"] in {"draft", "quotation"}
        or asked.status == PlantOrderDocumentStatus.CANCELLED
    ):
        return None
    if comment_block.is_foreign(record["comment"], record["id"]):
        return None
    if not asked.revision:
        raise InvalidDocument(TrytonCode.MARK_REMOVED, _no_block(record["number"] or str(record["id"]), reference))
    refused = record["state"] == "cancelled"
    lines = [_response_line(line_id, wanted, record, codes) for line_id, wanted in asked.wanted.items()]
    accepted = all(line["status"] == LineStatus.ACCEPTED for line in lines)
    none = all(line["status"] == LineStatus.NOT_ACCEPTED for line in lines)
    return {
        "plant_order_id": reference,
        "plant": codes.member.id,
        "plant_order_revision": asked.revision,
        "response_code": _code(refused or bool(lines and none), accepted),
        "erp_reference": record["number"],
        "issued_at": modified,
        "lines": lines,
    }


def level(record: Record, codes: Codes, site: str, modified: datetime) -> messages.InventoryLevel:
    """Return a product's stock at a site as an ``InventoryLevel``.

    Args:
        record: The product; ``free`` is what Tryton has not assigned.
        codes: The company's codes.
        site: The site's id.
        modified: The time of the level, in UTC.

    Raises:
        InvalidDocument: The code of a value that makes no document.
    """
    on_hand = quantity(record["quantity"])
    return {
        "company": codes.member.id,
        "site": site,
        "item_code": text_of(record["code"]) or record["code"],
        "on_hand": on_hand,
        "reserved": max(on_hand - quantity(record["free"]), quantity(0)),
        "blocked": quantity(0),
        "unit": codes.unit(inner(record, "default_uom.symbol")),
        "as_of": modified,
    }


def production(
    record: Record, codes: Codes, plant_order: str | None, modified: datetime
) -> messages.ProductionStatus | None:
    """Return a production as a ``ProductionStatus``; None for one without a product or a number.

    Args:
        record: The production.
        codes: The company's codes.
        plant_order: The plant order for which it is made; None for none.
        modified: When it was last changed, in UTC.

    Raises:
        InvalidDocument: The code of a value that makes no document.
    """
    item_code = text_of(inner(record, "product.code"))
    if not text_of(record["number"]) or item_code is None:
        return None
    planned = quantity(record["quantity"])
    return {
        "production_order_id": str(record["id"]),
        "plant": codes.member.id,
        "plant_order_id": plant_order,
        "item_code": item_code,
        "planned": planned,
        "completed": planned if record["state"] == "done" else quantity(0),
        "scrapped": quantity(0),
        "unit": codes.unit(inner(record, "unit.symbol")),
        "state": STATES.get(record["state"], ProductionState.UNKNOWN),
        "estimated_completion": codes.day(record["effective_date"] or record["planned_date"]),
        "as_of": modified,
    }


def purchase_receipt(record: Record, codes: Codes, modified: datetime) -> messages.PlannedReceipt | None:
    """Return a line of a purchase as a ``PlannedReceipt``: what has not come in of it.

    What is not confirmed counts as cancelled.

    Args:
        record: The line, with its moves; Tryton makes them in the line's unit.
        codes: The company's codes.
        modified: When it was last changed, in UTC.

    Returns:
        None for what goes back, or has no code, no site or no day.

    Raises:
        InvalidDocument: The code of a value that makes no document.
    """
    came = sum(move["quantity"] or 0 for move in record["moves."] if move["state"] == "done")
    left = quantity(record["quantity"]) - quantity(came)
    state = inner(record, "purchase.state")
    if quantity(record["quantity"]) < 0:
        return None
    stated = _Coming(
        f"purchase.line,{record['id']}",
        PlannedReceiptSource.PURCHASE,
        quantity(0) if state == "done" else max(left, quantity(0)),
        state in {"confirmed", "processing", "done"},
        inner(record, "purchase.warehouse.code"),
        codes.day(record["delivery_date"]),
    )
    return _receipt(stated, record, codes, modified)


def production_receipt(record: Record, codes: Codes, modified: datetime) -> messages.PlannedReceipt | None:
    """Return a production for stock as a ``PlannedReceipt``.

    Args:
        record: The production.
        codes: The company's codes.
        modified: When it was last changed, in UTC.

    Returns:
        None for what has no code, no site or no day.

    Raises:
        InvalidDocument: The code of a value that makes no document.
    """
    state = record["state"]
    stated = _Coming(
        f"production,{record['id']}",
        PlannedReceiptSource.PRODUCTION,
        quantity(0) if state == "done" else quantity(record["quantity"]),
        state in {"waiting", "assigned", "running", "done"},
        inner(record, "warehouse.code"),
        codes.day(record["planned_date"]),
    )
    return _receipt(stated, record, codes, modified)


class _Coming(NamedTuple):
    """What a line of a purchase and a production say in different fields."""

    receipt_id: str
    source: PlannedReceiptSource
    left: Decimal
    active: bool
    warehouse: str | None
    day: date | None


def _receipt(stated: _Coming, record: Record, codes: Codes, modified: datetime) -> messages.PlannedReceipt | None:
    site, item_code = codes.site(stated.warehouse), text_of(inner(record, "product.code"))
    if site is None or item_code is None or stated.day is None:
        return None
    status = PlannedReceiptDocumentStatus.ACTIVE if stated.active else PlannedReceiptDocumentStatus.CANCELLED
    return {
        "company": codes.member.id,
        "site": site,
        "receipt_id": stated.receipt_id,
        "source": stated.source,
        "item_code": item_code,
        "item": None,
        "quantity": stated.left,
        "unit": codes.unit(inner(record, "unit.symbol")),
        "expected_date": stated.day,
        "document_status": status,
        "as_of": modified,
    }


def _order_line(line: Record, codes: Codes) -> messages.OrderLine:
    code = text_of(inner(line, "product.code"))
    if code is None:
        raise InvalidDocument(TrytonCode.LINE_WITHOUT_ITEM, _no_item(line))
    return {
        "line_id": str(line["id"]),
        "item_code": code,
        "description": text_of(line["description"]),
        "quantity": quantity(line["quantity"]),
        "unit": codes.unit(inner(line, "unit.symbol")),
        "price": _price(line["unit_price"]),
        "requested_date": codes.day(line["delivery_date"]),
    }


def _response_line(
    line_id: str, wanted: comment_block.Wanted, sale: Record, codes: Codes
) -> messages.OrderResponseLine:
    ours = [line for line in sale["lines."] if line_id_of(line) == line_id]
    units = {codes.unit(inner(line, "unit.symbol")) for line in ours} or {wanted.unit}
    promised = quantity(sum(line["quantity"] or 0 for line in ours))
    dates = [codes.day(line["shipping_date"] or sale["shipping_date"]) for line in ours]
    day = max((day for day in dates if day), default=None) if None not in dates else None
    same = promised == quantity(wanted.quantity) and units == {wanted.unit} and not (day and day > wanted.date)
    refused = not ours or promised <= 0 or sale["state"] == "cancelled"
    return {
        "line_id": line_id,
        "status": _line_status(refused, same),
        "quantity": quantity(0) if refused else promised,
        "unit": units.pop(),
        "promised_date": None if refused else day,
    }


def _code(refused: bool, accepted: bool) -> OrderResponseCode:
    if refused:
        return OrderResponseCode.RE
    return OrderResponseCode.AP if accepted else OrderResponseCode.CA


def _line_status(refused: bool, same: bool) -> LineStatus:
    if refused:
        return LineStatus.NOT_ACCEPTED
    return LineStatus.ACCEPTED if same else LineStatus.CHANGED


def line_id_of(line: Record) -> str | None:
    """Return the plant order's line that a sale's line is for."""
    first = (line["note"] or "").split("\n")[0]
    return unquote(first.removeprefix(LINE_MARK)) if first.startswith(LINE_MARK) else None


def _price(value: Decimal | None) -> Decimal | None:
    return None if value is None else quantity(value)


def _unless(day: date | None, same: date) -> date | None:
    return None if day == same else day


def _no_date(number: str) -> Text:
    return Text(
        en=f"The purchase {number} says nowhere when it is wanted. Enter its delivery date in Tryton.",
        ru=f"В закупке {number} нигде нет желаемой даты. Укажите дату поставки в Tryton.",
    )


def _ambiguous(production: Record, sales: Sequence[Record]) -> Text:
    names = ", ".join(f"{sale['number']} (id {sale['id']})" for sale in sales)
    return Text(
        en=f"The production {production['number']} names {production['reference']}, and several sales have that "
        f"number: {names}. Write the plant order's id into the production's reference.",
        ru=f"Производство {production['number']} ссылается на {production['reference']}, а этот номер у нескольких "
        f"продаж: {names}. Укажите в ссылке производства идентификатор заказа заводу.",
    )


def _no_block(number: str, reference: str) -> Text:
    return Text(
        en=f"The sale {number} has the reference {reference}, but the hub's paragraph is gone from its comment, so its "
        "answer cannot be told. Take the paragraph back from the comment's history, or take the reference away and "
        "call the buyer.",
        ru=f"У продажи {number} ссылка {reference}, но абзац центра из её комментария убран, поэтому ответ передать "
        "нельзя. Верните абзац в комментарий или уберите ссылку и свяжитесь с заказчиком.",
    )


def _no_item(line: Record) -> Text:
    description = (line["description"] or "").strip()[:60]
    return Text(
        en=f"The line {description!r} has no product with a code. Choose a product for it in Tryton.",
        ru=f"В строке {description!r} нет товара с кодом. Выберите для неё товар в Tryton.",
    )
