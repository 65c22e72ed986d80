"""What a plant has of one item, what of it the hub has promised, and in which order. Pure.

A plant's ERP reserves stock for an order that it has taken, so such a promise is in its own figures after a while. From
then on the hub must not count it again: `delivered` and `reported` see to that.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from kranhub.wire.messages import InventoryLevel
from streams.routing.context import DecisionContext

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
    """

    available: Decimal
    as_of: datetime
    seen: tuple[str, ...] = ()


class Pending(NamedTuple):
    """Promises of orders that the ERP took at a time, and that the sites' figures may not show yet."""

    at: datetime
    quantity: Decimal


class Stock(Struct, frozen=True, omit_defaults=True):
    """One plant's stock of one item, in its base unit.

    Attributes:
        sites: By site and the plant's code of the item.
        promised: What all reservations have from stock, ``pending`` included.
        pending: Promises that the ERP has taken and its figures may not show yet, by time.
    """

    sites: dict[str, SiteStock] = {}
    promised: Decimal = ZERO
    pending: tuple[Pending, ...] = ()

    def promising(self, more: Decimal) -> "Stock":
        """Return the stock with so much more promised of it; ``more`` may be negative."""
        return replace(self, promised=self.promised + more or ZERO)  # a default is left out of the state by identity

    @property
    def available(self) -> Decimal:
        """What all sites could give together."""
        return sum((site.available for site in self.sites.values()), ZERO)

    @property
    def free(self) -> Decimal:
        """What may still be promised."""
        return max(ZERO, self.available - self.promised)

    @property
    def missing(self) -> Decimal:
        """How much of what is promised is not there.

        What the ERP took before the latest report does not count: that report may show it already.
        """
        newest = max((site.as_of for site in self.sites.values()), default=None)
        shown = sum((entry.quantity for entry in self.pending if newest and entry.at < newest), ZERO)
        return max(ZERO, self.promised - shown - self.available)


def reported(stock: Stock, level: InventoryLevel, context: DecisionContext) -> Stock:
    """Return the stock with a reported level: the last that comes counts.

    Args:
        stock: The stock as it is.
        level: The InventoryLevel in the item's base unit, with a timestamp not after the hub's time.
        context: The event and its fingerprint.
    """
    place = f"{level['site']}\n{level['item_code']}"
    known, fingerprint = stock.sites.get(place), context.fingerprint
    seen = known.seen if known else ()
    if fingerprint and fingerprint in seen:
        return stock
    available = level["on_hand"] - level["reserved"] - level["blocked"]
    as_of = _effective_time(known, available, level["as_of"], context.time)
    site = SiteStock(available, as_of, (*seen, fingerprint)[-REMEMBERED:] if fingerprint else seen)
    return _reconciled(replace(stock, sites={**stock.sites, place: site}))


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


def delivered(stock: Stock, quantity: Decimal, at: datetime) -> Stock:
    """Return the stock of which the ERP reserves a part of what is promised by itself.

    Args:
        stock: The stock as it is.
        quantity: How much, in the item's base unit.
        at: Since when.
    """
    if quantity <= 0:
        return stock
    later = [entry for entry in stock.pending if entry.at != at]
    same = sum((entry.quantity for entry in stock.pending if entry.at == at), quantity)
    return _reconciled(replace(stock, pending=_merged_neighbours(tuple(sorted([*later, Pending(at, same)])))))


def _reconciled(stock: Stock) -> Stock:
    """End the promises that every site which reports the item has reported after: its figures show them."""
    newest = max((site.as_of for site in stock.sites.values()), default=None)
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
