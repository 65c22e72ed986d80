"""What a plant order means for the rows that the ERP holds: what to write, or why not to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from connectors.sql.columns import ANY, Columns
from connectors.sql.config import OrderHead, OrderLines, PlantOrders
from connectors.sql.error_codes import SqlCode
from connectors.sql.values import Row, Values
from kranhub.connector import Outcome
from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.values.spellings import Spellings, among
from kranhub.wire import messages
from kranhub.wire.messages import PlantOrderDocumentStatus

ELLIPSIS = "…"

Fields = dict[str, Any]
"""The values by column: str, int, Decimal, date or aware datetime. A column that the document leaves open has none."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the ERP holds of a plant order.

    Attributes:
        head: The row of its head.
        lines: The rows of its lines.
        revision: The revision that was written last.
        written: The ids of the lines that the connector wrote; None where that is not remembered.
    """

    head: Row
    lines: tuple[Row, ...]
    revision: int
    written: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, and what the ERP must hold afterwards.

    Attributes:
        outcome: The outcome of the receipt.
        reason: Why it is not written; None where it is.
        head: The head's new values by column.
        insert: The values of each new line.
        update: The new values of lines, by the raw value of their `DeliveryPlanner.identity` column.
        delete: The lines to delete, by the raw value of their `DeliveryPlanner.identity` column.
        expected_head: What the head must hold afterwards.
        expected_lines: What the lines must hold afterwards, by line id.
    """

    outcome: Outcome
    reason: Text | None = None
    head: Fields = field(default_factory=dict)
    insert: tuple[Fields, ...] = ()
    update: tuple[tuple[Any, Fields], ...] = ()
    delete: tuple[Any, ...] = ()
    expected_head: Fields = field(default_factory=dict)
    expected_lines: Mapping[str, Fields] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        """Whether the ERP's rows change."""
        return self.outcome is Outcome.APPLIED


class DeliveryPlanner:
    """Compares a plant order with what the ERP holds."""

    def __init__(
        self,
        settings: PlantOrders,
        values: Values,
        customers: Mapping[str, str],
        head: Columns | None = None,
        lines: Columns | None = None,
    ) -> None:
        """Take the tables' settings, the spelling, the plant's own codes of customers, and what the columns hold."""
        self.settings, self._values, self._customers = settings, values, Spellings(customers)
        self._head_columns, self._line_columns = head or {}, lines or {}

    def plan(self, order: messages.PlantOrder, stored: Stored | None) -> Plan:
        """Return what to write.

        Raises:
            InvalidDocument: Where this ERP has no value for a part of the order.
        """
        if stored is None:
            return self._creation(order)
        if stored.revision >= order["revision"]:
            return Plan(Outcome.DUPLICATE)
        if self._is_locked(stored):
            return Plan(Outcome.RETRY, _edited(order))
        status = self._values.text(stored.head, self.settings.head.status)
        if among(status, self.settings.statuses.closed):
            return Plan(Outcome.REJECTED, _closed(order, status))
        if order["document_status"] == PlantOrderDocumentStatus.CANCELLED:
            cancelled = self._cancellation(order)
            return Plan(Outcome.APPLIED, head=self._changed_head(stored.head, cancelled), expected_head=cancelled)
        return self._revision(order, stored)

    def differences(self, plan: Plan, stored: Stored) -> list[str]:
        """Return every field that the ERP now holds otherwise than it was written, such as ``line 1, quantity``."""
        found = self._different(stored.head, plan.expected_head, self._head_columns)
        held = {self.line_id(line): line for line in stored.lines}
        for line_id, fields in plan.expected_lines.items():
            if line_id in held:
                found += [f"line {line_id}, {column}" for column in self._different_line(held[line_id], fields)]
            else:
                found.append(f"line {line_id}")
        return found

    @property
    def identity(self) -> str:
        """The column that distinguishes a line within its order."""
        return self.settings.lines.reference or self.settings.lines.position

    def line_id(self, line: Row) -> str | None:
        """Return the hub's id of a row; None for a line that the plant added, where the table shows that."""
        return self._values.text(line, self.identity)

    def _creation(self, order: messages.PlantOrder) -> Plan:
        fields, lines = self._head(order), self._lines(order)
        status = {self.settings.head.status: self._status(order, self.settings.statuses.new)}
        return Plan(
            Outcome.APPLIED,
            _joined(*self._cuts(order)),
            head={**self.settings.head.constants, **fields, **status},
            insert=self._new_lines(lines, lines, ()),
            expected_head=fields,
            expected_lines=lines,
        )

    def _revision(self, order: messages.PlantOrder, stored: Stored) -> Plan:
        fields, lines = self._head(order), self._lines(order)
        revised = self.settings.statuses.revised
        status = {self.settings.head.status: self.settings.statuses.new if revised is None else revised}
        held = {line_id: line for line in stored.lines if (line_id := self.line_id(line)) is not None}
        gone = [line_id for line_id in held if line_id not in lines]
        own = [line_id for line_id in gone if self._is_ours(line_id, stored)]
        kept = [line_id for line_id in gone if line_id not in own]
        changes = [
            (held[name][self.identity], self._changed_line(held[name], lines[name])) for name in lines if name in held
        ]
        return Plan(
            Outcome.APPLIED,
            _joined(*([_kept(kept)] if kept else []), *self._cuts(order)),
            head=self._changed_head(stored.head, fields | status),
            insert=self._new_lines(lines, [name for name in lines if name not in held], stored.lines),
            update=tuple((line, change) for line, change in changes if change),
            delete=tuple(held[name][self.identity] for name in own),
            expected_head=fields,
            expected_lines=lines,
        )

    def _new_lines(self, lines: Mapping[str, Fields], names: Iterable[str], held: Sequence[Row]) -> tuple[Fields, ...]:
        """Return the rows to insert, each on a position that no other line has."""
        position = self.settings.lines.position
        taken = {self._values.integer(line, position) for line in held}
        made = []
        for name in names:
            wanted = int(name) if name.isdecimal() else 1
            free = wanted if wanted not in taken else max(taken) + 1
            taken.add(free)
            made.append({**self.settings.lines.constants, **lines[name], position: free})
        return tuple(made)

    def _is_ours(self, line_id: str, stored: Stored) -> bool:
        return self.settings.lines.reference is not None or line_id in (stored.written or ())

    def _is_locked(self, stored: Stored) -> bool:
        return not self._values.is_unset(stored.head, self.settings.head.locked_by)

    def _cancellation(self, order: messages.PlantOrder) -> Fields:
        head = self.settings.head
        return _filled({head.status: self.settings.statuses.cancelled, head.revision: order["revision"]})

    def _head(self, order: messages.PlantOrder) -> Fields:
        head: OrderHead = self.settings.head
        fields = {
            head.reference: order["plant_order_id"],
            head.revision: order["revision"],
            head.customer: self._customers.get(order["buyer"]) or order["buyer"],
            head.order_id: order.get("order_number") or order["order_id"],
            head.programme: order["programme"],
            head.consignee: order["consignee"],
            head.requested_date: order["requested_date"],
            head.feeds_into: order["feeds_into"],
            head.issued_at: order["issued_at"],
        }
        if head.currency is not None:
            fields[head.currency] = self._values.spelled_currency(order["currency"])
        return _filled(fields)

    def _status(self, order: messages.PlantOrder, active: Any) -> Any:
        return (
            self.settings.statuses.cancelled
            if order["document_status"] == PlantOrderDocumentStatus.CANCELLED
            else active
        )

    def _lines(self, order: messages.PlantOrder) -> dict[str, Fields]:
        return {line["line_id"]: self._line(order, line) for line in order["lines"]}

    def _line(self, order: messages.PlantOrder, line: messages.PlantOrderLine) -> Fields:
        columns: OrderLines = self.settings.lines
        line_id = line["line_id"]
        if columns.reference is None and not line_id.isdecimal():
            raise InvalidDocument(SqlCode.LINE_ID_NOT_A_NUMBER, _needs_reference(line_id))
        return _filled(
            {
                columns.reference: line_id,
                columns.item_code: line["item_code"],
                columns.quantity: line["quantity"],
                columns.unit: self._values.spelled_unit(line["unit"]),
                columns.description: self._description(line)[0],
                columns.requested_date: line["requested_date"] or order["requested_date"],
                columns.price: line["price"],
            }
        )

    def _description(self, line: messages.PlantOrderLine) -> tuple[str | None, bool]:
        """Return the description as long as the column holds it, and whether it was cut: it identifies nothing."""
        column, description = self.settings.lines.description, line["description"]
        size = self._line_columns.get(column, ANY).size if column else None
        if description is None or size is None or len(description.strip()) <= size:
            return description, False
        return description.strip()[: size - 1].rstrip() + ELLIPSIS, True

    def _cuts(self, order: messages.PlantOrder) -> list[Text]:
        cut = [line["line_id"] for line in order["lines"] if self._description(line)[1]]
        return [_cut(cut)] if cut else []

    def _changed_head(self, row: Row, wanted: Fields) -> Fields:
        return {column: wanted[column] for column in self._different(row, wanted, self._head_columns)}

    def _changed_line(self, row: Row, wanted: Fields) -> Fields:
        return {column: wanted[column] for column in self._different_line(row, wanted)}

    def _different_line(self, row: Row, wanted: Fields) -> list[str]:
        return self._different(row, wanted, self._line_columns)

    def _different(self, row: Row, wanted: Fields, columns: Columns) -> list[str]:
        same = self._values.same
        return [name for name, value in wanted.items() if not same(row, name, value, columns.get(name, ANY))]


def _filled(fields: Mapping[str | None, Any]) -> Fields:
    """Return the content of the document: neither what no column takes, nor what is empty or blank."""
    return {column: value for column, value in fields.items() if column is not None and not _is_blank(value)}


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _joined(*texts: Text) -> Text | None:
    return reduce(Text.then, texts) if texts else None


def _edited(order: messages.PlantOrder) -> Text:
    return Text(
        en=f"A person edits {order['plant_order_id']} in the ERP; revision {order['revision']} waits.",
        ru=f"{order['plant_order_id']} сейчас правит человек; редакция {order['revision']} ждёт.",
    )


def _closed(order: messages.PlantOrder, status: str | None) -> Text:
    return Text(
        en=f"The ERP holds {order['plant_order_id']} as {status!r}, which cannot be changed any more.",
        ru=f"В учётной системе {order['plant_order_id']} в состоянии {status!r}, его уже нельзя менять.",
    )


def _kept(lines: list[str]) -> Text:
    listed = ", ".join(lines)
    return Text(
        en=f"Lines {listed} are not in this revision. They were kept, as the plant may have added them.",
        ru=f"Строк {listed} нет в этой редакции. Они оставлены: возможно, их добавил завод.",
    )


def _cut(lines: list[str]) -> Text:
    listed = ", ".join(lines)
    return Text(
        en=f"The description of lines {listed} is longer than the column and was cut; the whole text is in the hub.",
        ru=f"Наименование в строках {listed} длиннее столбца и обрезано; полностью оно есть в центре.",
    )


def _needs_reference(line_id: str) -> Text:
    return Text(
        en=f"Line id {line_id!r} is no number. Name a text column in plant_orders.lines.reference.",
        ru=f"Номер строки {line_id!r} не число. Укажите текстовый столбец в plant_orders.lines.reference.",
    )
