"""The hub's smallest real order: one spare motor, which one plant can make. And that plant's answers."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

BUYER, PLANT = "sibir-terminal", "oemz"
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

Value = Mapping[str, Any]


def order(number: int) -> dict[str, Any]:
    """Return order ``number`` as the buyer's connector writes it."""
    line = {"line_id": "1", "item_code": "ДВ-7.5", "quantity": Decimal(4), "unit": "H87"}
    return {
        "order_id": f"PO-{number:07d}",
        "buyer": BUYER,
        "kind": "SALE",
        "currency": "RUB",
        "issued_at": NOW,
        "requested_date": date(2027, 3, 1),
        "lines": [line],
    }


def receipt(asked: Value, event_id: str) -> dict[str, Any]:
    """Return what the plant's connector says once the plant order stands in the plant's ERP."""
    return {
        "event_id": event_id,
        "member": PLANT,
        "subject": "PlantOrder",
        "key": asked["plant_order_id"],
        "revision": asked["revision"],
        "outcome": "APPLIED",
        "delivered_at": NOW,
    }


def acceptance(asked: Value) -> dict[str, Any]:
    """Return the plant's promise of what it was asked for."""
    line = asked["lines"][0]
    promised = {"status": "ACCEPTED", "promised_date": date(2027, 2, 1)}
    return {
        "plant_order_id": asked["plant_order_id"],
        "plant": asked["plant"],
        "plant_order_revision": asked["revision"],
        "response_code": "AP",
        "issued_at": NOW,
        "lines": [{name: line[name] for name in ("line_id", "quantity", "unit")} | promised],
    }
