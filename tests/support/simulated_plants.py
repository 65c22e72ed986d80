"""Plant orders for the simulated plants, and what these say to them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tools.simulation.erp import Erp
from tools.simulation.event_queue import Document
from tools.simulation.timetable import DAY, OPENING

PLANT = "oemz"
PROMISED = date(2027, 1, 20)


def asked(number: int, revision: int = 1, plant: str = PLANT, **changes: Any) -> dict[str, Any]:
    """A plant order for four motors."""
    line = {"line_id": "1", "item_code": "EM-MTF-75", "quantity": Decimal(4), "unit": "H87"}
    return {
        "plant_order_id": f"buyer:{number}/1.1.1",
        "plant": plant,
        "buyer": "buyer",
        "consignee": None,
        "revision": revision,
        "document_status": "ACTIVE",
        "requested_date": PROMISED,
        "lines": [line],
        **changes,
    }


def said(erp: Erp, subject: str, until: datetime = OPENING + 10 * DAY) -> list[Document]:
    """What the plant says of one subject until then."""
    return [one for one in erp.run(until) if one.subject == subject]
