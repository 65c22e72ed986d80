"""The plants' stock, recomputed: what the levels said against what the allocators promised, record by record."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from benchmarks.simulate.checker.files import Files
from benchmarks.simulate.reading import Seen

Value = Mapping[str, Any]
ZERO = Decimal(0)


@dataclass(slots=True)
class Shelf:
    """One item at one plant. ``levels`` are by site and code: what is available, and as of when.

    ``promised`` is what each request has from stock, ``known`` how much of that its plant's ERP keeps by itself,
    ``held`` what the hub keeps for all of them. ``delivered`` is what the ERP keeps, and since when, until a level
    younger than that shows it.
    """

    levels: dict[tuple[str, str], tuple[Decimal, datetime]] = field(default_factory=dict)
    promised: dict[str, Decimal] = field(default_factory=dict)
    known: dict[str, Decimal] = field(default_factory=dict)
    delivered: list[tuple[datetime, Decimal]] = field(default_factory=list)
    held: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        """What the sites could give together."""
        return sum((quantity for quantity, _ in self.levels.values()), ZERO)

    @property
    def pending(self) -> Decimal:
        """What ERPs keep that no level shows yet."""
        return sum((quantity for _, quantity in self.delivered), ZERO)

    def promise(self, request: str, quantity: Decimal) -> None:
        """Take that the request has so much from stock."""
        self._set(request, quantity, min(quantity, self.known.get(request, ZERO)))

    def release(self, request: str) -> None:
        """Forget the request."""
        self._set(request, ZERO, ZERO)
        self.promised.pop(request, None)
        self.known.pop(request, None)

    def deliver(self, request: str, at: datetime) -> None:
        """Take that the ERP keeps the request's stock by itself since then."""
        quantity = self.promised.get(request, ZERO)
        if (more := quantity - self.known.get(request, ZERO)) > 0:
            self.delivered.append((at, more))
            self._set(request, quantity, quantity)
            self._settle()

    def _set(self, request: str, promised: Decimal, known: Decimal) -> None:
        before = self.promised.get(request, ZERO) - self.known.get(request, ZERO)
        self.promised[request], self.known[request] = promised, known
        self.held += promised - known - before

    def report(self, level: Value, quantity: Decimal) -> None:
        """Take a level; an older one than is known says nothing."""
        place = level["site"], level["item_code"]
        if place in self.levels and level["as_of"] < self.levels[place][1]:
            return
        self.levels[place] = quantity, level["as_of"]
        self._settle()

    def _settle(self) -> None:
        """Forget what was delivered before every site's level: they show it."""
        if self.levels:
            shown = min(as_of for _, as_of in self.levels.values())
            self.delivered = [(at, more) for at, more in self.delivered if at >= shown]


def over_promised(allocation: Sequence[Seen], results: Sequence[Seen], files: Files) -> list[str]:
    """Return every point at which more of a stock was promised than the levels had, besides what the ERPs keep."""
    answers = by_cause(results)
    return [name for records in by_partition(allocation) for name in _over(records, answers, files)]


def by_partition(allocation: Sequence[Seen]) -> list[list[Seen]]:
    """Return the records of each partition, which holds all that concerns its plants, in their order."""
    found: dict[int, list[Seen]] = {}
    for seen in allocation:
        found.setdefault(seen.partition, []).append(seen)
    return list(found.values())


def _over(records: Sequence[Seen], answers: Mapping[str, list[Value]], files: Files) -> Iterator[str]:
    shelves: dict[tuple[str, str], Shelf] = {}
    for seen in records:
        for place in dict.fromkeys(list(_take(seen, answers, shelves, files))):
            shelf = shelves[place]
            if shelf.held > max(ZERO, shelf.available - shelf.pending):
                yield _named(seen, place, shelf)


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
