"""The planner's state of one order: facts only. States, promises and what to tell whom are derived from them.

Kept as JSON through pydantic, made small by `packed`: decimals and dates are exact, and a new optional fact needs no
migration. It never leaves the planner, so the shared language (Avro) does not bind it.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from kranhub import identifiers
from streams.router import packed

PlanState = Literal["RECEIVED", "PLANNED", "CONFIRMED", "IN_PRODUCTION", "READY", "ON_HOLD", "REJECTED", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the order, in canonical items and base units. ``item`` is None while unmapped."""

    line_id: str
    item_code: str
    item: str | None
    quantity: Decimal
    unit: str
    requested_date: date
    description: str | None = None
    price: Decimal | None = None
    hold_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """The order as its buyer last sent it. Equal content is a repeat."""

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


@dataclass(frozen=True, slots=True)
class Sent:
    """What a plant was last told of its plant order."""

    quantity: Decimal
    requested_date: date
    consignee: str
    feeds_into: str | None = None
    price: Decimal | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A plant's latest answer by its own time."""

    at: datetime
    accepted: bool
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class Production:
    """The latest state of one production order by the plant's own time."""

    number: str
    at: datetime
    state: str
    estimated: date | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One plant asked for a portion. ``reserved`` is the quantity that its allocator was asked to reserve.

    ``answers_from`` is the first revision whose answer still counts; ``closed`` is why the plant no longer has it.
    """

    plant: str
    number: int
    reserved: Decimal | None = None
    from_stock: Decimal | None = None
    released: bool = False
    sent: Sent | None = None
    revision: int = 0
    answers_from: int = 1
    delivered: int = 0
    answer: Answer | None = None
    productions: tuple[Production, ...] = ()
    closed: str | None = None
    withdraw: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether the plant has accepted what it was last told."""
        return self.answer is not None and self.answer.accepted


@dataclass(frozen=True, slots=True)
class Portion:
    """A line's quantity of one item, at one plant at a time. ``feeds`` is the item of the line that it goes into."""

    line_id: str
    part: int
    item: str
    unit: str
    quantity: Decimal
    feeds: str | None = None
    excluded: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    held: bool = False
    cancelled: bool = False

    @property
    def current(self) -> Attempt | None:
        """The attempt that is open, if one is."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.closed is None else None

    def id_of(self, order_key: str, attempt: Attempt) -> str:
        """Return the attempt's plant order id."""
        return identifiers.plant_order_id(order_key, self.line_id, str(self.part), attempt.number)


@dataclass(frozen=True, slots=True)
class LineStatus:
    """What the customer was last told of a line."""

    line_id: str
    item_code: str
    state: PlanState
    promised_date: date | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What the customer was last told of the order."""

    state: PlanState
    order_revision: int
    promised_date: date | None
    lines: tuple[LineStatus, ...]


@dataclass(frozen=True, slots=True)
class OrderState:
    """Everything the planner knows of one order. ``seen`` are the event ids of the latest versions of the order."""

    key: str
    order: Order
    revision: int = 0
    seen: tuple[str, ...] = ()
    portions: tuple[Portion, ...] = ()
    status: Status | None = None
    status_revision: int = 0
    decisions: int = 0
    format: Literal[1] = field(default=1)

    def with_portion(self, portion: Portion) -> "OrderState":
        """Return the state with this portion in the place of its former self, or added."""
        same = [(known.line_id, known.part) == (portion.line_id, portion.part) for known in self.portions]
        if not any(same):
            return replace(self, portions=(*self.portions, portion))
        return replace(
            self, portions=tuple(portion if hit else old for hit, old in zip(same, self.portions, strict=True))
        )


_ADAPTER = TypeAdapter(OrderState)


def dump(state: OrderState) -> bytes:
    """Return the state's bytes."""
    return packed.pack(_ADAPTER.dump_json(state, exclude_defaults=True))


def load(data: bytes) -> OrderState:
    """Return the state of these bytes."""
    return _ADAPTER.validate_json(packed.unpack(data))


def with_attempt(portion: Portion, attempt: Attempt) -> Portion:
    """Return the portion with this attempt in the place of the one with its number, or added."""
    others = [attempt if known.number == attempt.number else known for known in portion.attempts]
    known = any(known.number == attempt.number for known in portion.attempts)
    return replace(portion, attempts=tuple(others) if known else (*portion.attempts, attempt))
