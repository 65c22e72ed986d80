"""What a plant has of one item, what of it the hub has promised, and in which order. Pure.

What is promised stays counted until the plant's own figures show it, and nowhere is it counted by nobody:

- Where the plant's ``reserved`` contains the hub's orders (`contains_hub_orders`), a level that is reported after its
  ERP took the order shows the promise (`handed_over`).
- Elsewhere the hub keeps its own count until the goods are shipped (`taken`), and a level that is reported after that
  shows it (`shipped`).
"""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from kranhub.wire.messages import InventoryLevel, PlannedReceipt
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData

ZERO = Decimal(0)

SILENT = timedelta(days=2)
"""A site whose level is older by this than the plant's latest of the item no longer reports it: only changes are
sent."""

REMEMBERED = 8
"""How many levels of one site are known by their fingerprints, so that a repeat changes nothing."""

MAX_PENDING = 100
"""How many times of delivery are kept apart; beyond that, two neighbours count as the later one."""


class SiteStock(Struct, frozen=True, omit_defaults=True):
    """What a site could give at a time.

    Attributes:
        available: On hand, less what its ERP has reserved or blocked.
        as_of: That time, as far as it can be true (`reported`).
        seen: The fingerprints of the latest levels, so that a repeat changes nothing.
        lowered: The time of the latest level that was lower than the one before it; None before the first.
        usable: On hand, less what is blocked; None where a release before this field has noted the level.
    """

    available: Decimal
    as_of: datetime
    seen: tuple[str, ...] = ()
    lowered: datetime | None = None
    usable: Decimal | None = None


class Pending(NamedTuple):
    """Promises that the sites' figures may not show yet: an ERP took or shipped their orders at that time."""

    at: datetime
    quantity: Decimal


class Unbooked(NamedTuple):
    """What a level shows more of than the one before, and a planned receipt may have brought that has not said so yet.

    Attributes:
        place: The site and the code.
        quantity: In the item's base unit.
        until: Until when the receipt is waited for.
    """

    place: str
    quantity: Decimal
    until: datetime


class Stock(Struct, frozen=True, omit_defaults=True):
    """One plant's stock of one item, in its base unit.

    Attributes:
        sites: By site and the plant's code of the item.
        promised: What all reservations have from stock, ``pending`` and ``taken`` included.
        pending: Promises that the ERP's figures show from a time on, and may not show yet, by that time.
        taken: Promises of orders that the ERP has taken, which the hub counts until they are shipped.
        unbooked: What is there, and may be counted among the planned receipts as well.
    """

    sites: dict[str, SiteStock] = {}
    promised: Decimal = ZERO
    pending: tuple[Pending, ...] = ()
    taken: Decimal = ZERO
    unbooked: tuple[Unbooked, ...] = ()

    def promising(self, more: Decimal) -> "Stock":
        """Return the stock with so much more promised of it; ``more`` may be negative."""
        return replace(self, promised=self.promised + more or ZERO)  # a default is left out of the state by identity

    @property
    def available(self) -> Decimal:
        """What all sites could give together."""
        return sum((site.available for site in self.sites.values()), ZERO)

    def free_beside(self, safety: Decimal) -> Decimal:
        """Return what may still be promised.

        Args:
            safety: The safety stock, which is never promised.
        """
        unbooked = sum((entry.quantity for entry in self.unbooked), ZERO)
        return max(ZERO, self.available - safety - self.promised - unbooked)

    @property
    def missing(self) -> Decimal:
        """How much of what is promised is not there.

        What the ERP has taken does not count where the latest report may show it already: its ERP may reserve it, and
        what has just been shipped is often reported later than the level without it.
        """
        newest = self.newest
        shown = sum((entry.quantity for entry in self.pending if newest and entry.at <= newest), self.taken)
        return max(ZERO, self.promised - shown - self.available)

    @property
    def newest(self) -> datetime | None:
        """The time of the latest level of any site; None where there is none."""
        return max((site.as_of for site in self.sites.values()), default=None)


def contains_hub_orders(stock: Stock, plant: str, master: MasterData) -> bool:
    """Return whether the reserved quantities of all sites that report the item contain the hub's orders.

    Args:
        stock: The plant's stock of the item.
        plant: The plant.
        master: The master data, with the plant's sites: one that does not say so counts as one that does not.
    """
    member = master.members.by_id.get(plant)
    known = {site.id for site in member.sites if site.reserved_contains_hub_orders} if member else set()
    return bool(stock.sites) and all(place.partition("\n")[0] in known for place in stock.sites)


def reported(stock: Stock, level: InventoryLevel, context: DecisionContext) -> Stock:
    """Return the stock with a reported level: the last that comes counts.

    Args:
        stock: The stock as it is.
        level: The InventoryLevel in the item's base unit, with a timestamp not after the hub's time.
        context: The event and its fingerprint.
    """
    place = place_of(level)
    known, fingerprint = stock.sites.get(place), context.fingerprint
    seen = known.seen if known else ()
    if fingerprint and fingerprint in seen:
        return stock
    available = level["on_hand"] - level["reserved"] - level["blocked"]
    as_of = _effective_time(known, available, level["as_of"], context.time)
    lowered = known.lowered if known else None
    if known and available < known.available:
        lowered = as_of
    seen = (*seen, fingerprint)[-REMEMBERED:] if fingerprint else seen
    site = SiteStock(available, as_of, seen, lowered, level["on_hand"] - level["blocked"])
    return _reconciled(replace(stock, sites={**stock.sites, place: site}))


def place_of(value: InventoryLevel | PlannedReceipt) -> str:
    """Return the place of a level, or of a receipt, in `Stock.sites`."""
    return f"{value['site']}\n{value['item_code']}"


def risen(before: Stock, after: Stock, place: str) -> Decimal:
    """Return by how much more is there than by the level before, of what is not blocked; 0 where it is not more.

    Args:
        before: The stock before the level.
        after: The stock with the level.
        place: The place of the level: its first level counts from nothing.
    """
    known, found = before.sites.get(place), after.sites.get(place)
    if found is None:
        return ZERO
    if known is None:
        return max(ZERO, found.usable or ZERO)
    if known.usable is None or found.usable is None:
        return max(ZERO, found.available - known.available)
    return max(ZERO, found.usable - known.usable)


def _effective_time(known: SiteStock | None, available: Decimal, timestamp: datetime, now: datetime) -> datetime:
    """Return the time of a level: by its timestamp, but not before the level that it came after.

    Figures that have changed did so lately, whatever the timestamp says: an ERP whose clock stands still, or in 1990,
    must not keep what it has taken promised for ever.
    """
    if known is None:
        return timestamp
    changed = now - SILENT if available != known.available else timestamp
    return max(timestamp, changed, min(known.as_of, now))


def without_code(stock: Stock, code: str) -> Stock:
    """Return the stock without what was reported under this code: it means another item now."""
    return replace(stock, sites={name: site for name, site in stock.sites.items() if not name.endswith(f"\n{code}")})


def taking(stock: Stock, more: Decimal) -> Stock:
    """Return the stock with so much more of what is promised taken by the ERP; ``more`` may be negative.

    Args:
        stock: The stock as it is.
        more: How much, in the item's base unit.
    """
    return replace(stock, taken=stock.taken + more or ZERO)


def shipped(stock: Stock, quantity: Decimal, departed: datetime) -> Stock:
    """Return the stock of which a part of what was taken has left the plant.

    A level after the departure shows it where it is lower than the one before; else only a level that is still to come
    does, as an ERP may book a shipment later than the goods leave.

    Args:
        stock: The stock as it is.
        quantity: How much, in the item's base unit.
        departed: When it left.
    """
    is_shown = any(site.lowered and site.lowered > departed for site in stock.sites.values())
    at = departed if is_shown else max(departed, stock.newest or departed)
    return handed_over(taking(stock, -quantity), quantity, at)


def handed_over(stock: Stock, quantity: Decimal, at: datetime) -> Stock:
    """Return the stock of which a part of what is promised ends with the levels after a time: they show it.

    Args:
        stock: The stock as it is.
        quantity: How much, in the item's base unit.
        at: That time.
    """
    if quantity <= 0:
        return stock
    later = [entry for entry in stock.pending if entry.at != at]
    same = sum((entry.quantity for entry in stock.pending if entry.at == at), quantity)
    return _reconciled(replace(stock, pending=_merged_neighbours(tuple(sorted([*later, Pending(at, same)])))))


def _reconciled(stock: Stock) -> Stock:
    """End the promises that every site which reports the item has reported after: its figures show them."""
    newest = stock.newest
    if newest is None or not stock.pending:
        return stock
    until = min(site.as_of for site in stock.sites.values() if newest - site.as_of <= SILENT)
    ended = sum((entry.quantity for entry in stock.pending if entry.at < until), ZERO)
    left = tuple(entry for entry in stock.pending if entry.at >= until)
    return replace(stock.promising(-ended), pending=left)


def _merged_neighbours(pending: tuple[Pending, ...]) -> tuple[Pending, ...]:
    if len(pending) <= MAX_PENDING:
        return pending
    pairs = [Pending(later.at, earlier.quantity + later.quantity) for earlier, later in list(pairwise(pending))[::2]]
    return tuple(pairs) if len(pending) % 2 == 0 else (*pairs, pending[-1])
