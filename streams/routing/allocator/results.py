"""The allocator's results for the planner: what a request has, and on which day. Pure."""

from datetime import date
from typing import NamedTuple

from kranhub.wire.messages import AllocationKind, AllocationResult
from streams.routing.allocator.capacity import Workshop, week_begin
from streams.routing.allocator.keys import ReservationKey
from streams.routing.allocator.reservations import Reservation
from streams.routing.context import DecisionContext
from streams.routing.schedule import dates
from streams.routing.schedule.downtime import Stops, leaving


class Result(NamedTuple):
    """An AllocationResult for the order ``value["order_key"]``; ``id`` is the same whenever it is found again."""

    id: str
    value: AllocationResult


def result(key: ReservationKey, reservation: Reservation, kind: AllocationKind, event_id: str) -> Result:
    """Return the result for a request.

    Args:
        key: The request's key.
        reservation: What it has reserved, or could reserve.
        kind: What the result says of it.
        event_id: The id of the result's event.
    """
    value: AllocationResult = {
        "request_id": key.request_id,
        "order_key": reservation.order_key,
        "plant": key.plant,
        "from_stock": reservation.from_stock + reservation.to_come,
        "to_make": reservation.to_make,
        "kind": kind,
        "generation": reservation.generation,
        "available_on": reservation.available_on,
        "load": reservation.load,
        "disruption": reservation.disruption,
    }
    return Result(event_id, value)


def changed(key: ReservationKey, before: Reservation, after: Reservation, event_id: str) -> list[Result]:
    """Return the result for a request whose reservation has changed without it; none where it need not hear of that.

    Args:
        key: The request's key.
        before: The reservation before.
        after: The reservation now.
        event_id: The id of the result's event.
    """
    if (before.from_stock + before.to_come, before.to_make) != (after.from_stock + after.to_come, after.to_make):
        return [result(key, after, AllocationKind.SHORTAGE, event_id)]
    is_moved = before.available_on != after.available_on
    return [result(key, after, AllocationKind.MOVED, event_id)] if is_moved else []


def today(plant: str, context: DecisionContext) -> date:
    """Return the day of the event at the plant's own place."""
    return dates.day_at(plant, context.time, context.master)


def first_day(plant: str, not_before: date | None, context: DecisionContext) -> date:
    """Return the first day on which work may begin: not before today.

    Args:
        plant: The plant: today is the day at its own place.
        not_before: The first day that is asked for; None for at once.
        context: The event and the master data.
    """
    day = today(plant, context)
    return max(not_before or day, day)


def ready(reservation: Reservation, start: date, shop: Workshop | None, stops: Stops) -> date | None:
    """Return the day on which all of it is ready to leave.

    Args:
        reservation: What is reserved.
        start: The day before which nothing begins.
        shop: What makes the item; None where the plant does not make it.
        stops: The plant's stops.

    Returns:
        None where nothing is reserved.
    """
    ends = [max(start, share.day) for share in reservation.receipts]
    if shop is not None and reservation.to_make > 0:
        begins, days = reservation.last_begins, reservation.days
        if days is None:  # of a release that booked work in the week only in which it begins
            begins = max((week_begin(entry.week) for entry in reservation.work), default=start)
            days = shop.capability.working_days
        ends.append(shop.finish(max(start, begins or start), days))
    elif reservation.from_stock > 0:
        ends.append(start)
    return leaving(max(ends), stops.leaving) if ends else None
