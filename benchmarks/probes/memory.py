"""Fills the core's real state with open orders, and says by how much this process has grown.

An open order was planned, reserved, sent to its plant, delivered there and promised by it: most of its life it stands
like that. Options: ``orders``, ``registry_url``.
"""

import gc
import json
import sys
from collections.abc import Iterator

import psutil

from benchmarks import simple
from benchmarks.inmemory import Core, record
from benchmarks.task import Task
from kranhub import envelope, topics
from kranhub.codec import Codec
from kranhub.envelope import Envelope
from kranhub.registry import Registry
from kranhub.settings import Settings
from streams.exactly_once import Record
from streams.exactly_once.out import Output
from streams.router import masterdata

WARM_UP, STEP = 1_000, 500
NAMESPACE = "bench."


def main() -> None:
    """Fill and measure."""
    task = Task.read()
    settings = Settings(namespace=NAMESPACE, kafka_bootstrap=task.bootstrap, registry_url=task.options["registry_url"])
    master = masterdata.load(settings.members_file, settings.nomenclature_file)
    count = int(task.options["orders"])
    with Registry(task.options["registry_url"]) as registry:
        codec = Codec(registry)
        core = Core(settings, codec, master)
        _fill(core, codec, range(WARM_UP))
        before = _resident()
        _fill(core, codec, range(WARM_UP, WARM_UP + count))
        grown = _resident() - before
    sys.stdout.write(json.dumps({"bytes": grown, "orders": count, "estimated": _estimated(core), **_per_order(core)}))


def _fill(core: Core, codec: Codec, numbers: range) -> None:
    for start in numbers[::STEP]:
        chunk = range(start, min(start + STEP, numbers.stop))
        written = [_written(codec, simple.BUYER, "Order", f"PO-{number}", simple.order(number)) for number in chunk]
        for _ in core.take([answer for said in core.take(written) for answer in _answers(codec, said)]):
            pass


def _answers(codec: Codec, said: Output) -> Iterator[Record]:
    """Yield the plant's receipt and its promise for a plant order."""
    if said.topic == topics.hub(NAMESPACE, "work") and ("ce_type", b"kranhub.PlantOrder") in (said.headers or ()):
        asked = codec.decode(said.value or b"", trusted=True).value
        number = asked["plant_order_id"]
        yield _written(codec, simple.PLANT, "Receipt", number, simple.receipt(asked, envelope.read(said.headers).id))
        yield _written(codec, simple.PLANT, "OrderResponse", number, simple.acceptance(asked))


def _written(codec: Codec, member: str, subject: str, key: str, value: dict[str, object]) -> Record:
    head = Envelope(f"{member}/{subject}/{key}/0/1", f"/members/{member}", f"kranhub.{subject}", simple.NOW)
    topic = topics.out(NAMESPACE, member, topics.kind_of(subject))
    return record(topic, key.encode(), codec.encode(subject, value), envelope.headers(head))


def _resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


def _estimated(core: Core) -> int:
    """Return what the processor itself believes that the state takes: its limit hangs on it."""
    return sum(store.size for stores in core.stores.values() for store in stores.values())


def _per_order(core: Core) -> dict[str, float]:
    """Return how many bytes of values and keys, and how many keys, one planner's order and one hold have."""
    found = {}
    for name, stores in core.stores.items():
        values = {key: value for store in stores.values() for key, value in store.values.items()}
        found[f"{name}_keys"] = len(values)
        found[f"{name}_key_bytes"] = sum(map(len, values)) / len(values)
        found[f"{name}_value_bytes"] = sum(map(len, values.values())) / len(values)
    return found


if __name__ == "__main__":
    main()
