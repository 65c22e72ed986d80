"""What a connector's author tells the contract suite of the ERP. Written against the ERP, never with the connector.

Every method stands for something that people do in the ERP, or says what the ERP holds. Where `Features` declares that
the ERP cannot do it, the method need not be written.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NoReturn

from kranhub.connector import Connector, Event
from kranhub.wire.messages import Subject

Content = Mapping[str, Any]
"""Fields of a record of the shared language, as many as the ERP knows; a list is compared whole."""


@dataclass(frozen=True, slots=True)
class Features:
    """What this connector and its ERP can do. Only what is False or empty is left out of the suite.

    Reading: ``tells`` are the records that the source makes (``Order``, ``OrderResponse``, ``InventoryLevel``, ...).
    ``edits``: people change documents. ``spoils``: they can enter what the hub cannot read. ``commits_late``: a
    transaction can commit behind one that began later. ``stamps``: the ERP's clock can be ahead. ``odd``: keys or
    versions can be empty or malformed. ``twins``: two documents can have one number. ``removes``: rows can be deleted
    and entered again. ``withdraws``: an order can leave what is read. ``splits_stock``: one code can lie in two rows.
    ``many``: how many old documents a test may create; 0 where that takes too long.

    Writing: ``takes`` are the records that the sink takes (``PlantOrder``, ``OrderStatus``). ``revises``, ``cancels``,
    ``refuses``; ``describes``: lines keep their description; ``notes``: people write words of their own into a
    document. ``between`` is the failpoint after the look-up and before the write, at which people edit. ``accepts``:
    people answer what was delivered, and the source tells it. ``holds``: the sink can tell what the ERP holds.

    Both: ``goes_away``, ``answers_garbage``; ``breaks``: the suite can let the driver raise. ``failpoints`` are the
    connector's own, one between every two steps of a delivery.
    """

    reads: bool = True
    tells: tuple[Subject, ...] = (Subject.ORDER,)
    edits: bool = True
    spoils: bool = True
    commits_late: bool = True
    stamps: bool = True
    odd: bool = True
    twins: bool = True
    removes: bool = True
    withdraws: bool = True
    splits_stock: bool = True
    many: int = 3000

    writes: bool = True
    takes: tuple[Subject, ...] = (Subject.PLANT_ORDER,)
    revises: bool = True
    cancels: bool = True
    refuses: bool = True
    describes: bool = True
    notes: bool = True
    between: str = ""
    accepts: bool = True
    holds: bool = True

    goes_away: bool = True
    answers_garbage: bool = False
    breaks: bool = True
    failpoints: tuple[str, ...] = ()


class ErpHarness(ABC):
    """One ERP: a fresh one per test, or one that several tests share and fill."""

    member: str
    """The member whose ERP this is; the connector is given the same."""

    # -- connectors ---------------------------------------------------------------------------------------------------

    @abstractmethod
    def connector(self) -> Connector:
        """Return a new connector to this ERP: each call is a restart."""

    @abstractmethod
    def misconfigured(self) -> Connector:
        """Return a connector that only a person can help: a wrong password, a missing table."""

    def withdrawing(self, after_seconds: float) -> Connector:
        """Return a connector that tells an order as CANCELLED when it has been gone for so many seconds."""
        self._missing("withdrawing", "withdraws")

    # -- what people enter, for the source ----------------------------------------------------------------------------

    def create(self, subject: Subject) -> str:
        """Let a person create a document that the source must tell; return the event's key.

        An ``Order`` and an ``OrderResponse`` have two lines of different quantities.
        """
        self._missing("create", "reads")

    def content(self, subject: Subject, key: str) -> Content:
        """Return what the ERP holds under this key, as the hub must be told it now.

        It names at least the fields of `kranhub.testing.content.REQUIRED`, and all lines in their order.
        """
        self._missing("content", "reads")

    def edit(self, subject: Subject, key: str, quantity: int) -> None:
        """Let a person set a quantity: of an order's second line, promised in an answer's second line, or in stock."""
        self._missing("edit", "edits")

    def spoil(self, subject: Subject, key: str) -> None:
        """Let a person make the document unreadable: an unknown unit, a word where a number belongs."""
        self._missing("spoil", "spoils")

    def mend(self, subject: Subject, key: str) -> None:
        """Let a person correct what `spoil` did."""
        self._missing("mend", "spoils")

    def late(self, subject: Subject) -> AbstractContextManager[str]:
        """Begin a transaction that creates a document, and commit it at the end of the context; yield its key.

        Where the ERP cannot have two at once, create at the end what has a version from the beginning.
        """
        self._missing("late", "commits_late")

    def ahead(self, subject: Subject, by: timedelta) -> str:
        """Create a document while the ERP's clock is ahead by so much; return its key. The clock is right again."""
        self._missing("ahead", "stamps")

    def odd(self, subject: Subject) -> Sequence[str]:
        """Create documents with every odd key or version that the ERP allows: NULL, empty, a day that is none.

        Return their keys.
        """
        self._missing("odd", "odd")

    def twins(self) -> tuple[str, str]:
        """Create two different orders with the same number, as every January does in many ERPs; return their keys."""
        self._missing("twins", "twins")

    def remove(self, subject: Subject, key: str) -> None:
        """Let a person delete the document for good."""
        self._missing("remove", "removes")

    def put_back(self, subject: Subject, key: str, quantity: int) -> None:
        """Enter the document again under its old key, with this quantity where `edit` sets it."""
        self._missing("put_back", "removes")

    def withdraw(self, key: str) -> None:
        """Take an order back out of what the source reads: a draft again, or another supplier's."""
        self._missing("withdraw", "withdraws")

    def bring_back(self, key: str) -> None:
        """Undo `withdraw`; nothing else has changed."""
        self._missing("bring_back", "withdraws")

    def split_stock(self) -> tuple[str, Decimal]:
        """Let one item lie in two rows that come to one code (two lots, a trailing blank); return code and sum."""
        self._missing("split_stock", "splits_stock")

    def many(self, subject: Subject, count: int) -> None:
        """Create so many old documents at once, without a version or with the same one where the ERP allows it."""
        self._missing("many", "many")

    # -- what the sink brings -----------------------------------------------------------------------------------------

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        """Return a plant order of two lines for the sink. Another revision asks for other quantities.

        `kranhub.testing.samples.plant_order` makes one.
        """
        self._missing("event", "writes")

    def unacceptable(self, reference: str) -> Event:
        """Return an event that this ERP must refuse, such as one with an unknown item."""
        self._missing("unacceptable", "refuses")

    def live(self, reference: str) -> int:
        """Return how many documents of this reference count in the ERP, cancelled ones left out."""
        self._missing("live", "writes")

    def held(self, reference: str) -> Content:
        """Return what the ERP holds under this reference, in the terms of the plant order.

        ``requested_date`` and ``lines``, each with ``item_code``, ``quantity``, ``unit`` and, where the ERP keeps it,
        ``description``.
        """
        self._missing("held", "writes")

    def note(self, reference: str, words: str) -> None:
        """Let a person at the ERP add words or a line of their own to the document that the hub brought."""
        self._missing("note", "notes")

    def noted(self, reference: str) -> str:
        """Return what `note` wrote, or what is left of it."""
        self._missing("noted", "notes")

    def accept(self, reference: str, promised: date) -> None:
        """Let a person at the ERP accept the whole document that the hub brought, and promise a day."""
        self._missing("accept", "accepts")

    def status(self, key: str, revision: int) -> Event:
        """Return the hub's OrderStatus of an order that `create` made. Another revision promises another date."""
        self._missing("status", "takes")

    def shown(self, key: str) -> Any:
        """Return what the ERP shows of the order's status, comparable with itself only."""
        self._missing("shown", "takes")

    def process(self, reference: str) -> Sequence[str]:
        """Return the command of a process that delivers ``event(reference)`` to this ERP and exits 0."""
        self._missing("process", "failpoints")

    # -- what goes wrong ----------------------------------------------------------------------------------------------

    def away(self) -> AbstractContextManager[None]:
        """Make the ERP unreachable inside the context."""
        self._missing("away", "goes_away")

    def garbage(self) -> AbstractContextManager[None]:
        """Make the ERP answer nonsense inside the context."""
        self._missing("garbage", "answers_garbage")

    def driver_errors(self) -> Sequence[Exception]:
        """Return one exception of every kind that the ERP's driver (its database or HTTP client) can raise."""
        self._missing("driver_errors", "breaks")

    def breaking(self, step: Callable[[], None]) -> AbstractContextManager[None]:
        """Let every call of the driver inside the context call ``step()`` first, which may raise in its place.

        For connectors that are made inside the context.
        """
        self._missing("breaking", "breaks")

    def _missing(self, method: str, feature: str) -> NoReturn:
        raise NotImplementedError(
            f"{type(self).__name__} has no {method}(). Write it, or declare in Features.{feature} that this ERP has no "
            "such thing."
        )
