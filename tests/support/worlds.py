"""A cluster that goes on living: time passes, stock runs short, reservations end, people act."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.portion import Portion
from streams.routing.planner.messages import OutputMessage
from tests.support.fields import fields
from tests.support.plants import START, Cluster, Event, Value, full_action, full_order, full_response

ZERO = Decimal(0)
NUMBER = "17"


def line(code: str, quantity: Any = 1, line_id: str = "1", unit: str = "H87", **changes: Any) -> Any:
    """A line of the order, as the buyer writes it."""
    return {"line_id": line_id, "item_code": code, "quantity": Decimal(quantity), "unit": unit, **changes}


def silent(_asked: Value) -> list[Event]:
    """What a plant does that never answers."""
    return []


def answering(code: str, **changes: Any) -> Callable[[Value], list[Event]]:
    """Return what a plant does that gives this answer to every plant order, for the day that was asked for."""

    def answers(asked: Value) -> list[Event]:
        if asked["document_status"] == "CANCELLED":
            return []
        words = {"promised_date": asked["requested_date"], **changes}
        value = full_response(asked, code, START, **words)
        return [Event(f"{asked['plant_order_id']}/{asked['revision']}/{code}", "OrderResponse", value)]

    return answers


def by_plant(**answers: Callable[[Value], list[Event]]) -> Callable[[Value], list[Event]]:
    """Return plants that each do their own; who is not named never answers. ``_`` in a name stands for ``-``."""
    return lambda asked: answers.get(asked["plant"].replace("-", "_"), silent)(asked)


@dataclass
class World(Cluster):
    """One order's cluster with time: ``results`` is what each request was last told.

    ``mute`` are plants that make no offers, ``loads`` the share of capacity that others have taken of a plant's.
    """

    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    mute: set[str] = field(default_factory=set)
    loads: dict[str, Decimal] = field(default_factory=dict)
    accepted: dict[str, Decimal] = field(default_factory=dict)
    shortened: set[str] = field(default_factory=set)
    events: int = 0
    number: str = NUMBER

    def order(self, *lines: Value, **changes: Any) -> None:
        """Have the buyer send this version of the order, and let everything happen that follows."""
        self.happen("Order", full_order(self.number, lines, self.master, **changes))

    def act(self, action: str, **changes: Any) -> None:
        """Have a person of the hub act on the order."""
        number = self.events
        self.happen("PlannerAction", full_action(action, action_id=f"a{number}", **changes))

    def happen(self, subject: str, value: Value) -> None:
        """Let this arrive, and everything happen that follows."""
        self.events += 1
        self.take(Event(f"e{self.events}", subject, value))
        self.run()

    def take(self, event: Event) -> None:
        """Give the planner one event; what a plant accepts is what it will make until it is told anew."""
        before = self.state
        super().take(event)
        if event.subject == "OrderResponse" and event.value["lines"] and self.state != before:
            self.accepted[event.value["plant_order_id"]] = event.value["lines"][0]["quantity"]

    def _reactions(self, message: OutputMessage) -> list[Event]:
        if message.subject == "PlantOrder":
            self.accepted.pop(message.key, None)
        return super()._reactions(message)

    def later(self, **time: float) -> None:
        """Let time pass; the order is woken up when its time has come, and reservations end."""
        end = self.today + timedelta(**time)
        while (moment := self._next()) is not None and moment <= end:
            self.today = max(self.today, moment)
            self.pending += self.overdue()
            self.run()
        self.today = end

    def overdue(self) -> list[Event]:
        """Return what happens by time alone by now: the ends of reservations, and that the order is woken up."""
        self.events += 1
        ended = [number for number, asked in self.asked.items() if asked["expires_at"]]
        found = [self._end(number) for number in ended if self.asked[number]["expires_at"] <= self.today]
        if self.state and self.state.due and self.state.due <= self.today:
            found.append(Event(f"wake-{self.events}", "Wake", {}))
        return found

    def _next(self) -> datetime | None:
        due = [self.state.due] if self.state and self.state.due else []
        return min([*due, *(asked["expires_at"] for asked in self.asked.values() if asked["expires_at"])], default=None)

    def _end(self, number: str) -> Event:
        """Put what the request holds back on stock."""
        asked = self.asked.pop(number)
        place = (asked["plant"], asked["item"])
        self.stock[place] = self.stock.get(place, ZERO) + self.holds.pop(number, ZERO)
        return self._told(number, "EXPIRED", ZERO, ZERO, asked)

    def _told(self, number: str, kind: str, from_stock: Decimal, to_make: Decimal, asked: Value) -> Event:
        self.events += 1
        changed = {"kind": kind, "from_stock": from_stock, "to_make": to_make, "generation": asked["generation"]}
        self.results[number] = {**self.results[number], **changed}
        return Event(f"{kind}-{self.events}", "AllocationResult", self.results[number])

    def short(self, number: str, lost: Any) -> None:
        """Let so much of what the plant order has from stock be gone, and everything happen that follows."""
        self.take(self.shortage(number, lost))
        self.run()

    def shortage(self, number: str, lost: Any) -> Event:
        """Return the word that so much of what the plant order has from stock is gone: it is made, as far as it can."""
        self.shortened.add(number)
        asked, told = self.asked[number], self.results[number]
        gone = min(Decimal(lost), self.holds[number])
        self.holds[number] -= gone
        limit = self.limit.get((asked["plant"], asked["item"]), Decimal(10**12))
        made = min(told["to_make"] + gone, max(limit, told["to_make"]))
        return self._told(number, "SHORTAGE", self.holds[number], made, asked)

    def _allocate(self, message: OutputMessage) -> list[Event]:
        found = super()._allocate(message)
        number, action = fields(message)["request_id"], fields(message)["action"]
        if action == "RESERVE":
            self.asked[number] = dict(message.value)
            self.results[number] = dict(found[0].value)
        elif action == "RELEASE":
            self.asked.pop(number, None)
        return [] if action == "QUOTE" and fields(message)["plant"] in self.mute else found

    def _result(self, request: Value, taken: Decimal) -> Any:
        return {**super()._result(request, taken), "load": self.loads.get(request["plant"])}

    def plant_orders(self) -> dict[str, Value]:
        """Return the last version of every plant order."""
        return {value["plant_order_id"]: value for value in self.subjects("PlantOrder")}

    def of_item(self, item: str) -> list[Value]:
        """Return the last version of the plant orders for this item that are not cancelled."""
        return [
            value
            for value in self.plant_orders().values()
            if value["lines"][0]["item"] == item and value["document_status"] == "ACTIVE"
        ]

    def wanted(self) -> dict[str, Decimal]:
        """Return how much of each item the plants are to make: of what they accepted in part, that part."""
        total: dict[str, Decimal] = {}
        items = {number: value["lines"][0]["item"] for number, value in self.plant_orders().items()}
        for (number, _), quantity in self.at_plants().items():
            taken = min(quantity, self.accepted.get(number, quantity))
            total[items[number]] = total.get(items[number], ZERO) + taken
        return total

    def portions(self) -> list[Portion]:
        """Return the portions that count."""
        return [portion for portion in self.state.portions if not portion.cancelled] if self.state else []

    def codes(self) -> list[str]:
        """Return the codes of all alerts, in order."""
        return [value["code"] for value in self.subjects("Alert")]


def world(
    master: MasterData,
    answers: Callable[[Value], list[Event]] = silent,
    stock: Mapping[tuple[str, str], Any] | None = None,
    limit: Mapping[tuple[str, str], Any] | None = None,
    lines: Iterable[Value] = (),
    **changes: Any,
) -> World:
    """Return a world with this on stock and these limits, in which the order was placed where it has lines."""
    made = World(
        answers,
        master,
        stock={place: Decimal(amount) for place, amount in (stock or {}).items()},
        limit={place: Decimal(amount) for place, amount in (limit or {}).items()},
    )
    if lines:
        made.order(*lines, **changes)
    return made
