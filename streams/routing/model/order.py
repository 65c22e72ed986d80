"""The planner's state of one order: facts only. States, promises and what to tell whom are derived from them.

Kept as JSON through pydantic, made small by `compression`: decimals and dates are exact, and a new optional fact needs
no migration. It never leaves the planner, so the shared language (Avro) does not bind it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from streams.routing.model import compression
from streams.routing.model.codes import HoldReason, PlanState
from streams.routing.model.copying import replace
from streams.routing.model.portion import Portion
from streams.routing.model.terms import NO_SPECIFICATION, NO_TERMS, Specification, Terms


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the order, in canonical items and base units; as the buyer wrote it while ``hold_reason`` tells."""

    line_id: str
    item_code: str
    item: str | None
    quantity: Decimal
    unit: str
    requested_date: date
    description: str | None = None
    price: Decimal | None = None
    hold_reason: HoldReason | None = None
    specification: Specification = field(default=NO_SPECIFICATION)
    opening_plant: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The order as its buyer last sent it. Equal content is a repeat.

    ``order_id`` is its ERP's own key, ``number`` what people read; None where that is the key.
    """

    order_id: str
    buyer: str
    kind: str
    currency: str
    requested_date: date
    lines: tuple[Line, ...]
    payer: str | None = None
    user: str | None = None
    consignee: str | None = None
    programme: str | None = None
    delivery_place: str | None = None
    complete_delivery: bool = False
    cancelled: bool = False
    terms: Terms = field(default=NO_TERMS)
    opening: bool = False
    number: str | None = None


@dataclass(frozen=True, slots=True)
class LineStatus:
    """What the customer was last told of a line."""

    line_id: str
    item_code: str
    state: PlanState
    promised_date: date | None = None
    code: HoldReason | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What the customer was last told of the order; ``earliest_date`` is news where it is a quotation only."""

    state: PlanState
    order_revision: int
    promised_date: date | None
    lines: tuple[LineStatus, ...]
    earliest_date: date | None = None


@dataclass(frozen=True, slots=True)
class PartyStatus:
    """What a member beside the buyer was last told, as what; ``revision`` is its own count, ``lines`` a digest."""

    member: str
    role: str
    revision: int
    state: PlanState
    promised_date: date | None = None
    lines: str = ""


@dataclass(frozen=True, slots=True)
class OrderState:
    """Everything the planner knows of one order.

    ``document`` is the buyer's document that it comes from (`document_identity`), ``seen_events`` the event ids of its
    latest versions. ``frozen`` says that a person has stopped the routing; ``seen_actions`` are the ids of the latest
    actions of people. ``due`` is when time alone next changes something; ``final_since`` is since when nothing is left
    to do. ``party_statuses`` are what the members beside the buyer were last told, ``awaited_members`` those whose stop
    keeps something back (`resume`). ``reported_disruptions`` are those, by plant and its own number, of which the hub's
    people were last told that they endanger a promise.
    """

    key: str
    order: Order
    revision: int = 0
    seen_events: tuple[str, ...] = ()
    portions: tuple[Portion, ...] = ()
    status: Status | None = None
    status_revision: int = 0
    frozen: bool = False
    cancelled_by_hand: bool = False
    seen_actions: tuple[str, ...] = ()
    due: datetime | None = None
    final_since: datetime | None = None
    closed: bool = False
    party_statuses: tuple[PartyStatus, ...] = ()
    awaited_members: tuple[str, ...] = ()
    reported_disruptions: tuple[str, ...] = ()
    document: str | None = None
    format: Literal[2] = field(default=2)

    def with_portion(self, portion: Portion) -> "OrderState":
        """Return the state with this portion in the place of its former self, or added."""
        known = self.portions
        for at, old in enumerate(known):
            if old is portion:
                return self
            if old.part == portion.part and old.line_id == portion.line_id:
                return replace(self, portions=(*known[:at], portion, *known[at + 1 :]))
        return replace(self, portions=(*known, portion))


_ADAPTER = TypeAdapter(OrderState)


def dump(state: OrderState) -> bytes:
    """Return the state's bytes."""
    return compression.pack(_ADAPTER.dump_json(state, exclude_defaults=True))


def load(data: bytes) -> OrderState:
    """Return the state of these bytes."""
    return _ADAPTER.validate_json(compression.unpack(data))
