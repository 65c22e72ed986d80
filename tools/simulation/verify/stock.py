"""The plants' stock, recomputed: what the levels said against what the allocators promised, record by record."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.simulation.reading import Seen
from tools.simulation.verify.files import Files
from tools.simulation.verify.stock_balance import ZERO, Shelf

Value = Mapping[str, Any]


def over_promised(allocation: Sequence[Seen], results: Sequence[Seen], files: Files) -> list[str]:
    """Return every point at which more of a stock was promised than the levels had, besides what the ERPs keep."""
    answers = by_cause(results)
    return [name for records in by_partition(_once(allocation)) for name in _over(records, answers, files)]


def _once(allocation: Sequence[Seen]) -> list[Seen]:
    """Return the records without the levels that come again under their ids."""
    told: set[str] = set()
    found = []
    for seen in allocation:
        if seen.kind != "InventoryLevel" or seen.id not in told:
            found.append(seen)
        if seen.kind == "InventoryLevel":
            told.add(seen.id)
    return found


def by_partition(allocation: Sequence[Seen]) -> list[list[Seen]]:
    """Return the records of each partition, which holds all that concerns its plants, in their order."""
    found: dict[int, list[Seen]] = {}
    for seen in allocation:
        found.setdefault(seen.partition, []).append(seen)
    return list(found.values())


def _over(records: Sequence[Seen], answers: Mapping[str, list[Value]], files: Files) -> Iterator[str]:
    """Yield what is over-promised. Where a level shrinks, the allocator has until the next tick to take promises back.

    A promise beside others that are too much already is named at once.
    """
    shelves: dict[tuple[str, str], Shelf] = {}
    late: dict[tuple[str, str], str] = {}
    for seen in records:
        before = {place: shelf.held for place, shelf in shelves.items()}
        for place in dict.fromkeys([*_take(seen, answers, shelves, files), *(late if seen.kind == "Tick" else ())]):
            shelf = shelves[place]
            if shelf.held <= max(ZERO, shelf.available - shelf.pending):
                late.pop(place, None)
            elif shelf.held > before.get(place, ZERO):
                yield _named(seen, place, shelf)
            elif seen.kind == "Tick":
                yield late.pop(place, _named(seen, place, shelf))
            else:
                late.setdefault(place, _named(seen, place, shelf))
    yield from late.values()


def by_cause(results: Sequence[Seen]) -> dict[str, list[Value]]:
    """Return the results by the id, or the place, of the record that has led to them."""
    found: dict[str, list[Value]] = {}
    for seen in results:
        cause = re.split("/(?:shortage|expired|moved)/", seen.id)[0].removesuffix("/result")
        found.setdefault(cause, []).append(seen.value)
    return found


def _take(
    seen: Seen, answers: Mapping[str, list[Value]], shelves: dict[tuple[str, str], Shelf], files: Files
) -> Iterator[tuple[str, str]]:
    """Let the record count, and yield the plants' items that it touches."""
    if seen.kind == "InventoryLevel":
        yield from _level(seen.value, shelves, files)
    elif seen.kind == "AllocationRequest":
        yield from _request(seen, shelves)
    for result in [*answers.get(seen.id, ()), *answers.get(seen.place, ())]:
        place = _place_of(result, shelves)
        if place is not None and result["kind"] in ("RESERVED", "SHORTAGE", "MOVED"):
            shelves[place].promise(result["request_id"], result["from_stock"])
            yield place


def _level(level: Value, shelves: dict[tuple[str, str], Shelf], files: Files) -> Iterator[tuple[str, str]]:
    item = files.item(level["company"], level["item_code"])
    if item is not None:
        left = level["on_hand"] - level["reserved"] - level["blocked"]
        place = level["company"], item
        shelves.setdefault(place, Shelf()).report(level, files.in_base(item, left, level["unit"]))
        yield place


def _request(seen: Seen, shelves: dict[tuple[str, str], Shelf]) -> Iterator[tuple[str, str]]:
    request = seen.value
    place = request["plant"], request["item"]
    shelf = shelves.setdefault(place, Shelf())
    if request["action"] == "RESERVE":
        shelf.promised.setdefault(request["request_id"], ZERO)
    elif request["action"] == "RELEASE":
        shelf.release(request["request_id"])
    elif request["action"] == "DELIVERED":
        shelf.deliver(request["request_id"], request["at"])
    yield place


def _place_of(result: Value, shelves: Mapping[tuple[str, str], Shelf]) -> tuple[str, str] | None:
    """Return the plant's item that holds the request; a result says the plant alone."""
    held = (place for place, shelf in shelves.items() if place[0] == result["plant"])
    return next((place for place in held if result["request_id"] in shelves[place].promised), None)


def _named(seen: Seen, place: tuple[str, str], shelf: Shelf) -> str:
    plant, item = place
    kept = f"{shelf.held:f} promised beside {shelf.pending:f} that the ERP keeps"
    return f"{plant} {item} at {seen.place}: {kept}, {shelf.available:f} available"
