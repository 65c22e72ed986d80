"""Several orders that compete: their planners and the plants' real allocators, with a queue per key as Kafka keeps it.

Which queue goes on next is the test's choice, so every order of events that Kafka allows can come about. What the
allocators have promised is counted from their messages alone (`Promises`); their own books are compared in the end.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kranhub.identifiers import order_key
from kranhub.wire.messages import Subject
from streams.processor.state.store import Store
from streams.routing.allocator import allocator
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.planner.messages import OutputMessage
from streams.tables import keys
from tests.support.fields import fields
from tests.support.plants import BUYER, START, Event, Value
from tests.support.worlds import World

ZERO = Decimal(0)
PlantItem = tuple[str, str]
"""A plant and an item."""


@dataclass
class Promise:
    """What a request has from stock; ``erp`` of it the plant's ERP has reserved itself."""

    place: PlantItem
    from_stock: Decimal
    erp: Decimal = ZERO


@dataclass
class Promises:
    """What the allocators have promised from stock, by their results; and what the plants last said they have."""

    live: dict[str, Promise] = field(default_factory=dict)
    levels: dict[PlantItem, tuple[Decimal, datetime]] = field(default_factory=dict)
    pending: list[tuple[PlantItem, datetime, Decimal]] = field(default_factory=list)

    def request(self, value: Value) -> None:
        """Take that an allocator has worked on this request."""
        known = self.live.get(value["request_id"])
        if known is None or value["action"] not in ("RELEASE", "DELIVERED"):
            return
        if value["action"] == "RELEASE":
            del self.live[value["request_id"]]
            return
        self.pending.append((known.place, value["at"], known.from_stock - known.erp))
        known.erp = known.from_stock

    def result(self, value: Value, item: str) -> None:
        """Take an allocator's word."""
        name = value["request_id"]
        if value["kind"] == "EXPIRED":
            del self.live[name]
        elif value["kind"] != "QUOTE":
            promise = self.live.setdefault(name, Promise((value["plant"], item), ZERO))
            promise.from_stock = value["from_stock"]
            promise.erp = min(promise.erp, promise.from_stock)

    def level(self, value: Value) -> None:
        """Take what a plant has of an item: the last that comes counts, whatever its time.

        What the ERP had reserved before that time is no longer in it; a level is never older than the one before.
        """
        place = (value["company"], value["item"])
        as_of = max(value["as_of"], self.levels[place][1]) if place in self.levels else value["as_of"]
        self.levels[place] = (value["on_hand"] - value["reserved"], as_of)
        self.pending = [entry for entry in self.pending if entry[0] != place or entry[1] >= as_of]

    def check(self) -> None:
        """Assert that nothing of any stock is promised twice."""
        waiting = self.waiting()
        for place, total in self.kept().items():
            there = self.levels[place][0] if place in self.levels else ZERO
            assert total <= max(ZERO, there - waiting.get(place, ZERO)), (place, total, there, waiting)

    def kept(self) -> dict[PlantItem, Decimal]:
        """Return what requests have from stock that the plants' ERPs know nothing of."""
        return _sums((promise.place, promise.from_stock - promise.erp) for promise in self.live.values())

    def waiting(self) -> dict[PlantItem, Decimal]:
        """Return what the ERPs have reserved since they last said what there is."""
        return _sums((place, quantity) for place, _, quantity in self.pending)

    def total(self) -> dict[PlantItem, Decimal]:
        """Return both together, of those places where it is something."""
        both = _sums([*self.kept().items(), *self.waiting().items()])
        return {place: quantity for place, quantity in both.items() if quantity}


def _sums(entries: Iterable[tuple[PlantItem, Decimal]]) -> dict[PlantItem, Decimal]:
    found: dict[PlantItem, Decimal] = {}
    for place, quantity in entries:
        found[place] = found.get(place, ZERO) + quantity
    return found


@dataclass
class Trader(World):
    """One order of the market: what its planner says goes to the market's queues."""

    market: "Market | None" = None

    def is_quiet(self) -> bool:
        """Whether nothing is on its way in the whole market."""
        assert self.market is not None
        return not self.market.busy()

    def _reactions(self, message: OutputMessage) -> list[Event]:
        assert self.market is not None
        if message.subject == "AllocationRequest":
            self.market.send("allocation", fields(message)["plant"], Event(message.id, message.subject, message.value))
        elif message.subject == "PlantOrder":
            self.accepted.pop(message.key, None)
            for answer in self.answers(message.value):
                self.market.send("work", self.key, answer)
        return []

    @property
    def key(self) -> str:
        """The order's key."""
        return order_key(BUYER, self.number)


@dataclass
class Market:
    """The orders by their keys, the allocators' states by plant, and what is on its way by stage and key."""

    master: MasterData
    traders: dict[str, Trader] = field(default_factory=dict)
    allocations: dict[str, Store] = field(default_factory=dict)
    queues: dict[tuple[str, str], deque[Event]] = field(default_factory=dict)
    promises: Promises = field(default_factory=Promises)
    today: datetime = START
    events: int = 0

    def join(self, trader: Trader) -> None:
        """Have one more order."""
        trader.market, trader.master, trader.today = self, self.master, self.today
        self.traders[trader.key] = trader

    def send(self, stage: str, key: str, event: Event) -> None:
        """Put an event on its way."""
        self.queues.setdefault((stage, key), deque()).append(event)

    def busy(self) -> list[tuple[str, str]]:
        """Return the queues in which something waits, in a fixed order."""
        return sorted(name for name, queue in self.queues.items() if queue)

    def step(self, choose: Callable[[int], int] = lambda _count: 0) -> tuple[Trader, Event] | None:
        """Let one of the queues go on; return whose order's planner took what, None for an allocator."""
        busy = self.busy()
        stage, key = busy[choose(len(busy))]
        event = self.queues[stage, key].popleft()
        if stage == "work":
            self.traders[key].take(event)
            return self.traders[key], event
        self._allocate(key, event)
        return None

    def _allocate(self, plant: str, event: Event) -> None:
        """Give a plant's allocator one event, and its results to their orders."""
        self.events += 1
        state = self.allocations.setdefault(plant, Store())
        context = DecisionContext(event.id, self.today + timedelta(seconds=self.events), self.master)
        outcome = allocator.handle(state, Subject(event.subject), event.value, context)
        state.apply(outcome.changes)
        if event.subject == "InventoryLevel":
            self.promises.level(event.value)
        if event.subject == "AllocationRequest":
            self._requested(event.value)
        for result in outcome.results:
            self._told(result.id, result.value)
        self.promises.check()

    def _requested(self, value: Value) -> None:
        """Keep for the order's own checks what is asked for of it."""
        trader, name = self.traders[value["order_key"]], value["request_id"]
        if value["action"] == "RESERVE":
            trader.asked[name] = dict(value)
        elif value["action"] == "RELEASE":
            trader.asked.pop(name, None)
        self.promises.request(value)

    def _told(self, number: str, value: Value) -> None:
        trader, name = self.traders[value["order_key"]], value["request_id"]
        if value["kind"] != "QUOTE":
            self.promises.result(value, trader.asked[name]["item"])
            trader.results[name] = dict(value)
        if value["kind"] in ("SHORTAGE", "MOVED"):
            trader.shortened.add(name)
        if value["kind"] == "EXPIRED":
            trader.asked.pop(name)
        self.send("work", value["order_key"], Event(number, "AllocationResult", value))

    def level(self, plant: str, item: str, available: Any, minutes_ago: int = 0) -> None:
        """Have a plant say what it has."""
        self.events += 1
        as_of = self.today + timedelta(seconds=self.events) - timedelta(minutes=minutes_ago)
        value = {
            "company": plant,
            "site": f"{plant}-works",
            "item": item,
            "item_code": item,
            "on_hand": Decimal(available) + 1,
            "reserved": Decimal(1),
            "blocked": ZERO,
            "as_of": as_of,
        }
        self.send("allocation", plant, Event(f"level-{self.events}", "InventoryLevel", value))

    def later(self, **time: float) -> None:
        """Let time pass: the allocators hear of it, and the orders that are due."""
        self.today += timedelta(**time)
        for plant in self.allocations:
            self.events += 1
            self.send("allocation", plant, Event(f"tick-{self.events}", "Tick", {"time": self.today}))
        for key, trader in self.traders.items():
            trader.today = self.today
            if trader.state and trader.state.due and trader.state.due <= self.today:
                self.events += 1
                self.send("work", key, Event(f"wake-{self.events}", "Wake", {}))

    def publish(self, master: MasterData) -> None:
        """Have other master data from now on, for planners and allocators alike."""
        self.master = master
        for trader in self.traders.values():
            trader.master = master

    def held(self) -> dict[str, Decimal]:
        """Return what the allocators' own books hold from stock, by request."""
        return {key[2]: Decimal(kept["from_stock"]) for key, kept in self._books("reservation")}

    def promised(self) -> dict[PlantItem, Decimal]:
        """Return the sums in the allocators' own books, of those places where something is promised."""
        found = {key: Decimal(stock.get("promised", 0)) for key, stock in self._books("stock")}
        return {(place[0], place[1]): total for place, total in found.items() if total}

    def _books(self, table: str) -> Iterator[tuple[tuple[str, ...], Any]]:
        for state in self.allocations.values():
            for key, data in state.values.items():
                if key.startswith(f"{table}/"):
                    yield keys.parts(key), json.loads(data)
