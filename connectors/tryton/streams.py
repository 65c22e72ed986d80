"""What a Tryton has to tell: one class per kind of document, each knowing how to find and read what changed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, ClassVar

from connectors.tryton import mapping, stamps, wire
from connectors.tryton.client import Client, Record
from connectors.tryton.codes import Codes, inner
from kranhub.errors import InvalidDocument

Outcome = mapping.Value | InvalidDocument | None


@dataclass(frozen=True, slots=True)
class Found:
    """A document that changed: its id in Tryton, its version, and when."""

    id: int
    version: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read. ``value`` is the hub's record, None where it says nothing, or why it is none."""

    native: str
    key: str
    version: str
    modified: datetime
    value: Outcome
    original: bytes


class Stream(ABC):
    """One kind of document."""

    subject: ClassVar[str]
    model: ClassVar[str]
    stamped: ClassVar[tuple[str, ...]] = (stamps.FIELD,)

    def __init__(self, client: Client, codes: Codes) -> None:
        """Take where to read and how codes translate."""
        self.client, self.codes = client, codes

    async def changed(self, since: datetime | None) -> list[Found]:
        """Return what was modified at or after that moment, or ever."""
        records = await self.client.search(self.model, [self.domain(), self.after(since)], self.stamped)
        return [Found(record["id"], stamps.version(record), stamps.latest(record)) for record in records]

    def after(self, since: datetime | None) -> list[Any]:
        """Return the domain of what was modified at or after that moment, in any row that counts."""
        start = self.codes.config.since
        since = since or (datetime.combine(start, time(), UTC) if start else None)
        return ["OR", *([name, ">=", since] for name in self.stamped)] if since else []

    @abstractmethod
    def domain(self) -> list[Any]:
        """Return which documents belong to this stream."""

    @abstractmethod
    async def read(self, found: Sequence[Found]) -> list[Document]:
        """Return these documents as they are now; those that are gone are left out."""

    async def records(self, found: Iterable[Found], fields: Sequence[str], **context: Any) -> list[Record]:
        """Return the records with these fields, in the order of ``found``."""
        ids = [item.id for item in found]
        records = await self.client.search(self.model, [["id", "in", ids]], [*fields, *self.stamped], **context)
        return sorted(records, key=lambda record: ids.index(record["id"]))


class Purchases(Stream):
    """Purchases from the hub's party, as ``Order``."""

    subject = "Order"
    model = "purchase.purchase"
    stamped = (stamps.FIELD, f"lines.{stamps.FIELD}")

    def domain(self) -> list[Any]:
        """Return what people have confirmed, or cancelled since."""
        states = ["confirmed", "processing", "done", "cancelled"]
        return [["party.code", "=", self.codes.config.hub_party], ["state", "in", states]]

    async def read(self, found: Sequence[Found]) -> list[Document]:
        """Return the purchases."""
        return [self._document(record) for record in await self.records(found, mapping.PURCHASE_FIELDS)]

    def _document(self, record: Record) -> Document:
        value = _said(lambda: mapping.order(record, self.codes))
        return _document(record, str(record["number"] or record["id"]), value)


class Sales(Stream):
    """Sales that carry a plant order's id as their reference, as ``OrderResponse``."""

    subject = "OrderResponse"
    model = "sale.sale"
    stamped = (stamps.FIELD, f"lines.{stamps.FIELD}", f"lines.moves.{stamps.FIELD}")

    def domain(self) -> list[Any]:
        """Return sales whose reference has the form of a plant order's id."""
        return [["reference", "like", "%:%/%"]]

    async def read(self, found: Sequence[Found]) -> list[Document]:
        """Return the sales."""
        return [self._document(record) for record in await self.records(found, mapping.SALE_FIELDS)]

    def _document(self, record: Record) -> Document:
        value = _said(lambda: mapping.response(record, self.codes, stamps.latest(record)))
        return _document(record, record["reference"], value)


class Productions(Stream):
    """Productions, as ``ProductionStatus``; one whose reference names a sale belongs to that plant order."""

    subject = "ProductionStatus"
    model = "production"

    def domain(self) -> list[Any]:
        """Return all productions."""
        return []

    async def read(self, found: Sequence[Found]) -> list[Document]:
        """Return the productions."""
        records = await self.records(found, mapping.PRODUCTION_FIELDS)
        plant_orders = await self._plant_orders([record["reference"] for record in records if record["reference"]])
        return [self._document(record, plant_orders.get(record["reference"])) for record in records]

    async def _plant_orders(self, references: Sequence[str]) -> dict[str, str]:
        if not references:
            return {}
        named = ["OR", ["reference", "in", references], ["number", "in", references]]
        ours = [["reference", "like", "%:%/%"], named]
        sales = await self.client.search("sale.sale", ours, ["number", "reference"])
        return {sale[name]: sale["reference"] for sale in sales for name in ("number", "reference")}

    def _document(self, record: Record, plant_order: str | None) -> Document:
        value = _said(lambda: mapping.production(record, self.codes, plant_order, stamps.latest(record)))
        return _document(record, str(record["number"] or record["id"]), value)


class Stock(Stream):
    """Stock per product and warehouse, as ``InventoryLevel``, told whenever a product was moved."""

    subject = "InventoryLevel"
    model = "product.product"

    def domain(self) -> list[Any]:
        """Return moves of any kind: also a plan or its end changes what is reserved."""
        return []

    async def changed(self, since: datetime | None) -> list[Found]:
        """Return the products that were moved, with the time of the last move."""
        fields = ["product", stamps.FIELD]
        moves = await self.client.search("stock.move", [self.domain(), self.after(since)], fields)
        last: dict[int, datetime] = {}
        for move in moves:
            last[move["product"]] = max(move[stamps.FIELD], last.get(move["product"], move[stamps.FIELD]))
        return [Found(product, stamps.stamped(moment, ""), moment) for product, moment in last.items()]

    async def read(self, found: Sequence[Found]) -> list[Document]:
        """Return the levels of these products in every warehouse that has a site."""
        domain = [["type", "=", "warehouse"]]
        warehouses = await self.client.search("stock.location", domain, ["code"])
        sites = {warehouse["id"]: self.codes.site(warehouse["code"]) for warehouse in warehouses}
        documents: list[Document] = []
        for warehouse, site in sites.items():
            if site is not None:
                documents += await self._levels(found, warehouse, site)
        return documents

    async def _levels(self, found: Sequence[Found], warehouse: int, site: str) -> list[Document]:
        fields = ["code", "quantity", "default_uom.symbol", "type"]
        where = {"locations": [warehouse], "stock_date_end": None}
        free = {
            record["id"]: record["quantity"] for record in await self.records(found, fields, **where, stock_assign=True)
        }
        moved = {item.id: item.modified for item in found}
        return [
            self._document({**record, "free": free[record["id"]], "warehouse": warehouse}, site, moved[record["id"]])
            for record in await self.records(found, fields, **where)
            if record["code"] and record["type"] == "goods"
        ]

    def _document(self, record: Record, site: str, modified: datetime) -> Document:
        value = _said(lambda: mapping.level(record, self.codes, site, modified))
        content = f"{record['quantity']} {record['free']} {inner(record, 'default_uom.symbol')}"
        version = stamps.stamped(modified, content)
        native = f"{record['id']}.{record['warehouse']}"
        return Document(native, f"{site}:{record['code']}", version, modified, value, _original(record))


def _said(say: Callable[[], mapping.Value | None]) -> Outcome:
    try:
        return say()
    except InvalidDocument as error:
        return error


def _document(record: Record, key: str, value: Outcome) -> Document:
    version, modified = stamps.version(record), stamps.latest(record)
    return Document(str(record["id"]), key, version, modified, value, _original(record))


def _original(record: Record) -> bytes:
    return wire.dumps(record).encode()
