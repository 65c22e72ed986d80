"""A cluster in memory: the pure planner and allocator, with plants that answer, all in an order that a test chooses."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Subject
from streams.routing import handler
from streams.routing.context import DecisionContext
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model import order
from streams.routing.model.order import OrderState
from streams.routing.planner.messages import OutputMessage
from streams.routing.validation.normalise import normalise_order

REPOSITORY = Path(__file__).parents[2]
MASTER = masterdata.load(REPOSITORY / "deploy/members/omsk.yaml", REPOSITORY / "deploy/nomenclature/omsk.yaml")
START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
BUYER = "sibir-terminal"
KEY = f"{BUYER}:17"
"""The key of the order that these tests speak of."""

Value = Any


@dataclass(frozen=True)
class Event:
    """Something on its way to the planner."""

    id: str
    subject: str
    value: Value


def full_order(order_id: str, lines: Iterable[Value], master: MasterData = MASTER, **changes: Any) -> Any:
    """An Order with every field, as decoding gives it, normalised by the master data."""
    value: Any = {
        "order_id": order_id,
        "buyer": BUYER,
        "payer": None,
        "user": None,
        "consignee": None,
        "kind": "SALE",
        "programme": None,
        "document_status": "ACTIVE",
        "revision": 0,
        "currency": "RUB",
        "issued_at": START,
        "requested_date": date(2027, 3, 1),
        "delivery_place": None,
        "complete_delivery": False,
        "lines": [_full_line(line) for line in lines],
        **changes,
    }
    return normalise_order(value, master).value


def _full_line(line: Value) -> Any:
    plain = {"item": None, "description": None, "price": None, "requested_date": None, "hold_reason": None}
    return {**plain, "deliveries": [], **line}


def full_response(asked: Value, code: str, at: datetime, **changes: Any) -> Any:
    """A plant's answer to its plant order."""
    status = {"AP": "ACCEPTED", "CA": "CHANGED", "RE": "NOT_ACCEPTED"}.get(code, "UNKNOWN")
    first = asked["lines"][0]
    line = {
        "line_id": "1",
        "status": status,
        "quantity": changes.pop("quantity", first["quantity"]),
        "unit": first["unit"],
        "promised_date": changes.pop("promised_date", date(2027, 2, 1)),
        "reason": None,
    }
    return {
        "plant_order_id": asked["plant_order_id"],
        "plant": asked["plant"],
        "plant_order_revision": asked["revision"],
        "response_code": code,
        "erp_reference": None,
        "issued_at": at,
        "reason": None,
        "lines": [] if code == "AB" else [line],
        **changes,
    }


def full_production(asked: Value, state: str, at: datetime, **changes: Any) -> Any:
    """How far the plant's one production order for it is: nothing of it is made before it is completed."""
    line = asked["lines"][0]
    return {
        "planned": line["quantity"],
        "completed": line["quantity"] if state in ("COMPLETED", "CLOSED") else Decimal(0),
        "scrapped": Decimal(0),
        "unit": line["unit"],
        "production_order_id": f"P-{asked['plant_order_id']}",
        "plant": asked["plant"],
        "plant_order_id": asked["plant_order_id"],
        "state": state,
        "estimated_completion": None,
        "as_of": at,
        **changes,
    }


def full_shipment(asked: Value, at: datetime, **changes: Any) -> Any:
    """The plant order's goods, all in one shipment that has left."""
    line = asked["lines"][0]
    return {
        "shipment_id": f"S-{asked['plant_order_id']}",
        "shipper": asked["plant"],
        "consignee": asked["consignee"],
        "from_site": "",
        "to_site": None,
        "estimated_arrival": None,
        "actual_departure": at,
        "actual_arrival": None,
        "document_status": "ACTIVE",
        "lines": [
            {
                "line_id": "1",
                "plant_order_id": asked["plant_order_id"],
                "item_code": line["item_code"],
                "item": None,
                "quantity": changes.pop("quantity", line["quantity"]),
                "unit": line["unit"],
            }
        ],
        **changes,
    }


def full_action(action: str, **changes: Any) -> Any:
    """What a planner decides by hand about the order 17."""
    return {
        "action_id": f"a-{action}",
        "actor": "dispatcher",
        "action": action,
        "order_key": KEY,
        "plant_order_id": None,
        "line_id": None,
        "plant": None,
        "date": None,
        "reason": "as agreed by telephone",
        "at": START,
        **changes,
    }


def full_receipt(asked: Value, outcome: str, at: datetime) -> Any:
    """What the plant's ERP made of it."""
    return {
        "event_id": "e",
        "member": asked["plant"],
        "subject": "PlantOrder",
        "key": asked["plant_order_id"],
        "revision": asked["revision"],
        "outcome": outcome,
        "delivered_at": at,
    }


Answers = Callable[[Value], list[Event]]


@dataclass
class Cluster:
    """One order's planner and simple allocators. ``answers`` are what a plant does about a plant order it gets.

    ``stock`` is what is free by (plant, item), ``limit`` what a plant can make of an item at all. ``delivers`` is
    whether the plants' connectors work, so that their ERPs get what they are sent.
    """

    answers: Answers = lambda asked: []
    master: MasterData = MASTER
    state: OrderState | None = None
    stock: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    limit: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    holds: dict[str, Decimal] = field(default_factory=dict)
    sent: list[OutputMessage] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    pending: list[Event] = field(default_factory=list)
    clock: int = 0
    today: datetime = START
    delivers: bool = True

    def take(self, event: Event) -> None:
        """Give the planner one event, through its stored bytes; what it says joins ``pending``."""
        self.clock += 1
        context = DecisionContext(event.id, self.today + timedelta(seconds=self.clock), self.master)
        try:
            step = handler.handle(self.state, Subject(event.subject), event.value, context)
        except InvalidDocument as error:
            self.refused.append(error.code)
            return
        if step is None:
            return
        self.state = order.load(order.dump(step.state))
        for message in step.messages:
            self.sent.append(message)
            self.pending += self._reactions(message)

    def run(self, choose: Callable[[int], int] = lambda count: 0) -> None:
        """Deliver what is pending until nothing is left; ``choose`` picks the next among so many."""
        while self.pending:
            self.take(self.pending.pop(choose(len(self.pending))))

    def _reactions(self, message: OutputMessage) -> list[Event]:
        if message.subject == "AllocationRequest":
            return self._allocate(message)
        if message.subject != "PlantOrder":
            return []
        asked: Any = message.value
        return [*self._delivered(asked), *self.answers(asked)]

    def _delivered(self, asked: Value) -> list[Event]:
        """Return the receipt of the plant's ERP for a plant order; none where its connector is out of order."""
        if not self.delivers or asked["document_status"] == "CANCELLED":
            return []
        return [Event(f"delivered-{asked['plant_order_id']}-{asked['revision']}", "Receipt", self.receipt(asked))]

    def receipt(self, asked: Value) -> Value:
        """Return the receipt of the plant's ERP, now, for a plant order."""
        return full_receipt(asked, "APPLIED", self.today + timedelta(seconds=self.clock))

    def _allocate(self, message: OutputMessage) -> list[Event]:
        request: Any = message.value
        place, number = (request["plant"], request["item"]), request["request_id"]
        if request["action"] in ("DELIVERED", "SHIPPED", "WAIT"):
            return []
        if request["action"] in ("RELEASE", "RESERVE"):
            self.stock[place] = self.stock.get(place, Decimal(0)) + self.holds.pop(number, Decimal(0))
        if request["action"] == "RELEASE":
            return []
        taken = min(self.stock.get(place, Decimal(0)), request["quantity"])
        if request["action"] == "RESERVE":
            self.holds[number] = taken
            self.stock[place] = self.stock.get(place, Decimal(0)) - taken
        return [Event(f"{message.id}/result", "AllocationResult", self._result(request, taken))]

    def _result(self, request: Value, taken: Decimal) -> Any:
        made = min(request["quantity"] - taken, self.limit.get((request["plant"], request["item"]), Decimal(10**12)))
        maker = next(maker for maker in self.master.makers(request["item"]) if maker.member == request["plant"])
        begin = request["not_before"] or self.today.date()
        done = self.master.calendar(maker.member).finish(begin, maker.capability.working_days)
        return {
            "request_id": request["request_id"],
            "plant": request["plant"],
            "kind": "QUOTE" if request["action"] == "QUOTE" else "RESERVED",
            "generation": request["generation"],
            "from_stock": taken,
            "to_make": made,
            "available_on": done if made else begin,
            "load": None,
        }

    def is_quiet(self) -> bool:
        """Return whether nothing is on its way."""
        return not self.pending

    def wake(self) -> None:
        """Let time have come for the order."""
        self.take(Event(f"wake-{self.clock}", "Wake", {}))
        self.run()

    def subjects(self, subject: str) -> list[Value]:
        """Return what was said of one kind, in order."""
        return [message.value for message in self.sent if message.subject == subject]

    def at_plants(self) -> dict[tuple[str, str], Decimal]:
        """Return what each plant still has to make, by plant order: neither cancelled nor rejected by the plant."""
        latest = {value["plant_order_id"]: value for value in self.subjects("PlantOrder")}
        return {
            (name, value["plant"]): value["lines"][0]["quantity"]
            for name, value in latest.items()
            if value["document_status"] == "ACTIVE" and name not in self._rejected()
        }

    def _rejected(self) -> set[str]:
        portions = self.state.portions if self.state else ()
        key = self.state.key if self.state else ""
        return {p.id_of(key, a) for p in portions for a in p.attempts if a.close_reason and not a.withdraw}

    def status(self) -> Value:
        """Return what the customer was told last."""
        return self.addressed(BUYER if self.state is None else self.state.order.buyer)[-1]

    def addressed(self, member: str) -> list[Value]:
        """Return the statuses that were said to this member, in order."""
        return [value for value in self.subjects("OrderStatus") if value["addressee"] == member]
