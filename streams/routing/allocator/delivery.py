"""What becomes of a reservation once the plant's ERP has the plant order, and as goods come and go for it. Pure."""

from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from streams.routing.allocator import reservations, stock
from streams.routing.allocator.keys import ReservationKey
from streams.routing.allocator.reservations import STOCKS, Reservation
from streams.routing.allocator.stock import ZERO
from streams.routing.context import DecisionContext
from streams.tables import StateTables


def deliver(
    tables: StateTables, key: ReservationKey, known: Reservation, at: datetime, context: DecisionContext
) -> Reservation:
    """Note that the plant's ERP has the plant order: what it has from stock is firm, no shortage takes it away.

    Args:
        tables: The state.
        key: The reservation's key.
        known: The reservation as it is.
        at: When the ERP took the plant order.
        context: The event and the master data.

    Returns:
        The reservation after that; the caller writes it.
    """
    reservation = reservations.without_age(tables, key, known)
    kept = reservations.stock_of(tables, key.stock)
    if stock.contains_hub_orders(kept, key.plant, context.master):
        more = known.in_hub + known.taken
        kept = stock.handed_over(stock.taking(kept, -known.taken), more, at)
        reservation = replace(reservation, in_erp=known.in_erp + more or ZERO, taken=ZERO)
    else:
        kept = stock.taking(kept, known.in_hub)
        reservation = replace(reservation, taken=known.taken + known.in_hub or ZERO)
    if reservation.from_stock > 0:
        tables.put(STOCKS, key.stock, kept)
    return replace(reservation, delivered_at=known.delivered_at or at)


def ship(tables: StateTables, key: ReservationKey, known: Reservation, at: datetime) -> Reservation:
    """Note that `Reservation.left_plant` of the order has left the plant, what it had from stock first.

    Args:
        tables: The state.
        key: The reservation's key.
        known: The reservation as it is.
        at: When the last of it left.

    Returns:
        The reservation after that; the caller writes it.
    """
    left = min(max(known.left_plant - known.in_erp, ZERO), known.from_stock - known.in_erp)
    more = min(left - known.shipped, known.taken)
    if more == 0:
        return known
    kept = reservations.stock_of(tables, key.stock)
    kept = stock.shipped(kept, more, at) if more > 0 else stock.taking(kept.promising(-more), -more)
    tables.put(STOCKS, key.stock, kept)
    return replace(known, taken=known.taken - more or ZERO, shipped=known.shipped + more or ZERO)


def hold_more(
    tables: StateTables, key: ReservationKey, known: Reservation, more: Decimal, context: DecisionContext
) -> Reservation:
    """Promise the reservation so much more from stock; where the plant's ERP has the plant order it is firm at once.

    Args:
        tables: The state.
        key: The reservation's key.
        known: The reservation as it is.
        more: How much, in the item's base unit.
        context: The event and the master data.

    Returns:
        The reservation after that; the caller writes it.
    """
    tables.put(STOCKS, key.stock, reservations.stock_of(tables, key.stock).promising(more))
    reservation = replace(known, from_stock=known.from_stock + more)
    if known.delivered_at is None:
        return reservations.with_age(tables, key, reservation)
    return ship(tables, key, deliver(tables, key, reservation, known.delivered_at, context), context.time)
