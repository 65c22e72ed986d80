"""What the plant's tables hold of the plant orders that the hub delivered."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from connectors.sql.client import Transaction
from connectors.sql.config import Name, PlantOrders, Readable
from connectors.sql.delivery import DeliveryPlanner, Stored
from connectors.sql.values import Row, Values
from kranhub import identifiers
from kranhub.connector import Held, HeldLine
from kranhub.errors import InvalidDocument
from kranhub.values.spellings import among
from kranhub.wire.messages import Subject

PAGE = 500

Column = TypeVar("Column")
Value = TypeVar("Value")


class _Heads(Readable):
    """The table of heads as `Transaction.page` reads it."""

    reference: Name


def references(
    transaction: Transaction, settings: PlantOrders, values: Values, after: list[Any] | None
) -> tuple[list[str], list[Any] | None]:
    """Return the references that are the hub's on one page of heads.

    Args:
        transaction: A transaction that reads.
        settings: The tables.
        values: How the ERP writes values.
        after: Where the page before ended; None for the first page.

    Returns:
        The references, and where the page ends; None at the end of the table.
    """
    head = settings.head
    heads = _Heads(table=head.table, key=(head.key,), reference=head.reference)
    rows = transaction.page(heads, after, PAGE)
    found = (values.text(row, head.reference) for row in rows)
    names = [name for name in found if name and identifiers.is_plant_order_id(name)]
    return names, [rows[-1][head.key]] if len(rows) >= PAGE else None


def held(settings: PlantOrders, values: Values, planner: DeliveryPlanner, reference: str, stored: Stored) -> Held:
    """Return the content of one plant order's rows; what cannot be read in them is left out.

    Args:
        settings: The tables.
        values: How the ERP writes values.
        planner: What finds the hub's line ids.
        reference: The plant order's id.
        stored: Its rows.
    """
    head, status = settings.head, values.text(stored.head, settings.head.status)
    return Held(
        Subject.PLANT_ORDER,
        reference,
        stored.revision,
        cancelled=bool(among(status, (settings.statuses.cancelled,))),
        requested_date=_readable(values.day, stored.head, head.requested_date),
        lines=tuple(_lines(settings, values, planner, stored)),
    )


def _lines(settings: PlantOrders, values: Values, planner: DeliveryPlanner, stored: Stored) -> Iterator[HeldLine]:
    columns = settings.lines
    for row in stored.lines:
        line_id = planner.line_id(row)
        if line_id is not None:
            quantity = _readable(values.number, row, columns.quantity)
            unit = _readable(values.unit, row, columns.unit)
            yield HeldLine(line_id, values.text(row, columns.item_code), quantity, unit)


def _readable(read: Callable[[Row, Column], Value], row: Row, column: Column) -> Value | None:
    try:
        return read(row, column)
    except InvalidDocument:
        return None
