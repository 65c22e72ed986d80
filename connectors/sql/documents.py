"""What a document of a row is besides itself, pure: how two are added, and what says that it is withdrawn."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.sql.mapping import Document, Stream
from kranhub.errors import InvalidDocument
from kranhub.text import Text

AMOUNTS = ("on_hand", "reserved", "blocked")
_HEAD = ("number", "kind", "currency", "payer", "user", "consignee", "programme")


def kept(subject: str, document: Document) -> str:
    """Return what to remember of a document that was told: JSON, empty where nothing can be withdrawn or added."""
    if subject == "InventoryLevel":
        amounts = [str(document[name].normalize()) for name in AMOUNTS]
        return json.dumps([*amounts, document["unit"], document["as_of"].isoformat()])
    if subject == "Order" and document["document_status"] == "ACTIVE":
        head = {name: document[name] for name in _HEAD if document.get(name) is not None}
        day = document["requested_date"]
        return json.dumps([content(document), day.isoformat() if day else None, head], ensure_ascii=False)
    return ""


def content(document: Mapping[str, Any]) -> str:
    """Return a short hash of what an order says; when it was said is no content."""
    said = {name: value for name, value in document.items() if name != "issued_at"}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()[:12]


def added(stream: Stream, key: str, remembered: Sequence[str]) -> Document:
    """Return the stock level of several rows: their sum. Raises `InvalidDocument` ``different-units``."""
    rows = [json.loads(text) for text in remembered]
    units = sorted({row[3] for row in rows})
    if len(units) > 1:
        raise InvalidDocument(
            "different-units",
            Text(
                en=f"Rows with one code and site count in {' and '.join(units)}, which cannot be added. Let them count "
                "in one unit.",
                ru=f"Строки с одним кодом и площадкой считаются в {' и '.join(units)}, их не сложить. Приведите их к "
                "одной единице.",
            ),
        )
    sums = [sum((Decimal(row[place]) for row in rows), Decimal(0)) for place in range(len(AMOUNTS))]
    return _level(stream, key, sums, units[0], max(datetime.fromisoformat(row[4]) for row in rows))


def withdrawn(stream: Stream, key: str, remembered: str, today: datetime) -> Document:
    """Return the document that says that nothing of it is left: a cancelled order, no stock."""
    fields = json.loads(remembered)
    if stream.subject == "InventoryLevel":
        return _level(stream, key, [Decimal(0)] * len(AMOUNTS), fields[3], today)
    _, day, head = fields
    return {
        "order_id": key,
        "buyer": stream.member.id,
        "document_status": "CANCELLED",
        "revision": 0,
        "requested_date": date.fromisoformat(day) if day else today.date(),
        "lines": [],
        **head,
    }


def _level(stream: Stream, key: str, amounts: Sequence[Decimal], unit: str, as_of: datetime) -> Document:
    site, _, item_code = key.partition("/")
    return {
        "company": stream.member.id,
        "site": site,
        "item_code": item_code,
        "item": None,
        **dict(zip(AMOUNTS, amounts, strict=True)),
        "unit": unit,
        "as_of": as_of.astimezone(UTC),
    }
