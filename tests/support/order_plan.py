"""An OrderPlan as hub.plans has it: a crane's coating and its assembly."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tests.support.plants import BUYER, KEY


def part(place: str, plant: str | None = "ruskran", **changes: Any) -> Any:
    """Return a part."""
    line, _, number = place.rpartition(".")
    return {
        "place": place,
        "line_id": line,
        "part": int(number),
        "node": "",
        "feeds": None,
        "item": "crane",
        "quantity": Decimal(1),
        "unit": "H87",
        "plant": plant,
        "plant_order_id": f"{KEY}/{place}.1" if plant else None,
        "state": "CONFIRMED",
        "hold_reason": None,
        "start": date(2027, 2, 9),
        "finish": date(2027, 2, 22),
        "latest_start": date(2027, 2, 15),
        "latest_finish": date(2027, 2, 26),
        "slack": 4,
        "on_critical_path": True,
        "date_basis": "COUNT",
        **changes,
    }


CRANE = part("1.1")
PAINT = part(
    "1.2",
    "tsvetnoy-bulvar",
    node="coating",
    feeds="",
    item="coating",
    quantity=Decimal(350),
    unit="MTK",
    start=date(2027, 2, 2),
    finish=date(2027, 2, 8),
    latest_finish=date(2027, 2, 14),
    slack=6,
    date_basis="PROMISE",
)
MOTORS = part(
    "1.3",
    "oemz",
    node="motor",
    feeds="",
    item="motor",
    quantity=Decimal(6),
    finish=date(2027, 2, 1),
    slack=13,
    on_critical_path=False,
    date_basis="FACT",
)


def order_plan(*parts: Any, order_key: str = KEY, **changes: Any) -> Any:
    """Return a plan of these parts; without any, of the crane, its coating and its motors."""
    shown = list(parts) or [CRANE, PAINT, MOTORS]
    return {
        "order_key": order_key,
        "order_number": None,
        "buyer": order_key.partition(":")[0] or BUYER,
        "revision": 3,
        "order_revision": 1,
        "state": "CONFIRMED",
        "quotation": False,
        "requested_date": date(2027, 3, 1),
        "promised_date": date(2027, 2, 25),
        "earliest_date": date(2027, 2, 25),
        "slack": 4,
        "critical_path": [each["place"] for each in reversed(shown) if each["on_critical_path"]],
        "parts": shown,
        "parts_left_out": 0,
        "planned_at": datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
        **changes,
    }
