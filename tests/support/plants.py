"""A cluster in memory: the pure planner and allocator, with plants that answer, all in an order that a test chooses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from kranhub.errors import InvalidDocument
from streams.router import allocate, masterdata, model, planner
from streams.router.effects import Effect, Now
from streams.router.model import OrderState
from streams.router.normalise import normalise

REPOSITORY = Path(__file__).parents[2]
MASTER = masterdata.load(REPOSITORY / "deploy/members/omsk.yaml", REPOSITORY / "deploy/nomenclature/omsk.yaml")
START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
BUYER = "sibir-terminal"

Value = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """Something on its way to the planner."""

    id: str
    subject: str
    value: Value


def full_order(order_id: str, lines: Iterable[Value], **changes: Any) -> dict[str, Any]:
    """An Order with every field, as decoding gives it, normalised as ingest does."""
    value = {
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
    return normalise("Order", value, value["buyer"], MASTER).value


def _full_line(line: Value) -> dict[str, Any]:
    return {"item": None, "description": None, "price": None, "requested_date": None, "hold_reason": None, **line}


def full_response(asked: Value, code: str, at: datetime, **changes: Any) -> dict[str, Any]:
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


def full_production(asked: Value, state: str, at: datetime) -> dict[str, Any]:
    """How far the plant's one production order for it is."""
    return {
        "production_order_id": f"P-{asked['plant_order_id']}",
        "plant": asked["plant"],
        "plant_order_id": asked["plant_order_id"],
        "state": state,
        "estimated_completion": None,
        "as_of": at,
    }


def full_receipt(asked: Value, outcome: str, at: datetime) -> dict[str, Any]:
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
    """One order's planner and all allocators. ``answers`` are what a plant does about a plant order it gets."""

    answers: Answers = lambda asked: []
    state: OrderState | None = None
    stocks: dict[tuple[str, str], allocate.Stock] = field(default_factory=dict)
    holds: dict[str, allocate.Hold] = field(default_factory=dict)
    said: list[Effect] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    pending: list[Event] = field(default_factory=list)
    clock: int = 0

    def take(self, event: Event) -> None:
        """Give the planner one event, through its stored bytes; what it says joins ``pending``."""
        self.clock += 1
        now = Now(event.id, START + timedelta(minutes=self.clock))
        try:
            after, said = planner.handle(self.state, event.subject, event.value, now, MASTER)
        except InvalidDocument as error:
            self.refused.append(error.code)
            return
        self.state = model.load(model.dump(after)) if after else None
        for effect in said:
            self.said.append(effect)
            self.pending += self._reactions(effect)

    def run(self, choose: Callable[[int], int] = lambda count: 0) -> None:
        """Deliver what is pending until nothing is left; ``choose`` picks the next among so many."""
        while self.pending:
            self.take(self.pending.pop(choose(len(self.pending))))

    def _reactions(self, effect: Effect) -> list[Event]:
        if effect.subject == "AllocationRequest":
            return self._allocate(effect)
        return self.answers(effect.value) if effect.subject == "PlantOrder" else []

    def _allocate(self, effect: Effect) -> list[Event]:
        request = effect.value
        place = (request["plant"], request["item"])
        stock = self.stocks.get(place, allocate.Stock())
        if request["action"] == "RELEASE":
            self.stocks[place] = allocate.release(stock, self.holds.pop(request["request_id"], None))
            return []
        known = self.holds.get(request["request_id"])
        self.stocks[place], hold = allocate.reserve(stock, known, request["quantity"])
        self.holds[request["request_id"]] = hold
        rest = request["quantity"] - hold.from_stock
        value = {"request_id": request["request_id"], "from_stock": hold.from_stock, "to_make": rest}
        return [Event(f"{effect.id}/result", "AllocationResult", value)]

    def subjects(self, subject: str) -> list[Value]:
        """Return what was said of one kind, in order."""
        return [effect.value for effect in self.said if effect.subject == subject]

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
        return {p.id_of(key, a) for p in portions for a in p.attempts if a.closed and not a.withdraw}

    def status(self) -> Value:
        """Return what the customer was told last."""
        return self.subjects("OrderStatus")[-1]
