"""Fills the core's state: plants that have work for weeks, and many open orders in little time."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchmarks.inmemory import Core, record
from benchmarks.passing import Passing
from benchmarks.samples import NOW
from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from streams.processor.outputs import ProducerRecord
from streams.processor.state.store import Layer
from streams.routing.allocator.capacity import workshop
from streams.routing.allocator.weeks import LENGTHS
from streams.routing.masterdata.masterdata import MasterData
from streams.stages.support.queues import Backlog

WEEKS = 10
"""How long a plant has work for before the first order of a run comes."""

PLANNED, STEP = 1_000, 500
"""So many open orders at most are planned; of more, the others are copies. And how many at a time."""

_NUMBER = re.compile(r"PO-\d{7}")


def busy(core: Core, settings: Settings, codec: Codec, master: MasterData) -> None:
    """Take the plants' capacity of the next weeks."""
    topic = topics.hub(settings.namespace, "allocation")
    core.route([_request(topic, codec, *asked) for asked in _work(master)])


def _work(master: MasterData) -> Iterator[tuple[str, str, object]]:
    """Yield plant, item and quantity that take the weeks of each capability."""
    seen = set()
    for item in master.items:
        for maker in master.makers(item):
            shop = workshop(maker.member, item, master)
            if shop and shop.weekly and shop.load not in seen:
                seen.add(shop.load)
                yield maker.member, item, shop.weekly * shop.base * WEEKS


def _request(topic: str, codec: Codec, plant: str, item: str, quantity: object) -> ProducerRecord:
    value = {
        "request_id": f"other:WORK/{plant}/{item}",
        "order_key": "other:WORK",
        "plant": plant,
        "item": item,
        "quantity": quantity,
        "action": "RESERVE",
    }
    head = Envelope(f"hub/AllocationRequest/{plant}/{item}", "/hub/planner", "kranhub.AllocationRequest", NOW)
    return ProducerRecord(topic, plant.encode(), codec.encode("AllocationRequest", value), envelope.headers(head))


def open_orders(passing: Passing, count: int) -> None:
    """Have so many simple orders open: planned, reserved, delivered to their plant and promised by it.

    After the first `PLANNED` ones their states, holds and deadlines are copied, byte by byte, under other numbers: to
    plan a million takes too long. Nobody ever reads a copy.
    """
    planned = min(count, PLANNED)
    for start in range(0, planned, STEP):
        passing.through(range(start, min(start + STEP, planned)))
    if count > planned:
        _copy(passing.core, range(planned, count))


class _Entry(NamedTuple):
    """What one order has in one store of a stage; ``list`` names the list that it stands in, and ``key`` is its own."""

    stage: str
    partition: int
    key: str
    value: bytes
    list: str | None = None


Layers = Mapping[tuple[str, int], Layer]


def _copy(core: Core, numbers: range) -> None:
    known = [*_by_number(core).values()]
    for start in numbers[:: PLANNED * 10]:
        chunk = range(start, min(start + PLANNED * 10, numbers.stop))
        layers = {(n, p): Layer(store) for n, stores in core.stores.items() for p, store in stores.items()}
        for number in chunk:
            for entry in known[number % len(known)]:
                _put(layers, entry, f"PO-{number:07d}")
        for (stage, partition), layer in layers.items():
            core.stores[stage][partition].apply(layer.changes)


def _put(layers: Layers, entry: _Entry, number: str) -> None:
    key = _NUMBER.sub(number, entry.key)
    if entry.stage == "allocator":
        _put_hold(layers["allocator", entry.partition], entry, key, number)
        return
    layer = layers["planner", record("", key.encode(), None).partition]
    if entry.list is None:
        layer.put(key, bytes(bytearray(entry.value)))
    else:
        Backlog(entry.list).put(layer, key.encode())


def _put_hold(layer: Layer, entry: _Entry, key: str, number: str) -> None:
    if entry.list is None:
        layer.put(key, bytes(bytearray(entry.value)))
        return
    _, plant, week = entry.list.split("/")
    lengths = LENGTHS.load(layer.get(LENGTHS.key(plant)) or b"{}")
    layer.put(f"{entry.list}/{lengths[week]}", _NUMBER.sub(number, entry.value.decode()).encode())
    layer.put(LENGTHS.key(plant), LENGTHS.dump({**lengths, week: lengths[week] + 1}))


def _by_number(core: Core) -> Mapping[str, list[_Entry]]:
    """Return what each order has, by its number."""
    found = defaultdict(list)
    for stage, stores in core.stores.items():
        for partition, store in stores.items():
            for key, value in store.values.items():
                for entry in _entries(stage, partition, key, value):
                    found[_NUMBER.findall(entry.key)[0]].append(entry)
    return found


def _entries(stage: str, partition: int, key: str, value: bytes) -> Iterator[_Entry]:
    """Yield what stands under a key where that is an order's: its state or hold, its deadline, its place in a week."""
    first, _, rest = key.partition("/")
    if _NUMBER.search(key):
        yield _Entry(stage, partition, key, value)
    elif rest.startswith("alarm/") and _NUMBER.search(value.decode("utf-8", "replace")):
        yield _Entry(stage, partition, value.decode(), b"", rest)
    elif first == "week-entry" and (number := _NUMBER.search(value.decode())):
        yield _Entry(stage, partition, number[0], value, key.rpartition("/")[0])
