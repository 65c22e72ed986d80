"""One plant asked for a portion: what was issued to it, what it answered, made and shipped, and how it ended.

An `Attempt` is built of small parts, so that what cannot be is not expressed: only what was issued can be in shadow,
only a reservation can be released, and a closed attempt has a reason. The constructor checks the rest.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from kranhub.wire.messages import ProductionState
from streams.routing.model.codes import CloseReason, ExpectedFact
from streams.routing.model.copying import replace
from streams.routing.model.quantity import ZERO

FINGERPRINTS = 50
"""How many events on one attempt are known by their fingerprints."""


class Issued(Struct, frozen=True, omit_defaults=True):
    """The content of the last revision of a plant order that was issued to the plant.

    Attributes:
        quantity: In the item's base unit.
        requested_date: By when the plant is to be ready.
        consignee: The member that the goods go to: another plant, or the customer's consignee.
        feeds_into: The plant order that the goods are built into; None where they go to the customer.
        price: The price of the order's line; None where the portion is only a part of it.
        cancelled: Whether the revision cancels the plant order.
        content: The content count of the portion (`Portion.content`) when the revision was issued.
        shadow: The plant order is recorded only, and the plant never receives it (`cutover`).
    """

    quantity: Decimal
    requested_date: date
    consignee: str
    feeds_into: str | None = None
    price: Decimal | None = None
    cancelled: bool = False
    content: int = 0
    shadow: bool = False


class Answer(Struct, frozen=True, omit_defaults=True):
    """A plant's latest answer.

    Attributes:
        at: When the plant answered, by its own clock.
        accepted: Whether it takes the plant order.
        promised: The day that it promises; None where it named none.
    """

    at: datetime
    accepted: bool
    promised: date | None = None


class Production(Struct, frozen=True, omit_defaults=True):
    """The latest state of one production order of a plant.

    Attributes:
        number: The production order's number at the plant.
        at: The time of the report, by the plant's own clock.
        state: How far the work is.
        estimated: When the plant expects to be ready; None where it does not say.
        completed: How much is made, in the item's base unit.
        document: The ERP's document that reports it (`document_identity`).
        scrapped: How much was lost, in the item's base unit.
        ended_on: The day, at the plant, on which the work ended with this much made; None while it has not.
    """

    number: str
    at: datetime
    state: ProductionState
    estimated: date | None = None
    completed: Decimal = ZERO
    document: str | None = None
    scrapped: Decimal = ZERO
    ended_on: date | None = None


class Shipment(Struct, frozen=True, omit_defaults=True):
    """One shipment of a plant order's goods.

    Attributes:
        number: The shipment's number.
        quantity: In the item's base unit; zero while the shipment is cancelled.
        departed: When it left; None while it has not.
        arrived: When it arrived; None while it has not.
        expected: The day, where it arrives, on which it is expected.
        document: The ERP's document that reports it (`document_identity`).
        by: The member who reported it: the plant or a carrier.
        departed_on: The day, where it left, on which it left.
        arrived_on: The day, where it arrived, on which it arrived.
        assumed: Nobody has reported the arrival: it is assumed, as nobody reports arrivals there.
    """

    number: str
    quantity: Decimal
    departed: datetime | None = None
    arrived: datetime | None = None
    expected: date | None = None
    document: str | None = None
    by: str | None = None
    departed_on: date | None = None
    arrived_on: date | None = None
    assumed: bool = False


class Expectation(Struct, frozen=True, omit_defaults=True):
    """What the plant is next expected to report, and until when.

    Attributes:
        fact: What is expected.
        day: The day, at the plant, on which it should happen.
        by: Until when it is waited for.
        counted: After it was not reported in time: the day on which the hub now counts with it; None before that.
        overdue: How often it was not reported in time.
    """

    fact: ExpectedFact
    day: date
    by: datetime
    counted: date | None = None
    overdue: int = 0


class Reservation(Struct, frozen=True, omit_defaults=True):
    """What a plant's allocator was asked to keep, and its answer.

    Attributes:
        generation: Counts the requests: a changed reservation is a new generation.
        quantity: How much is asked for, in the item's base unit.
        not_before: The first day on which the plant may begin.
        from_stock: How much is kept of the stock; None before the answer.
        to_make: How much the plant must make; None before the answer.
        available_on: The day on which all of it is ready; None before the answer, or where there is no such day.
        expires_at: When it ends by itself, for a quotation or until a person approves; None where it does not.
        answered: The generation that the last answer was for; 0 before the first.
        disruption: The disruption that makes it later or less at the plant.
        released: Nothing is kept any more.
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


class Closing(Struct, frozen=True, omit_defaults=True):
    """Why a plant no longer has the portion.

    Attributes:
        reason: Why.
        withdraw: The plant has a plant order, and is informed, or was, that it is cancelled.
    """

    reason: CloseReason
    withdraw: bool = False


class AttemptPhase(StrEnum):
    """How far an attempt is."""

    PROPOSED = "proposed"
    """The plant is chosen and not notified."""
    SHADOWED = "shadowed"
    """Its plant order is recorded; the plant is never notified."""
    ISSUED = "issued"
    """The plant has its plant order, or it is on its way."""
    WITHDRAWN = "withdrawn"
    """The plant no longer has the portion, and its plant order is cancelled."""
    CLOSED = "closed"
    """The plant no longer has the portion, and knows it or never knew of it."""


class Attempt(Struct, frozen=True, omit_defaults=True):
    """One plant asked for a portion.

    Attributes:
        plant: The member.
        number: Counts the portion's attempts from 1; it stands in the plant order's id.
        reservation: What its allocator was asked to keep; None before that.
        approved: No person has to approve it, or one has.
        by_hand: A person has chosen the plant.
        issued: The content of the plant order's last revision; None before the first.
        asked_quantity: What the plant was asked for last: where it took less, that is more than the portion's quantity.
        revision: The plant order's last revision; 0 before the first.
        answers_from: The first revision whose answer still counts.
        answer_by: The deadline of that answer; None where none is owed.
        wanted_for: The line's date for which the plant order's own date was worked out.
        date_by_hand: The plant order's date where a person has set it.
        delivered_revision: The last revision that the plant's ERP has taken.
        delivered_at: When the ERP first took it.
        delivered_generation: The generation of the reservation whose delivery the allocator knows of.
        reported_shipped: How much has left the plant, as the allocator knows.
        answer: The plant's latest answer to what it was last asked.
        answering_document: The plant's document that has answered (`document_identity`).
        answered_revision: The revision that this document answered last.
        productions: The plant's production orders for it, by number.
        shipments: Its shipments, by number.
        closing: Why the plant no longer has the portion; None while it has.
        missing_topic: The topic that does not exist while the last revision waits for it.
        fingerprints: Those of the latest events on it (`timestamps`), so that a repeat changes nothing.
        expectation: What the plant is next expected to report; None where nothing is.
        asked_for: The date about which a person was asked, as the plant order's own is in the frozen zone.
        date_anew: A person has had the plant's orders promised anew, so the plant order's date is worked out again; an
            acceptance stands until the plant answers that.

    Raises:
        ValueError: The parts contradict each other.
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
    expectation: Expectation | None = None
    asked_for: date | None = None
    reported_shipped: Decimal = ZERO
    date_anew: bool = False

    def __post_init__(self) -> None:
        """Check that nothing is known of a plant order that was not issued, and no answer is owed for one in shadow.

        Raises:
            ValueError: The parts contradict each other.
        """
        if self.issued is None:
            if self.revision or self.answer or self.answer_by or self.productions or self.shipments:
                raise ValueError(f"a plant order that was not issued has no answer, no work and no revision: {self}")
            if self.closing and self.closing.withdraw:
                raise ValueError(f"a plant order that was not issued cannot be withdrawn: {self}")
        elif self.revision < 1:
            raise ValueError(f"an issued plant order has a revision: {self}")
        elif self.issued.shadow and self.answer_by:
            raise ValueError(f"a plant that was never notified owes no answer: {self}")

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
        """Whether the plant has, or had, a plant order that is cancelled because it no longer has the portion."""
        return self.closing is not None and self.closing.withdraw

    @property
    def shadow(self) -> bool:
        """Whether its plant order is only recorded."""
        return self.issued is not None and self.issued.shadow

    def close(self, reason: CloseReason, *, withdraw: bool) -> "Attempt":
        """Return the attempt closed: its plant no longer has the portion.

        Args:
            reason: Why.
            withdraw: Whether the plant has a plant order that is to be cancelled.
        """
        return replace(self, closing=Closing(reason, withdraw))

    def to_withdraw(self, answer: Answer | None = None) -> "Attempt":
        """Return the closed attempt with its plant order to be cancelled.

        Args:
            answer: The plant's newest answer; None where it gave none since.
        """
        assert self.closing is not None  # noqa: S101  (only a plant that has lost the portion is notified so)
        return replace(self, closing=replace(self.closing, withdraw=True), answer=answer or self.answer)

    def released(self) -> "Attempt":
        """Return the attempt without what was reserved for it."""
        return replace(self, reservation=self.reservation and replace(self.reservation, released=True))

    def has_seen(self, fingerprint: str) -> bool:
        """Return whether the event of this fingerprint has come before."""
        return fingerprint in self.fingerprints

    def with_seen(self, fingerprint: str) -> "Attempt":
        """Return the attempt that remembers the event of this fingerprint; as it is where the event has none."""
        return replace(self, fingerprints=(*self.fingerprints, fingerprint)[-FINGERPRINTS:]) if fingerprint else self

    @property
    def confirmed(self) -> bool:
        """Whether the plant has accepted what it was last asked."""
        return self.answer is not None and self.answer.accepted

    @property
    def reserved(self) -> bool:
        """Whether the allocator has answered any request for the reservation."""
        return self.reservation is not None and self.reservation.from_stock is not None

    @property
    def reservation_answered(self) -> bool:
        """Whether the allocator has answered the latest request for the reservation."""
        return self.reservation is not None and self.reservation.answered == self.reservation.generation

    @property
    def shipped(self) -> Decimal:
        """How much has left the plant, in the item's base unit."""
        return sum((shipment.quantity for shipment in self.shipments if shipment.departed or shipment.arrived), ZERO)

    @property
    def arrived(self) -> Decimal:
        """How much has arrived where it goes, in the item's base unit."""
        return sum((shipment.quantity for shipment in self.shipments if shipment.arrived), ZERO)

    @property
    def completed(self) -> Decimal:
        """How much the plant has made, in the item's base unit."""
        return sum((production.completed for production in self.productions), ZERO)

    @property
    def last_departed(self) -> datetime | None:
        """When the last of what has left the plant did so, or was there at the latest; None where nothing has."""
        times = [shipment.departed or shipment.arrived for shipment in self.shipments if shipment.quantity > 0]
        return max((time for time in times if time), default=None)

    @property
    def aborted(self) -> bool:
        """Whether the plant has begun production orders for it and given all of them up."""
        return bool(self.productions) and all(made.state is ProductionState.ABORTED for made in self.productions)

    def counted_on(self, fact: ExpectedFact) -> date | None:
        """Return the day on which a missed fact is counted now; None where it is not the one that was missed."""
        expected = self.expectation
        return expected.counted if expected is not None and expected.fact is fact else None

    @property
    def irrevocable(self) -> Decimal:
        """How much the plant has made or sent, in the base unit: a change of the order cannot take it back."""
        return max(self.completed, self.shipped)

    @property
    def started(self) -> bool:
        """Whether the plant is at work on it, or has sent some of it."""
        return self.irrevocable > 0 or any(
            production.state is not ProductionState.ABORTED for production in self.productions
        )
