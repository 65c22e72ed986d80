"""What each request has reserved of a plant's stock and capacity; one touches few values, however many are open. Pure.

Three more tables find reservations: by age those that hold stock (`BY_AGE`), by week those with work (`weeks`), and by
instant those that end by themselves (`expiry`).
"""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from streams.routing.allocator import expiry, planned_receipts, weeks
from streams.routing.allocator.capacity import Load, Work, added, week_of
from streams.routing.allocator.keys import ReservationKey, StockKey
from streams.routing.allocator.planned_receipts import Share
from streams.routing.allocator.stock import ZERO, Stock
from streams.routing.allocator.weeks import WeekPosition
from streams.routing.masterdata.masterdata import MasterData
from streams.tables import StateTables, Table


class Reservation(Struct, frozen=True, omit_defaults=True):
    """What one request was promised, in the item's base unit.

    Attributes:
        quantity: What it asked for.
        from_stock: What it has from stock.
        order_key: The key of its order.
        generation: The generation of the request.
        not_before: The first day on which the plant may begin; None for at once.
        expires_at: When it ends by itself; None where it does not.
        in_erp: What of ``from_stock`` the plant's ERP has taken, and its own figures show (`stock`).
        to_make: What the plant makes.
        available_on: The day on which all of it is ready; None where there is nothing.
        load: The share that others had of the weeks of its work, 0 to 1; None without a capacity.
        work: Where ``to_make`` has its capacity.
        begins: The first day on which the work may begin; None where nothing is made.
        disruption: The disruption that makes it later or less.
        quota: The quota of which the work takes as much as of the capability; None where none is for the order.
        programme: The order's programme, for its quota.
        age: Its number in `BY_AGE`; None where it holds no stock in the hub.
        position: Its position in `weeks`; None where nothing is made.
        taken: What of ``from_stock`` the plant's ERP has taken, and the hub counts until it is shipped.
        shipped: What of ``from_stock`` the plant has shipped of that.
        last_begins: The day on which the last of its work begins; None where nothing is made.
        days: How many days of work each part of it takes; None for what a release before this field reserved.
        done: What of its work was done in the week of ``begins`` before that day, where a stop has moved the rest.
        receipts: What it has of planned receipts, beside ``from_stock``.
        delivered_at: When the plant's ERP took the plant order; None before that, and where a release before this field
            has noted it.
        left_plant: How much of the order has left the plant, as last reported.
        priority: The class of its order, 0 (most urgent) to 9, for `repromise`; of what a release before this field
            reserved, that of an order without a rule.
    """

    quantity: Decimal
    from_stock: Decimal
    order_key: str
    generation: int = 0
    not_before: date | None = None
    expires_at: datetime | None = None
    in_erp: Decimal = ZERO
    to_make: Decimal = ZERO
    available_on: date | None = None
    load: Decimal | None = None
    work: tuple[Work, ...] = ()
    begins: date | None = None
    disruption: str | None = None
    quota: str | None = None
    programme: str | None = None
    age: int | None = None
    position: WeekPosition | None = None
    taken: Decimal = ZERO
    shipped: Decimal = ZERO
    last_begins: date | None = None
    days: int | None = None
    done: Work | None = None
    receipts: tuple[Share, ...] = ()
    delivered_at: datetime | None = None
    left_plant: Decimal = ZERO
    priority: int = 5

    @property
    def to_come(self) -> Decimal:
        """What it has of planned receipts."""
        return sum((share.quantity for share in self.receipts), ZERO)

    @property
    def in_hub(self) -> Decimal:
        """What the hub alone reserves for it from stock: the plant's ERP has not taken it."""
        return self.from_stock - self.in_erp - self.taken - self.shipped

    @property
    def offered(self) -> Decimal:
        """What the plant can do of the quantity."""
        return self.from_stock + self.to_come + self.to_make


STOCKS, LOADS = Table("stock", Stock), Table("load", Load)
"""The stock by plant and item, and the load by capability."""

RESERVATIONS = Table("reservation", Reservation)
"""The reservations by plant, item and request."""

BY_AGE = Table("reservation-age", str)
"""The requests that hold stock in the hub, by plant, item and a rising number: the youngest last."""


def stock_of(tables: StateTables, key: StockKey) -> Stock:
    """Return the stock of an item at a plant; an empty one where none is known."""
    return tables.get(STOCKS, key) or Stock()


def free_stock(tables: StateTables, key: StockKey, master: MasterData, kept: Decimal = ZERO) -> Decimal:
    """Return what of a stock may still be promised: not its safety stock.

    Args:
        tables: The state.
        key: The plant and the item.
        master: The master data, with the safety stock.
        kept: What is to be counted as promised beside what is.
    """
    item = master.items.get(key.item)
    safety = item.safety_stock.get(key.plant, ZERO) if item else ZERO
    return stock_of(tables, key).promising(kept).free_beside(safety)


def load_of(tables: StateTables, name: str) -> Load:
    """Return the load of a capability; an empty one where none is known."""
    return tables.get(LOADS, (name,)) or Load()


def youngest(tables: StateTables, key: StockKey) -> ReservationKey | None:
    """Return the request that reserved last from the stock, of those that still hold some in the hub."""
    last = tables.scan(BY_AGE, key, limit=1, reverse=True)
    return ReservationKey(*key, last[0].value) if last else None


def reserve(tables: StateTables, key: ReservationKey, reservation: Reservation, today: date) -> None:
    """Reserve what the reservation holds, as the youngest of those that hold stock.

    Args:
        tables: The state.
        key: The reservation's key, under which nothing is reserved yet.
        reservation: What is reserved.
        today: Today.
    """
    if reservation.in_hub > 0:
        reservation = with_age(tables, key, reservation)
    reservation = replace(reservation, receipts=planned_receipts.promise(tables, key, reservation.receipts))
    _promise(tables, key, reservation.in_hub, reservation.taken)
    tables.put(RESERVATIONS, key, in_week(tables, key, reservation, today))
    expiry.change(tables, key, None, reservation.expires_at)
    book(tables, reservation.work, today, quota=reservation.quota)


def release(tables: StateTables, key: ReservationKey, reservation: Reservation, today: date) -> None:
    """Forget the reservation. What it held may be promised again, except what was shipped or is the ERP's to count.

    Args:
        tables: The state.
        key: The reservation's key.
        reservation: The reservation as it is.
        today: Today.
    """
    without_age(tables, key, reservation)
    if reservation.position is not None:
        weeks.remove(tables, key.plant, reservation.position)
    _promise(tables, key, -reservation.in_hub, -reservation.taken)
    for share in reservation.receipts:
        planned_receipts.give_back(tables, key.plant, share, share.quantity)
    expiry.change(tables, key, reservation.expires_at, None)
    book(tables, reservation.work, today, -1, reservation.quota)
    tables.put(RESERVATIONS, key, None)


def _promise(tables: StateTables, key: ReservationKey, in_hub: Decimal, taken: Decimal) -> None:
    """Promise so much more of the stock; both may be negative."""
    if in_hub or taken:
        stock = stock_of(tables, key.stock).promising(in_hub + taken)
        tables.put(STOCKS, key.stock, replace(stock, taken=stock.taken + taken or ZERO))


def with_age(tables: StateTables, key: ReservationKey, reservation: Reservation) -> Reservation:
    """Put the reservation among those that hold stock, as the youngest where it is not there yet.

    Args:
        tables: The state.
        key: The reservation's key.
        reservation: The reservation as it is.

    Returns:
        The reservation with its age; the caller writes it.
    """
    if reservation.age is not None:
        return reservation
    last = tables.scan(BY_AGE, key.stock, limit=1, reverse=True)
    age = int(last[0].key[2]) + 1 if last else 0
    tables.put(BY_AGE, (*key.stock, age), key.request_id)
    return replace(reservation, age=age)


def without_age(tables: StateTables, key: ReservationKey, reservation: Reservation) -> Reservation:
    """Take the reservation out of those that hold stock.

    Args:
        tables: The state.
        key: The reservation's key.
        reservation: The reservation as it is.

    Returns:
        The reservation without its age; the caller writes it.
    """
    if reservation.age is None:
        return reservation
    tables.put(BY_AGE, (*key.stock, reservation.age), None)
    return replace(reservation, age=None)


def in_week(tables: StateTables, key: ReservationKey, reservation: Reservation, today: date) -> Reservation:
    """Put the reservation into the week in which its work is done, and into no other.

    Args:
        tables: The state.
        key: The reservation's key.
        reservation: The reservation as it is.
        today: Today.

    Returns:
        The reservation with its position; the caller writes it.
    """
    done = reservation.available_on if reservation.to_make > 0 else None
    known = reservation.position
    if done and known and known.week == week_of(done):
        return reservation
    if known is not None:
        weeks.remove(tables, key.plant, known)
    return replace(reservation, position=weeks.add(tables, key, done, today) if done else None)


def book(tables: StateTables, work: tuple[Work, ...], today: date, sign: int = 1, quota: str | None = None) -> None:
    """Take the capacity of the work, or give it back.

    Args:
        tables: The state.
        work: The work.
        today: Today: weeks before it are dropped.
        sign: 1 to take it, -1 to give it back.
        quota: The quota of which the same is taken (`quotas`); None where none is for the order.
    """
    if quota is not None:
        work = (*work, *(entry._replace(load=quota) for entry in work))
    for name in dict.fromkeys(entry.load for entry in work):
        load = added(load_of(tables, name), tuple(entry for entry in work if entry.load == name), today, sign)
        tables.put(LOADS, (name,), load if load.weeks else None)
