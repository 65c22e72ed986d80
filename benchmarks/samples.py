"""The hub's smallest real order, one spare motor; its largest, a crane of seven plant orders; the plants' answers."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

BUYER = "sibir-terminal"
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)

Value = Mapping[str, Any]


class Goods(NamedTuple):
    """What an order asks for by the buyer's own code, and how many plant orders it takes, by plant."""

    name: str
    item_code: str
    quantity: int
    plant_orders: Mapping[str, int]


MOTOR = Goods("simple", "ДВ-7.5", 4, {"oemz": 1})
"""A motor, which one plant makes whole."""

CRANE = Goods("crane", "КР-10-22.5", 1, {"ruskran": 3, "zmk-most": 1, "tsvetnoy-bulvar": 1, "oetz": 1, "oemz": 1})
"""A crane: seven portions at five plants, girders through the coating shop, all of them into the crane."""


def order(number: int, goods: Goods = MOTOR, lines: int = 1) -> Any:
    """Return order ``number`` of so many equal lines as the buyer's connector writes it."""
    line = {"item_code": goods.item_code, "quantity": Decimal(goods.quantity), "unit": "H87"}
    return {
        "order_id": f"PO-{number:07d}",
        "buyer": BUYER,
        "kind": "SALE",
        "currency": "RUB",
        "issued_at": NOW,
        "requested_date": date(2027, 3, 1),
        "lines": [{"line_id": str(at), **line} for at in range(1, lines + 1)],
    }


def receipt(asked: Value, event_id: str) -> dict[str, Any]:
    """Return what the plant's connector says once the plant order stands in the plant's ERP."""
    return {
        "event_id": event_id,
        "member": asked["plant"],
        "subject": "PlantOrder",
        "key": asked["plant_order_id"],
        "revision": asked["revision"],
        "outcome": "APPLIED",
        "delivered_at": NOW,
    }


def acceptance(asked: Value) -> dict[str, Any]:
    """Return the plant's promise of what it was asked for, for the day that it was asked for."""
    line = asked["lines"][0]
    promised = {"status": "ACCEPTED", "promised_date": asked["requested_date"]}
    return {
        "plant_order_id": asked["plant_order_id"],
        "plant": asked["plant"],
        "plant_order_revision": asked["revision"],
        "response_code": "AP",
        "issued_at": NOW,
        "lines": [{name: line[name] for name in ("line_id", "quantity", "unit")} | promised],
    }
