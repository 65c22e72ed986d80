"""An order status, as the hub sends it to a customer."""

from datetime import UTC, date, datetime
from typing import Any

ME = "sibir-terminal"


def status(number: int, revision: int) -> Any:
    return {
        "order_key": f"{ME}:{number}",
        "order_id": str(number),
        "buyer": ME,
        "revision": revision,
        "order_revision": 1,
        "state": "PLANNED",
        "promised_date": date(2027, 1, 1),
        "cause": "planned",
        "changed_at": datetime(2026, 1, 1, tzinfo=UTC),
        "lines": [],
    }
