"""Tryton's records to the hub's documents. Pure: records and codes in, values out.

Each function returns a value as the codec takes it, or None for a record that says nothing to the hub, and raises
`InvalidDocument` for one that cannot be said in the shared language.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connectors.tryton import block
from connectors.tryton.codes import Codes, inner, quantity
from kranhub.errors import InvalidDocument
from kranhub.text import Text

Record = Mapping[str, Any]
Value = dict[str, Any]

PURCHASE_FIELDS = (
    *("number", "state", "currency.code", "delivery_date", "invoice_party.code", "warehouse.code"),
    *("lines.type", "lines.product.code", "lines.description", "lines.quantity", "lines.unit.symbol"),
    *("lines.unit_price", "lines.delivery_date"),
)
SALE_FIELDS = (
    *("number", "reference", "state", "comment", "shipping_date"),
    *("lines.type", "lines.note", "lines.quantity", "lines.unit.symbol", "lines.shipping_date"),
)
PRODUCTION_FIELDS = (
    *("number", "reference", "state", "product.code", "quantity", "unit.symbol", "planned_date", "effective_date"),
)
LINE_MARK = "kranhub "  # before the plant order's line id, in a sale line's note
STATES = {
    "request": "FORECAST",
    "draft": "FORECAST",
    "waiting": "WAITING",
    "assigned": "READY",
    "running": "RUNNING",
    "done": "COMPLETED",
    "cancelled": "ABORTED",
}


def order(record: Record, codes: Codes) -> Value | None:
    """Return a purchase as an ``Order``; one that was cancelled before it had a number says nothing."""
    if not record["number"]:
        return None
    lines = [_order_line(line, codes) for line in record["lines."] if line["type"] == "line"]
    requested = record["delivery_date"] or max(filter(None, (line["requested_date"] for line in lines)), default=None)
    if requested is None:
        raise InvalidDocument("no-requested-date", _no_date(record["number"]))
    site = codes.site(inner(record, "warehouse.code"))
    return {
        "order_id": record["number"],
        "buyer": codes.member.id,
        "payer": codes.member_of(inner(record, "invoice_party.code")),
        "consignee": site,
        "kind": codes.config.order_kind,
        "document_status": "CANCELLED" if record["state"] == "cancelled" else "ACTIVE",
        "currency": inner(record, "currency.code"),
        "requested_date": requested,
        "delivery_place": site,
        "complete_delivery": codes.config.complete_delivery,
        "lines": [line | {"requested_date": _unless(line["requested_date"], requested)} for line in lines],
    }


def response(record: Record, codes: Codes, modified: datetime) -> Value | None:
    """Return a sale as an ``OrderResponse``, once people have confirmed or refused it.

    A sale that the hub itself cancelled says nothing, nor does one that is no plant order's.
    """
    reference, asked = record["reference"] or "", block.read(record["comment"])
    if "/" not in reference or record["state"] in {"draft", "quotation"} or asked.status == "CANCELLED":
        return None
    refused = record["state"] == "cancelled"
    lines = [_response_line(line_id, wanted, record, codes) for line_id, wanted in asked.wanted.items()]
    accepted = all(line["status"] == "ACCEPTED" for line in lines)
    none = all(line["status"] == "NOT_ACCEPTED" for line in lines)
    return {
        "plant_order_id": reference,
        "plant": codes.member.id,
        "plant_order_revision": asked.revision,
        "response_code": "RE" if refused or (lines and none) else "AP" if accepted else "CA",
        "erp_reference": record["number"],
        "issued_at": modified,
        "lines": lines,
    }


def level(record: Record, codes: Codes, site: str, modified: datetime) -> Value:
    """Return a product's stock at a site as an ``InventoryLevel``; ``free`` is what Tryton has not assigned."""
    on_hand = quantity(record["quantity"])
    return {
        "company": codes.member.id,
        "site": site,
        "item_code": record["code"],
        "on_hand": on_hand,
        "reserved": max(on_hand - quantity(record["free"]), quantity(0)),
        "blocked": quantity(0),
        "unit": codes.unit(inner(record, "default_uom.symbol")),
        "as_of": modified,
    }


def production(record: Record, codes: Codes, plant_order: str | None, modified: datetime) -> Value | None:
    """Return a production as a ``ProductionStatus``; one without a product or a number says nothing."""
    if not record["number"] or not inner(record, "product.code"):
        return None
    planned = quantity(record["quantity"])
    return {
        "production_order_id": record["number"],
        "plant": codes.member.id,
        "plant_order_id": plant_order,
        "item_code": inner(record, "product.code"),
        "planned": planned,
        "completed": planned if record["state"] == "done" else quantity(0),
        "scrapped": quantity(0),
        "unit": codes.unit(inner(record, "unit.symbol")),
        "state": STATES.get(record["state"], "UNKNOWN"),
        "estimated_completion": record["effective_date"] or record["planned_date"],
        "as_of": modified,
    }


def _order_line(line: Record, codes: Codes) -> Value:
    code = inner(line, "product.code")
    if not code:
        raise InvalidDocument("line-without-item", _no_item(line))
    return {
        "line_id": str(line["id"]),
        "item_code": code,
        "description": line["description"] or None,
        "quantity": quantity(line["quantity"]),
        "unit": codes.unit(inner(line, "unit.symbol")),
        "price": _price(line["unit_price"]),
        "requested_date": line["delivery_date"],
    }


def _response_line(line_id: str, wanted: block.Wanted, sale: Record, codes: Codes) -> Value:
    ours = [line for line in sale["lines."] if (line["note"] or "").split("\n")[0] == LINE_MARK + line_id]
    units = {codes.unit(inner(line, "unit.symbol")) for line in ours} or {wanted.unit}
    promised = quantity(sum(line["quantity"] or 0 for line in ours))
    dates = [line["shipping_date"] or sale["shipping_date"] for line in ours]
    day = None if not dates or None in dates else max(dates)
    same = promised == quantity(wanted.quantity) and units == {wanted.unit} and not (day and day > wanted.date)
    refused = not ours or promised <= 0 or sale["state"] == "cancelled"
    return {
        "line_id": line_id,
        "status": "NOT_ACCEPTED" if refused else "ACCEPTED" if same else "CHANGED",
        "quantity": quantity(0) if refused else promised,
        "unit": units.pop(),
        "promised_date": None if refused else day,
    }


def _price(value: Decimal | None) -> Decimal | None:
    return None if value is None else quantity(value)


def _unless(day: date | None, same: date) -> date | None:
    return None if day == same else day


def _no_date(number: str) -> Text:
    return Text(
        en=f"The purchase {number} says nowhere when it is wanted. Enter its delivery date in Tryton.",
        ru=f"В закупке {number} нигде нет желаемой даты. Укажите дату поставки в Tryton.",
    )


def _no_item(line: Record) -> Text:
    words = (line["description"] or "").strip()[:60]
    return Text(
        en=f"The line {words!r} has no product with a code. Choose a product for it in Tryton.",
        ru=f"В строке {words!r} нет товара с кодом. Выберите для неё товар в Tryton.",
    )
