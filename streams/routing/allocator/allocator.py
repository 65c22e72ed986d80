"""The allocator: what a plant has and can make of an item, and what of it the hub has promised. Pure.

There is one writer per plant, so neither stock nor a week's capacity is ever promised twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import localcontext
from typing import Any

from msgspec.structs import replace

from kranhub.wire.messages import (
    AllocationAction,
    AllocationKind,
    AllocationRequest,
    Disruption,
    InventoryLevel,
    Message,
    PlannedReceipt,
    Repromising,
    Subject,
    Tick,
    narrowed,
)
from streams.routing.allocator import (
    availability,
    delivery,
    disruptions,
    expiry,
    receiving,
    repromise,
    reschedule,
    reservations,
    reserve,
    shortage,
    stock,
    waiting,
)
from streams.routing.allocator.availability import AvailabilityResult
from streams.routing.allocator.keys import ReservationKey, StockKey
from streams.routing.allocator.reservations import RESERVATIONS, STOCKS, Reservation
from streams.routing.allocator.results import Result, result, today
from streams.routing.allocator.stock import ZERO
from streams.routing.context import DecisionContext
from streams.routing.validation import timestamps
from streams.tables import Changes, StateTables, Table
from streams.tables.table import ReadableState

PORTION = 500
"""How many reservations one record may end, shorten or reschedule; the next tick goes on with the others."""

CODES = Table("code", str)
"""For each plant and code of its own, the item that the code meant last."""


@dataclass(frozen=True, slots=True)
class AllocatorStep:
    """What an event leads to.

    Attributes:
        changes: The state's changes.
        results: The results to send to their orders, in order.
        availability: What is published of plants.
        repromising: The answer to a proposal, or to the order to carry one out; None for any other event.
    """

    changes: Changes
    results: Sequence[Result]
    availability: Sequence[AvailabilityResult] = ()
    repromising: Repromising | None = None


def handle(state: ReadableState, subject: Subject, value: Message, context: DecisionContext) -> AllocatorStep:
    """Process one event of a partition's plants.

    Args:
        state: The partition's state as it is before the event.
        subject: InventoryLevel or PlannedReceipt (normalised: canonical item, base unit), AllocationRequest, Disruption
            or Tick; another one changes nothing. What members write counts in the order in which it comes.
        value: The event.
        context: ``event_id`` begins the results' ids, so it must be another one for every event.

    Raises:
        InvalidDocument: ``too-many-disruptions``, as `disruptions.take`.
    """
    handler = _HANDLERS.get(subject)
    tables = StateTables(state)
    with localcontext(prec=60):
        bounded = timestamps.bounded(subject, value, context.time)
        results = handler(tables, bounded, context) if handler else []
        request = narrowed(AllocationRequest, subject, value)
        if request is not None and request["action"] == AllocationAction.QUOTE:
            return AllocatorStep({}, results)
        repromising = None
        if request is not None and request["action"] in repromise.ACTIONS:
            repromising, results = repromise.answer(tables, request, context)
        limit = PORTION if subject is Subject.TICK else waiting.LOOKED_AT
        results = [*results, *waiting.resume(tables, context, limit)]
        availability.note(tables, context.master)
        published = availability.publish(tables, context) if subject is Subject.TICK else []
        return AllocatorStep(tables.changes(), results, published, repromising)


def _level(tables: StateTables, level: InventoryLevel, context: DecisionContext) -> list[Result]:
    plant, item, code = level["company"], level["item"], level["item_code"]
    assert item is not None  # noqa: S101  (it comes normalised)
    results = _remapped(tables, plant, item, code, context)
    key, place = StockKey(plant, item), stock.place_of(level)
    before = reservations.stock_of(tables, key)
    after = stock.reported(before, level, context)
    tables.put(STOCKS, key, after)
    results += receiving.shown(tables, key, place, stock.risen(before, after, place), context)
    waiting.freed(tables, plant)
    return results + shortage.shorten(tables, plant, item, context, PORTION - len(results))


def _planned_receipt(tables: StateTables, value: PlannedReceipt, context: DecisionContext) -> list[Result]:
    results = receiving.take(tables, value, context)
    waiting.freed(tables, value["company"])
    return results


def _remapped(tables: StateTables, plant: str, item: str, code: str, context: DecisionContext) -> list[Result]:
    """Where the code meant another item before, that one has nothing under it any more."""
    before = tables.get(CODES, (plant, code))
    tables.put(CODES, (plant, code), item)
    if before is None or before == item:
        return []
    key = StockKey(plant, before)
    tables.put(STOCKS, key, stock.without_code(reservations.stock_of(tables, key), code))
    return shortage.shorten(tables, plant, before, context, PORTION)


def _request(tables: StateTables, request: AllocationRequest, context: DecisionContext) -> list[Result]:
    key = ReservationKey(request["plant"], request["item"], request["request_id"])
    known, action = tables.get(RESERVATIONS, key), request["action"]
    if action in _ANSWERED:
        reservation = _reserve(tables, key, known, request, context)
        if known is not None:
            waiting.freed(tables, key.plant)
        return [result(key, reservation, _ANSWERED[action], f"{context.event_id}/result")]
    if action == AllocationAction.WAIT:
        waiting.wait(tables, request, context)
    elif action == AllocationAction.RELEASE:
        waiting.stop(tables, key.plant, key.request_id)
    if known is not None and action in _CHANGED:
        _CHANGED[action](tables, key, known, request, context)
        waiting.freed(tables, key.plant)
    return []


_ANSWERED = {
    AllocationAction.RESERVE: AllocationKind.RESERVED,
    AllocationAction.QUOTE: AllocationKind.QUOTE,
}


def _reserve(
    tables: StateTables,
    key: ReservationKey,
    known: Reservation | None,
    request: AllocationRequest,
    context: DecisionContext,
) -> Reservation:
    if known is not None and _is_answered(known, request):
        terms = {name: request[name] for name in ("quantity", "generation", "expires_at")}
        reservation = replace(known, **terms, priority=request.get("priority", 5))
        expiry.change(tables, key, known.expires_at, reservation.expires_at)
        tables.put(RESERVATIONS, key, reservation)
        return reservation
    if known is not None:
        reservations.release(tables, key, known, today(key.plant, context))
    kept = reserve.kept(known, request["quantity"])
    reservation = reserve.fresh(tables, key, kept, request, context)
    if known is not None:
        reservation = replace(reservation, left_plant=known.left_plant)
    reservations.reserve(tables, key, reservation, today(key.plant, context))
    return reservation


def _is_answered(known: Reservation, request: AllocationRequest) -> bool:
    """Return whether what is reserved answers the request, repeated or changed in its terms alone."""
    if known.not_before != request["not_before"]:
        return False
    if known.generation == request["generation"]:
        return bool(known.quantity == request["quantity"])
    return known.offered > 0 and request["quantity"] in (known.quantity, known.offered)


def _deliver(
    tables: StateTables, key: ReservationKey, known: Reservation, request: AllocationRequest, context: DecisionContext
) -> None:
    """Note that the plant's ERP has the plant order, which no longer ends by itself."""
    reservation = delivery.deliver(tables, key, known, request["at"] or context.time, context)
    expiry.change(tables, key, known.expires_at, None)
    tables.put(RESERVATIONS, key, replace(reservation, expires_at=None))


def _ship(
    tables: StateTables, key: ReservationKey, known: Reservation, request: AllocationRequest, context: DecisionContext
) -> None:
    """Note how much of the order has left the plant; its ERP has the order, of course."""
    _deliver(tables, key, known, request, context)
    reservation = tables.get(RESERVATIONS, key)
    assert reservation is not None  # noqa: S101  (`_deliver` has just written it)
    reservation = replace(reservation, left_plant=request["quantity"] or ZERO)
    tables.put(RESERVATIONS, key, delivery.ship(tables, key, reservation, request["at"] or context.time))


def _release(
    tables: StateTables, key: ReservationKey, known: Reservation, _request: AllocationRequest, context: DecisionContext
) -> None:
    reservations.release(tables, key, known, today(key.plant, context))


_CHANGED: Mapping[AllocationAction, Callable[..., object]] = {
    AllocationAction.RELEASE: _release,
    AllocationAction.DELIVERED: _deliver,
    AllocationAction.SHIPPED: _ship,
}
"""What is done to a reservation that is known, by what the request says of it."""


def _tick(tables: StateTables, tick: Tick, context: DecisionContext) -> list[Result]:
    results = []
    for key in expiry.due(tables, tick["time"], PORTION):
        known = tables.get(RESERVATIONS, key)
        assert known is not None  # noqa: S101  (whoever forgets a reservation forgets when it ends)
        reservations.release(tables, key, known, today(key.plant, context))
        waiting.freed(tables, key.plant)
        ended = Reservation(ZERO, ZERO, known.order_key, known.generation)
        results.append(result(key, ended, AllocationKind.EXPIRED, f"{context.event_id}/expired/{key.request_id}"))
    waiting.changed(tables, context)
    looked = receiving.tick(tables, tick["time"], context)
    for plant in looked.plants:
        waiting.freed(tables, plant)
    results += looked.results
    results += shortage.resume(tables, context, PORTION - len(results))
    for job in tables.get(reschedule.REMAINING, ()) or ():
        waiting.freed(tables, job.plant)
    return results + reschedule.resume(tables, context, PORTION - len(results))


def _disruption(tables: StateTables, value: Disruption, context: DecisionContext) -> list[Result]:
    since = disruptions.take(tables, value, context)
    if since is None:
        return []
    reschedule.begin(tables, value["member"], since)
    waiting.freed(tables, value["member"])
    return reschedule.resume(tables, context, PORTION)


_HANDLERS: Mapping[Subject, Callable[[StateTables, Any, DecisionContext], list[Result]]] = {
    Subject.INVENTORY_LEVEL: _level,
    Subject.PLANNED_RECEIPT: _planned_receipt,
    Subject.ALLOCATION_REQUEST: _request,
    Subject.DISRUPTION: _disruption,
    Subject.TICK: _tick,
}
"""The handlers by type of record."""
