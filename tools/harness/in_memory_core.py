"""The core's real stages and their real state without Kafka: what one stage says, the stages behind it take at once."""

import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from streams.processor import Record, Stage
from streams.processor.batch import Batch
from streams.processor.outputs import ProducerRecord
from streams.processor.state.store import Store
from streams.routing.masterdata import entries
from streams.routing.masterdata.masterdata import MasterData
from streams.stages import STAGES
from streams.stages.support import masterdata_state

PARTITIONS = 6
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
TIME_MS = int(NOW.timestamp() * 1000)


class InMemoryCore:
    """Ingest, planner and allocator, with one store per partition as a worker has them."""

    def __init__(self, settings: Settings, codec: Codec, master: MasterData) -> None:
        """Start without orders."""
        stages = [STAGES[name](settings, codec) for name in ("ingest", "planner", "allocator")]
        self._first, self._behind = stages[0], stages[1:]
        self._codec, self._namespace = codec, settings.namespace
        self.stores = {stage.name: {number: Store() for number in range(PARTITIONS)} for stage in self._behind}
        for stage in self._behind:
            self._transact(stage, [*self._broadcast(stage.inputs[0], master)])

    def _broadcast(self, topic: str, master: MasterData) -> Iterator[Record]:
        """Yield the master data as the stage `masterdata` broadcasts them."""
        for entry in entries.entries(master):
            value = self._codec.encode(Subject.MASTER_DATA_ENTRY, entries.record(entry))
            head = Envelope(entry.record_key, "/hub/publish", masterdata_state.TYPE, recorded=NOW)
            for partition in range(PARTITIONS):
                yield Record(topic, partition, 0, "", value, envelope.headers(head), TIME_MS)

    def enter(self, records: Sequence[Record]) -> list[ProducerRecord]:
        """Return what ingest makes of what members wrote."""
        return [*self._transact(self._first, records)]

    def route(self, sent: Sequence[ProducerRecord]) -> list[ProducerRecord]:
        """Have planner and allocator process what was said, and everything that follows; return all that they say."""
        found: list[ProducerRecord] = []
        waiting = deque([sent])
        while waiting:
            given = waiting.popleft()
            for stage in self._behind:
                if taken := [record(*output[:4]) for output in given if output.topic in stage.inputs]:
                    outputs = self._transact(stage, taken)
                    found += outputs
                    waiting.append(outputs)
        return found

    def tick(self, time: datetime) -> list[ProducerRecord]:
        """Say to every partition what time it is; return all that follows."""
        topic, head = self._behind[0].inputs[0], Envelope(f"hub/Tick/{time}", "/hub/clock", "kranhub.Tick", time, time)
        value, planner = self._codec.encode(Subject.TICK, {"time": time}), self._behind[0]
        ticks = [Record(topic, number, 0, "", value, envelope.headers(head), TIME_MS) for number in range(PARTITIONS)]
        made = [*self._transact(planner, ticks)]
        return [*made, *self.route(made)]

    def renew(self, keys: Iterable[str]) -> None:
        """Give the states of these orders other objects of the same bytes, as after a restore."""
        for store in self.stores["planner"].values():
            store.values |= {key: bytes(bytearray(store.values[key])) for key in keys if key in store.values}

    def _transact(self, stage: Stage, records: Sequence[Record]) -> Sequence[ProducerRecord]:
        """Do all of a transaction but Kafka's part, the changes for the changelog as well."""
        batch = Batch(stage, self._codec, self._namespace, self.stores.get(stage.name, {}), lambda _topic: PARTITIONS)
        batch.process(records)
        deque(batch.changes(), 0)
        batch.commit()
        return batch.outputs


def record(topic: str, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]] | None = None) -> Record:
    """Return a record as the processor makes it of a message: every string and every value is its own object.

    Args:
        topic: The topic's full name.
        key: The record's key, which decides the partition.
        value: The record's value; None for a deletion.
        headers: The record's headers; None for none.
    """
    return Record(topic, zlib.crc32(key) % PARTITIONS, 0, key.decode(), value, headers, TIME_MS)
