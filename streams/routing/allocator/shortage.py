"""When a plant's stock is less than what was promised of it: the youngest promises lose first. Pure."""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from streams.routing.allocator import delivery, disruptions, planned_receipts, quotas, reservations
from streams.routing.allocator.capacity import Load, Placed, summed, workshop
from streams.routing.allocator.keys import ReservationKey, StockKey
from streams.routing.allocator.reservations import RESERVATIONS, STOCKS, Reservation
from streams.routing.allocator.results import Result, changed, first_day, ready, today
from streams.routing.allocator.supply import supply
from streams.routing.context import DecisionContext
from streams.tables import StateTables, Table

REMAINING: Table[tuple[StockKey, ...]] = Table("shortage", tuple[StockKey, ...])
"""One entry: the stocks that no longer cover their reservations, of which some are still to be shortened."""


def shorten(tables: StateTables, plant: str, item: str, context: DecisionContext, limit: int) -> list[Result]:
    """Take back what is promised of the item but is not there; what exceeds the limit is left for a tick.

    What a request loses from stock it has from what comes, or from the plant's capacity (`supply`). What the plant's
    ERP has taken is not touched.

    Args:
        tables: The state.
        plant: The plant.
        item: The item's id.
        context: The event and the master data.
        limit: From how many requests at most.

    Returns:
        The results for the requests that have lost something.
    """
    results: list[Result] = []
    stock_key, losers = StockKey(plant, item), 0
    while (missing := reservations.stock_of(tables, stock_key).missing) > 0:
        key = reservations.youngest(tables, stock_key)
        if key is None:
            break
        if losers >= limit:
            _postpone(tables, stock_key)
            break
        losers += 1
        before = tables.get(RESERVATIONS, key)
        assert before is not None  # noqa: S101  (`BY_AGE` names reservations only)
        after = _lose(tables, key, before, missing, context)
        results += changed(key, before, after, f"{context.event_id}/shortage/{key.request_id}")
    return results


def resume(tables: StateTables, context: DecisionContext, limit: int) -> list[Result]:
    """Take back what was postponed.

    Args:
        tables: The state.
        context: The event and the master data.
        limit: From how many requests at most, in all.

    Returns:
        The results for the requests that have lost something.
    """
    remaining = tables.get(REMAINING, ()) or ()
    tables.put(REMAINING, (), None)
    results: list[Result] = []
    for plant, item in remaining:
        results += shorten(tables, plant, item, context, limit - len(results))
    return results


def _postpone(tables: StateTables, key: StockKey) -> None:
    remaining = tables.get(REMAINING, ()) or ()
    if key not in remaining:
        tables.put(REMAINING, (), (*remaining, key))


def _lose(
    tables: StateTables, key: ReservationKey, reservation: Reservation, missing: Decimal, context: DecisionContext
) -> Reservation:
    """Take so much from a reservation, or all that it has from stock, and return the reservation after that."""
    lost = min(reservation.in_hub, missing)
    if lost == reservation.in_hub:
        reservation = reservations.without_age(tables, key, reservation)
    stock = reservations.stock_of(tables, key.stock)
    tables.put(STOCKS, key.stock, stock.promising(-lost))
    after = supplied_anew(tables, key, replace(reservation, from_stock=reservation.from_stock - lost), lost, context)
    after = reservations.in_week(tables, key, after, today(key.plant, context))
    tables.put(RESERVATIONS, key, after)
    return after


def supplied_anew(
    tables: StateTables, key: ReservationKey, reservation: Reservation, lost: Decimal, context: DecisionContext
) -> Reservation:
    """Give a reservation what it has lost from elsewhere: from stock, from what comes, or from the plant's capacity.

    Args:
        tables: The state.
        key: The reservation's key.
        reservation: The reservation without what it has lost.
        lost: How much that is, in the item's base unit.
        context: The event and the master data.

    Returns:
        The reservation after that; the caller writes it, in its week.
    """
    there = min(lost, reservations.free_stock(tables, key.stock, context.master))
    if there > 0:
        reservation = delivery.hold_more(tables, key, reservation, there, context)
    start = first_day(key.plant, reservation.not_before, context)
    stops = disruptions.stops_of(tables, key.plant)
    shop = workshop(key.plant, key.item, context.master, stops.making)
    coming = planned_receipts.coming(tables, key.stock, today(key.plant, context))
    order, programme = reservation.order_key, reservation.programme
    books = quotas.available(tables, shop, order, programme, start) if shop else None
    receipts, placed = supply(coming, books.load if books else Load(), shop, lost - there, start)
    quota = books.quota if books and placed.work else reservation.quota
    reservations.book(tables, placed.work, today(key.plant, context), quota=quota)
    after = replace(
        reservation,
        to_make=reservation.to_make + placed.quantity,
        receipts=(*reservation.receipts, *planned_receipts.promise(tables, key, receipts)),
        work=summed(reservation.work, placed.work),
        load=placed.share if placed.quantity > 0 or not receipts else reservation.load,
        quota=quota,
        **_later(reservation, placed),
    )
    done = ready(after, start, shop, stops)
    late = stops.between(start, done)
    return replace(after, available_on=done, begins=start if after.to_make > 0 else None, disruption=late)


def _later(reservation: Reservation, placed: Placed) -> dict[str, Any]:
    """Return when the last of the work begins and how long it takes: of what was made before and what is made instead.

    What a release before `Reservation.days` reserved counts as it was where nothing is added.
    """
    if placed.begins is None:
        return {}
    begins = max(filter(None, (reservation.last_begins, placed.begins)))
    return {"last_begins": begins, "days": max(reservation.days or 0, placed.days)}
