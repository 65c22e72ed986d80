"""Which plants have which orders, in a stage's state, so that the orders can be woken when a plant is removed."""

import zlib
from collections.abc import Iterator

from streams.processor import State
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.order import OrderState
from streams.routing.planner import resume

BUCKETS = 64
"""Over how many values the orders of a plant are spread: a change rewrites one of them. Fixed, as it is part of the
state."""


def note(before: OrderState | None, after: OrderState, state: State) -> None:
    """Keep which plants have a part of the order now.

    Args:
        before: The order before the event; None for a new one.
        after: The order after it.
        state: The state of its partition.
    """
    if before is not None and _same_plants(before, after):
        return
    was, now = resume.plants(before) if before else frozenset(), resume.plants(after)
    if was == now:
        return
    key = _bytes(after.key)
    for plant in sorted(now - was):
        name, known = _bucket(plant, key, state)
        if key not in known:
            state.put(name, b"\n".join([*known, key]))
    for plant in sorted(was - now):
        name, known = _bucket(plant, key, state)
        left = [other for other in known if other != key]
        if left:
            state.put(name, b"\n".join(left))
        else:
            state.delete(name)


def _same_plants(before: OrderState, after: OrderState) -> bool:
    """Return whether what has changed leaves every plant what it has; to be sure of it is quick in a large order."""
    pairs = [(old, new) for old, new in zip(before.portions, after.portions, strict=False) if old is not new]
    if len(before.portions) != len(after.portions):
        return False
    return all(resume.plants_of(old) == resume.plants_of(new) for old, new in pairs)


def orders(plant: str, state: State) -> Iterator[str]:
    """Yield the keys of the orders of which the plant has a part."""
    for number in range(BUCKETS):
        for key in _keys(state.get(_name(number, plant))):
            yield key.decode("utf-8", "surrogateescape")


def anywhere(master: MasterData | None, state: State) -> Iterator[str]:
    """Yield the keys of the orders of which any member has a part; an order at several members comes several times."""
    for member in master.members.by_id if master else ():
        yield from orders(member, state)


def _bucket(plant: str, key: bytes, state: State) -> tuple[str, list[bytes]]:
    name = _name(zlib.crc32(key) % BUCKETS, plant)
    return name, _keys(state.get(name))


def _name(number: int, plant: str) -> str:
    return f"at/{number}/{plant}"


def _keys(value: bytes | None) -> list[bytes]:
    return value.split(b"\n") if value else []


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")
