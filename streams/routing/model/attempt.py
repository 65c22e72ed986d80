"""One plant asked for a portion: what it was sent, what it answered, made and shipped."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from streams.routing.model.codes import CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.quantity import ZERO

HEARD = 50
"""Words on one attempt whose marks are remembered."""


@dataclass(frozen=True, slots=True)
class Issued:
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
class Shipment:
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
    sent: Issued | None = None
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
    legs: tuple[Shipment, ...] = ()
    closed: CloseReason | None = None
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
