"""Which reservations end at which instant. Pure."""

from datetime import datetime, timedelta

from streams.routing.allocator.keys import ReservationKey
from streams.tables import StateTables, Table

EXPIRY = Table("reservation-expiry", bytes)
"""By the instant, and the reservation's key; the values are empty."""


def change(tables: StateTables, key: ReservationKey, before: datetime | None, after: datetime | None) -> None:
    """Note that a reservation ends at another instant; None: by itself it never ends."""
    if before == after:
        return
    if before is not None:
        tables.put(EXPIRY, (before, *key), None)
    if after is not None:
        tables.put(EXPIRY, (after, *key), b"")


def due(tables: StateTables, time: datetime, limit: int) -> list[ReservationKey]:
    """Return the reservations that have ended by this time, those that ended first, at most so many."""
    found = tables.scan(EXPIRY, end=(time + timedelta.resolution,), limit=limit)
    return [ReservationKey(*entry.key[1:]) for entry in found]
