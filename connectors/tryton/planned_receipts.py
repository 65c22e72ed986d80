"""What is still to come into a plant's stock: lines of purchases, and productions for stock, as ``PlannedReceipt``."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from connectors.tryton import mapping, timestamps
from connectors.tryton.client import Record
from connectors.tryton.streams import ErpDocument, Found, Productions, Stream, document_of, document_or_error
from kranhub.errors import InvalidDocument
from kranhub.wire import messages
from kranhub.wire.messages import PlannedReceiptDocumentStatus, Subject


class PlannedPurchases(Stream):
    """Lines of purchases from whomever, less what has come in of them."""

    subject = Subject.PLANNED_RECEIPT
    name = f"{Subject.PLANNED_RECEIPT}.purchases"
    model = "purchase.line"
    timestamp_fields = (timestamps.FIELD, f"purchase.{timestamps.FIELD}", f"moves.{timestamps.FIELD}")

    def domain(self) -> list[Any]:
        """Return every line of goods."""
        return [["type", "=", "line"], ["product.type", "=", "goods"]]

    async def read(self, found: Sequence[Found]) -> list[ErpDocument]:
        """Return the lines."""
        return [self._document(record) for record in await self.records(found, mapping.PURCHASE_LINE_FIELDS)]

    def _document(self, record: Record) -> ErpDocument:
        modified = timestamps.latest(record) or datetime.now(UTC)
        value = document_or_error(
            record, mapping.PURCHASE_LINE_FIELDS, lambda: mapping.purchase_receipt(record, self.codes, modified)
        )
        return _named(document_of(record, f"purchase.line,{record['id']}", value), "purchase")


class PlannedProductions(Productions):
    """Productions for stock: those that are made for no plant order."""

    subject = Subject.PLANNED_RECEIPT
    name = f"{Subject.PLANNED_RECEIPT}.productions"
    known_fields = mapping.STOCK_PRODUCTION_FIELDS

    def _document(self, record: Record, sales: Sequence[Record]) -> ErpDocument:
        value = document_or_error(record, self.known_fields, lambda: self._receipt(record, sales))
        return _named(document_of(record, f"production,{record['id']}", value), "production")

    def _receipt(self, record: Record, sales: Sequence[Record]) -> messages.PlannedReceipt | None:
        modified = timestamps.latest(record) or datetime.now(UTC)
        if mapping.made_for(record, sales) is not None:
            return None
        return mapping.production_receipt(record, self.codes, modified)


def _named(document: ErpDocument, kind: str) -> ErpDocument:
    """Return the document under a key of its own; what brings nothing is sent only where it was to bring something."""
    if document.value is None or isinstance(document.value, InvalidDocument):
        return replace(document, native=f"{document.native}.{kind}")
    value = cast(messages.PlannedReceipt, document.value)
    cancelled = value.get("document_status") == PlannedReceiptDocumentStatus.CANCELLED
    return replace(document, native=f"{document.native}.{kind}", only_changes=cancelled or not value["quantity"])
