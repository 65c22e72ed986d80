"""What can be reserved for a request: from stock, of what comes, or of the plant's capacity. Pure."""

from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from kranhub.wire.messages import AllocationRequest
from streams.routing.allocator import disruptions, planned_receipts, quotas, reservations
from streams.routing.allocator.capacity import Load, workshop
from streams.routing.allocator.keys import ReservationKey
from streams.routing.allocator.reservations import Reservation
from streams.routing.allocator.results import first_day, ready, today
from streams.routing.allocator.stock import ZERO
from streams.routing.allocator.supply import supply
from streams.routing.context import DecisionContext
from streams.routing.schedule.downtime import NO_STOPS, Stops
from streams.tables import StateTables


class Kept(NamedTuple):
    """What a request has from stock whatever is free: its plant's ERP has it."""

    in_erp: Decimal = ZERO
    shipped: Decimal = ZERO
    taken: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.in_erp + self.shipped + self.taken


def kept(known: Reservation | None, quantity: Decimal) -> Kept:
    """Return what the request keeps of what it had, for the quantity that it asks for now.

    Args:
        known: What it has reserved; None where that is nothing.
        quantity: What it asks for now, in the item's base unit.
    """
    if known is None:
        return Kept()
    in_erp = min(known.in_erp, quantity)
    shipped = min(known.shipped, quantity - in_erp)
    return Kept(in_erp or ZERO, shipped or ZERO, min(known.taken, quantity - in_erp - shipped) or ZERO)


def fresh(
    tables: StateTables, key: ReservationKey, has: Kept, request: AllocationRequest, context: DecisionContext
) -> Reservation:
    """Return what can be reserved around the plant's stops, and which disruption makes it later or less than without.

    Args:
        tables: The state, in which nothing is reserved under the key.
        key: The request's key.
        has: What the request has from stock whatever is free.
        request: The request.
        context: The event and the master data.
    """
    stops = disruptions.stops_of(tables, key.plant)
    reservation = _possible(tables, key, has, request, context, stops)
    late = stops.between(first_day(key.plant, request["not_before"], context), reservation.available_on)
    if late is None:
        return reservation
    undisturbed = _possible(tables, key, has, request, context, NO_STOPS)
    same = (undisturbed.to_make, undisturbed.available_on) == (reservation.to_make, reservation.available_on)
    return reservation if same else replace(reservation, disruption=late)


def _possible(
    tables: StateTables,
    key: ReservationKey,
    has: Kept,
    request: AllocationRequest,
    context: DecisionContext,
    stops: Stops,
) -> Reservation:
    """Return what can be held: from stock first, then what comes or what there is capacity for (`supply`)."""
    quantity, start = request["quantity"], first_day(key.plant, request["not_before"], context)
    free = reservations.free_stock(tables, key.stock, context.master, has.taken)
    from_stock = has.total + min(free, quantity - has.total)
    shop = workshop(key.plant, key.item, context.master, stops.making)
    coming = planned_receipts.coming(tables, key.stock, today(key.plant, context))
    programme = request.get("programme")
    books = quotas.available(tables, shop, request["order_key"], programme, start) if shop else None
    receipts, placed = supply(coming, books.load if books else Load(), shop, quantity - from_stock, start)
    reservation = Reservation(
        quantity=quantity,
        from_stock=from_stock,
        order_key=request["order_key"],
        generation=request["generation"],
        not_before=request["not_before"],
        expires_at=request["expires_at"],
        in_erp=has.in_erp,
        to_make=placed.quantity or ZERO,
        load=placed.share,
        work=placed.work,
        begins=start if placed.quantity > 0 else None,
        last_begins=placed.begins,
        days=placed.days if placed.quantity > 0 else None,
        taken=has.taken,
        shipped=has.shipped,
        quota=books.quota if books and placed.work else None,
        programme=programme,
        receipts=receipts,
        priority=request.get("priority", 5),
    )
    return replace(reservation, available_on=ready(reservation, start, shop, stops))
