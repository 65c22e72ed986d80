"""Events as the hub sends them to a Tryton, and the configuration of a connector to a test's company."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kranhub.connector import Event
from kranhub.wire.messages import Subject
from tests.support.tryton import Company

WANTED = date.today() + timedelta(days=40)  # noqa: DTZ011
ORDER = "sibir-terminal:PO-1"


def configuration(erp: Company, side: str, **changes: Any) -> Any:
    """Return the connector's configuration as a file would hold it."""
    values = {
        "url": erp.server.url,
        "database": erp.database,
        "user": "admin",
        "password_file": str(erp.server.password_file(erp.database)),
        "side": side,
        "poll_interval": 0.05,
        "parties": {"sibir-terminal": "sibir-terminal"},
    }
    return values | changes


def plant_order(name: str = "1.1.1", revision: int = 1, **changes: Any) -> Event:
    """Return a plant order for two cranes; ``line`` changes its only line, everything else the head."""
    line = {
        "line_id": "1",
        "order_line_id": "1",
        "item": "crane",
        "item_code": "CRANE-10",
        "description": None,
        "quantity": Decimal("2.000000"),
        "unit": "H87",
        "price": Decimal("312.500000"),
        "requested_date": None,
    }
    value: Any = {
        "plant_order_id": f"{ORDER}/{name}",
        "order_key": ORDER,
        "order_id": "PO-1",
        "order_number": None,
        "buyer": "sibir-terminal",
        "plant": "ruskran",
        "document_status": "ACTIVE",
        "revision": revision,
        "currency": "RUB",
        "issued_at": datetime.now(UTC),
        "requested_date": WANTED,
        "lines": [line | changes.pop("line", {})],
    }
    return Event(f"hub/{name}/{revision}", f"{ORDER}/{name}", Subject.PLANT_ORDER, "hub", value | changes)


def order_status(order_id: str | int, revision: int, state: str = "CONFIRMED", **changes: Any) -> Event:
    """Return the status of one of sibir-terminal's orders."""
    value: Any = {
        "order_key": f"sibir-terminal:{order_id}",
        "order_id": str(order_id),
        "order_number": None,
        "buyer": "sibir-terminal",
        "revision": revision,
        "order_revision": 1,
        "state": state,
        "promised_date": WANTED,
        "cause": None,
        "reason": {"en": "All plants have said yes.", "ru": "Все заводы согласились."},
        "changed_at": datetime.now(UTC),
        "lines": [],
    }
    return Event(f"hub/{order_id}/{revision}", str(order_id), Subject.ORDER_STATUS, "hub", value | changes)
