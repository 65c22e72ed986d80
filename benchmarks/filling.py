"""Fills the core's state: plants that have work for weeks, and many open orders in little time."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from benchmarks.passing import Passing
from benchmarks.samples import NOW
from kranhub.broker import topics
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.codec import Codec
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from streams.processor.outputs import ProducerRecord
from streams.processor.state.store import Layer
from streams.routing.allocator.capacity import workshop
from streams.routing.allocator.reservations import BY_AGE
from streams.routing.allocator.weeks import WEEKS
from streams.routing.masterdata.masterdata import MasterData
from streams.tables.keys import DIGITS, LARGEST
from tools.harness.in_memory_core import InMemoryCore, record

BUSY_WEEKS = 10
"""For how many weeks a plant has work before the first order of a run."""

PLANNED, STEP = 1_000, 500
"""The most open orders that are planned, further ones being copies of them, and how many are planned at a time."""

FIRST_COPY = LARGEST - 10_000_000
"""From here on the numbers of copies in a week fall; those of planned orders are greater, those of later ones less."""

_NUMBER = re.compile(r"PO-\d{7}")


def busy(core: InMemoryCore, settings: Settings, codec: Codec, master: MasterData) -> None:
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
                yield maker.member, item, shop.weekly * shop.base * BUSY_WEEKS


def _request(topic: str, codec: Codec, plant: str, item: str, quantity: object) -> ProducerRecord:
    value: Any = {
        "request_id": f"other:WORK/{plant}/{item}",
        "order_key": "other:WORK",
        "plant": plant,
        "item": item,
        "quantity": quantity,
        "action": "RESERVE",
    }
    head = Envelope(f"hub/AllocationRequest/{plant}/{item}", "/hub/planner", "kranhub.AllocationRequest", NOW)
    return ProducerRecord(
        topic, plant.encode(), codec.encode(Subject.ALLOCATION_REQUEST, value), envelope.headers(head)
    )


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
    """What one order has in one store of a stage; ``numbered`` says that its key ends with a number of its own."""

    stage: str
    partition: int
    key: str
    value: bytes
    numbered: bool = False


Layers = Mapping[tuple[str, int], Layer]


def _copy(core: InMemoryCore, numbers: range) -> None:
    known = _by_number(core)
    for start in numbers[:: PLANNED * 10]:
        chunk = range(start, min(start + PLANNED * 10, numbers.stop))
        layers = {(n, p): Layer(store) for n, stores in core.stores.items() for p, store in stores.items()}
        for number in chunk:
            for entry in known[number % len(known)]:
                _put(layers, entry, number)
        for (stage, partition), layer in layers.items():
            core.stores[stage][partition].apply(layer.changes)


def _put(layers: Layers, entry: _Entry, number: int) -> None:
    order = f"PO-{number:07d}"
    key, value = _NUMBER.sub(order, entry.key), bytes(bytearray(entry.value))
    if entry.numbered:
        key = f"{key.rpartition('/')[0]}/{_number_in(key, number):0{DIGITS}}"
        value = _NUMBER.sub(order, value.decode()).encode()
    partition = entry.partition
    if entry.stage == "planner":
        partition = record("", _order_key(key).encode(), None).partition
    layers[entry.stage, partition].put(key, value)


def _number_in(key: str, number: int) -> int:
    """Return the number of a copy's entry: ages grow with every order, numbers in a week fall."""
    return FIRST_COPY - number if key.startswith(f"{WEEKS.name}/") else number


def _order_key(key: str) -> str:
    """Return the order's key of a key of the planner's state: it is the last part."""
    return key.rpartition("/")[2]


def _by_number(core: InMemoryCore) -> list[list[_Entry]]:
    """Return what each order has."""
    found = defaultdict(list)
    for stage, stores in core.stores.items():
        for partition, store in stores.items():
            for key, value in store.values.items():
                numbered = key.startswith(_NUMBERED)
                if number := _NUMBER.search(value.decode() if numbered else key):
                    found[number[0]].append(_Entry(stage, partition, key, value, numbered))
    return [*found.values()]


_NUMBERED = (f"{BY_AGE.name}/", f"{WEEKS.name}/")
"""Tables whose keys end with a number, and whose values name the request."""
