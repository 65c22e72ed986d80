"""The planner's stage without Kafka: master data are published to it, and events arrive at the order 17."""

from dataclasses import dataclass, field
from typing import Any

from kranhub.settings import Settings
from kranhub.wire.messages import Subject
from streams.admin.publish import changes
from streams.processor.state.store import Store
from streams.routing.masterdata.entries import Entry
from streams.routing.masterdata.masterdata import MasterData
from streams.stages.planner import Planner
from tests.support import masterdata
from tests.support.batches import CODEC, EVENTS, NAMESPACE, WORK, batch, record, sent_records
from tests.support.plants import KEY, Value


@dataclass
class PlannerStage:
    """The stage over the master data that it was told of; what was published is ``known``."""

    store: Store = field(default_factory=Store)
    known: dict[tuple[str, str], Entry] = field(default_factory=dict)
    at: int = 0

    def publish(self, master: MasterData) -> list[tuple[str, Value]]:
        """Broadcast what differs; return what the stage says then."""
        found = changes(self.known, master)
        self.known |= {entry.place: entry for entry in found}
        return self._take([masterdata.record(self.at + number, entry, WORK) for number, entry in enumerate(found)])

    def come(self, subject: str, value: Value) -> list[tuple[str, Value]]:
        """Let this arrive at the order."""
        headers = [("ce_type", f"kranhub.{subject}".encode()), ("ce_id", f"e{self.at}".encode())]
        return self._take([record(self.at, KEY, CODEC.encode(Subject(subject), value), headers=headers)])

    def _take(self, found: list[Any]) -> list[tuple[str, Value]]:
        of = batch(Planner(Settings(namespace=NAMESPACE), CODEC), self.store)
        of.process(found)
        of.commit()
        self.at += len(found)
        decoded = [CODEC.decode(one.value or b"") for one in sent_records(of) if one.topic != EVENTS]
        return [(one.subject, one.value) for one in decoded]
