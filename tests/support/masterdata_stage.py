"""The stage `masterdata` without Kafka: entries that it is given, and what it passes on to every partition."""

from collections.abc import Sequence

from kranhub.settings import Settings
from streams.processor.batch import Batch
from streams.processor.outputs import ProducerRecord
from streams.processor.state.store import Store
from streams.routing.masterdata import entries
from streams.routing.masterdata.entries import Entry, Kind
from streams.stages.masterdata import Masterdata
from tests.support import batches
from tests.support.batches import CODEC, NAMESPACE
from tests.support.masterdata import entry_of, record
from tests.support.omsk import OMSK

STAGE = Masterdata(Settings(namespace=NAMESPACE), CODEC)
ALL = entries.entries(OMSK)
PARTITIONS = range(6)


def run(store: Store, found: Sequence[Entry], start: int = 0) -> Batch:
    """Process the entries as one batch and commit it."""
    batch = batches.batch(STAGE, store)
    batch.process([record(start + at, entry) for at, entry in enumerate(found)])
    batch.commit()
    return batch


def on(batch: Batch, name: str) -> list[ProducerRecord]:
    """Return what was said on one of the hub's topics."""
    return [said for said in batches.sent_records(batch) if said.topic == f"{NAMESPACE}hub.{name}"]


def broadcast(batch: Batch) -> list[Entry]:
    """Return the entries that every partition of work and allocation got, in their order."""
    heard = [
        [entry_of(said) for said in on(batch, name) if said.partition == partition]
        for name in ("work", "allocation")
        for partition in PARTITIONS
    ]
    assert all(one == heard[0] for one in heard)
    assert all(said.key == b"" for said in on(batch, "work"))
    return heard[0]


def proposal(code: str, item: str, member: str = "oemz", unit: str | None = None) -> Entry:
    """Return that a member maps a code of its own to an item."""
    return entries.mapping(member, code, item, unit)


def codes_of(batch: Batch, item: str) -> list[tuple[str, str]]:
    """Return the codes with which the item was said last."""
    found = [entry for entry in broadcast(batch) if entry.place == (Kind.ITEM, item)]
    return sorted(found[-1].codes()) if found else []
