"""What each request holds of a plant's stock and capacity. One request touches a few values, however many are open.

The holds that have something from stock stand in a row by age, each naming its neighbours; `Stock.youngest` is its end.
Those that have something to be made are listed by the week in which it is done (`weeks`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from streams.routing.allocator import weeks
from streams.routing.allocator.capacity import Load, Work, added, week_of
from streams.routing.allocator.stock import ZERO, Stock
from streams.routing.allocator.weeks import Entry, Listed
from streams.routing.model.copying import replace
from streams.routing.tables import Ledger, Table


@dataclass(frozen=True, slots=True)
class Hold:
    """What one request was promised, of the quantity that it asked for, in the item's base unit.

    Of ``from_stock`` the plant's ERP reserves ``taken`` by itself. ``work`` is where ``to_make`` has its capacity,
    ``load`` the share that others had of those weeks; it begins on ``begins`` at the earliest, and ``disruptions`` is
    what makes it later. ``older`` and ``younger`` are the neighbours in the row, ``listed`` is the place in the weeks.
    Earlier releases kept ``quantity`` and ``from_stock`` alone; ``order_key`` is empty then.
    """

    quantity: Decimal
    from_stock: Decimal
    order_key: str = ""
    generation: int = 0
    not_before: date | None = None
    expires_at: datetime | None = None
    taken: Decimal = ZERO
    to_make: Decimal = ZERO
    available_on: date | None = None
    load: Decimal | None = None
    work: tuple[Work, ...] = ()
    older: str | None = None
    younger: str | None = None
    begins: date | None = None
    disruption: str | None = None
    listed: Listed | None = None

    @property
    def counted(self) -> Decimal:
        """What the hub itself keeps for it from stock."""
        return self.from_stock - self.taken

    @property
    def offered(self) -> Decimal:
        """What the plant can do of the quantity."""
        return self.from_stock + self.to_make


STOCKS, HOLDS, LOADS = Table("stock", Stock), Table("hold", Hold), Table("load", Load)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request stands: its plant, its item, its id."""

    plant: str
    item: str
    request_id: str

    @property
    def stock(self) -> str:
        """The place of its stock."""
        return f"{self.plant}/{self.item}"

    @property
    def hold(self) -> str:
        """The place of its hold."""
        return self.beside(self.request_id)

    def beside(self, request_id: str) -> str:
        """Return the place of another request's hold of the same stock."""
        return f"{self.stock}/{request_id}"


def stock_of(ledger: Ledger, place: str) -> Stock:
    """Return the stock of ``plant/item``; an empty one where none is known."""
    return ledger.get(STOCKS, place) or Stock()


def load_of(ledger: Ledger, name: str) -> Load:
    """Return the load of a capability; an empty one where none is known."""
    return ledger.get(LOADS, name) or Load()


def keep(ledger: Ledger, place: Place, hold: Hold, today: date) -> None:
    """Promise what the hold says; as the youngest of those that hold stock."""
    stock = stock_of(ledger, place.stock)
    if hold.counted > 0:
        hold = replace(hold, older=stock.youngest)
        if stock.youngest:
            _change(ledger, place.beside(stock.youngest), younger=place.request_id)
        promised = stock.promised + hold.counted
        ledger.put(STOCKS, place.stock, replace(stock, promised=promised, youngest=place.request_id))
    ledger.put(HOLDS, place.hold, enlist(ledger, place, hold, today))
    book(ledger, hold.work, today)


def give_back(ledger: Ledger, place: Place, hold: Hold, today: date) -> None:
    """Forget the hold; what it held may be promised again, but for what the plant's ERP has reserved itself."""
    step_out(ledger, place, hold)
    _delist(ledger, place, hold)
    stock = stock_of(ledger, place.stock)
    if hold.counted:
        ledger.put(STOCKS, place.stock, replace(stock, promised=stock.promised - hold.counted))
    book(ledger, hold.work, today, -1)
    ledger.put(HOLDS, place.hold, None)


def step_out(ledger: Ledger, place: Place, hold: Hold) -> Hold:
    """Take the hold out of the row; return it without neighbours. One of an earlier release is in no row."""
    stock = stock_of(ledger, place.stock)
    if hold.younger:
        _change(ledger, place.beside(hold.younger), older=hold.older)
    elif stock.youngest == place.request_id:
        ledger.put(STOCKS, place.stock, replace(stock, youngest=hold.older))
    if hold.older:
        _change(ledger, place.beside(hold.older), younger=hold.younger)
    return replace(hold, older=None, younger=None)


def enlist(ledger: Ledger, place: Place, hold: Hold, today: date) -> Hold:
    """List the hold under the week in which its work is done, and under no other; return it with its place there."""
    done = hold.available_on if hold.to_make > 0 else None
    if done and hold.listed and hold.listed.week == week_of(done):
        return hold
    _delist(ledger, place, hold)
    if done is None:
        return replace(hold, listed=None)
    entry = Entry(place.item, place.request_id)
    return replace(hold, listed=weeks.add(ledger, place.plant, entry, done, today))


def _delist(ledger: Ledger, place: Place, hold: Hold) -> None:
    if hold.listed is None:
        return
    moved = weeks.remove(ledger, place.plant, Entry(place.item, place.request_id), hold.listed)
    if moved is not None:
        _change(ledger, Place(place.plant, *moved).hold, listed=hold.listed)


def book(ledger: Ledger, work: tuple[Work, ...], today: date, sign: int = 1) -> None:
    """Take the capacity of the work, or give it back with ``sign`` -1."""
    for name in dict.fromkeys(entry.load for entry in work):
        load = added(load_of(ledger, name), tuple(entry for entry in work if entry.load == name), today, sign)
        ledger.put(LOADS, name, load if load.weeks else None)


def _change(ledger: Ledger, place: str, **fields: Any) -> None:
    hold = ledger.get(HOLDS, place)
    if hold is not None:
        ledger.put(HOLDS, place, replace(hold, **fields))
