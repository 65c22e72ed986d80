"""The interface between an ERP and the hub.

A connector turns an ERP's documents into events (`Source`) and events into the ERP's documents (`Sink`). It knows
nothing of Kafka: the runtime transports its events, its checkpoints and its receipts.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel

from kranhub.errors import Code
from kranhub.parties.members import Member
from kranhub.wire.messages import Message, OrderState, Subject, narrowed

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class Event:
    """A full snapshot of one document.

    Attributes:
        id: ``member/type/native key/epoch/native version``; the same whenever the same version is read again.
        key: The document's own number.
        subject: Which record ``value`` is.
        origin: The member that wrote the document.
        value: The record.
        time: When the ERP changed the document, aware and in UTC; None where it is not known.
    """

    id: str
    key: str
    subject: Subject
    origin: str
    value: Message
    time: datetime | None = None

    def value_as(self, kind: type[M]) -> M:
        """Return the value as the type of its record, such as `messages.PlantOrder`.

        Raises:
            TypeError: The value is another record.
        """
        found = narrowed(kind, self.subject, self.value)
        if found is None:
            raise TypeError(f"{self.id} is no {kind.__name__} but {self.subject}")
        return found

    @property
    def revision(self) -> int:
        """The document's revision, which the hub gives to what it sends to a member; 0 where the record has none."""
        fields: Mapping[str, object] = self.value
        revision = fields.get("revision")
        return revision if isinstance(revision, int) else 0


@dataclass(frozen=True, slots=True)
class Position:
    """How far one stream of a source has been read.

    Attributes:
        watermark: The place up to which the stream has been read.
        seen: The event ids already read in the overlap before the watermark.
    """

    watermark: str
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a source resumes: one `Position` for each stream (table or model). Opaque to the runtime."""

    positions: Mapping[str, Position] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """An event, and the checkpoint that is valid once the event is committed."""

    event: Event
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document of the ERP from which no valid event can be made; it becomes a dead letter.

    Attributes:
        id: The id that the event would have had.
        key: The document's own number.
        subject: Which record it would have been; None where that is not known.
        code: What is wrong, stable and machine-readable.
        reason: The same for people, ``{language: sentence}``.
        original: The ERP's record as it was read.
        checkpoint: The checkpoint that is valid once the dead letter is committed.
    """

    id: str
    key: str
    subject: Subject | None
    code: Code
    reason: Mapping[str, str]
    original: bytes
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Progress:
    """A poll has ended: everything up to the checkpoint has been yielded."""

    checkpoint: Checkpoint


class Outcome(StrEnum):
    """The result of one delivery."""

    APPLIED = "APPLIED"  # the ERP now holds it
    DUPLICATE = "DUPLICATE"  # the ERP held this revision, or a newer one, already: counts as delivered
    REJECTED = "REJECTED"  # a business no, with its reason
    RETRY = "RETRY"  # this document is busy: its key is parked until not_before


@dataclass(frozen=True, slots=True)
class Receipt:
    """A sink's answer to one event.

    Attributes:
        event_id: The id of the event that is answered.
        revision: The event's revision.
        outcome: The result.
        erp_reference: The document's number in the ERP; None where there is none.
        reason: ``{language: sentence}``.
        not_before: From when on the event may be delivered again; set for RETRY only.
    """

    event_id: str
    revision: int
    outcome: Outcome
    erp_reference: str | None = None
    reason: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One line of a plant order as it stands in the ERP. Fields are None where the ERP does not give them.

    Attributes:
        line_id: The line's id.
        item_code: The member's own code of the item.
        quantity: The quantity, in ``unit``.
        unit: The unit of the quantity.
    """

    line_id: str
    item_code: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A document that the hub delivered, as it now stands in the ERP.

    Attributes:
        subject: Which record it is.
        key: The key of the event that was delivered.
        revision: The newest revision that the ERP has.
        cancelled: Whether the document is cancelled there.
        requested_date: The requested date; of a plant order only.
        lines: The lines; of a plant order only.
        state: The state that the ERP shows; of an order status only.
        promised_date: The promised date that the ERP shows; of an order status only.
    """

    subject: Subject
    key: str
    revision: int
    cancelled: bool = False
    requested_date: date | None = None
    lines: tuple[HeldLine, ...] = ()
    state: OrderState | None = None
    promised_date: date | None = None


class Source(ABC):
    """Reads an ERP. The runtime calls it from one task only."""

    @abstractmethod
    def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        """Yield what changed since the checkpoint, and a `Progress` at the end of every poll; the iterator never ends.

        After an error the runtime calls this again with the last committed checkpoint.

        Args:
            since: The last committed checkpoint; None to read from the beginning.

        Raises:
            Unavailable: The ERP does not answer.
            Misconfigured: A person must act.
        """

    async def committed(self, checkpoint: Checkpoint) -> None:  # noqa: B027  (most sources have nothing to release)
        """Release what the ERP keeps for this source up to the checkpoint, which Kafka has committed."""


class Sink(ABC):
    """Writes to an ERP. The runtime calls it from one task only."""

    subjects: ClassVar[tuple[Subject, ...]]

    @abstractmethod
    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        """Bring every event into the ERP once, and return one receipt for each, in their order.

        After any failure it is called again with the same events, so it looks for the external reference before it
        creates a document.

        Raises:
            Unavailable: The ERP does not answer. The runtime keeps the batch and delivers it again.
            Misconfigured: A person must act.
        """

    def held(self) -> AsyncIterator[Held] | None:
        """Return every document that was ever delivered, once each, as the ERP has it now.

        The runtime calls it after the hub was restored from a backup that is older than the ERP: from the answer the
        hub learns what it no longer knows.

        Returns:
            The documents; None where this sink cannot list them.

        Raises:
            Unavailable: The ERP does not answer.
            Misconfigured: A person must act.
        """
        return None


class Connector(ABC):
    """The connector of one ERP: a validated configuration, and at most one source and one sink."""

    Config: ClassVar[type[BaseModel]]

    @abstractmethod
    def __init__(self, config: Any, member: Member) -> None:
        """Store the validated ``Config`` and the member to whom this ERP belongs. Opens nothing."""

    @abstractmethod
    async def check(self) -> None:
        """Connect to the ERP and verify rights and mappings.

        Raises:
            Misconfigured: A person must act.
            Unavailable: The ERP does not answer.
        """

    def source(self) -> Source | None:
        """Return the source; None where nothing is read from this ERP."""
        return None

    def sink(self) -> Sink | None:
        """Return the sink; None where nothing is written to this ERP."""
        return None

    async def close(self) -> None:  # noqa: B027
        """Release connections."""
