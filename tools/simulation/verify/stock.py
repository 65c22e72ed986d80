"""The plants' stock, recomputed: the levels against the allocators' promises, record by record."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.simulation.consumer import ConsumedRecord
from tools.simulation.verify.files import Files
from tools.simulation.verify.stock_balance import ZERO, StockBalance

Value = Mapping[str, Any]


def over_promised(allocation: Sequence[ConsumedRecord], results: Sequence[ConsumedRecord], files: Files) -> list[str]:
    """Return every point at which more of a stock was promised than the levels had, besides what the ERPs keep.

    Args:
        allocation: The records of hub.allocation.
        results: The allocators' results.
        files: The master data.
    """
    answers = by_cause(results)
    return [name for records in by_partition(_once(allocation)) for name in _over(records, answers, files)]


def _once(allocation: Sequence[ConsumedRecord]) -> list[ConsumedRecord]:
    """Return the records without the levels that come again under their ids."""
    known: set[str] = set()
    found = []
    for seen in allocation:
        if seen.kind != "InventoryLevel" or seen.id not in known:
            found.append(seen)
        if seen.kind == "InventoryLevel":
            known.add(seen.id)
    return found


def by_partition(allocation: Sequence[ConsumedRecord]) -> list[list[ConsumedRecord]]:
    """Return the records of each partition, which holds all that concerns its plants, in their order."""
    found: dict[int, list[ConsumedRecord]] = {}
    for seen in allocation:
        found.setdefault(seen.partition, []).append(seen)
    return list(found.values())


def _over(records: Sequence[ConsumedRecord], answers: Mapping[str, list[Value]], files: Files) -> Iterator[str]:
    """Yield what is over-promised. Where a level shrinks, the allocator has until the next tick to take promises back.

    A promise beside others that are too much already is named at once.
    """
    balances: dict[tuple[str, str], StockBalance] = {}
    late: dict[tuple[str, str], str] = {}
    for seen in records:
        before = {place: balance.held for place, balance in balances.items()}
        for place in dict.fromkeys([*_take(seen, answers, balances, files), *(late if seen.kind == "Tick" else ())]):
            balance = balances[place]
            if balance.held <= max(ZERO, balance.available - balance.pending):
                late.pop(place, None)
            elif balance.held > before.get(place, ZERO):
                yield _named(seen, place, balance)
            elif seen.kind == "Tick":
                yield late.pop(place, _named(seen, place, balance))
            else:
                late.setdefault(place, _named(seen, place, balance))
    yield from late.values()


def by_cause(results: Sequence[ConsumedRecord]) -> dict[str, list[Value]]:
    """Return the results by the id, or the place, of the record that has led to them."""
    found: dict[str, list[Value]] = {}
    for seen in results:
        cause = re.split("/(?:shortage|expired|moved|freed)/", seen.id)[0].removesuffix("/result")
        found.setdefault(cause, []).append(seen.value)
    return found


def _take(
    seen: ConsumedRecord,
    answers: Mapping[str, list[Value]],
    balances: dict[tuple[str, str], StockBalance],
    files: Files,
) -> Iterator[tuple[str, str]]:
    """Let the record count, and yield the plants' items that it touches."""
    if seen.kind == "InventoryLevel":
        yield from _level(seen.value, balances, files)
    elif seen.kind == "AllocationRequest":
        yield from _request(seen, balances)
    for result in [*answers.get(seen.id, ()), *answers.get(seen.place, ())]:
        place = _place_of(result, balances)
        if place is not None and result["kind"] in ("RESERVED", "SHORTAGE", "MOVED"):
            balances[place].promise(result["request_id"], result["from_stock"])
            yield place


def _level(level: Value, balances: dict[tuple[str, str], StockBalance], files: Files) -> Iterator[tuple[str, str]]:
    item = files.item(level["company"], level["item_code"])
    if item is not None:
        left = level["on_hand"] - level["reserved"] - level["blocked"]
        place = level["company"], item
        balances.setdefault(place, StockBalance()).report(level, files.in_base(item, left, level["unit"]))
        yield place


def _request(seen: ConsumedRecord, balances: dict[tuple[str, str], StockBalance]) -> Iterator[tuple[str, str]]:
    request = seen.value
    place = request["plant"], request["item"]
    balance = balances.setdefault(place, StockBalance())
    if request["action"] == "RESERVE":
        balance.promised.setdefault(request["request_id"], ZERO)
    elif request["action"] == "RELEASE":
        balance.release(request["request_id"])
    elif request["action"] == "DELIVERED":
        balance.deliver(request["request_id"], request["at"])
    yield place


def _place_of(result: Value, balances: Mapping[tuple[str, str], StockBalance]) -> tuple[str, str] | None:
    """Return the plant's item that holds the request; a result names the plant alone."""
    held = (place for place, balance in balances.items() if place[0] == result["plant"])
    return next((place for place in held if result["request_id"] in balances[place].promised), None)


def _named(seen: ConsumedRecord, place: tuple[str, str], balance: StockBalance) -> str:
    plant, item = place
    kept = f"{balance.held:f} promised beside {balance.pending:f} that the ERP keeps"
    return f"{plant} {item} at {seen.place}: {kept}, {balance.available:f} available"
