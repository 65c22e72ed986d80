"""The allocator: what a plant has of one item, and what of it the hub has promised. One writer per plant. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SiteStock:
    """What a site could give at a time: on hand, less what its ERP has reserved or blocked."""

    available: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """What one request was promised from stock, of the quantity that it asked for."""

    quantity: Decimal
    from_stock: Decimal


@dataclass(frozen=True, slots=True)
class Stock:
    """One plant's stock of one item by site, and how much of it the hub has promised in all."""

    sites: dict[str, SiteStock] = field(default_factory=dict)
    promised: Decimal = Decimal(0)

    @property
    def free(self) -> Decimal:
        """What may still be promised; a hold stays until it is released, so stock is never promised twice."""
        return max(Decimal(0), sum((site.available for site in self.sites.values()), Decimal(0)) - self.promised)


_STOCK, _HOLD = TypeAdapter(Stock), TypeAdapter(Hold)


def dump(stock: Stock) -> bytes:
    """Return the stock's bytes (JSON, as `model` explains)."""
    return _STOCK.dump_json(stock, exclude_defaults=True)


def load(data: bytes | None) -> Stock:
    """Return the stock of these bytes; an empty one for None."""
    return _STOCK.validate_json(data) if data else Stock()


def dump_hold(hold: Hold) -> bytes:
    """Return the hold's bytes (JSON)."""
    return _HOLD.dump_json(hold)


def load_hold(data: bytes | None) -> Hold | None:
    """Return the hold of these bytes, None for None."""
    return _HOLD.validate_json(data) if data else None


def counted(stock: Stock, level: Value) -> Stock:
    """Take an InventoryLevel; an older one than is known of its site changes nothing."""
    known = stock.sites.get(level["site"])
    if known is not None and level["as_of"] < known.as_of:
        return stock
    available = level["on_hand"] - level["reserved"] - level["blocked"]
    return replace(stock, sites={**stock.sites, level["site"]: SiteStock(available, level["as_of"])})


def reserve(stock: Stock, known: Hold | None, quantity: Decimal) -> tuple[Stock, Hold]:
    """Hold what stock can give of the quantity; a request that already has this ``known`` hold keeps it."""
    if known is not None and known.quantity == quantity:
        return stock, known
    without = release(stock, known)
    hold = Hold(quantity, min(without.free, quantity))
    return replace(without, promised=without.promised + hold.from_stock), hold


def release(stock: Stock, known: Hold | None) -> Stock:
    """Give back what a request held; nothing happens when it holds nothing."""
    return replace(stock, promised=stock.promised - known.from_stock) if known else stock
