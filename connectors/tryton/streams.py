"""The documents of a Tryton: one class per kind, each able to find and read what changed."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, cast

from connectors.tryton import comment_block, fields, mapping, timestamps, wire
from connectors.tryton.client import Client, Record
from connectors.tryton.codes import Codes, inner
from connectors.tryton.error_codes import TrytonCode
from connectors.tryton.fields import Fields
from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import OrderDocumentStatus, Subject

ReadValue = mapping.Value | InvalidDocument | None
Facts = tuple[str, ...]
FOUND_PAGE = 500
"""How many rows one request reads; only their timestamps are read."""
LIKE_A_PLANT_ORDER = ["reference", "like", "%:%/%"]


@dataclass(frozen=True, slots=True)
class Found:
    """A record that may have changed.

    Attributes:
        id: Its id in Tryton.
        version: Its version where the timestamps show it; empty otherwise.
        modified: When it was changed, in UTC; None where it has no timestamp.
    """

    id: int
    version: str
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class ErpDocument:
    """A document that was read.

    Attributes:
        native: Its key in the ERP.
        key: The hub's key of it.
        version: Its version.
        modified: When it was changed, in UTC; None where it has no timestamp.
        value: The hub's record; None where it has nothing for the hub, or the error that it makes.
        original: The record as bytes, for a dead letter.
        only_changes: Whether it is sent only where something else was sent of it before.
        withdrawn: Whether it may come back in the version that was sent before.
    """

    native: str
    key: str
    version: str
    modified: datetime | None
    value: ReadValue
    original: bytes
    only_changes: bool = False
    withdrawn: bool = False


class Stream(ABC):
    """One kind of document."""

    subject: ClassVar[Subject]
    name: ClassVar[str] = ""
    """Its name in checkpoints and ids of failures; the subject's where it is empty."""
    model: ClassVar[str]
    timestamp_fields: ClassVar[tuple[str, ...]] = (timestamps.FIELD,)
    sweep_page: ClassVar[int] = 200
    counted: ClassVar[bool] = False
    """Whether Tryton's own version may repeat, so that the event id has a count as well."""

    def __init__(self, client: Client, codes: Codes) -> None:
        """Take where to read and how codes translate."""
        self.client, self.codes = client, codes

    async def changed(self, since: datetime | None) -> AsyncIterator[list[Found]]:
        """Yield what was modified at or after that moment, or ever, in pages by rising id: an id never moves."""
        last = 0
        while True:
            page = await self._rows([*self.after(since), ["id", ">", last]], FOUND_PAGE)
            if page:
                yield page
                last = page[-1].id
            if len(page) < FOUND_PAGE:
                return

    async def anchor(self) -> datetime | None:
        """Return a timestamp that was there before `changed` reads everything, where what it finds has none."""
        return None

    async def sweep(self, after: int) -> list[Found]:
        """Return the next documents by rising id, whatever their timestamps; fewer than `sweep_page` are the last."""
        return await self._rows([*self.after(None), ["id", ">", after]], self.sweep_page)

    async def _rows(self, where: list[Any], limit: int) -> list[Found]:
        records = await self.client.search(self.model, [*self.domain(), *where], self.timestamp_fields, limit=limit)
        return [Found(record["id"], timestamps.version(record), timestamps.latest(record)) for record in records]

    def after(self, since: datetime | None) -> list[Any]:
        """Return the domain of what was modified at or after that moment, in any row that counts."""
        start = self.codes.config.since
        since = since or (datetime.combine(start, time(), UTC) if start else None)
        return [["OR", *([name, ">=", since] for name in self.timestamp_fields)]] if since else []

    @abstractmethod
    def domain(self) -> list[Any]:
        """Return which documents belong to this stream."""

    @abstractmethod
    async def read(self, found: Sequence[Found]) -> list[ErpDocument]:
        """Return these documents as they are now; those that no longer exist are left out."""

    def unreadable(self, found: Found, reason: Text) -> ErpDocument:
        """Return the document that Tryton cannot give, with its reason."""
        version = found.version or timestamps.version_at(found.modified, "")
        error = InvalidDocument(TrytonCode.NOT_READABLE, reason)
        return ErpDocument(str(found.id), str(found.id), version, found.modified, error, b"")

    def facts(self, document: ErpDocument, before: Facts) -> Facts:  # noqa: ARG002  (the interface's)
        """Return what will be needed to withdraw the document, nothing where it cannot be withdrawn."""
        return ()

    async def records(self, found: Iterable[Found], names: Iterable[str], **context: Any) -> list[Record]:
        """Return the records with these fields, in the order of ``found``."""
        ids = [item.id for item in found]
        records = await self.client.search(self.model, [["id", "in", ids]], [*names, *self.timestamp_fields], **context)
        places = {record: place for place, record in enumerate(ids)}
        return sorted((record for record in records if record["id"] in places), key=lambda item: places[item["id"]])


class Purchases(Stream):
    """Purchases from the hub's party, as ``Order``."""

    subject = Subject.ORDER
    model = "purchase.purchase"
    timestamp_fields = (timestamps.FIELD, f"lines.{timestamps.FIELD}")

    def domain(self) -> list[Any]:
        """Return what people have confirmed, or cancelled since."""
        states = ["confirmed", "processing", "done", "cancelled"]
        return [["party.code", "=", self.codes.config.hub_party], ["state", "in", states]]

    async def read(self, found: Sequence[Found]) -> list[ErpDocument]:
        """Return the purchases that are in the domain now."""
        records = await self.client.search(
            self.model, [["id", "in", [item.id for item in found]], *self.domain()], self._names()
        )
        return [self._document(record) for record in records]

    def facts(self, document: ErpDocument, before: Facts) -> Facts:
        """Return number, currency and wanted date of an order that is active; what cannot be read stays as it was."""
        if document.value is None or isinstance(document.value, InvalidDocument):
            return before
        value = cast(messages.Order, document.value)
        if value["document_status"] != OrderDocumentStatus.ACTIVE:
            return ()
        return value.get("number") or "", value["currency"], value["requested_date"].isoformat()

    async def present(self, ids: Sequence[int]) -> set[int]:
        """Return those of these purchases that are still orders to the hub."""
        found = await self.client.search(self.model, [["id", "in", list(ids)], *self.domain()], ["id"])
        return {record["id"] for record in found}

    async def departed(self, ids: Sequence[int]) -> Mapping[int, Record]:
        """Return these purchases as they are, in whatever state; those that were deleted are left out."""
        found = await self.client.search(self.model, [["id", "in", list(ids)]], self._names())
        return {record["id"]: record for record in found}

    def withdrawn(self, native: str, version: str, facts: Facts, record: Record | None) -> ErpDocument:
        """Return the order as cancelled: with its lines where it is still the hub's, else with what is remembered.

        Args:
            native: The purchase's id.
            version: The version of the cancellation.
            facts: What is remembered: number, currency and requested date.
            record: The purchase as it is now; None where it is deleted.
        """
        value = self._as_it_is(record) if record else None
        if value is None:
            number, currency, wanted = facts
            value = mapping.remembered(native, number, currency, date.fromisoformat(wanted), self.codes)
        modified = timestamps.latest(record) if record else None
        original = _original(record) if record else b""
        cancelled: messages.Order = {**value, "document_status": OrderDocumentStatus.CANCELLED}
        return ErpDocument(native, native, version, modified, cancelled, original, withdrawn=True)

    def _as_it_is(self, record: Record) -> messages.Order | None:
        try:
            fields.check(record, mapping.PURCHASE_FIELDS)
            is_for_hub = inner(record, "party.code") == self.codes.config.hub_party
            return mapping.order(record, self.codes) if is_for_hub else None
        except InvalidDocument:
            return None

    def _names(self) -> list[str]:
        return [*mapping.PURCHASE_FIELDS, *self.timestamp_fields]

    def _document(self, record: Record) -> ErpDocument:
        value = document_or_error(record, mapping.PURCHASE_FIELDS, lambda: mapping.order(record, self.codes))
        return document_of(record, str(record["id"]), value)


class Sales(Stream):
    """Sales that carry a plant order's id as their reference, as ``OrderResponse``."""

    subject = Subject.ORDER_RESPONSE
    model = "sale.sale"
    timestamp_fields = (timestamps.FIELD, f"lines.{timestamps.FIELD}", f"lines.moves.{timestamps.FIELD}")

    def domain(self) -> list[Any]:
        """Return sales whose reference has the form of a plant order's id."""
        return [LIKE_A_PLANT_ORDER]

    async def read(self, found: Sequence[Found]) -> list[ErpDocument]:
        """Return the sales."""
        return [self._document(record) for record in await self.records(found, mapping.SALE_FIELDS)]

    def _document(self, record: Record) -> ErpDocument:
        modified = timestamps.latest(record) or datetime.now(UTC)
        value = document_or_error(record, mapping.SALE_FIELDS, lambda: mapping.response(record, self.codes, modified))
        return document_of(record, str(record.get("reference") or record["id"]), value)


class Productions(Stream):
    """Productions, as ``ProductionStatus``; one whose reference names a sale belongs to that plant order."""

    subject = Subject.PRODUCTION_STATUS
    model = "production"
    known_fields: ClassVar[Fields] = mapping.PRODUCTION_FIELDS

    def domain(self) -> list[Any]:
        """Return all productions."""
        return []

    async def read(self, found: Sequence[Found]) -> list[ErpDocument]:
        """Return the productions."""
        records = await self.records(found, self.known_fields)
        named = {str(record["reference"]) for record in records if isinstance(record.get("reference"), str)}
        sales = await self._sales(sorted(named))
        return [self._document(record, sales.get(str(record.get("reference")), [])) for record in records]

    async def _sales(self, references: Sequence[str]) -> dict[str, list[Record]]:
        """Return the sales that each reference names, by number or by the plant order's id; copies are left out."""
        if not references:
            return {}
        named = ["OR", ["reference", "in", references], ["number", "in", references]]
        sales = await self.client.search("sale.sale", [named], ["number", "reference", "comment"])
        found: dict[str, list[Record]] = {}
        for sale in sales:
            if not _is_copy(sale):
                for name in {sale.get("number"), sale.get("reference")} & set(references):
                    found.setdefault(str(name), []).append(sale)
        return found

    def _document(self, record: Record, sales: Sequence[Record]) -> ErpDocument:
        value = document_or_error(record, mapping.PRODUCTION_FIELDS, lambda: self._value(record, sales))
        return document_of(record, str(record["id"]), value)

    def _value(self, record: Record, sales: Sequence[Record]) -> messages.ProductionStatus | None:
        modified = timestamps.latest(record) or datetime.now(UTC)
        return mapping.production(record, self.codes, mapping.made_for(record, sales), modified)


def document_or_error(record: Record, known: Fields, make: Callable[[], mapping.Value | None]) -> ReadValue:
    """Return the document of a record, or the error that it makes.

    Args:
        record: The record.
        known: The kinds of its fields.
        make: Makes the document.
    """
    try:
        fields.check(record, known)
        return make()
    except InvalidDocument as error:
        return error


def document_of(record: Record, key: str, value: ReadValue) -> ErpDocument:
    """Return the document of a record under its id.

    Args:
        record: The record.
        key: The hub's key of it.
        value: The document, None, or the error.
    """
    version, modified = timestamps.version(record), timestamps.latest(record)
    return ErpDocument(str(record["id"]), key, version, modified, value, _original(record))


def _is_copy(sale: Record) -> bool:
    comment = sale.get("comment")
    return isinstance(comment, str) and comment_block.is_foreign(comment, sale["id"])


def _original(record: Record) -> bytes:
    return wire.dumps(record).encode()
