"""Which reservations end at which instant. Pure."""

from datetime import datetime, timedelta

from streams.routing.allocator.keys import ReservationKey
from streams.tables import StateTables, Table

EXPIRY = Table("reservation-expiry", bytes)
"""The reservations' keys by the instant at which they expire; the values are empty."""


def change(tables: StateTables, key: ReservationKey, before: datetime | None, after: datetime | None) -> None:
    """Note that a reservation ends at another instant.

    Args:
        tables: The state.
        key: The reservation.
        before: When it ended so far; None where it did not end by itself.
        after: When it ends now; None where it does not end by itself.
    """
    if before == after:
        return
    if before is not None:
        tables.put(EXPIRY, (before, *key), None)
    if after is not None:
        tables.put(EXPIRY, (after, *key), b"")


def due(tables: StateTables, time: datetime, limit: int) -> list[ReservationKey]:
    """Return the reservations that have ended by this time, those that ended first.

    Args:
        tables: The state.
        time: The hub's time.
        limit: How many at most.
    """
    found = tables.scan(EXPIRY, end=(time + timedelta.resolution,), limit=limit)
    return [ReservationKey(*entry.key[1:]) for entry in found]
