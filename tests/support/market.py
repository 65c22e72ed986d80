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
from typing import Any, NamedTuple

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
    """What a request has from stock.

    Of it the plant's ERP has reserved ``erp`` itself; or it has ``taken`` so much, of which ``shipped`` has left.
    """

    place: PlantItem
    from_stock: Decimal
    erp: Decimal = ZERO
    taken: Decimal = ZERO
    shipped: Decimal = ZERO

    @property
    def kept(self) -> Decimal:
        """What the hub counts of it."""
        return self.from_stock - self.erp - self.shipped


class Level(NamedTuple):
    """What a plant last said that it has of an item, and when it last said less than before."""

    available: Decimal
    as_of: datetime
    lowered: datetime | None = None


@dataclass
class Promises:
    """What the allocators have promised from stock, by their results; and what the plants last said they have.

    ``containing`` are the plants whose levels contain what their ERPs reserve for the hub's orders.
    """

    containing: frozenset[str] = frozenset()
    live: dict[str, Promise] = field(default_factory=dict)
    levels: dict[PlantItem, Level] = field(default_factory=dict)
    pending: list[tuple[PlantItem, datetime, Decimal]] = field(default_factory=list)

    def request(self, value: Value) -> None:
        """Take that an allocator has worked on this request."""
        known, action = self.live.get(value["request_id"]), value["action"]
        if known is None or action not in ("RELEASE", "DELIVERED", "SHIPPED"):
            return
        if action == "RELEASE":
            del self.live[value["request_id"]]
            return
        if known.place[0] in self.containing:
            self._wait(known.place, value["at"], known.kept)
            known.erp = known.from_stock
        else:
            known.taken = known.from_stock - known.shipped
        if action == "SHIPPED":
            self._ship(known, value["quantity"], value["at"])

    def _ship(self, known: Promise, quantity: Decimal, departed: datetime) -> None:
        """Take that so much of the request has left: a lower level since then shows it, or the next one will."""
        left = min(max(ZERO, quantity - known.erp), known.from_stock - known.erp)
        more = min(left - known.shipped, known.taken)
        known.shipped, known.taken = known.shipped + more, known.taken - more
        level = self.levels.get(known.place)
        is_shown = level and level.lowered and level.lowered > departed
        self._wait(known.place, departed if is_shown or not level else max(departed, level.as_of), max(ZERO, more))

    def _wait(self, place: PlantItem, at: datetime, quantity: Decimal) -> None:
        """Take that the levels after a time show a promise."""
        if place not in self.levels or at >= self.levels[place].as_of:
            self.pending.append((place, at, quantity))

    def result(self, value: Value, item: str) -> None:
        """Take an allocator's word."""
        name = value["request_id"]
        if value["kind"] == "EXPIRED":
            del self.live[name]
        elif value["kind"] != "QUOTE":
            promise = self.live.setdefault(name, Promise((value["plant"], item), ZERO))
            promise.from_stock = value["from_stock"]
            promise.erp = min(promise.erp, promise.from_stock)
            promise.shipped = min(promise.shipped, promise.from_stock - promise.erp)
            promise.taken = min(promise.taken, promise.kept)

    def level(self, value: Value) -> None:
        """Take what a plant has of an item: the last that comes counts, whatever its time.

        What the ERP had reserved before that time is no longer in it; a level is never older than the one before.
        """
        place = (value["company"], value["item"])
        known, available = self.levels.get(place), value["on_hand"] - value["reserved"]
        as_of = max(value["as_of"], known.as_of) if known else value["as_of"]
        lowered = as_of if known and available < known.available else known and known.lowered
        self.levels[place] = Level(available, as_of, lowered)
        self.pending = [entry for entry in self.pending if entry[0] != place or entry[1] >= as_of]

    def check(self) -> None:
        """Assert that nothing of any stock is promised twice.

        What an ERP has taken is not taken back from it, and its levels may show a shipment before the hub hears of it:
        for what was promised beside it, all of the level counts then.
        """
        waiting = self.waiting()
        for place, total in _sums((one.place, one.kept - one.taken) for one in self.live.values()).items():
            there = self.levels[place].available if place in self.levels else ZERO
            unseen = waiting.get(place, ZERO) if place[0] in self.containing else ZERO
            assert total <= max(ZERO, there - unseen), (place, total, there, waiting)

    def kept(self) -> dict[PlantItem, Decimal]:
        """Return what requests have from stock that the plants' levels will not show."""
        return _sums((promise.place, promise.kept) for promise in self.live.values())

    def waiting(self) -> dict[PlantItem, Decimal]:
        """Return what the ERPs have reserved or shipped since they last said what there is."""
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

    def __post_init__(self) -> None:
        """Take from the master data which levels contain the hub's orders."""
        members = self.master.members.members
        self.promises.containing = frozenset(
            member.id for member in members if any(site.reserved_contains_hub_orders for site in member.sites)
        )

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
        if value["kind"] not in ("QUOTE", "FREED"):
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
