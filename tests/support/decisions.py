"""A routing decision and a party, as the topics hold them."""

from datetime import date
from decimal import Decimal
from typing import Any

from tests.support.terminal import NOW

KEY = "sibir-terminal:17"


def other(member: str, rank: int, why_not: str | None, **changes: Any) -> Any:
    return {"member": member, "rank": rank, "why_not": why_not, **changes}


def decision(**changes: Any) -> Any:
    return {
        "order_key": KEY,
        "order_revision": 1,
        "line_id": "1",
        "plant_order_id": f"{KEY}/1.1.2",
        "item": "coating-girders",
        "quantity": Decimal(100),
        "unit": "MTK",
        "rule": "cheapest",
        "rule_version": "3",
        "inputs": {"kind": "SALE", "requested_date": "2027-02-26", "available_on": "2026-12-04"},
        "chosen": "zmk-most",
        "from_stock": Decimal("12.5"),
        "alternatives": [
            other("tsvetnoy-bulvar", 1, "rejected"),
            other("zmk-most", 2, None, offered=Decimal(100), cost=Decimal("3.5"), cost_currency="RUB"),
            other("ruskran", 3, "later-date", offered=Decimal(100), available_on=date(2026, 12, 24)),
        ],
        "decided_at": NOW,
        **changes,
    }


def party(member: str, en: str, ru: str) -> Any:
    name = {"en": en, "ru": ru}
    return {"party": member, "name": name, "roles": ["plant"], "country": "RU", "language": "ru", "time_zone": "UTC"}
