"""Turns rows of the plant's database into events: no database, no clock."""

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from connectors.sql.changes import universal
from connectors.sql.config import (
    Answer,
    BuyerLines,
    Inventory,
    Items,
    OrderHead,
    Orders,
    PlannedReceipts,
    Production,
    Readable,
    ReceiptStanding,
    ResponseLines,
    Responses,
    SqlConfig,
    Standing,
)
from connectors.sql.error_codes import SqlCode
from connectors.sql.values import Row, Values
from kranhub.errors import InvalidDocument
from kranhub.identifiers import is_plant_order_id
from kranhub.parties.members import Member
from kranhub.text import Text
from kranhub.values.spellings import Code, Spellings
from kranhub.values.texts import linked
from kranhub.wire import messages
from kranhub.wire.messages import (
    LineStatus,
    OrderDocumentStatus,
    OrderKind,
    OrderResponseCode,
    PlannedReceiptDocumentStatus,
    PlannedReceiptSource,
    ProductionState,
    Subject,
)

NULL = "%NULL"
"""NULL in a key; in quoted text two hexadecimal digits follow "%"."""

Document = (
    messages.Order
    | messages.OrderResponse
    | messages.InventoryLevel
    | messages.PlannedReceipt
    | messages.ItemMapping
    | messages.ProductionStatus
)
"""A record that a row can become."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One row with its lines, as read in one transaction. ``reference``: the plant order its ``order`` refers to."""

    row: Row
    lines: tuple[Row, ...] = ()
    reference: str | None = None

    def digest(self) -> str:
        """Return a short hash of everything that was read."""
        return hashlib.sha256(self.original("")).hexdigest()[:12]

    def original(self, table: str) -> bytes:
        """Return the rows as JSON, for a dead letter."""
        content = {"table": table, "row": self.row, "lines": self.lines, "reference": self.reference}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, default=_json).encode("utf-8", "replace")


def _json(value: Any) -> str:
    if isinstance(value, datetime):
        value = universal(value)
    return value.hex() if isinstance(value, bytes) else str(value)


def _quoted(value: Any) -> str:
    """Return a part of a key, percent-encoded; NULL has a spelling of its own."""
    return NULL if value is None else quote(value if isinstance(value, bytes) else str(value), safe="")


class Stream(ABC):
    """One table that is read: how its rows become documents."""

    name: ClassVar[str]
    subject: ClassVar[Subject]
    settings: Readable
    lines: ResponseLines | BuyerLines | None = None
    link: OrderHead | None = None

    def __init__(self, values: Values, member: Member) -> None:
        """Take how the ERP writes values and whose documents these are."""
        self.values, self.member = values, member

    @property
    def head_key(self) -> str:
        """The column that the lines refer to."""
        return (self.lines.head_key if self.lines else None) or self.settings.key[0]

    @property
    def order_column(self) -> str:
        """The column that refers to the ERP's own order, where there is a `link`."""
        return self.settings.key[0]

    @abstractmethod
    def document(self, snapshot: Snapshot, read_at: datetime) -> tuple[str, Document] | None:
        """Return the document's own number and its record, or None where the row has nothing for the hub.

        Args:
            snapshot: The row.
            read_at: When it was read, in UTC, taken where the row has no time of its own.

        Raises:
            InvalidDocument: Where a value of the row makes no document; the code names the reason.
        """

    def finished(self, row: Row) -> str:  # noqa: ARG002  (the interface's)
        """Return the key of the document that ended well with this row, empty where it did not end."""
        return ""

    def native_key(self, row: Row) -> str:
        """Return the row's primary key, percent-encoded."""
        return ",".join(_quoted(row[column]) for column in self.settings.key)

    def version(self, row: Row) -> Any:
        """Return the first change column that is not NULL, as the database gave it."""
        changed = self.settings.changed
        return next((row[name] for name in changed.column if row[name] is not None), None) if changed else None

    def changed_at(self, row: Row) -> datetime | None:
        """Return when the plant changed the row, in UTC; None where its table does not have that."""
        changed = self.settings.changed
        if changed is None or changed.kind != "timestamp" or self.version(row) is None:
            return None
        column = next(name for name in changed.column if row[name] is not None)
        return self.values.instant(row, column, ZoneInfo(changed.time_zone) if changed.time_zone else None)


class ResponseStream(Stream):
    """The plant's answers."""

    name, subject = "responses", Subject.ORDER_RESPONSE
    settings: Responses

    def __init__(self, config: SqlConfig, settings: Responses, values: Values, member: Member) -> None:
        """Values that our own sink writes are no answer, unless the configuration says what they mean."""
        super().__init__(values, member)
        self.settings, self.lines = settings, settings.lines
        answers: dict[str, Answer] = dict(settings.statuses)
        if config.plant_orders is not None:
            statuses, meant = config.plant_orders.statuses, Spellings(answers)
            own = [str(word) for word in (statuses.new, statuses.revised, statuses.cancelled)]
            answers |= {word: Answer.NONE for word in own if word not in meant}
        self._answers = Spellings(answers)

    def document(self, snapshot: Snapshot, read_at: datetime) -> tuple[str, messages.OrderResponse] | None:
        """Return the OrderResponse; None for the plant's own orders and for those not answered yet."""
        row, settings = snapshot.row, self.settings
        reference = self.values.text(row, settings.reference)
        if reference is None or not is_plant_order_id(reference):
            return None
        answer = mapped(self.values, row, settings.status, self._answers)
        if answer is Answer.NONE:
            return None
        lines = [self._line(row, line, answer) for line in snapshot.lines if self._is_ours(line)]
        return reference, {
            "plant_order_id": reference,
            "plant": self.member.id,
            "plant_order_revision": self.values.integer(row, settings.revision),
            "response_code": _code(answer, lines),
            "erp_reference": self.values.text(row, settings.number or settings.key[0]),
            "issued_at": self.changed_at(row) or read_at,
            "reason": self.values.text(row, settings.reason),
            "lines": lines,
        }

    def _is_ours(self, line: Row) -> bool:
        column = self.settings.lines.reference
        return column is None or self.values.text(line, column) is not None

    def _line(self, row: Row, line: Row, answer: Answer) -> messages.OrderResponseLine:
        columns = self.settings.lines
        ordered = self.values.quantity(line, columns.ordered)
        has_promise = columns.promised is not None and self.values.number(line, columns.promised) is not None
        promised = self.values.quantity(line, columns.promised) if columns.promised and has_promise else ordered
        promised = Decimal(0) if answer is Answer.REJECTED else promised
        return {
            "line_id": self.values.required(line, columns.reference or columns.position),
            "status": _line_status(answer, ordered, promised),
            "quantity": promised,
            "unit": self.values.unit(line, columns.unit),
            "promised_date": self._promised_date(row, line) if promised else None,
            "reason": self.values.text(line, columns.reason) or self.values.text(row, self.settings.reason),
        }

    def _promised_date(self, row: Row, line: Row) -> date | None:
        own = self.values.day(line, self.settings.lines.promised_date)
        return own or self.values.day(row, self.settings.promised_date)


def _line_status(answer: Answer, ordered: Decimal, promised: Decimal) -> LineStatus:
    if answer is Answer.RECEIVED:
        return LineStatus.UNKNOWN
    if promised == 0:
        return LineStatus.NOT_ACCEPTED
    return LineStatus.CHANGED if answer is Answer.CHANGED or promised != ordered else LineStatus.ACCEPTED


def _code(answer: Answer, lines: list[messages.OrderResponseLine]) -> OrderResponseCode:
    if answer is Answer.RECEIVED:
        return OrderResponseCode.AB
    statuses = {line["status"] for line in lines}
    if answer is Answer.REJECTED or statuses == {LineStatus.NOT_ACCEPTED}:
        return OrderResponseCode.RE
    accepted = answer is Answer.ACCEPTED and statuses <= {LineStatus.ACCEPTED}
    return OrderResponseCode.AP if accepted else OrderResponseCode.CA


class InventoryStream(Stream):
    """The plant's stock."""

    name, subject = "inventory", Subject.INVENTORY_LEVEL
    settings: Inventory

    def __init__(self, settings: Inventory, values: Values, member: Member) -> None:
        """Take the table's settings."""
        super().__init__(values, member)
        self.settings = settings
        self._sites = Spellings({site.id: site.id for site in member.sites} | settings.sites)

    def document(self, snapshot: Snapshot, read_at: datetime) -> tuple[str, messages.InventoryLevel]:
        """Return the InventoryLevel; empty quantities count as zero."""
        row, settings, values = snapshot.row, self.settings, self.values
        item_code, site = values.required(row, settings.item_code), self._site(row)
        return f"{site}/{item_code}", {
            "company": self.member.id,
            "site": site,
            "item_code": item_code,
            "item": None,
            "on_hand": values.number(row, settings.on_hand) or Decimal(0),
            "reserved": values.number(row, settings.reserved) or Decimal(0),
            "blocked": values.number(row, settings.blocked) or Decimal(0),
            "unit": values.unit(row, settings.unit),
            "as_of": self.changed_at(row) or read_at,
        }

    def _site(self, row: Row) -> str:
        return _site_of(self, self.settings, self._sites, row)


class PlannedReceiptStream(Stream):
    """What is still to come into the plant's stock."""

    name, subject = "planned_receipts", Subject.PLANNED_RECEIPT
    settings: PlannedReceipts

    def __init__(self, settings: PlannedReceipts, values: Values, member: Member) -> None:
        """Take the table's settings."""
        super().__init__(values, member)
        self.settings = settings
        self._sites = Spellings({site.id: site.id for site in member.sites} | settings.sites)
        self._sources, self._standings = Spellings(settings.sources), Spellings(settings.statuses)

    def document(self, snapshot: Snapshot, read_at: datetime) -> tuple[str, messages.PlannedReceipt] | None:
        """Return the PlannedReceipt; None for a draft. Of what is closed, nothing is to come."""
        row, settings, values = snapshot.row, self.settings, self.values
        standing = ReceiptStanding.ACTIVE
        if settings.status is not None:
            standing = mapped(values, row, settings.status, self._standings)
        if standing is ReceiptStanding.NONE:
            return None
        source = settings.kind if settings.source is None else mapped(values, row, settings.source, self._sources)
        cancelled, number = standing is ReceiptStanding.CANCELLED, values.required(row, settings.number)
        status = PlannedReceiptDocumentStatus.CANCELLED if cancelled else PlannedReceiptDocumentStatus.ACTIVE
        return number, {
            "company": self.member.id,
            "site": _site_of(self, settings, self._sites, row),
            "receipt_id": number,
            "source": PlannedReceiptSource(source),
            "item_code": values.required(row, settings.item_code),
            "item": None,
            "quantity": Decimal(0) if standing is ReceiptStanding.CLOSED else values.quantity(row, settings.quantity),
            "unit": values.unit(row, settings.unit),
            "expected_date": values.required_day(row, settings.expected_date),
            "document_status": status,
            "as_of": self.changed_at(row) or read_at,
        }


def _site_of(stream: Stream, settings: Inventory | PlannedReceipts, sites: Spellings[str], row: Row) -> str:
    """Return the site that a row is of: the member's first where the table does not say."""
    if settings.site is None:
        return next(iter([*(site.id for site in stream.member.sites), *settings.sites.values()]), stream.member.id)
    return mapped(stream.values, row, settings.site, sites)


class ItemStream(Stream):
    """Which items of the hub's nomenclature the plant's own codes mean."""

    name, subject = "items", Subject.ITEM_MAPPING
    settings: Items

    def __init__(self, settings: Items, values: Values, member: Member) -> None:
        """Take the table's settings."""
        super().__init__(values, member)
        self.settings = settings

    def document(self, snapshot: Snapshot, read_at: datetime) -> tuple[str, messages.ItemMapping] | None:  # noqa: ARG002  (the interface's)
        """Return the ItemMapping; None where the plant has not entered yet what the code means."""
        row, settings, values = snapshot.row, self.settings, self.values
        item = values.text(row, settings.item)
        if item is None:
            return None
        item_code = values.required(row, settings.item_code)
        unit = values.unit(row, settings.unit) if settings.unit and values.text(row, settings.unit) else None
        return item_code, {"member": self.member.id, "item_code": item_code, "item": item, "unit": unit}


class ProductionStream(Stream):
    """How far production is."""

    name, subject = "production", Subject.PRODUCTION_STATUS
    settings: Production

    def __init__(self, config: SqlConfig, settings: Production, values: Values, member: Member) -> None:
        """Take the table's settings, and the order table that they may refer to."""
        super().__init__(values, member)
        self.settings = settings
        self.link = config.plant_orders.head if config.plant_orders and settings.order else None
        self._states = Spellings(settings.states)

    @property
    def order_column(self) -> str:
        """The column that refers to the ERP's own order."""
        return self.settings.order or self.settings.key[0]

    def document(self, snapshot: Snapshot, read_at: datetime) -> tuple[str, messages.ProductionStatus]:
        """Return the ProductionStatus; one without a plant order is made for stock."""
        row, settings, values = snapshot.row, self.settings, self.values
        number = values.required(row, settings.number)
        reference = snapshot.reference or values.text(row, settings.reference)
        made = values.number(row, settings.completed)
        return number, {
            "production_order_id": number,
            "plant": self.member.id,
            "plant_order_id": reference if reference and is_plant_order_id(reference) else None,
            "item_code": values.required(row, settings.item_code),
            "item": None,
            "planned": values.quantity(row, settings.planned),
            "completed": Decimal(0) if made is None else values.quantity(row, settings.completed),
            "scrapped": values.number(row, settings.scrapped) or Decimal(0),
            "unit": values.unit(row, settings.unit),
            "state": ProductionState(mapped(values, row, settings.state, self._states)),
            "estimated_completion": values.day(row, settings.estimated_completion),
            "as_of": self.changed_at(row) or read_at,
        }


class OrderStream(Stream):
    """A customer's own purchases."""

    name, subject = "orders", Subject.ORDER
    settings: Orders

    def __init__(self, config: SqlConfig, settings: Orders, values: Values, member: Member) -> None:
        """Take the table's settings, and the currency of an order that names none."""
        super().__init__(values, member)
        self.settings, self.lines = settings, settings.lines
        self._currency = config.default_currency
        self._standings = Spellings(settings.statuses)

    def document(self, snapshot: Snapshot, read_at: datetime) -> tuple[str, messages.Order] | None:  # noqa: ARG002  (the interface's)
        """Return the Order; None for a draft and for one that is finished."""
        row, settings, values = snapshot.row, self.settings, self.values
        standing = mapped(values, row, settings.status, self._standings)
        if standing in (Standing.NONE, Standing.CLOSED):
            return None
        order_id, number = self.order_id(row), values.text(row, settings.number)
        wanted = values.required_day(row, settings.requested_date)
        return order_id, {
            "order_id": order_id,
            "number": number,
            "buyer": self.member.id,
            "payer": values.text(row, settings.payer),
            "user": values.text(row, settings.user),
            "consignee": values.text(row, settings.consignee),
            "kind": OrderKind(settings.kind),
            "programme": values.text(row, settings.programme),
            "document_status": OrderDocumentStatus(standing.value.upper()),
            "revision": 0,
            "currency": values.currency(row, settings.currency) if settings.currency else self._currency,
            "issued_at": values.instant(row, settings.issued_at) or self.changed_at(row),
            "requested_date": wanted,
            "delivery_place": values.text(row, settings.delivery_place),
            "complete_delivery": settings.complete_delivery,
            "alternatives_allowed": settings.alternatives_allowed,
            "lines": [self._line(line) for line in snapshot.lines],
        }

    def order_id(self, row: Row) -> str:
        """Return the row's key as people read it, several columns joined by a comma: it stays as long as the row.

        Raises:
            InvalidDocument: ``missing-value`` where every column is empty.
        """
        parts = [_readable(row[column]) for column in self.settings.key]
        if not any(parts):
            self.values.required(row, self.settings.key[0])
        return ",".join(parts)

    def _line(self, line: Row) -> messages.OrderLine:
        columns, values = self.settings.lines, self.values
        return {
            "line_id": values.required(line, columns.position),
            "item_code": values.required(line, columns.item_code),
            "item": None,
            "description": values.text(line, columns.description),
            "quantity": values.quantity(line, columns.quantity),
            "unit": values.unit(line, columns.unit),
            "price": values.number(line, columns.price),
            "requested_date": values.day(line, columns.requested_date),
            "hold_reason": None,
            "characteristic": values.text(line, columns.characteristic),
            "drawing": values.text(line, columns.drawing),
            "drawing_revision": values.text(line, columns.drawing_revision),
        }

    def finished(self, row: Row) -> str:
        """Return the order's id where its status means that it is finished; an empty text otherwise.

        Raises:
            InvalidDocument: ``unmapped-value`` or ``missing-value`` for its status or key.
        """
        standing = mapped(self.values, row, self.settings.status, self._standings)
        return self.order_id(row) if standing is Standing.CLOSED else ""

    def stands(self, row: Row) -> bool:
        """Return whether the configuration maps the order's status."""
        try:
            mapped(self.values, row, self.settings.status, self._standings)
        except InvalidDocument:
            return False
        return True


def _readable(value: Any) -> str:
    """Return a key column's value, empty for NULL: what pads a ``char(n)`` is no part of it."""
    if value is None:
        return ""
    return value.hex() if isinstance(value, bytes) else str(linked(value, ""))


def mapped(values: Values, row: Row, column: str, codes: Spellings[Code]) -> Code:
    """Return what the column's value means.

    Args:
        values: How the ERP writes values.
        row: The row.
        column: The column.
        codes: The meaning of each value.

    Raises:
        InvalidDocument: ``unmapped-value`` for a value without a meaning, ``missing-value`` for none.
    """
    spelled = values.required(row, column)
    code = codes.get(spelled)
    if code is None:
        text = Text(
            en=f"Column {column} holds {spelled!r}, which the configuration does not map. Add it to the connector.",
            ru=f"В столбце {column} стоит {spelled!r}, этого значения нет в настройках коннектора. Добавьте его.",
        )
        raise InvalidDocument(SqlCode.UNMAPPED_VALUE, codes.hinted(text, spelled))
    return code


def streams(config: SqlConfig, member: Member, values: Values) -> tuple[Stream, ...]:
    """Return the tables that this configuration reads.

    Args:
        config: The configuration.
        member: Whose documents these are.
        values: How the ERP writes values.
    """
    found: list[Stream] = []
    if config.orders is not None:
        found.append(OrderStream(config, config.orders, values, member))
    if config.responses is not None:
        found.append(ResponseStream(config, config.responses, values, member))
    if config.inventory is not None:
        found.append(InventoryStream(config.inventory, values, member))
    if config.planned_receipts is not None:
        found.append(PlannedReceiptStream(config.planned_receipts, values, member))
    if config.items is not None:
        found.append(ItemStream(config.items, values, member))
    if config.production is not None:
        found.append(ProductionStream(config, config.production, values, member))
    return tuple(found)
