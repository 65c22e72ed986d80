"""The job as the hub's own stages may do it: parts are cut out of the order's bytes, not decoded and encoded again.

The outputs are byte for byte those of `benchmarks.job`; of a line a decision needs two letters (`kranhub.wire.slices`).
"""

from benchmarks import job
from kranhub.wire.slices import Slices, array, string

_ORDER, _LINE = Slices(job.ORDER), Slices(job.ORDER["fields"][-1]["type"]["items"])
_HEAD = len(job.ORDER_HEAD)
_LINES, _ITEM = _ORDER.index["lines"], _LINE.index["item"]
_PLANTS = {maker: bytes((len(plant) << 1,)) + plant.encode() for maker, plant in job.PLANTS.items()}
"""The plants by the first two letters of an item, as Avro encodes them: fewer than 64 letters of ASCII."""


def split(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return what `job.split` returns. Raises `ValueError` for another schema."""
    if data[:_HEAD] != job.ORDER_HEAD:
        raise ValueError("not an order of the benchmark")
    places = _ORDER.places(data, _HEAD)
    lines: dict[bytes, list[bytes]] = {}
    for place in _LINE.items(data, places[_LINES]):
        plant = _PLANTS[string(data, place[_ITEM])[:2]]
        lines.setdefault(plant, []).append(data[place[0] : place[-1]])
    shared = job.PART_HEAD + data[_HEAD : places[_LINES]]
    key = string(data, _HEAD).encode()
    return key, [b"".join((shared, plant, array(found))) for plant, found in lines.items()]
