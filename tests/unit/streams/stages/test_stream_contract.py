"""What the core's stages say of a crane's whole journey keeps the stream's contract; checked with Apache's avro."""

import json
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import avro.schema

from benchmarks import passing
from benchmarks.samples import BUYER, CRANE, MOTOR, order
from kranhub.settings import Settings
from kranhub.wire import envelope, schema_files
from kranhub.wire.messages import Subject
from streams.processor.batch import Batch
from streams.processor.outputs import ProducerRecord
from streams.processor.state.store import Store
from streams.routing.masterdata import entries
from streams.stages import STAGES
from tests.support import batches
from tests.support.batches import CODEC, NAMESPACE, RECORDS
from tests.support.omsk import OMSK, bumped
from tests.support.stream_contract import Checker
from tools.harness.in_memory_core import record

URL = "http://registry"
SETTINGS = Settings(namespace=NAMESPACE, kafka_bootstrap="127.0.0.1:1", registry_url=URL)
SCHEMAS = {
    f"{URL}/schemas/ids/{number}": avro.schema.parse(json.dumps(schema_files.load_all()[name]))
    for number, name in enumerate(RECORDS, 1)
}


class Watched(passing.Passing):
    """Orders through the core; what was said stays."""

    said: list[ProducerRecord]

    def _take(self, records: Iterable[Any]) -> tuple[list[ProducerRecord], float]:
        entered = self.core.enter([*records])
        routed = self.core.route(entered)
        self.said += [*entered, *routed]
        return routed, 0.0


def through(name: str, given: Sequence[Any]) -> Sequence[ProducerRecord]:
    """What a stage says of these records."""
    batch = Batch(STAGES[name](SETTINGS, CODEC), CODEC, NAMESPACE, {0: Store()}, lambda _topic: 1)
    batch.process(given)
    return batch.outputs


def checked(outputs: Iterable[ProducerRecord]) -> Checker:
    checker = Checker(URL, NAMESPACE, dict(SCHEMAS))
    for offset, output in enumerate(outputs):
        seen = SimpleNamespace(**output._asdict())
        seen.offset, seen.headers = offset, output.headers or []
        assert [*checker.take(seen)] == []
    return checker


def test_what_the_core_says_of_a_crane_and_motors_keeps_the_contract() -> None:
    around = Watched(SETTINGS, CODEC, OMSK)
    around.said = []
    around.through([1], CRANE)
    around.through([2, 3], MOTOR)
    outbox = [record(*output[:4]) for output in around.said if output.topic == "t.hub.outbox"]
    for one in outbox:
        one.partition = 0
    dispatched = through("dispatch", outbox)
    found = checked([*around.said, *dispatched])
    topics = {output.topic for output in [*around.said, *dispatched]}
    assert {"t.hub.events", "t.hub.decisions", "t.in.oemz.orders", "t.in.sibir-terminal.statuses"} <= topics
    assert found.records > 100


def test_what_the_master_data_say_keeps_the_contract_deletions_as_well() -> None:
    written = entries.entries(OMSK)
    gone = [entries.Entry(entries.Kind.ITEM, "bridge-span", 2, None), entries.entries(bumped(OMSK, 1))[-1]]
    head = envelope.Envelope("e", "/kranhub/t/hub/publish", "kranhub.MasterDataEntry")
    given = []
    for offset, entry in enumerate([*written, *gone]):
        value = CODEC.encode(Subject.MASTER_DATA_ENTRY, entries.record(entry))
        given.append(record("t.hub.masterdata", entry.record_key.encode(), value, envelope.headers(head)))
        given[-1].partition, given[-1].offset = 0, offset
    said = through("masterdata", given)
    assert [output.topic for output in said if output.value is None] == ["t.hub.items"]
    assert {"t.hub.parties", "t.hub.calendars", "t.hub.rates"} <= {output.topic for output in said}
    checked(said)


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_an_order_that_waits_for_master_data_goes_on_with_its_own_trace() -> None:
    about = envelope.Envelope("e1", envelope.member_source(NAMESPACE, BUYER), "kranhub.Order", traceparent=TRACE)
    headers = envelope.headers(about._replace(tracestate="a=1"))
    waiting = record(batches.WORK, f"{BUYER}:1".encode(), CODEC.encode(Subject.ORDER, order(1)), headers)
    trace = envelope.new_trace("a publication")
    head = envelope.Envelope("e2", "/kranhub/t/hub/masterdata", "kranhub.MasterDataEntry", traceparent=trace)
    values = [CODEC.encode(Subject.MASTER_DATA_ENTRY, entries.record(entry)) for entry in entries.entries(OMSK)]
    given = [waiting, *(record(batches.WORK, b"", value, envelope.headers(head)) for value in values)]
    for one in given:
        one.partition = 0
    (again,) = [said for said in through("planner", given) if said.topic == batches.WORK]
    found = envelope.read(again.headers)
    assert (found.id, found.source, found.traceparent, found.tracestate) == ("e1", about.source, TRACE, "a=1")
