"""The allocator's stage without Kafka: a partition of hub.allocation, its state, and what the stage says."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from kranhub.settings import Settings
from kranhub.wire.envelope import Envelope, headers
from kranhub.wire.messages import Subject
from streams.admin.publish import changes
from streams.processor import Record
from streams.processor.outputs import ProducerRecord
from streams.processor.state.store import Store
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry
from streams.routing.masterdata.masterdata import MasterData
from streams.stages.allocator import Allocator
from tests.support import allocation, batches
from tests.support.allocation import START
from tests.support.batches import CODEC, NAMESPACE, WORK

TOPIC = f"{NAMESPACE}hub.allocation"


@dataclass
class Partition:
    """One partition of hub.allocation and the stage's committed state of it."""

    stage: Allocator = field(default_factory=lambda: Allocator(Settings(namespace=NAMESPACE), CODEC))
    store: Store = field(default_factory=Store)
    offset: int = 0
    known: dict[tuple[str, str], Entry] = field(default_factory=dict)
    letters: list[Any] = field(default_factory=list)
    alerts: list[Any] = field(default_factory=list)
    loads: list[tuple[str, Any]] = field(default_factory=list)
    repromisings: list[tuple[str, Any]] = field(default_factory=list)
    audit: list[tuple[str, Any]] = field(default_factory=list)

    def record(self, subject: str, value: Any, key: str = "oemz", event_id: str = "", minute: float = 0) -> Record:
        """Return the next record of the partition."""
        self.offset += 1
        data = value if isinstance(value, bytes) else CODEC.encode(Subject(subject), value)
        name = event_id or f"event-{self.offset}"
        recorded = START + timedelta(minutes=minute)
        head = headers(Envelope(name, "/hub/test", f"kranhub.{subject}", recorded=recorded))
        return batches.record(self.offset, key, data, TOPIC, head)

    def take(self, *records: Record) -> list[ProducerRecord]:
        """Process the records in one transaction, and what the stage sends to itself in others; return the results."""
        batch = batches.batch(self.stage, self.store)
        assert batch.process(records) == len(records)
        batch.commit()
        self.letters += batches.dead_letters(batch)
        self.alerts += [
            batches.value(said) for said in batches.sent_records(batch) if said.topic == f"{NAMESPACE}hub.alerts"
        ]
        self.loads += [
            (said.key.decode(), batches.value(said) if said.value else None)
            for said in batches.sent_records(batch)
            if said.topic == f"{NAMESPACE}hub.loads"
        ]
        for name, found in (("repromisings", self.repromisings), ("audit", self.audit)):
            found += [
                (said.key.decode(), batches.value(said))
                for said in batches.sent_records(batch)
                if said.topic == f"{NAMESPACE}hub.{name}"
            ]
        again = [said for said in batches.sent_records(batch) if said.topic == TOPIC]
        results = [said for said in batches.sent_records(batch) if said.topic == WORK]
        for said in again:
            subject = CODEC.decode(said.value or b"").subject
            results += self.take(self.record(subject, said.value, said.key.decode()))
        return results

    def publish(self, master: MasterData) -> list[ProducerRecord]:
        """Publish what has changed since the last time."""
        results = []
        for entry in changes(self.known, master):
            self.known[entry.place] = entry
            results += self.take(self.record("MasterDataEntry", entries.record(entry), ""))
        return results

    def level(self, available: int, minute: float = 0, **fields: Any) -> Record:
        """Return a report of stock as of so many minutes after the start."""
        value = {
            "company": "oemz",
            "site": "a",
            "item_code": "ДВ",
            "item": None,
            "on_hand": Decimal(available),
            "reserved": Decimal(0),
            "blocked": Decimal(0),
            "unit": "H87",
            "as_of": START + timedelta(minutes=minute),
            **fields,
        }
        return self.record("InventoryLevel", value, value["company"])

    def receipt(self, quantity: int, receipt_id: str = "PO-1", **fields: Any) -> Record:
        """Return a report of what is still to come in a month."""
        value = {
            "company": "oemz",
            "site": "a",
            "receipt_id": receipt_id,
            "source": "PURCHASE",
            "item_code": "ДВ",
            "item": None,
            "quantity": Decimal(quantity),
            "unit": "H87",
            "expected_date": (START + timedelta(days=30)).date(),
            "document_status": "ACTIVE",
            "as_of": START,
            **fields,
        }
        return self.record("PlannedReceipt", value, value["company"])

    def disruption(self, number: str = "D-1", minute: float = 0, **fields: Any) -> Record:
        """Return that the plant makes nothing for a week from tomorrow on."""
        value = allocation.disruption(number, minute, **fields)
        return self.record("Disruption", value, value["member"], event_id="the member's own")

    def request(self, request_id: str, quantity: int, action: str = "RESERVE", **fields: Any) -> Record:
        """Return an order's request."""
        value = {
            "request_id": request_id,
            "order_key": request_id.rpartition("/")[0],
            "plant": "oemz",
            "item": "motor",
            "quantity": Decimal(quantity),
            "action": action,
            "generation": 1,
            "not_before": None,
            "at": None,
            "expires_at": None,
            **fields,
        }
        return self.record("AllocationRequest", value, value["plant"], event_id=f"ask/{request_id}/{action}")

    def tick(self, minute: float) -> Record:
        """Return that it is so many minutes after the start."""
        time = START + timedelta(minutes=minute)
        return self.record("Tick", {"time": time}, "", f"hub/Tick/{time.isoformat()}", minute)

    def free(self, **fields: Any) -> Decimal:
        """Ask what could be had from stock."""
        (said,) = self.take(self.request("q/1", 10**6, "QUOTE", **fields))
        return Decimal(batches.value(said)["from_stock"])
