"""Takes planned receipts, and what levels show of them, into a plant's promises. Pure.

When goods come in, two records say so, in any order: the receipt has less to come, and a stock level has more. Nothing
may be promised twice in between, and no promise may be lost:

- The receipt comes first: what has come in stays promised to those who have it (`KnownReceipt.came_in`) until a level
  of its place is higher; then they have it from stock, the oldest first. Where none is within `stock.SILENT`, it has
  not come in, and the youngest lose it.
- The level comes first: what is more there than before, up to what is still to come to that place, is promised to
  nobody (`Stock.unbooked`) until a receipt has less to come, or for `stock.SILENT`.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from kranhub.wire.messages import PlannedReceipt, PlannedReceiptDocumentStatus
from streams.routing.allocator import delivery, disruptions, planned_receipts, reservations, shortage, stock
from streams.routing.allocator.capacity import workshop
from streams.routing.allocator.keys import ReservationKey, StockKey
from streams.routing.allocator.planned_receipts import KnownReceipt, Position, Share
from streams.routing.allocator.reservations import RESERVATIONS, STOCKS, Reservation
from streams.routing.allocator.results import Result, changed, first_day, ready, today
from streams.routing.allocator.stock import SILENT, ZERO, Unbooked
from streams.routing.context import DecisionContext
from streams.tables import StateTables, Table

LOOKED_AT = 20
"""How many receipts and stocks one tick looks at; the next goes on with the others."""

UNBOOKED_DUE = Table("unbooked-due", bytes)
"""The stocks (plant, item) by the instant at which something of them is no longer kept; the values are empty."""


class Looked(NamedTuple):
    """What a tick has changed: the plants, and the results for requests."""

    plants: tuple[str, ...]
    results: list[Result]


def take(tables: StateTables, value: PlannedReceipt, context: DecisionContext) -> list[Result]:
    """Take up a PlannedReceipt. The last that comes counts; a repeat changes nothing.

    Args:
        tables: The state.
        value: The PlannedReceipt, normalised.
        context: The event and the master data.

    Returns:
        The results of the requests that have lost something, or have another day.
    """
    plant, receipt_id, item = value["company"], value["receipt_id"], value["item"]
    assert item is not None  # noqa: S101  (it comes normalised)
    changes = _Changes(tables, plant, context)
    found = planned_receipts.get(tables, plant, receipt_id)
    if found and context.fingerprint and context.fingerprint in found[1].seen:
        return []
    if found and found[0].item != item:
        changes.end(receipt_id)
        found = None
    position = Position(item, value["expected_date"])
    cancelled = value.get("document_status") == PlannedReceiptDocumentStatus.CANCELLED
    quantity = ZERO if cancelled else value["quantity"]
    day = today(plant, context)
    if found is None:
        if quantity > 0 and planned_receipts.usable_on(position.day, day):
            receipt = KnownReceipt(stock.place_of(value), quantity, seen=_seen((), context))
            planned_receipts.put(tables, plant, receipt_id, position, receipt, context)
        return changes.results("receipt")
    before, receipt = found
    came, shown = _came_in(tables, plant, before, receipt, quantity, cancelled=cancelled)
    after = replace(
        receipt,
        place=stock.place_of(value),
        quantity=quantity or ZERO,
        came_in=came or ZERO,
        came_until=(context.time + SILENT if came > receipt.came_in else receipt.came_until) if came > 0 else None,
        ended_on=(receipt.ended_on or day) if quantity == 0 else None,
        seen=_seen(receipt.seen, context),
    )
    planned_receipts.put(tables, plant, receipt_id, position, after, context)
    changes.come_in(receipt_id, shown)
    changes.lose(receipt_id)
    if before.day != position.day:
        changes.date_anew(receipt_id)
    return changes.results("receipt")


def shown(tables: StateTables, key: StockKey, place: str, more: Decimal, context: DecisionContext) -> list[Result]:
    """Take up that a level shows more than the one before.

    Args:
        tables: The state.
        key: The plant and the item.
        place: The place of the level.
        more: By how much.
        context: The event and the master data.

    Returns:
        The results of the requests that have another day.
    """
    if more <= 0:
        return []
    changes = _Changes(tables, key.plant, context)
    to_come = ZERO
    for receipt_id in planned_receipts.of_place(tables, key, place):
        found = planned_receipts.get(tables, key.plant, receipt_id)
        assert found is not None  # noqa: S101  (it has just been listed)
        position, receipt = found
        part = min(more, receipt.came_in)
        if part > 0:
            left = receipt.came_in - part or ZERO
            after = replace(receipt, came_in=left, came_until=receipt.came_until if left else None)
            planned_receipts.put(tables, key.plant, receipt_id, position, after, context)
            changes.come_in(receipt_id, part)
            more -= part
        to_come += receipt.quantity
    _keep_unbooked(tables, key, place, min(more, to_come), context.time + SILENT)
    return changes.results("received")


def tick(tables: StateTables, time: datetime, context: DecisionContext) -> Looked:
    """Look at the receipts that are overdue, or that no level has shown, and at what is kept for none any longer.

    Args:
        tables: The state.
        time: The hub's time.
        context: The event and the master data.
    """
    plants: dict[str, None] = {}
    results: list[Result] = []
    for plant, receipt_id in planned_receipts.due(tables, time, LOOKED_AT):
        plants[plant] = None
        changes = _Changes(tables, plant, context)
        changes.look(receipt_id)
        results += changes.results(f"overdue/{receipt_id}")
    for entry in tables.scan(UNBOOKED_DUE, end=(time + timedelta.resolution,), limit=LOOKED_AT):
        _, plant, item = entry.key
        tables.put(UNBOOKED_DUE, entry.key, None)
        kept = reservations.stock_of(tables, StockKey(plant, item))
        left = tuple(each for each in kept.unbooked if each.until > time)
        tables.put(STOCKS, StockKey(plant, item), replace(kept, unbooked=left))
        plants[plant] = None
    return Looked(tuple(plants), results)


def _seen(known: tuple[str, ...], context: DecisionContext) -> tuple[str, ...]:
    return (*known, context.fingerprint)[-stock.REMEMBERED :] if context.fingerprint else known


def _came_in(
    tables: StateTables, plant: str, position: Position, receipt: KnownReceipt, quantity: Decimal, *, cancelled: bool
) -> tuple[Decimal, Decimal]:
    """Return what has come in and no level has shown, and what has come in now and a level has shown before."""
    less = receipt.quantity - quantity
    if less < 0:
        return max(ZERO, receipt.came_in + less), ZERO
    if cancelled:
        return receipt.came_in, ZERO
    booked = _take_unbooked(tables, StockKey(plant, position.item), receipt.place, less)
    return receipt.came_in + less - booked, booked


def _keep_unbooked(tables: StateTables, key: StockKey, place: str, most: Decimal, until: datetime) -> None:
    """Keep so much of the stock for receipts that have come to the place, together with what is kept there."""
    kept = reservations.stock_of(tables, key)
    if most > 0:
        tables.put(STOCKS, key, replace(kept, unbooked=(*kept.unbooked, Unbooked(place, most, until))))
        tables.put(UNBOOKED_DUE, (until, *key), b"")


def _take_unbooked(tables: StateTables, key: StockKey, place: str, most: Decimal) -> Decimal:
    """Keep so much less of the stock for receipts of a place, and return how much less that is."""
    kept, taken, left = reservations.stock_of(tables, key), ZERO, []
    for entry in kept.unbooked:
        part = min(most - taken, entry.quantity) if entry.place == place else ZERO
        taken += part
        if part < entry.quantity:
            left.append(entry._replace(quantity=entry.quantity - part))
    if taken > 0:
        tables.put(STOCKS, key, replace(kept, unbooked=tuple(left)))
    return taken


class _Changes:
    """Changes the shares of a plant's receipts, and remembers each reservation as it was before."""

    def __init__(self, tables: StateTables, plant: str, context: DecisionContext) -> None:
        self._tables, self._plant, self._context = tables, plant, context
        self._before: dict[ReservationKey, Reservation] = {}

    def results(self, name: str) -> list[Result]:
        """Return the results for all requests whose reservation is another one."""
        found = []
        for key, before in self._before.items():
            after = self._tables.get(RESERVATIONS, key)
            assert after is not None  # noqa: S101  (no reservation is forgotten here)
            event_id = f"{self._context.event_id}/{name}/{key.request_id}"
            found += changed(key, before, after, event_id)
        return found

    def come_in(self, receipt_id: str, quantity: Decimal) -> None:
        """Let those who have some of the receipt have it from stock, the oldest first."""
        for holder in self._holders(receipt_id):
            if quantity <= 0:
                return
            reservation, share = self._share(holder)
            part = min(share.quantity, quantity)
            quantity -= part
            without = self._without(holder.key, reservation, share, part)
            after = delivery.hold_more(self._tables, holder.key, without, part, self._context)
            self._put(holder.key, self._there(holder.key, after))

    def lose(self, receipt_id: str) -> None:
        """Take back what is promised of the receipt and neither comes nor has come in, from the youngest first."""
        for holder in reversed(self._holders(receipt_id)):
            missing = self._known(receipt_id)[1].missing
            if missing <= 0:
                return
            self._supply_anew(holder, missing)

    def date_anew(self, receipt_id: str) -> None:
        """Have those who have some of the receipt look again whether it is there first, the oldest first.

        What has come in is theirs.
        """
        came_in = self._known(receipt_id)[1].came_in
        for holder in self._holders(receipt_id):
            _, share = self._share(holder)
            kept = min(share.quantity, came_in)
            came_in -= kept
            if share.quantity > kept:
                self._supply_anew(holder, share.quantity - kept)

    def end(self, receipt_id: str) -> None:
        """Forget the receipt; who has some of it loses that."""
        position, receipt = self._known(receipt_id)
        ended = replace(receipt, quantity=ZERO, came_in=ZERO, came_until=None)
        planned_receipts.put(self._tables, self._plant, receipt_id, position, ended, self._context)
        self.lose(receipt_id)
        planned_receipts.forget(self._tables, self._plant, receipt_id)

    def look(self, receipt_id: str) -> None:
        """Look at a receipt whose time has come: it is overdue, or no level has shown what has come in."""
        position, receipt = self._known(receipt_id)
        day = today(self._plant, self._context)
        if receipt.came_until is not None and receipt.came_until <= self._context.time:
            receipt = replace(receipt, came_in=ZERO, came_until=None)
        if day > planned_receipts.last_day(position, receipt) and receipt.came_in == 0:
            self.end(receipt_id)
            return
        planned_receipts.put(self._tables, self._plant, receipt_id, position, receipt, self._context)
        self.lose(receipt_id)
        if day > position.day:
            self.date_anew(receipt_id)

    def _known(self, receipt_id: str) -> tuple[Position, KnownReceipt]:
        found = planned_receipts.get(self._tables, self._plant, receipt_id)
        assert found is not None  # noqa: S101  (the callers have found it)
        return found

    def _holders(self, receipt_id: str) -> list["_Holder"]:
        item = self._known(receipt_id)[0].item
        return [
            _Holder(ReservationKey(self._plant, item, each.request_id), receipt_id, each.number)
            for each in planned_receipts.holders(self._tables, self._plant, receipt_id)
        ]

    def _share(self, holder: "_Holder") -> tuple[Reservation, Share]:
        reservation = self._tables.get(RESERVATIONS, holder.key)
        assert reservation is not None  # noqa: S101  (a released reservation has no shares)
        wanted = holder.receipt_id, holder.number
        return reservation, next(each for each in reservation.receipts if (each.receipt_id, each.number) == wanted)

    def _without(self, key: ReservationKey, reservation: Reservation, share: Share, part: Decimal) -> Reservation:
        """Return the reservation without a part of its share, and remember it as it was."""
        self._before.setdefault(key, reservation)
        left = planned_receipts.give_back(self._tables, self._plant, share, part)
        others = tuple(each for each in reservation.receipts if each is not share)
        return replace(reservation, receipts=(*others, left) if left else others)

    def _supply_anew(self, holder: "_Holder", most: Decimal) -> None:
        """Have the request get so much of its share from elsewhere; what has left the plant is not sought again."""
        reservation, share = self._share(holder)
        part = min(share.quantity, most)
        without = self._without(holder.key, reservation, share, part)
        gone = min(part, max(ZERO, reservation.left_plant - without.from_stock))
        if gone > 0:
            without = replace(without, from_stock=without.from_stock + gone, shipped=without.shipped + gone)
        if part > gone:
            without = shortage.supplied_anew(self._tables, holder.key, without, part - gone, self._context)
        self._put(holder.key, without)

    def _there(self, key: ReservationKey, reservation: Reservation) -> Reservation:
        """Return the reservation with the day on which it is ready: what has come in makes it no later."""
        stops = disruptions.stops_of(self._tables, key.plant)
        shop = workshop(key.plant, key.item, self._context.master, stops.making)
        start = reservation.begins or first_day(key.plant, reservation.not_before, self._context)
        done, known = ready(reservation, start, shop, stops), reservation.available_on
        return replace(reservation, available_on=min(done, known) if done and known else done)

    def _put(self, key: ReservationKey, reservation: Reservation) -> None:
        after = reservations.in_week(self._tables, key, reservation, today(key.plant, self._context))
        self._tables.put(RESERVATIONS, key, after)


class _Holder(NamedTuple):
    """A request that has some of a receipt, and the number of its share."""

    key: ReservationKey
    receipt_id: str
    number: int
