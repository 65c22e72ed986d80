"""Operations on a row's document, without a database: how two are added, and which document withdraws one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

from connectors.sql.error_codes import SqlCode
from connectors.sql.mapping import Document, Stream
from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import OrderDocumentStatus, PlannedReceiptDocumentStatus, Subject, narrowed

AMOUNTS = 3
"""On hand, reserved and blocked stand first in what is remembered of a stock level."""
_ACTIVE = PlannedReceiptDocumentStatus.ACTIVE
_HEAD = ("number", "kind", "currency", "payer", "user", "consignee", "programme")


def kept(subject: Subject, document: Document) -> str:
    """Return what to remember of a document that was sent: JSON, empty where nothing can be withdrawn or added."""
    if level := narrowed(messages.InventoryLevel, subject, document):
        amounts = [str(amount.normalize()) for amount in (level["on_hand"], level["reserved"], level["blocked"])]
        return json.dumps([*amounts, level["unit"], level["as_of"].isoformat()])
    receipt = narrowed(messages.PlannedReceipt, subject, document)
    if receipt is not None and receipt["quantity"] > 0 and receipt.get("document_status") == _ACTIVE:
        stated = {name: receipt[name] for name in ("site", "source", "item_code", "unit")}
        return json.dumps([content(receipt), receipt["expected_date"].isoformat(), stated], ensure_ascii=False)
    order = narrowed(messages.Order, subject, document)
    if order is not None and order["document_status"] == OrderDocumentStatus.ACTIVE:
        fields: Mapping[str, Any] = order
        head = {name: fields[name] for name in _HEAD if fields.get(name) is not None}
        day = order["requested_date"]
        return json.dumps([content(order), day.isoformat() if day else None, head], ensure_ascii=False)
    return ""


def content(document: messages.Order | messages.PlannedReceipt) -> str:
    """Return a short hash of a document's content, which the time at which it was stated is no part of."""
    stated = {name: value for name, value in document.items() if name not in ("issued_at", "as_of")}
    return hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()[:12]


def added(stream: Stream, key: str, remembered: Sequence[str]) -> messages.InventoryLevel:
    """Return the stock level of several rows: their sum.

    Args:
        stream: The table of the rows.
        key: The document's key.
        remembered: What `kept` returned for each row.

    Raises:
        InvalidDocument: ``different-units`` where the rows do not count in one unit.
    """
    rows = [json.loads(text) for text in remembered]
    units = sorted({row[3] for row in rows})
    if len(units) > 1:
        raise InvalidDocument(
            SqlCode.DIFFERENT_UNITS,
            Text(
                en=f"Rows with one code and site count in {' and '.join(units)}, which cannot be added. Let them count "
                "in one unit.",
                ru=f"Строки с одним кодом и площадкой считаются в {' и '.join(units)}, их не сложить. Приведите их к "
                "одной единице.",
            ),
        )
    sums = [sum((Decimal(row[place]) for row in rows), Decimal(0)) for place in range(AMOUNTS)]
    return _level(stream, key, sums, units[0], max(datetime.fromisoformat(row[4]) for row in rows))


def withdrawn(
    stream: Stream, key: str, remembered: str, today: datetime
) -> messages.Order | messages.InventoryLevel | messages.PlannedReceipt:
    """Return the document that withdraws another: a cancelled order, stock of zero, or a receipt of which all has come.

    Whether the goods of a receipt came in, the next stock level shows.

    Args:
        stream: The table of the row.
        key: The document's key.
        remembered: What `kept` returned for the document.
        today: The time of the stock level, and the requested day of an order that has none.
    """
    kept_fields = json.loads(remembered)
    if stream.subject is Subject.INVENTORY_LEVEL:
        return _level(stream, key, [Decimal(0)] * AMOUNTS, kept_fields[3], today)
    _, day, head = kept_fields
    if stream.subject is Subject.PLANNED_RECEIPT:
        receipt = {
            "company": stream.member.id,
            "receipt_id": key,
            "item": None,
            "quantity": Decimal(0),
            "expected_date": date.fromisoformat(day),
            "document_status": _ACTIVE,
            "as_of": today.astimezone(UTC),
            **head,
        }
        return cast(messages.PlannedReceipt, receipt)
    fields = {
        "order_id": key,
        "buyer": stream.member.id,
        "document_status": OrderDocumentStatus.CANCELLED,
        "revision": 0,
        "requested_date": date.fromisoformat(day) if day else today.date(),
        "lines": [],
        **head,
    }
    return cast(messages.Order, fields)


def _level(stream: Stream, key: str, amounts: Sequence[Decimal], unit: str, as_of: datetime) -> messages.InventoryLevel:
    site, _, item_code = key.partition("/")
    on_hand, reserved, blocked = amounts
    return {
        "company": stream.member.id,
        "site": site,
        "item_code": item_code,
        "item": None,
        "on_hand": on_hand,
        "reserved": reserved,
        "blocked": blocked,
        "unit": unit,
        "as_of": as_of.astimezone(UTC),
    }
