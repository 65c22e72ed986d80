"""Requests that wait for stock or capacity of a plant, and who hears of it first when something is freed. Pure.

They go by their priority, then by the time since which they wait, then by their ids. Whoever can be served by what is
free beside those before it hears so (`AllocationKind.FREED`) and asks anew; who needs more than is free is passed over,
so that one that needs very much keeps nobody waiting.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from kranhub.wire.messages import AllocationKind, AllocationRequest
from streams.routing.allocator import disruptions, planned_receipts, quotas, reservations
from streams.routing.allocator.capacity import Load, added, place, week_of, workshop
from streams.routing.allocator.keys import ReservationKey, StockKey
from streams.routing.allocator.planned_receipts import Coming
from streams.routing.allocator.reservations import Reservation
from streams.routing.allocator.results import Result, first_day, ready, result, today
from streams.routing.allocator.stock import ZERO
from streams.routing.allocator.supply import supply
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.planner import source
from streams.tables import StateTables, Table
from streams.tables.keys import instant

LOOKED_AT = 100
"""How many waiting requests one event looks at; the next tick goes on with the others."""

OFFER_TIME = timedelta(minutes=5)
"""How long what was freed is kept for who has heard of it: others are not told of it meanwhile."""


class Position(NamedTuple):
    """The place of a request among those that wait at a plant."""

    priority: int
    since: datetime
    request_id: str


class Waiter(Struct, frozen=True, omit_defaults=True):
    """What a request waits for.

    Attributes:
        item: The item's id.
        quantity: In the item's base unit.
        order_key: The key of its order.
        generation: The generation of the request.
        not_before: The first day on which the plant may begin; None for at once.
        programme: The order's programme, for its quota.
        offered_until: It has heard that it can be had, and this long it is kept for it; None where it has not.
    """

    item: str
    quantity: Decimal
    order_key: str
    generation: int = 0
    not_before: date | None = None
    programme: str | None = None
    offered_until: datetime | None = None


class Remaining(NamedTuple):
    """A plant of which waiting requests are still to be looked at, from this position on; None for all."""

    plant: str
    position: Position | None


WAITERS = Table("waiter", Waiter)
"""Who waits, by plant, priority, time and request."""

POSITIONS = Table("waiter-position", Position)
"""Their places, by plant and request."""

OFFERED: Table[Position] = Table("waiter-offered", Position)
"""The places of those that have heard that it can be had, by plant and request."""

ABLE = Table("waiter-able", str)
"""What each plant at which somebody waits could make when they were looked at: a change of it may free something."""

REMAINING: Table[tuple[Remaining, ...]] = Table("waiter-remaining", tuple[Remaining, ...])
"""One entry: the plants whose waiting requests are still to be looked at, in the order in which something was freed."""


def wait(tables: StateTables, request: AllocationRequest, context: DecisionContext) -> None:
    """Let the request wait, at its place; where it waits already it does so under its new terms.

    Args:
        tables: The state.
        request: The request (WAIT).
        context: The event and the master data.
    """
    plant, request_id = request["plant"], request["request_id"]
    _remove(tables, plant, request_id)
    position = Position(request.get("priority", 5), request.get("waits_since") or context.time, request_id)
    waiter = Waiter(
        request["item"],
        request["quantity"],
        request["order_key"],
        request["generation"],
        request["not_before"],
        request.get("programme"),
    )
    tables.put(WAITERS, (plant, *position), waiter)
    tables.put(POSITIONS, (plant, request_id), position)
    if tables.get(ABLE, (plant,)) is None:
        tables.put(ABLE, (plant,), _able(plant, context))
    freed(tables, plant)


def stop(tables: StateTables, plant: str, request_id: str) -> None:
    """Let the request wait no longer; what was kept for it is for others.

    Args:
        tables: The state.
        plant: The plant.
        request_id: The request's id; where it does not wait, nothing changes.
    """
    if _remove(tables, plant, request_id):
        freed(tables, plant)


def freed(tables: StateTables, plant: str) -> None:
    """Note that some of the plant's stock or capacity may be free: who waits for it is looked at, the first first.

    Args:
        tables: The state.
        plant: The plant.
    """
    remaining = tables.get(REMAINING, ()) or ()
    others = tuple(job for job in remaining if job.plant != plant)
    waits = tables.scan(WAITERS, (plant,), limit=1)
    tables.put(REMAINING, (), (*others, *([Remaining(plant, None)] if waits else ())) or None)


def changed(tables: StateTables, context: DecisionContext) -> None:
    """Note where something may be free by time or master data: what was kept in vain, a new week, other capabilities.

    Args:
        tables: The state.
        context: The event and the master data.
    """
    for (plant, _), position in tables.scan(OFFERED):
        waiter = tables.get(WAITERS, (plant, *position))
        if waiter is None or waiter.offered_until is None or waiter.offered_until <= context.time:
            tables.put(OFFERED, (plant, position.request_id), None)
            freed(tables, plant)
    for (plant,), known in tables.scan(ABLE):
        able = _able(plant, context) if tables.scan(WAITERS, (plant,), limit=1) else None
        if able != known:
            tables.put(ABLE, (plant,), able)
            freed(tables, plant)


def resume(tables: StateTables, context: DecisionContext, limit: int) -> list[Result]:
    """Look at those who wait where something was freed, and tell who can have it.

    Args:
        tables: The state.
        context: The event and the master data.
        limit: How many to look at, at most.

    Returns:
        The results (FREED), in the order in which they wait.
    """
    results: list[Result] = []
    while limit > 0 and (remaining := tables.get(REMAINING, ())):
        plant, position = remaining[0]
        start = (plant, *position) if position else ()
        found = tables.scan(WAITERS, (plant,), start=start, limit=limit + 1)
        books = _Books(tables, plant, context)
        for entry in found[:limit]:
            waiter, key = entry.value, ReservationKey(plant, entry.value.item, entry.key[3])
            offer = books.take(waiter) if waiter.offered_until is None else None
            if offer is not None:
                _offer(tables, plant, entry.key, waiter, context.time)
                event_id = f"{context.event_id}/freed/{key.request_id}"
                results.append(result(key, offer, AllocationKind.FREED, event_id))
        rest = [Remaining(plant, _position(entry.key)) for entry in found[limit:]]
        tables.put(REMAINING, (), (*rest, *remaining[1:]) or None)
        limit -= len(found[:limit])
    return results


def _offer(tables: StateTables, plant: str, key: tuple[str, ...], waiter: Waiter, time: datetime) -> None:
    position = _position(key)
    tables.put(WAITERS, (plant, *position), replace(waiter, offered_until=time + OFFER_TIME))
    tables.put(OFFERED, (plant, position.request_id), position)


def _position(key: tuple[str, ...]) -> Position:
    return Position(int(key[1]), instant(key[2]), key[3])


def _remove(tables: StateTables, plant: str, request_id: str) -> bool:
    position = tables.get(POSITIONS, (plant, request_id))
    if position is None:
        return False
    tables.put(WAITERS, (plant, *position), None)
    tables.put(POSITIONS, (plant, request_id), None)
    tables.put(OFFERED, (plant, request_id), None)
    return True


def _able(plant: str, context: DecisionContext) -> str:
    """Return what the plant can make: another text where a capability, a calendar or the horizon may have changed."""
    member = context.master.members.by_id.get(plant)
    able = (member.capabilities, member.work_centres) if member else ()
    return f"{context.master.version} {week_of(today(plant, context))} {able!r}"


class _Books:
    """What of a plant is free beside what is reserved and what is kept for who has heard of it."""

    def __init__(self, tables: StateTables, plant: str, context: DecisionContext) -> None:
        self._tables, self._plant, self._context = tables, plant, context
        self._stops = disruptions.stops_of(tables, plant)
        self._free: dict[str, Decimal] = {}
        self._coming: dict[str, list[Coming]] = {}
        self._loads: dict[str, Load] = {}
        self._nothing_left: set[str] = set()
        for entry in tables.scan(OFFERED, (plant,)):
            if waiter := tables.get(WAITERS, (plant, *entry.value)):
                self._book(self._possible(waiter), waiter)

    def take(self, waiter: Waiter) -> Reservation | None:
        """Return what the request can have, taken from the books; None where that is too little for it.

        All of it, or as much as the plant could make in the whole horizon if nothing else were to be made.
        """
        if waiter.item in self._nothing_left:
            return None
        offer = self._possible(waiter)
        if offer.offered <= 0:
            self._nothing_left.add(waiter.item)
            return None
        if offer.offered < self._enough(waiter) or _below_minimum(self._plant, offer, waiter, self._context.master):
            return None
        self._book(offer, waiter)
        return offer

    def _possible(self, waiter: Waiter) -> Reservation:
        start = first_day(self._plant, waiter.not_before, self._context)
        shop = workshop(self._plant, waiter.item, self._context.master, self._stops.making)
        from_stock = min(self._free_stock(waiter.item), waiter.quantity)
        load = Load()
        if shop is not None:
            known = self._load(shop.load)
            load = quotas.available(self._tables, shop, waiter.order_key, waiter.programme, start, known).load
        receipts, placed = supply(self._coming_of(waiter.item), load, shop, waiter.quantity - from_stock, start)
        offer = Reservation(
            quantity=waiter.quantity,
            from_stock=from_stock,
            order_key=waiter.order_key,
            generation=waiter.generation,
            to_make=placed.quantity,
            load=placed.share,
            work=placed.work,
            last_begins=placed.begins,
            days=placed.days,
            receipts=receipts,
        )
        return replace(offer, available_on=ready(offer, start, shop, self._stops))

    def _enough(self, waiter: Waiter) -> Decimal:
        shop = workshop(self._plant, waiter.item, self._context.master, self._stops.making)
        if shop is None:
            return waiter.quantity
        start = first_day(self._plant, waiter.not_before, self._context)
        books = quotas.available(self._tables, shop, waiter.order_key, waiter.programme, start, Load())
        return min(waiter.quantity, place(books.load, shop, waiter.quantity, start).quantity)

    def _book(self, offer: Reservation, waiter: Waiter) -> None:
        self._free[waiter.item] = self._free_stock(waiter.item) - offer.from_stock
        taken = {share.receipt_id: share.quantity for share in offer.receipts}
        coming = [
            each._replace(quantity=each.quantity - taken.get(each.receipt_id, ZERO))
            for each in self._coming_of(waiter.item)
        ]
        self._coming[waiter.item] = [each for each in coming if each.quantity > 0]
        day = today(self._plant, self._context)
        for name in {work.load for work in offer.work}:
            self._loads[name] = added(self._load(name), offer.work, day)

    def _coming_of(self, item: str) -> list[Coming]:
        if item not in self._coming:
            key, day = StockKey(self._plant, item), today(self._plant, self._context)
            self._coming[item] = list(planned_receipts.coming(self._tables, key, day))
        return self._coming[item]

    def _free_stock(self, item: str) -> Decimal:
        if item not in self._free:
            self._free[item] = reservations.free_stock(self._tables, StockKey(self._plant, item), self._context.master)
        return self._free[item]

    def _load(self, name: str) -> Load:
        if name not in self._loads:
            self._loads[name] = reservations.load_of(self._tables, name)
        return self._loads[name]


def _below_minimum(plant: str, offer: Reservation, waiter: Waiter, master: MasterData) -> bool:
    makers = (maker for maker in master.makers(waiter.item) if maker.member == plant)
    return any(source.below_minimum(maker, offer.offered, master.items[waiter.item]) for maker in makers)
