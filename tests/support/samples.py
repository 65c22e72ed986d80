"""Valid records of the shared language, and how to make variants of them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

INSTANT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def order(**changes: Any) -> Any:
    """A customer's order of one line."""
    return {
        "order_id": "17",
        "buyer": "sibir-terminal",
        "kind": "SALE",
        "currency": "RUB",
        "issued_at": INSTANT,
        "requested_date": date(2027, 3, 1),
        "lines": [order_line()],
        **changes,
    }


def order_line(**changes: Any) -> Any:
    """One line of `order`."""
    return {"line_id": "1", "item_code": "КР-10", "quantity": Decimal("1"), "unit": "H87", **changes}


def inventory(**changes: Any) -> Any:
    """A plant's stock of one item."""
    return {
        "company": "oemz",
        "site": "oemz-motors",
        "item_code": "M-11",
        "on_hand": Decimal("12.5"),
        "reserved": Decimal(0),
        "blocked": Decimal(0),
        "unit": "H87",
        "as_of": INSTANT,
        **changes,
    }


def planned_receipt(**changes: Any) -> Any:
    """A purchase of a plant's of which six pieces are still to come."""
    return {
        "company": "oemz",
        "site": "oemz-motors",
        "receipt_id": "PO-7/1",
        "source": "PURCHASE",
        "item_code": "M-11",
        "item": None,
        "quantity": Decimal(6),
        "unit": "H87",
        "expected_date": date(2026, 12, 10),
        "document_status": "ACTIVE",
        "as_of": INSTANT,
        **changes,
    }


def production(**changes: Any) -> Any:
    """How far a plant's production order for a plant order is."""
    return {
        "production_order_id": "P-1",
        "plant": "oemz",
        "plant_order_id": "sibir-terminal:17/1.1.1",
        "item_code": "EM-?",
        "planned": Decimal(4),
        "completed": Decimal(0),
        "scrapped": Decimal(0),
        "unit": "???",
        "state": "RUNNING",
        "as_of": INSTANT,
        **changes,
    }
