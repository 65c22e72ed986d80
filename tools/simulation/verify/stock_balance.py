"""One item on a plant's stock, recomputed from levels, promises and deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

Value = Mapping[str, Any]
ZERO = Decimal(0)


@dataclass(slots=True)
class StockBalance:
    """One item at one plant.

    Attributes:
        levels: What is available and as of when, by site and code.
        promised: What each request has from stock.
        known: How much of that the plant's ERP keeps by itself, by request.
        delivered: Since when the ERP keeps how much, until a level younger than that shows it.
        held: What the hub keeps for all requests.
    """

    levels: dict[tuple[str, str], tuple[Decimal, datetime]] = field(default_factory=dict)
    promised: dict[str, Decimal] = field(default_factory=dict)
    known: dict[str, Decimal] = field(default_factory=dict)
    delivered: list[tuple[datetime, Decimal]] = field(default_factory=list)
    held: Decimal = ZERO

    @property
    def available(self) -> Decimal:
        """What the sites could give together."""
        return sum((quantity for quantity, _ in self.levels.values()), ZERO)

    @property
    def pending(self) -> Decimal:
        """What ERPs keep that no level shows yet."""
        return sum((quantity for _, quantity in self.delivered), ZERO)

    def promise(self, request: str, quantity: Decimal) -> None:
        """Take that the request has so much from stock."""
        self._set(request, quantity, min(quantity, self.known.get(request, ZERO)))

    def release(self, request: str) -> None:
        """Forget the request."""
        self._set(request, ZERO, ZERO)
        self.promised.pop(request, None)
        self.known.pop(request, None)

    def deliver(self, request: str, at: datetime) -> None:
        """Take that the ERP keeps the request's stock by itself since then."""
        quantity = self.promised.get(request, ZERO)
        if (more := quantity - self.known.get(request, ZERO)) > 0:
            self.delivered.append((at, more))
            self._set(request, quantity, quantity)
            self._apply_pending()

    def _set(self, request: str, promised: Decimal, known: Decimal) -> None:
        before = self.promised.get(request, ZERO) - self.known.get(request, ZERO)
        self.promised[request], self.known[request] = promised, known
        self.held += promised - known - before

    def report(self, level: Value, quantity: Decimal) -> None:
        """Take a level: the last that comes counts."""
        place = level["site"], level["item_code"]
        _, before = self.levels.get(place, (ZERO, level["as_of"]))
        self.levels[place] = quantity, max(before, level["as_of"])
        self._apply_pending()

    def _apply_pending(self) -> None:
        """Forget what was delivered before every site's level: they show it."""
        if self.levels:
            shown = min(as_of for _, as_of in self.levels.values())
            self.delivered = [(at, more) for at, more in self.delivered if at >= shown]
