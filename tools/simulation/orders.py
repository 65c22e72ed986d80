"""What customers order: a seeded mix of spare parts, cranes, bridge spans, and orders with something wrong."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Literal, NamedTuple

from tools.simulation.random_values import pick, random_for

Kind = Literal[
    "motor", "cabinet", "paint", "steel", "crane", "span", "unmapped", "unmapped-kit", "bad-quantity", "stranger"
]

SHARES: Mapping[Kind, float] = {
    "motor": 40,
    "cabinet": 12,
    "paint": 13,
    "steel": 20,
    "crane": 8,
    "span": 3,
    "unmapped": 1.5,
    "unmapped-kit": 0.5,
    "bad-quantity": 1,
    "stranger": 1,
}
"""The shares of the kinds of orders, in percent."""

MAPPINGS = (
    ("sibir-terminal", "НОВ-17", "motor-crane-7kw5"),
    ("kran-servis", "KS-NEW-3", "cabinet-crane-10t"),
)
"""What the buyers' unknown codes mean, as the buyers publish it later in the day: buyer, code, item."""

SECOND_LINE = 0.1
"""The share of motor orders that have a second line."""


class Wish(NamedTuple):
    """An item as buyers order it.

    Attributes:
        code: The buyer's code.
        least: The smallest quantity.
        most: The largest quantity.
        step: The difference between two quantities.
        unit: The quantities' unit.
    """

    code: str
    least: int
    most: int
    step: int = 1
    unit: str = "H87"


_MOTORS = {"sibir-terminal": "ДВ-7.5", "irtysh-stroy": "IS-0107", "kran-servis": "KS-MOT-75"}
_CRANES = {"sibir-terminal": "КР-10-22.5", "irtysh-stroy": "IS-0001", "omsk-leasing": "OL-CRANE-10"}
_STEEL = {"sibir-terminal": "МК-СТ", "irtysh-stroy": "IS-0200"}
_PAINT = Wish("ОКР-М2", 20, 80, 5, "MTK")

WISHES: Mapping[Kind, Mapping[str, Wish]] = {
    "motor": {buyer: Wish(code, 1, 6) for buyer, code in _MOTORS.items()},
    "cabinet": {"kran-servis": Wish("KS-CAB-10", 1, 2)},
    "paint": {"sibir-terminal": _PAINT},
    "steel": {buyer: Wish(code, 200, 5000, 100, "KGM") for buyer, code in _STEEL.items()},
    "crane": {buyer: Wish(code, 1, 1) for buyer, code in _CRANES.items()},
    "span": {"irtysh-stroy": Wish("IS-0210", 20, 150, 5, "TNE")},
    "unmapped": {"sibir-terminal": Wish("НОВ-17", 1, 4)},
    "unmapped-kit": {"kran-servis": Wish("KS-NEW-3", 1, 2, 1, "SET")},
    "bad-quantity": {"irtysh-stroy": Wish("IS-0107", -2, 0)},
    "stranger": {"sibir-terminal": Wish("ДВ-7.5", 1, 4)},
}
"""Who orders what, by the kind of the order."""

WEEKLY_SPAN_T = 120
"""How many tonnes of bridge spans zmk-most makes in a week; some orders are for more."""


class Ordered(NamedTuple):
    """An order as its buyer's ERP has it; ``kind`` is what the simulation tests with it."""

    kind: Kind
    value: dict[str, Any]


def order(seed: int, number: int, at: datetime, scale: int) -> Ordered:
    """Return an order of the day.

    Args:
        seed: The seed of all chance.
        number: The order's number in the day.
        at: When it is issued.
        scale: By how much the capacities are greater than the files'.
    """
    chance = random_for(seed, "order", number)
    kind = pick(chance, SHARES)
    buyer = chance.choice(sorted(WISHES[kind]))
    wish = WISHES[kind][buyer]
    lines = [_line("1", wish, chance)]
    if kind == "span" and chance.random() < 0.1:
        lines[0]["quantity"] = Decimal(WEEKLY_SPAN_T * scale * chance.randint(1, 3) + 15)
    if kind == "motor" and buyer == "sibir-terminal" and chance.random() < SECOND_LINE * len(_MOTORS):
        lines.append(_line("2", _PAINT, chance))
    value = {
        "order_id": f"S-{number:05d}",
        "buyer": buyer,
        "kind": "LEASE" if buyer == "omsk-leasing" else "SPARE_PART" if buyer == "kran-servis" else "SALE",
        "currency": "RUB",
        "issued_at": at,
        "requested_date": at.date() + timedelta(days=_days(kind, chance)),
        "document_status": "ACTIVE",
        "lines": lines,
    }
    return Ordered(kind, value | {"payer": "unknown-company"} if kind == "stranger" else value)


def _line(line_id: str, wish: Wish, chance: Random) -> dict[str, Any]:
    quantity = Decimal(chance.randrange(wish.least, wish.most + 1, wish.step))
    return {"line_id": line_id, "item_code": wish.code, "quantity": quantity, "unit": wish.unit}


def _days(kind: Kind, chance: Random) -> int:
    """Return after how many days it is wanted, so that most of it should be there before the simulation ends."""
    return chance.randint(30, 55) if kind in ("crane", "span") else chance.randint(10, 45)


Change = Callable[[dict[str, Any], Random], dict[str, Any]]


def more(value: dict[str, Any], _chance: Random) -> dict[str, Any]:
    """Return the order for more of its first line."""
    return _first_line(value, lambda quantity: quantity + max(Decimal(1), quantity // 4))


def less(value: dict[str, Any], _chance: Random) -> dict[str, Any]:
    """Return the order for about half of its first line, one at least."""
    return _first_line(value, lambda quantity: max(Decimal(1), quantity // 2))


def another_day(value: dict[str, Any], chance: Random) -> dict[str, Any]:
    """Return the order for a day some weeks earlier or later."""
    return {**value, "requested_date": value["requested_date"] + timedelta(days=chance.choice((-4, 7, 21)))}


CHANGES: tuple[Change, ...] = (more, less, another_day)


def _first_line(value: dict[str, Any], changed: Callable[[Decimal], Decimal]) -> dict[str, Any]:
    first, *others = value["lines"]
    return {**value, "lines": [{**first, "quantity": changed(first["quantity"])}, *others]}
