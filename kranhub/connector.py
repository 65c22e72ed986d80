"""The one door between an ERP and the hub.

A connector turns an ERP's documents into events (`Source`) and events into the ERP's documents (`Sink`). It knows
nothing of Kafka: the runtime carries its events, its checkpoints and its receipts.
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

    ``id`` is ``member/type/native key/epoch/native version`` and is the same whenever the same version is read again.
    ``key`` is the document's own number, ``subject`` says which record ``value`` is, ``origin`` is the member that
    wrote it, ``time`` when the ERP changed it (aware, UTC).
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
            TypeError: It is another record.
        """
        found = narrowed(kind, self.subject, self.value)
        if found is None:
            raise TypeError(f"{self.id} is no {kind.__name__} but {self.subject}")
        return found

    @property
    def revision(self) -> int:
        """The document's revision, as the hub numbers what it addresses to a member; 0 where the record has none."""
        fields: Mapping[str, object] = self.value
        revision = fields.get("revision")
        return revision if isinstance(revision, int) else 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where one stream of a source stands: a watermark, and the event ids already seen in the overlap behind it."""

    watermark: str
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a source resumes: one `Position` per stream (table, model). Opaque to the runtime."""

    positions: Mapping[str, Position] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """An event, and the checkpoint that holds once it is committed."""

    event: Event
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document of the ERP that is no valid event: it goes to the dead letters with its ``original`` bytes.

    ``subject`` is None where it is not known which record it would have been.
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
    """Nothing more to read now; everything up to the checkpoint has been yielded."""

    checkpoint: Checkpoint


class Outcome(StrEnum):
    """What became of one delivered event."""

    APPLIED = "APPLIED"  # the ERP now holds it
    DUPLICATE = "DUPLICATE"  # the ERP held this revision, or a newer one, already: counts as delivered
    REJECTED = "REJECTED"  # a business no, with its reason
    RETRY = "RETRY"  # this document is busy: its key is parked until not_before


@dataclass(frozen=True, slots=True)
class Receipt:
    """A sink's answer to one event. ``reason`` is ``{language: sentence}``; ``not_before`` is set for RETRY only."""

    event_id: str
    revision: int
    outcome: Outcome
    erp_reference: str | None = None
    reason: Mapping[str, str] = field(default_factory=dict)
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One line of a plant order as the ERP holds it, in the member's own item code; None where it does not tell."""

    line_id: str
    item_code: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What the ERP holds of one document that the hub delivered.

    ``key`` is that of the event, ``revision`` the newest that the ERP holds. Of a plant order there are
    ``requested_date`` and ``lines``, of an order status the ``state`` and ``promised_date`` that it shows.
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
    """Reads an ERP. The runtime calls from one task only."""

    @abstractmethod
    def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        """Yield what changed since the checkpoint, then `Progress` at the end of every poll, without an end.

        Raises `Unavailable` when the ERP is away and `Misconfigured` when a person must act; read() is then called
        anew from the last committed checkpoint.
        """

    async def committed(self, checkpoint: Checkpoint) -> None:  # noqa: B027  (most sources have nothing to release)
        """Release what the ERP keeps for us up to the checkpoint: Kafka has committed it."""


class Sink(ABC):
    """Writes to an ERP. The runtime calls from one task only."""

    subjects: ClassVar[tuple[Subject, ...]]

    @abstractmethod
    async def deliver(self, batch: Sequence[Event]) -> Sequence[Receipt]:
        """Bring every event into the ERP once, and return one receipt each, in order.

        Called again with the same events after any failure, so it looks the external reference up before it creates.
        Raises `Unavailable` when the ERP is away (the batch stays the caller's) and `Misconfigured`.
        """

    def held(self) -> AsyncIterator[Held] | None:
        """Return what the ERP holds of everything that was ever delivered, each document once; None if it cannot tell.

        It is asked for after the hub was restored from a backup that is older than the ERP: what the hub has forgotten
        it takes from here. Raises `Unavailable` and `Misconfigured` as `deliver` does.
        """
        return None


class Connector(ABC):
    """One ERP's connector: a validated configuration, and at most one source and one sink."""

    Config: ClassVar[type[BaseModel]]

    @abstractmethod
    def __init__(self, config: Any, member: Member) -> None:
        """Take the validated ``Config`` and the member this ERP belongs to. Opens nothing."""

    @abstractmethod
    async def check(self) -> None:
        """Reach the ERP and verify rights and mappings. Raises `Misconfigured` or `Unavailable`."""

    def source(self) -> Source | None:
        """Return the source, or None where this ERP only receives."""
        return None

    def sink(self) -> Sink | None:
        """Return the sink, or None where this ERP only sends."""
        return None

    async def close(self) -> None:  # noqa: B027
        """Release connections."""
