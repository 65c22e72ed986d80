"""What a plant's own ERP has on stock: it sells to others, too, so the hub's picture of it is always a little old."""

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class StockItem:
    """One item in a plant's stock.

    Attributes:
        code: The plant's code.
        unit: The unit of its quantities.
        on_hand: How much there is.
        reserved: How much of it the ERP keeps for orders that it has taken.
    """

    code: str
    unit: str
    on_hand: Decimal
    reserved: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        """What may be sold."""
        return max(ZERO, self.on_hand - self.reserved)

    def reserve(self, wanted: Decimal) -> Decimal:
        """Keep as much of what is wanted as is free; return how much."""
        kept = min(self.free, wanted)
        self.reserved += kept
        return kept

    def give_back(self, quantity: Decimal) -> None:
        """Keep so much less."""
        self.reserved -= quantity

    def ship(self, quantity: Decimal) -> None:
        """Let go what was reserved."""
        self.reserved -= quantity
        self.on_hand -= quantity

    def sell(self, share: Decimal) -> None:
        """Sell a share of the free stock to a customer outside the hub."""
        self.on_hand -= (self.free * share).to_integral_value()

    def receive(self, quantity: Decimal) -> None:
        """Take goods in."""
        self.on_hand += quantity


PER_ORDER: dict[str, tuple[tuple[str, str, float], ...]] = {
    "oemz": (("EM-MTF-75", "H87", 0.35),),
    "oetz": (("ET-CAB-10", "SET", 0.06),),
    "zmk-most": (("ZM-STRUCT", "KGM", 300.0), ("ZM-BG-225", "H87", 0.02)),
    "ruskran": (("RK-CRANE-10", "H87", 0.004), ("RK-ENDC-10", "H87", 0.02), ("RK-TROL-10", "H87", 0.01)),
    "tsvetnoy-bulvar": (),
    "harbin-crane": (("HC-TR-10", "H87", 0.004),),
}
"""The stock of each plant in the morning, for each order of the day: code, unit, quantity."""


def opening_stock(plant: str, orders: int) -> dict[str, StockItem]:
    """Return the plant's stock in the morning of a day with so many orders, by its own codes."""
    return {code: StockItem(code, unit, Decimal(round(share * orders))) for code, unit, share in PER_ORDER[plant]}
