"""Reads the workshop: everything in every poll, compared with what was told.

That is the right way for an ERP of up to some ten thousand documents: no clock, no late transaction and no deleted row
can hide anything, since nothing depends on a change mark.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kranhub.connector import Checkpoint, Event, Progress, Read, Source, Unreadable
from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Order, OrderDocumentStatus, Subject
from tests.support.workshop import mapping
from tests.support.workshop.client import Client
from tests.support.workshop.mapping import ErpDocument, Records
from tests.support.workshop.memory import Memory, Told

SUBJECTS = (Subject.ORDER, Subject.ORDER_RESPONSE, Subject.INVENTORY_LEVEL)


class WorkshopSource(Source):
    """Purchases become Order, jobs OrderResponse, stock InventoryLevel."""

    def __init__(
        self, client: Client, records: Records, epoch: int, poll_seconds: float, withdraw_after: float
    ) -> None:
        self.client, self.records, self.epoch = client, records, epoch
        self._poll_seconds, self.grace = poll_seconds, timedelta(seconds=withdraw_after)

    async def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        """Yield what is not as it was told, then `Progress`, in every poll."""
        memory = self.remembered(since)
        while True:
            for subject in SUBJECTS:
                for item in await asyncio.to_thread(self._poll, subject, memory):
                    yield item
            yield Progress(memory.checkpoint())
            await asyncio.sleep(self._poll_seconds)

    def remembered(self, since: Checkpoint | None) -> Memory:
        """Return what was told up to the checkpoint."""
        return Memory(since, self.epoch)

    def _poll(self, subject: Subject, memory: Memory) -> list[Read | Unreadable]:
        documents = self.documents(subject, memory)
        there = {document.native for document in documents}
        items = [self.told(document, memory) for document in documents]
        return [item for item in items if item is not None] + list(self.withdrawn(subject, there, memory))

    def documents(self, subject: Subject, memory: Memory) -> list[ErpDocument]:
        """Return everything of one kind that the workshop holds."""
        if subject == Subject.INVENTORY_LEVEL:
            return self.stock()
        found = self.client.purchases() if subject == Subject.ORDER else self.client.jobs()
        return [
            ErpDocument(
                subject,
                str(one.head["id"]),
                str(one.head["id"] if subject == Subject.ORDER else one.head["reference"]),
                one,
                self.records.moment(one.head["changed_at"]),
            )
            for one in found
        ]

    def stock(self) -> list[ErpDocument]:
        """Return one document per code, whatever warehouses and lots it lies in."""
        rows: dict[str, list[Any]] = {}
        for row in self.client.stock():
            rows.setdefault(str(row["code"]).strip(), []).append(row)
        return [ErpDocument(Subject.INVENTORY_LEVEL, code, code, found, None) for code, found in rows.items()]

    def told(self, document: ErpDocument, memory: Memory) -> Read | Unreadable | None:
        """Return what there is to tell of a document, None where it is as it was told."""
        try:
            value = self.value(document)
        except InvalidDocument as error:
            return self.unreadable(document, error, memory)
        if value is None:
            return None
        digest, before = self.digest(value), memory.get(document.subject, document.native)
        if before is not None and before.digest == digest:
            if before.gone:
                memory.remember(document.subject, document.native, replace(before, gone=""))
            return None
        count = self.count(before)
        active = document.subject == Subject.ORDER and value["document_status"] == "ACTIVE"
        wanted = value["requested_date"].isoformat() if active else ""
        memory.remember(document.subject, document.native, Told(digest, count, active, wanted))
        return self.event(document, f"{digest}.{count}", value, memory)

    def count(self, before: Told | None) -> int:
        """Return the count of a document's next state."""
        return before.count + 1 if before else 1

    def digest(self, value: mapping.Value) -> str:
        """Return a hash of what is told, without the fields that only say when it was written or read."""
        return mapping.digest({name: said for name, said in value.items() if name not in {"issued_at", "as_of"}})

    def value(self, document: ErpDocument) -> mapping.Value | None:
        """Return the record, None where the document says nothing yet. Raises `InvalidDocument`."""
        if document.subject == Subject.ORDER:
            return self.records.order(document.content)
        if document.subject == Subject.ORDER_RESPONSE:
            return self.records.response(document.content)
        return self.records.level(document.content, datetime.now(UTC))

    def event(self, document: ErpDocument, version: str, value: mapping.Value, memory: Memory) -> Read:
        """Return the event of a document."""
        event_id = self.event_id(document.subject, document.native, version)
        event = Event(event_id, document.key, document.subject, self.records.member, value, document.changed_at)
        return Read(event, memory.checkpoint())

    def unreadable(self, document: ErpDocument, error: InvalidDocument, memory: Memory) -> Unreadable | None:
        """Return the dead letter of a document, None where it is as it was told."""
        original, before = mapping.original(document.content), memory.get(document.subject, document.native)
        digest = mapping.digest(document.content)
        if before is not None and before.digest == digest:
            return None
        told = replace(before, digest=digest, count=self.count(before), gone="") if before else Told(digest, 1)
        memory.remember(document.subject, document.native, told)
        event_id = self.event_id(document.subject, document.native, f"{digest}.{told.count}")
        reason, checkpoint = error.text.as_map(), memory.checkpoint()
        return Unreadable(event_id, document.key, document.subject, error.code, reason, original, checkpoint)

    def withdrawn(self, subject: Subject, there: set[str], memory: Memory) -> Iterator[Read]:
        """Yield a cancellation of every active order that has been gone for longer than the grace period."""
        now = datetime.now(UTC)
        for native, active in memory.active(subject):
            if native in there:
                continue
            told = active if active.gone else active.gone_since(now)
            if told != active:
                memory.remember(subject, native, told)
            if now - datetime.fromisoformat(told.gone) >= self.grace:
                memory.remember(subject, native, Told("withdrawn", told.count + 1))
                yield self._cancelled(native, told, memory)

    def _cancelled(self, native: str, told: Told, memory: Memory) -> Read:
        value: Order = {
            "order_id": native,
            "buyer": self.records.member,
            "document_status": OrderDocumentStatus.CANCELLED,
            "currency": "RUB",
            "requested_date": date.fromisoformat(told.wanted),
            "lines": [],
        }
        event_id = self.event_id(Subject.ORDER, native, f"withdrawn.{told.count + 1}")
        return Read(Event(event_id, native, Subject.ORDER, self.records.member, value, None), memory.checkpoint())

    def event_id(self, subject: Subject, native: str, version: str) -> str:
        """Return ``member/type/native key/epoch/native version``."""
        return f"{self.records.member}/{subject}/{native}/{self.epoch}/{version}"
