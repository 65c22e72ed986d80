"""The plants' weeks, recomputed: whether all placed work can be done in time, week by week, with the given capacity.

If a week were given away twice, some set of promises would need more than the weeks between its earliest start and its
last day have. The work that is due first is done first; whatever is left at its due week was promised twice.
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tools.simulation.consumer import ConsumedRecord
from tools.simulation.verify.files import Files, Shop, Workdays
from tools.simulation.verify.stock import by_cause, by_partition

Value = Mapping[str, Any]
ZERO = Decimal(0)

WEEK = timedelta(days=7)
ROUNDING = Decimal("0.001")
"""How much may be missing in all, as the capacity of a short week is rounded."""


class Work(NamedTuple):
    """What a request has to be made in a shop: from which day on, and on which day all of it is ready."""

    request: str
    plant: str
    item: str
    quantity: Decimal
    start: date
    ready: date


def over_placed(allocation: Sequence[ConsumedRecord], results: Sequence[ConsumedRecord], files: Files) -> list[str]:
    """Return the shops whose promises, as they are at the end, need more than the weeks have.

    Args:
        allocation: The records of hub.allocation.
        results: The allocators' results.
        files: The master data.
    """
    shops: dict[Shop, list[Work]] = {}
    for work in standing(allocation, results):
        shop = files.shop(work.plant, work.item)
        if shop is not None and shop.weekly is not None:
            shops.setdefault(shop, []).append(work)
    return [name for shop, works in shops.items() for name in _late(shop, works, files.calendar(works[0].plant))]


def standing(allocation: Sequence[ConsumedRecord], results: Sequence[ConsumedRecord]) -> list[Work]:
    """Return what is to be made for each request at the end; one that was released has nothing."""
    answers = by_cause(results)
    return [work for records in by_partition(allocation) for work in _standing(records, answers)]


def _standing(records: Sequence[ConsumedRecord], answers: Mapping[str, list[Value]]) -> Iterable[Work]:
    found: dict[str, Work] = {}
    starts: dict[str, tuple[str, date]] = {}
    for seen in records:
        request = seen.value
        if seen.kind == "AllocationRequest" and request["action"] == "RESERVE":
            name, first = request["request_id"], _first_day(seen)
            starts[name] = request["item"], min(first, starts[name][1]) if name in starts else first
        elif seen.kind == "AllocationRequest" and request["action"] == "RELEASE":
            found.pop(request["request_id"], None)
        for result in [*answers.get(seen.id, ()), *answers.get(seen.place, ())]:
            _put(result, starts, found)
    return found.values()


def _first_day(seen: ConsumedRecord) -> date:
    assert seen.recorded is not None
    today = seen.recorded.date()
    return max(seen.value["not_before"] or today, today)


def _put(result: Value, starts: Mapping[str, tuple[str, date]], found: dict[str, Work]) -> None:
    name = result["request_id"]
    if result["kind"] not in ("RESERVED", "SHORTAGE", "EXPIRED", "MOVED") or name not in starts:
        return
    found.pop(name, None)
    if result["kind"] != "EXPIRED" and result["to_make"] > 0 and result["available_on"]:
        item, start = starts[name]
        found[name] = Work(name, result["plant"], item, result["to_make"], start, result["available_on"])


def _late(shop: Shop, works: Sequence[Work], days: Workdays) -> Iterator[str]:
    """Yield what cannot be ready on its day although each week is used to the full."""
    assert shop.weekly is not None
    coming = sorted(works, key=lambda work: _monday(work.start), reverse=True)
    waiting: list[tuple[date, int, Decimal, Work]] = []
    week = _monday(coming[-1].start)
    while coming or waiting:
        while coming and _monday(coming[-1].start) <= week:
            work = coming.pop()
            heapq.heappush(waiting, (_due(work), len(coming), work.quantity, work))
        room = shop.weekly * days.share_of_week(week)
        while waiting and (room > 0 or waiting[0][0] < week):
            due, number, left, work = heapq.heappop(waiting)
            if due < week and left > ROUNDING:
                yield f"{shop.name}: {work.request}: {left:f} of {work.quantity:f} have no week before {work.ready}"
                continue
            done = min(room, left)
            room -= done
            if left - done > 0 and due >= week:
                heapq.heappush(waiting, (due, number, left - done, work))
        week += WEEK


def _due(work: Work) -> date:
    """Return the Monday of the last week in which some of it may be done so that all is ready on its day."""
    return _monday(work.ready)


def _monday(day: date) -> date:
    return day - timedelta(days=day.isoweekday() - 1)
