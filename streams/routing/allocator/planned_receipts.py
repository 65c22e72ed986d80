"""What is still to come into a plant's stock, by which day, and what of it is promised. Pure.

A receipt is kept by its item and the day on which it comes. What has come in is no longer in its quantity; until a
stock level shows that, it is kept as ``came_in``, so that no promise of it is lost in between (`receiving`).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from streams.routing.allocator.keys import ReservationKey, StockKey
from streams.routing.allocator.stock import ZERO
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.schedule import dates
from streams.tables import StateTables, Table

OVERDUE_DAYS = 14
"""How many days after its expected day a receipt still counts, each day for the next one."""

MAX_SHARES = 500
"""How many requests one receipt is promised to at most, so that a change of it is one step."""

PAGE = 100
"""How many receipts are looked at together."""


class Share(NamedTuple):
    """What one request has of a planned receipt.

    Attributes:
        receipt_id: The receipt.
        number: Its number among the receipt's shares: the youngest has the highest.
        quantity: In the item's base unit.
        day: The day on which it comes, as last known.
    """

    receipt_id: str
    number: int
    quantity: Decimal
    day: date


class Position(NamedTuple):
    """Where a receipt is kept: by its item and its expected day."""

    item: str
    day: date


class KnownReceipt(Struct, frozen=True, omit_defaults=True):
    """A planned receipt as its member last changed it, in the item's base unit.

    Attributes:
        place: The site and the plant's code of the item, as in `Stock.sites`.
        quantity: Still to come.
        promised: What of it, and of what has come in, requests have.
        came_in: What has come in by the receipt, while no stock level has shown it.
        came_until: Until when such a level is waited for.
        ended_on: The day on which it ended; None while it counts.
        seen: The fingerprints of its latest events, so that a repeat changes nothing.
        shares: How many requests have some of it.
        due: When it must be looked at next.
    """

    place: str
    quantity: Decimal
    promised: Decimal = ZERO
    came_in: Decimal = ZERO
    came_until: datetime | None = None
    ended_on: date | None = None
    seen: tuple[str, ...] = ()
    shares: int = 0
    due: datetime | None = None

    @property
    def free(self) -> Decimal:
        """What may still be promised of it."""
        return max(ZERO, self.quantity - self.promised) if self.shares < MAX_SHARES else ZERO

    @property
    def missing(self) -> Decimal:
        """How much of what is promised neither comes nor has come in."""
        return max(ZERO, self.promised - self.quantity - self.came_in)


class Coming(NamedTuple):
    """What may still be promised of a receipt, and the day from which on it can be used."""

    receipt_id: str
    day: date
    quantity: Decimal


RECEIPTS = Table("planned-receipt", KnownReceipt)
"""The receipts by plant, item, expected day and their own ids."""

POSITIONS = Table("planned-receipt-position", Position)
"""Where each receipt is kept, by plant and its id."""

SHARES = Table("planned-receipt-share", str)
"""The requests that have some of a receipt, by plant, receipt and a rising number: the youngest last."""

DUE = Table("planned-receipt-due", bytes)
"""The receipts (plant, id) by the instant at which they must be looked at; the values are empty."""


def usable_on(day: date, today: date) -> date | None:
    """Return the day from which on a receipt can be used: an overdue one tomorrow, None where it no longer counts.

    Args:
        day: Its expected day.
        today: Today.
    """
    if day >= today:
        return day
    return shifted(today, 1) if (today - day).days <= OVERDUE_DAYS else None


def coming(tables: StateTables, key: StockKey, today: date) -> Iterator[Coming]:
    """Yield what may still be promised of the item, what comes first before.

    Args:
        tables: The state.
        key: The plant and the item.
        today: Today.
    """
    tomorrow = shifted(today, 1)
    for first, end in ((today, tomorrow), (shifted(today, -OVERDUE_DAYS), today), (tomorrow, date.max)):
        for (_, _, day, receipt_id), receipt in _entries(tables, key, first, end):
            if receipt.free > 0:
                yield Coming(
                    receipt_id, max(date.fromisoformat(day), tomorrow if first < today else today), receipt.free
                )


def _entries(
    tables: StateTables, key: StockKey, first: date, end: date
) -> Iterator[tuple[tuple[str, ...], KnownReceipt]]:
    start: tuple[str | date, ...] = (*key, first)
    while True:
        page = tables.scan(RECEIPTS, key, start=start, end=(*key, end), limit=PAGE + 1)
        yield from page[:PAGE]
        if len(page) <= PAGE:
            return
        start = page[PAGE].key


def of_place(tables: StateTables, key: StockKey, place: str) -> list[str]:
    """Return the ids of the receipts that come to a place of the stock, what comes first before.

    Args:
        tables: The state.
        key: The plant and the item.
        place: The site and the code.
    """
    return [entry.key[3] for entry in tables.scan(RECEIPTS, key) if entry.value.place == place]


def get(tables: StateTables, plant: str, receipt_id: str) -> tuple[Position, KnownReceipt] | None:
    """Return the receipt with its position, or None where it is not known.

    Args:
        tables: The state.
        plant: The plant.
        receipt_id: The receipt's id.
    """
    position = tables.get(POSITIONS, (plant, receipt_id))
    if position is None:
        return None
    receipt = tables.get(RECEIPTS, (plant, *position, receipt_id))
    return (position, receipt) if receipt is not None else None


def put(
    tables: StateTables,
    plant: str,
    receipt_id: str,
    position: Position,
    receipt: KnownReceipt,
    context: DecisionContext,
) -> None:
    """Write the receipt, at its position, with the instant at which it must be looked at next.

    Args:
        tables: The state.
        plant: The plant.
        receipt_id: The receipt's id.
        position: Its position; where that is another one than before it moves there.
        receipt: The receipt.
        context: The event and the master data.
    """
    known = tables.get(POSITIONS, (plant, receipt_id))
    if known is not None and known != position:
        tables.put(RECEIPTS, (plant, *known, receipt_id), None)
    due = _due(plant, position, receipt, context)
    if due != receipt.due:
        if receipt.due is not None:
            tables.put(DUE, (receipt.due, plant, receipt_id), None)
        tables.put(DUE, (due, plant, receipt_id), b"")
    tables.put(POSITIONS, (plant, receipt_id), position)
    tables.put(RECEIPTS, (plant, *position, receipt_id), replace(receipt, due=due))


def forget(tables: StateTables, plant: str, receipt_id: str) -> None:
    """Forget a receipt of which nothing is promised.

    Args:
        tables: The state.
        plant: The plant.
        receipt_id: The receipt's id.
    """
    found = get(tables, plant, receipt_id)
    if found is None:
        return
    position, receipt = found
    if receipt.due is not None:
        tables.put(DUE, (receipt.due, plant, receipt_id), None)
    tables.put(RECEIPTS, (plant, *position, receipt_id), None)
    tables.put(POSITIONS, (plant, receipt_id), None)


def last_day(position: Position, receipt: KnownReceipt) -> date:
    """Return the last day on which the receipt is known: it counts until then, or its repeats are recognised."""
    return shifted(max(position.day, receipt.ended_on or position.day), OVERDUE_DAYS)


def due(tables: StateTables, time: datetime, limit: int) -> list[tuple[str, str]]:
    """Return the receipts (plant, id) that must be looked at by this time, the first first.

    Args:
        tables: The state.
        time: The hub's time.
        limit: How many at most.
    """
    found = tables.scan(DUE, end=(time + timedelta.resolution,), limit=limit)
    return [(entry.key[1], entry.key[2]) for entry in found]


def _due(plant: str, position: Position, receipt: KnownReceipt, context: DecisionContext) -> datetime:
    """Return when the receipt is looked at next: behind its day, then every day, as it may be overdue."""
    day = max(position.day, dates.day_at(plant, context.time, context.master))
    if receipt.ended_on is not None:
        day = max(day, last_day(position, receipt))
    after = dates.end_of_day(plant, day, context) + timedelta(seconds=1)
    return min(after, receipt.came_until) if receipt.came_in > 0 and receipt.came_until else after


def promise(tables: StateTables, key: ReservationKey, shares: tuple[Share, ...]) -> tuple[Share, ...]:
    """Promise the request its shares, as the youngest of each receipt.

    Args:
        tables: The state.
        key: The request's key.
        shares: What it takes, without numbers.

    Returns:
        The shares with their numbers.
    """
    numbered = []
    for share in shares:
        found = get(tables, key.plant, share.receipt_id)
        assert found is not None  # noqa: S101  (shares are taken of known receipts)
        position, receipt = found
        last = tables.scan(SHARES, (key.plant, share.receipt_id), limit=1, reverse=True)
        number = int(last[0].key[2]) + 1 if last else 0
        tables.put(SHARES, (key.plant, share.receipt_id, number), key.request_id)
        more = replace(receipt, promised=receipt.promised + share.quantity, shares=receipt.shares + 1)
        tables.put(RECEIPTS, (key.plant, *position, share.receipt_id), more)
        numbered.append(share._replace(number=number))
    return tuple(numbered)


def give_back(tables: StateTables, plant: str, share: Share, quantity: Decimal) -> Share | None:
    """Take a part of a share, or all of it, back from its request.

    Args:
        tables: The state.
        plant: The plant.
        share: The share.
        quantity: How much of it.

    Returns:
        What is left of the share; None where nothing is.
    """
    found = get(tables, plant, share.receipt_id)
    assert found is not None  # noqa: S101  (a receipt is forgotten after its shares)
    position, receipt = found
    left = share.quantity - quantity
    if left <= 0:
        tables.put(SHARES, (plant, share.receipt_id, share.number), None)
    after = replace(
        receipt, promised=receipt.promised - quantity or ZERO, shares=receipt.shares - (1 if left <= 0 else 0)
    )
    tables.put(RECEIPTS, (plant, *position, share.receipt_id), after)
    return share._replace(quantity=left) if left > 0 else None


class Holder(NamedTuple):
    """A request that has some of a receipt, and the number of its share in `SHARES`."""

    request_id: str
    number: int


def holders(tables: StateTables, plant: str, receipt_id: str) -> list[Holder]:
    """Return the requests that have some of a receipt, the oldest first.

    Args:
        tables: The state.
        plant: The plant.
        receipt_id: The receipt's id.
    """
    return [Holder(entry.value, int(entry.key[2])) for entry in tables.scan(SHARES, (plant, receipt_id))]
