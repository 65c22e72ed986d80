"""How a plant's ERP reports its stock, which others buy from, too. Pure."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from tools.simulation import jobs
from tools.simulation.event_queue import Document, EventQueue, emitting
from tools.simulation.random_values import random_for
from tools.simulation.stock import StockItem
from tools.simulation.timetable import CLOSING, DAY, END, EVE, HOUR, MINUTE, OPENING

EVERY, TAKES = 20 * MINUTE, 10 * MINUTE
"""How often stock is reported, and how long a report is under way."""

SELLS, SELLS_SHARE, NOON_SHARE, NEW_SHARE = 0.3, Decimal("0.02"), Decimal("0.9"), Decimal("0.2")
"""How often the ERP has sold to others between two reports, and how much of what is free; how much at noon, when a big
customer comes; and how much of what is there comes in anew in the afternoon."""

NOON, AFTERNOON = OPENING + 4 * HOUR, OPENING + 6 * HOUR

UNKNOWN_AT, UNKNOWN = OPENING + HOUR, StockItem("RK-UNKNOWN", "H87", Decimal(5))
"""An item that the nomenclature does not have; one plant reports it all the same."""


class StockReports:
    """One plant's reports: what has changed, and now and then."""

    def __init__(self, events: EventQueue, goods: dict[str, StockItem]) -> None:
        """Plan the first report on the eve of the day."""
        self._events, self._goods = events, goods
        self._reported: dict[str, tuple[Decimal, Decimal]] = {}
        self._over: set[tuple[str, datetime]] = set()
        events.at(EVE, self._report)
        if events.plant == "ruskran":
            events.at(UNKNOWN_AT, emitting(self._level(UNKNOWN, UNKNOWN_AT)))

    def _report(self, at: datetime) -> Iterator[Document]:
        """Yield the levels that have changed; all but the first, and those nearly empty, are delayed for a while."""
        for goods in self._goods.values():
            urgent = self._trade(goods, at) or at == EVE
            state = goods.on_hand, goods.reserved
            if self._reported.get(goods.code) != state:
                self._reported[goods.code] = state
                report = self._level(goods, at)
                if urgent:
                    yield report
                else:
                    self._events.at(at + TAKES, emitting(report))
        if at < END:
            self._events.at(at + (EVERY if at < CLOSING else DAY), self._report)

    def _level(self, goods: StockItem, at: datetime) -> Document:
        value = jobs.level(self._events.plant, goods, at)
        return self._events.document("InventoryLevel", goods.code, int(at.timestamp()), value)

    def _trade(self, goods: StockItem, at: datetime) -> bool:
        """Do business with others; return whether most of what was free is gone."""
        if not EVE < at < CLOSING:
            return False
        chance = random_for(self._events.seed, "trade", goods.code, at)
        if chance.random() < SELLS:
            goods.sell(SELLS_SHARE)
        if self._is_first(goods, AFTERNOON, at):
            goods.receive((goods.on_hand * NEW_SHARE).to_integral_value())
        if not self._is_first(goods, NOON, at):
            return False
        goods.sell(NOON_SHARE)
        return True

    def _is_first(self, goods: StockItem, since: datetime, at: datetime) -> bool:
        """Return whether this is the first report of the goods since then: it may be late where the ERP was off."""
        if at < since or (goods.code, since) in self._over:
            return False
        self._over.add((goods.code, since))
        return True
