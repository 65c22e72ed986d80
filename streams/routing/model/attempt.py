"""One plant asked for a portion: what was issued to it, what it answered, made and shipped, and how it ended.

An `Attempt` is built of small parts, so that what cannot be is not expressed: only what was issued can be in shadow,
only a reservation can be released, and a closed attempt has a reason. The constructor checks the rest.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from kranhub.wire.messages import ProductionState
from streams.routing.model.codes import CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.quantity import ZERO

FINGERPRINTS = 50
"""Events on one attempt whose fingerprints are remembered."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What a plant was last told of its plant order; ``content`` is that of its portion then.

    In ``shadow`` the plant is told nothing, ever: it is recorded only (`cutover`).
    """

    quantity: Decimal
    requested_date: date
    consignee: str
    feeds_into: str | None = None
    price: Decimal | None = None
    cancelled: bool = False
    content: int = 0
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A plant's latest answer; ``at`` is its own time of it."""

    at: datetime
    accepted: bool
    promised: date | None = None


@dataclass(frozen=True, slots=True)
class Production:
    """The latest state of one production order; ``at`` is the plant's own time, ``completed`` in the base unit.

    ``document`` is the ERP's document that tells it (`document_identity`).
    """

    number: str
    at: datetime
    state: ProductionState
    estimated: date | None = None
    completed: Decimal = ZERO
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Shipment:
    """One shipment of a plant order's goods: when it left and arrived, None while it has not.

    Its ``quantity`` is zero while it is cancelled. ``document`` is the ERP's document that tells it
    (`document_identity`), ``by`` the member who told it.
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
    for a quotation, or until a person approves. ``disruption`` is what makes it later or less at the plant. Once it is
    ``released`` nothing is kept any more.
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
    released: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """Why a plant no longer has the portion; it is to be told so, or was, where its plant order is to ``withdraw``."""

    reason: CloseReason
    withdraw: bool = False


class AttemptPhase(StrEnum):
    """How far an attempt is."""

    PROPOSED = "proposed"
    """The plant is chosen and not told."""
    SHADOWED = "shadowed"
    """Its plant order is recorded and the plant is not told, ever."""
    ISSUED = "issued"
    """The plant has its plant order, or it is on its way."""
    WITHDRAWN = "withdrawn"
    """The plant no longer has the portion, and its plant order is cancelled."""
    CLOSED = "closed"
    """The plant no longer has the portion, and knows it or never knew of it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One plant asked for a portion.

    ``issued`` is what the plant was last told, None before that; ``asked_quantity`` what it was asked for last: where
    it took less, that is more than the portion's. ``answers_from`` is the first revision whose answer still counts,
    ``answer_by`` the deadline of that answer. ``delivered_at`` is when the plant's ERP first took
    ``delivered_revision``, ``delivered_generation`` the reservation of which its allocator knows that.
    ``missing_topic`` is the topic that does not exist while the last revision waits for it. ``answering_document`` is
    the plant's document that has answered, ``answered_revision`` the revision that it spoke of last. ``wanted_for`` is
    the line's date for which the plant order's own date was worked out. ``fingerprints`` are those of the latest
    events on it (`timestamps`), so that one that comes again changes nothing.

    Raises `ValueError` where the parts contradict each other.
    """

    plant: str
    number: int
    reservation: Reservation | None = None
    approved: bool = False
    by_hand: bool = False
    issued: Issued | None = None
    asked_quantity: Decimal = ZERO
    revision: int = 0
    answers_from: int = 1
    answer_by: datetime | None = None
    wanted_for: date | None = None
    date_by_hand: date | None = None
    delivered_revision: int = 0
    delivered_at: datetime | None = None
    delivered_generation: int = 0
    answer: Answer | None = None
    answering_document: str | None = None
    answered_revision: int = 0
    productions: tuple[Production, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    closing: Closing | None = None
    missing_topic: str | None = None
    fingerprints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that nothing is known of a plant order that was not issued, and no answer is owed for another."""
        if self.issued is None:
            if self.revision or self.answer or self.answer_by or self.productions or self.shipments:
                raise ValueError(f"a plant order that was not issued has no answer, no work and no revision: {self}")
            if self.closing and self.closing.withdraw:
                raise ValueError(f"a plant order that was not issued cannot be withdrawn: {self}")
        elif self.revision < 1:
            raise ValueError(f"an issued plant order has a revision: {self}")
        elif self.issued.shadow and self.answer_by:
            raise ValueError(f"a plant that was told nothing owes no answer: {self}")

    @property
    def phase(self) -> AttemptPhase:
        """How far it is."""
        if self.closing is not None:
            return AttemptPhase.WITHDRAWN if self.closing.withdraw else AttemptPhase.CLOSED
        if self.issued is None:
            return AttemptPhase.PROPOSED
        return AttemptPhase.SHADOWED if self.issued.shadow else AttemptPhase.ISSUED

    @property
    def close_reason(self) -> CloseReason | None:
        """Why the plant no longer has the portion; None while it has."""
        return self.closing.reason if self.closing is not None else None

    @property
    def withdraw(self) -> bool:
        """Whether the plant must be told, or was told, that it no longer has the portion."""
        return self.closing is not None and self.closing.withdraw

    @property
    def shadow(self) -> bool:
        """Whether its plant order is only recorded."""
        return self.issued is not None and self.issued.shadow

    def close(self, reason: CloseReason, *, withdraw: bool) -> "Attempt":
        """Return the attempt as its plant no longer has the portion; ``withdraw``: the plant is to be told so."""
        return replace(self, closing=Closing(reason, withdraw))

    def to_withdraw(self, answer: Answer | None = None) -> "Attempt":
        """Return the closed attempt as its plant is to be told so, with the plant's newest answer if it gave one."""
        assert self.closing is not None  # noqa: S101  (only who has lost the portion is told so)
        return replace(self, closing=replace(self.closing, withdraw=True), answer=answer or self.answer)

    def released(self) -> "Attempt":
        """Return the attempt without what was reserved for it."""
        return replace(self, reservation=self.reservation and replace(self.reservation, released=True))

    def has_seen(self, fingerprint: str) -> bool:
        """Return whether the event of this fingerprint has come before."""
        return fingerprint in self.fingerprints

    def with_seen(self, fingerprint: str) -> "Attempt":
        """Return the attempt that remembers the event of this fingerprint."""
        return replace(self, fingerprints=(*self.fingerprints, fingerprint)[-FINGERPRINTS:]) if fingerprint else self

    @property
    def confirmed(self) -> bool:
        """Whether the plant has accepted what it was last told."""
        return self.answer is not None and self.answer.accepted

    @property
    def reserved(self) -> bool:
        """Whether the allocator has answered."""
        return self.reservation is not None and self.reservation.from_stock is not None

    @property
    def reservation_answered(self) -> bool:
        """Whether the allocator has answered what it was asked last."""
        return self.reservation is not None and self.reservation.answered == self.reservation.generation

    @property
    def shipped(self) -> Decimal:
        """How much has left the plant."""
        return sum((shipment.quantity for shipment in self.shipments if shipment.departed or shipment.arrived), ZERO)

    @property
    def irrevocable(self) -> Decimal:
        """What the plant has made or sent: a change of the order cannot take it back."""
        return max(sum((production.completed for production in self.productions), ZERO), self.shipped)

    @property
    def started(self) -> bool:
        """Whether the plant is at work on it, or has sent some of it."""
        return self.irrevocable > 0 or any(
            production.state is not ProductionState.ABORTED for production in self.productions
        )
