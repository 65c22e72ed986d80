"""Quotas: how much of a capability's weekly capacity the orders of some customers or programmes take at most. Pure."""

from datetime import date
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from kranhub.parties.members import Quota
from streams.routing.allocator import reservations
from streams.routing.allocator.capacity import LONGEST_SPAN, WEEKS, Load, Workshop, week_of
from streams.routing.allocator.stock import ZERO
from streams.routing.masterdata.calendars import shifted
from streams.tables import StateTables

_MICRO = Decimal("0.000001")


class Available(NamedTuple):
    """What of a capability an order may take.

    Attributes:
        load: What counts as taken of it, where a quota leaves less also what exceeds the quota.
        quota: The name of the quota's own load; None where no quota is for the order.
    """

    load: Load
    quota: str | None = None


def available(
    tables: StateTables, shop: Workshop, order_key: str, programme: str | None, start: date, load: Load | None = None
) -> Available:
    """Return what an order may take of a capability: all that is free, or what its quota leaves of that.

    Args:
        tables: The state.
        shop: What makes the item.
        order_key: ``buyer:order_id``.
        programme: The order's programme; None where it has none.
        start: The first day on which the work may begin.
        load: What is taken of the capability; None for what the state says.
    """
    known = reservations.load_of(tables, shop.load) if load is None else load
    quota = _quota(shop, order_key.partition(":")[0], programme)
    if quota is None or shop.weekly is None:
        return Available(known)
    name = _name(shop, quota)
    return Available(_limited(known, reservations.load_of(tables, name), shop, quota, start), name)


def most(shop: Workshop, order_key: str, programme: str | None, day: date, name: str) -> Decimal | None:
    """Return how much of the day's week the orders of a quota may take; None where it is not the order's quota now.

    Args:
        shop: What makes the item.
        order_key: ``buyer:order_id``.
        programme: The order's programme; None where it has none.
        day: Any day of the week.
        name: The name of the quota's own load.
    """
    quota = _quota(shop, order_key.partition(":")[0], programme)
    return _allowed(shop.capacity(day), quota) if quota is not None and _name(shop, quota) == name else None


def _allowed(capacity: Decimal, quota: Quota) -> Decimal:
    return (capacity * quota.percent / 100).quantize(_MICRO, ROUND_FLOOR)


def _quota(shop: Workshop, buyer: str, programme: str | None) -> Quota | None:
    return next((quota for quota in shop.capability.quotas if quota.matches(buyer, programme)), None)


def _name(shop: Workshop, quota: Quota) -> str:
    return "|".join((shop.load, "quota", ",".join(quota.buyer), ",".join(quota.programme)))


def _limited(load: Load, taken: Load, shop: Workshop, quota: Quota, start: date) -> Load:
    """Return the load with each week as full as if the quota were all that is left of it."""
    weeks = dict(load.weeks)
    for number in range(WEEKS + shop.stopped_weeks(start) + LONGEST_SPAN):
        day = shifted(start, 7 * number)
        week, capacity = week_of(day), shop.capacity(day)
        left = max(ZERO, _allowed(capacity, quota) - taken.weeks.get(week, ZERO))
        weeks[week] = max(weeks.get(week, ZERO), capacity - left)
    return Load(weeks)
