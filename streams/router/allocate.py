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
    """One plant's stock of one item by site, and the hub's holds by request id."""

    sites: dict[str, SiteStock] = field(default_factory=dict)
    holds: dict[str, Hold] = field(default_factory=dict)

    @property
    def free(self) -> Decimal:
        """What may still be promised; a hold stays until it is released, so stock is never promised twice."""
        known = sum((site.available for site in self.sites.values()), Decimal(0))
        return max(Decimal(0), known - sum((hold.from_stock for hold in self.holds.values()), Decimal(0)))


_ADAPTER = TypeAdapter(Stock)


def dump(stock: Stock) -> bytes:
    """Return the stock's bytes (JSON, as `model` explains)."""
    return _ADAPTER.dump_json(stock, exclude_defaults=True)


def load(data: bytes | None) -> Stock:
    """Return the stock of these bytes; an empty one for None."""
    return _ADAPTER.validate_json(data) if data else Stock()


def counted(stock: Stock, level: Value) -> Stock:
    """Take an InventoryLevel; an older one than is known of its site changes nothing."""
    known = stock.sites.get(level["site"])
    if known is not None and level["as_of"] < known.as_of:
        return stock
    available = level["on_hand"] - level["reserved"] - level["blocked"]
    return replace(stock, sites={**stock.sites, level["site"]: SiteStock(available, level["as_of"])})


def reserve(stock: Stock, request_id: str, quantity: Decimal) -> tuple[Stock, Hold]:
    """Hold what stock can give of the quantity; the same request again gets the same answer."""
    known = stock.holds.get(request_id)
    if known is not None and known.quantity == quantity:
        return stock, known
    without = release(stock, request_id)
    hold = Hold(quantity, min(without.free, quantity))
    return replace(without, holds={**without.holds, request_id: hold}), hold


def release(stock: Stock, request_id: str) -> Stock:
    """Give back what the request held; nothing happens when it holds nothing."""
    return replace(stock, holds={name: hold for name, hold in stock.holds.items() if name != request_id})
