"""What the plant's tables hold of the plant orders that the hub delivered."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast

from connectors.sql.client import Transaction
from connectors.sql.config import PlantOrders, Readable
from connectors.sql.delivery import Desk, Stored
from connectors.sql.values import Row, Values
from kranhub import identifiers
from kranhub.connector import Held, HeldLine
from kranhub.errors import InvalidDocument
from kranhub.values.spellings import among

PAGE = 500


@dataclass(frozen=True, slots=True)
class _Heads:
    """The table of heads as `Transaction.page` reads it."""

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    changed: None = None


def references(
    transaction: Transaction, settings: PlantOrders, values: Values, after: list[Any] | None
) -> tuple[list[str], list[Any] | None]:
    """Return the references of the hub's on the next page of heads, and where that ends; None at the end."""
    head = settings.head
    heads = _Heads(head.table, (head.key, head.reference), (head.key,))
    rows = transaction.page(cast("Readable", heads), after, PAGE)
    found = (values.text(row, head.reference) for row in rows)
    names = [name for name in found if name and identifiers.is_plant_order_id(name)]
    return names, [rows[-1][head.key]] if len(rows) >= PAGE else None


def held(settings: PlantOrders, values: Values, desk: Desk, reference: str, stored: Stored) -> Held:
    """Return what the rows of one plant order say; what cannot be read in them is left out."""
    head, status = settings.head, values.text(stored.head, settings.head.status)
    return Held(
        "PlantOrder",
        reference,
        stored.revision,
        cancelled=bool(among(status, (settings.statuses.cancelled,))),
        requested_date=_day(values, stored.head, head.requested_date),
        lines=tuple(_lines(settings, values, desk, stored)),
    )


def _lines(settings: PlantOrders, values: Values, desk: Desk, stored: Stored) -> Iterator[HeldLine]:
    columns = settings.lines
    for row in stored.lines:
        line_id = desk.line_id(row)
        if line_id is not None:
            quantity, unit = _quantity(values, row, columns.quantity), _unit(values, row, columns.unit)
            yield HeldLine(line_id, values.text(row, columns.item_code), quantity, unit)


def _day(values: Values, row: Row, column: str | None) -> date | None:
    try:
        return values.day(row, column)
    except InvalidDocument:
        return None


def _quantity(values: Values, row: Row, column: str) -> Decimal | None:
    try:
        return values.number(row, column)
    except InvalidDocument:
        return None


def _unit(values: Values, row: Row, column: str) -> str | None:
    try:
        return values.unit(row, column)
    except InvalidDocument:
        return None
