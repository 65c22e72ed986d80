"""The allocator's words to the planner: what a request has, and on which day. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from kranhub import identifiers
from streams.routing.allocator.capacity import Workshop
from streams.routing.allocator.reservations import Hold, Place
from streams.routing.model.context import DecisionContext
from streams.routing.schedule.downtime import Stops, leaving


class Result(NamedTuple):
    """An AllocationResult for the order ``value["order_key"]``; ``id`` is the same whenever it is found again."""

    id: str
    value: Mapping[str, Any]


def result(where: Place, hold: Hold, kind: str, event_id: str) -> Result:
    """Return what the hold says, as this kind of result."""
    value = {
        "request_id": where.request_id,
        "order_key": hold.order_key or identifiers.order_key_of(where.request_id),
        "plant": where.plant,
        "from_stock": hold.from_stock,
        "to_make": hold.to_make,
        "kind": kind,
        "generation": hold.generation,
        "available_on": hold.available_on,
        "load": hold.load,
        "disruption": hold.disruption,
    }
    return Result(event_id, value)


def first_day(not_before: date | None, context: DecisionContext) -> date:
    """Return the first day on which work may begin: not before today."""
    today = context.time.date()
    return max(not_before or today, today)


def ready(hold: Hold, start: date, shop: Workshop | None, stops: Stops) -> date | None:
    """Return the day on which all of it is ready to leave when nothing begins before ``start``; None for nothing."""
    if shop is not None and hold.to_make > 0:
        return leaving(shop.finish(start, hold.work), stops.leaving)
    return leaving(start, stops.leaving) if hold.from_stock > 0 else None
