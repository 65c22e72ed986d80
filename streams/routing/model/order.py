"""The planner's state of one order: facts only. States, promises and what to tell whom are derived from them.

Kept as JSON through pydantic, made small by `compression`: decimals and dates are exact, and a new optional fact needs
no migration. It never leaves the planner, so the shared language (Avro) does not bind it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import TypeAdapter

from kranhub import identifiers
from streams.routing.model import compression
from streams.routing.model.copying import replace
from streams.routing.model.terms import NO_SPECIFICATION, NO_TERMS, Specification, Terms

PlanState = Literal[
    "RECEIVED",
    "PLANNED",
    "CONFIRMED",
    "IN_PRODUCTION",
    "READY",
    "SHIPPED",
    "DELIVERED",
    "CLOSED",
    "ON_HOLD",
    "REJECTED",
    "CANCELLED",
]
ZERO = Decimal(0)

HEARD = 50
"""Words on one attempt whose marks are remembered."""


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
    hold_reason: str | None = None
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
class Sent:
    """What a plant was last told of its plant order; ``content`` is that of its portion then."""

    quantity: Decimal
    requested_date: date
    consignee: str
    feeds_into: str | None = None
    price: Decimal | None = None
    cancelled: bool = False
    content: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A plant's latest answer; ``at`` is its own time of it."""

    at: datetime
    accepted: bool
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class Production:
    """The latest state of one production order; ``at`` is the plant's own time, ``completed`` in the base unit.

    ``document`` is the one that says so (`document_identity`).
    """

    number: str
    at: datetime
    state: str
    estimated: date | None = None
    completed: Decimal = ZERO
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One shipment of a plant order's goods: when it left and arrived by the shipper's word, None while it has not.

    Its ``quantity`` is zero while it is cancelled. ``document`` is the one that says so (`document_identity`), ``by``
    whose word it is, None before that was remembered.
    """

    number: str
    quantity: Decimal
    departed: datetime | None = None
    arrived: datetime | None = None
    expected: date | None = None
    document: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a plant's allocator was asked to keep, and its answer: ``from_stock`` and ``to_make`` are None before it.

    ``answered`` is the generation that it was an answer to. ``expires_at`` is set while it is kept for a while only:
    for a quotation, or until a person approves. ``disruptions`` is what makes it later or less at the plant.
    """

    generation: int
    quantity: Decimal
    not_before: date
    from_stock: Decimal | None = None
    to_make: Decimal | None = None
    available_on: date | None = None
    expires_at: datetime | None = None
    answered: int = 0
    disruption: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One plant asked for a portion.

    ``told`` is the quantity that the plant was asked for last: where it took less, it is more than the portion's.
    ``answers_from`` is the first revision whose answer still counts, ``answer_by`` the deadline of that answer;
    ``delivered_at`` is when the plant's ERP first took it, ``told_generation`` the reservation of which its
    allocator knows that; ``undelivered`` is the topic that does not exist while its last revision waits for it;
    ``answered_by`` is the plant's document that has answered, ``answered_revision`` the revision that it spoke of last;
    ``wanted_for`` is the line's date for which the plant order's own date was worked out; ``closed`` is why the plant
    no longer has it. In ``shadow`` the plant is told nothing, ever (`cutover`). ``heard`` are the marks (`timestamps`)
    of the latest words on it, so that one that comes again changes nothing.
    """

    plant: str
    number: int
    reservation: Reservation | None = None
    released: bool = False
    approved: bool = False
    by_hand: bool = False
    sent: Sent | None = None
    told: Decimal = ZERO
    revision: int = 0
    answers_from: int = 1
    answer_by: datetime | None = None
    wanted_for: date | None = None
    day_by_hand: date | None = None
    delivered: int = 0
    delivered_at: datetime | None = None
    told_generation: int = 0
    answer: Answer | None = None
    answered_by: str | None = None
    answered_revision: int = 0
    productions: tuple[Production, ...] = ()
    legs: tuple[Leg, ...] = ()
    closed: str | None = None
    withdraw: bool = False
    shadow: bool = False
    undelivered: str | None = None
    heard: tuple[str, ...] = ()

    def knows(self, mark: str) -> bool:
        """Return whether it has heard the event of this mark."""
        return mark in self.heard

    def after(self, mark: str) -> "Attempt":
        """Return the attempt once it has heard the event of this mark."""
        return replace(self, heard=(*self.heard, mark)[-HEARD:]) if mark else self

    @property
    def confirmed(self) -> bool:
        """Whether the plant has accepted what it was last told."""
        return self.answer is not None and self.answer.accepted

    @property
    def reserved(self) -> bool:
        """Whether the allocator has answered."""
        return self.reservation is not None and self.reservation.from_stock is not None

    @property
    def settled(self) -> bool:
        """Whether the allocator has answered what it was asked last."""
        return self.reservation is not None and self.reservation.answered == self.reservation.generation

    @property
    def shipped(self) -> Decimal:
        """How much has left the plant."""
        return sum((leg.quantity for leg in self.legs if leg.departed or leg.arrived), ZERO)

    @property
    def fixed(self) -> Decimal:
        """What the plant has made or sent: a change of the order cannot take it back."""
        return max(sum((production.completed for production in self.productions), ZERO), self.shipped)

    @property
    def begun(self) -> bool:
        """Whether the plant is at work on it, or has sent some of it."""
        return self.fixed > 0 or any(production.state != "ABORTED" for production in self.productions)


def again(tries: int) -> str:
    """Return what tells an id from that of the same thing before it was planned anew; empty the first time."""
    return f".{tries}" if tries else ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a candidate could do, without a reservation; the quantities are None until it has answered.

    ``load`` is the share of its capacity that is taken in the weeks that it would need, 0 to 1; None without one.
    ``disruptions`` is what makes it later or less.
    """

    plant: str
    from_stock: Decimal | None = None
    to_make: Decimal | None = None
    available_on: date | None = None
    load: Decimal | None = None
    disruption: str | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """A line's quantity of one item, at one plant at a time.

    ``node`` is its place in the line's bill of materials: "" for the line's own item, else the items on the way down.
    ``feeds`` is the node that it goes into, None for the line's own item. ``to_make`` is what is not taken from stock,
    as last known: its components are needed for that much. ``quote_round`` is how many attempts there were when the
    quotes were asked for, ``quoted`` for how much they were, ``quotes_late`` says that none had come in the usual time;
    attempts before ``retry_from`` no longer keep their plants from being asked. ``content`` counts the changes of what
    the order says of it beside quantity, date and price.
    ``surplus`` says that nothing needs it any more: it stands for what was made already. ``tries`` counts how often it
    was planned anew.
    """

    line_id: str
    part: int
    item: str
    unit: str
    quantity: Decimal
    node: str = ""
    feeds: str | None = None
    to_make: Decimal | None = None
    excluded: tuple[str, ...] = ()
    by_hand: str | None = None
    quotes: tuple[Quote, ...] = ()
    quote_by: datetime | None = None
    quotes_late: bool = False
    quote_round: int = -1
    quoted: Decimal | None = None
    retry_from: int = 0
    attempts: tuple[Attempt, ...] = ()
    held: str | None = None
    cancelled: bool = False
    content: int = 0
    surplus: bool = False
    tries: int = 0

    @property
    def current(self) -> Attempt | None:
        """The attempt that is open, if one is."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.closed is None else None

    @property
    def next_attempt(self) -> int:
        """The number of the next attempt; after a restore some before it may be unknown."""
        return self.attempts[-1].number + 1 if self.attempts else 1

    @property
    def fixed(self) -> Decimal:
        """What a plant has made or sent of it."""
        return sum((attempt.fixed for attempt in self.attempts if attempt.closed is None), ZERO)

    def anew(self) -> "Portion":
        """Return the portion as it is planned again: not held, and whoever was tried may be asked once more."""
        retry_from = len(self.attempts)
        return replace(self, held=None, excluded=(), retry_from=retry_from, quote_round=-1, tries=self.tries + 1)

    @property
    def place(self) -> str:
        """``line.part`` as it stands in ids."""
        return f"{identifiers.line_place(self.line_id)}.{self.part}"

    @property
    def round(self) -> str:
        """How many attempts there were, and how often it was planned anew: what is said once for each, has this id."""
        return f"{len(self.attempts)}{again(self.tries)}"

    def id_of(self, order_key: str, attempt: Attempt) -> str:
        """Return the attempt's plant order id."""
        return identifiers.plant_order_id(order_key, self.line_id, str(self.part), attempt.number)

    def quote_id(self, order_key: str, plant: str) -> str:
        """Return the id of the question to this candidate: another quantity is another question."""
        amount = f"{(self.quoted or self.quantity).normalize():f}"
        number = f"{self.place}.quote{self.quote_round}{again(self.tries)}"
        return f"{order_key}/{number}.{amount}.{plant}"


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
    """What the customer was last told of the order; ``earliest_date`` is news where it is a quotation only."""

    state: PlanState
    order_revision: int
    promised_date: date | None
    lines: tuple[LineStatus, ...]
    earliest_date: date | None = None


@dataclass(frozen=True, slots=True)
class Told:
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

    ``document`` is the buyer's document that it is (`document_identity`), ``seen`` the event ids of its latest
    versions; ``frozen`` says that a person has stopped the routing; ``actions`` are the ids of the latest actions of
    people; ``due`` is when time alone next changes something; ``final_since`` is when nothing was left to do.
    ``told`` is what the members beside the buyer know; ``waits_for`` are members whose stop keeps something (`resume`).
    ``disruptions`` are those, by plant and its own number, that the hub's people were last told to endanger a promise.
    """

    key: str
    order: Order
    revision: int = 0
    seen: tuple[str, ...] = ()
    portions: tuple[Portion, ...] = ()
    status: Status | None = None
    status_revision: int = 0
    frozen: bool = False
    cancelled_by_hand: bool = False
    actions: tuple[str, ...] = ()
    due: datetime | None = None
    final_since: datetime | None = None
    closed: bool = False
    told: tuple[Told, ...] = ()
    waits_for: tuple[str, ...] = ()
    disruptions: tuple[str, ...] = ()
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


def with_attempt(portion: Portion, attempt: Attempt) -> Portion:
    """Return the portion with this attempt in the place of the one with its number, or added."""
    known = portion.attempts
    for at, old in enumerate(known):
        if old.number == attempt.number:
            return replace(portion, attempts=(*known[:at], attempt, *known[at + 1 :]))
    return replace(portion, attempts=(*known, attempt))
