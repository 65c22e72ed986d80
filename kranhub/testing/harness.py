"""What a connector's author implements for the suite. It works on the ERP directly, never through the connector.

Every method stands for something that people do in the ERP, or returns what the ERP holds. Where `Features` declares
that the ERP cannot do it, the method need not be written.
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
    """What this connector and its ERP can do. Only tests of what is False or empty are left out of the suite.

    Attributes:
        reads: The connector has a source.
        publishes: The records that the source publishes (``Order``, ``OrderResponse``, ``InventoryLevel``, ...).
        edits: People can change documents.
        spoils: People can enter what the hub cannot read.
        commits_late: A transaction can commit after one that began later.
        clock_ahead: The ERP's clock can be ahead.
        odd: Keys or versions can be empty or malformed.
        twins: Two documents can have the same number.
        removes: Rows can be deleted and entered again.
        withdraws: An order can leave what the source reads.
        splits_stock: One code can be in two rows.
        many: How many old documents a test may create; 0 where that takes too long.
        writes: The connector has a sink.
        takes: The records that the sink takes (``PlantOrder``, ``OrderStatus``).
        revises: The sink takes later revisions.
        cancels: The sink takes cancellations.
        refuses: The ERP refuses some documents.
        describes: Lines keep their description.
        notes: People can write a note of their own into a document.
        between: The failpoint after the look-up and before the write, at which people edit; empty for none.
        accepts: People answer what was delivered, and the source publishes the answer.
        reports_held: The sink can list what the ERP holds.
        goes_away: The ERP can be unreachable.
        answers_garbage: The ERP can answer nonsense.
        breaks: The suite can let the driver raise.
        failpoints: The connector's own failpoints, one between every two steps of a delivery.
    """

    reads: bool = True
    publishes: tuple[Subject, ...] = (Subject.ORDER,)
    edits: bool = True
    spoils: bool = True
    commits_late: bool = True
    clock_ahead: bool = True
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
    reports_held: bool = True

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
        """Return a new connector to this ERP; each call is a restart."""

    @abstractmethod
    def misconfigured(self) -> Connector:
        """Return a connector that needs a person's help: a wrong password, a missing table."""

    def withdrawing(self, after_seconds: float) -> Connector:
        """Return a connector that publishes an order as CANCELLED when it has been gone for so many seconds."""
        self._missing("withdrawing", "withdraws")

    # -- what people enter, for the source ----------------------------------------------------------------------------

    def create(self, subject: Subject) -> str:
        """Create a document, as a person, that the source must publish; return the event's key.

        An ``Order`` and an ``OrderResponse`` have two lines of different quantities.
        """
        self._missing("create", "reads")

    def content(self, subject: Subject, key: str) -> Content:
        """Return what the ERP holds under this key, as the source must publish it now.

        It has at least the fields of `kranhub.testing.content.REQUIRED`, and all lines in their order.

        Args:
            subject: Which record the document is.
            key: The key of its event.
        """
        self._missing("content", "reads")

    def edit(self, subject: Subject, key: str, quantity: int) -> None:
        """Set a quantity, as a person: of an order's second line, promised in an answer's second line, or in stock.

        Args:
            subject: Which record the document is.
            key: The key of its event.
            quantity: The new quantity.
        """
        self._missing("edit", "edits")

    def spoil(self, subject: Subject, key: str) -> None:
        """Make the document unreadable, as a person: an unknown unit, a text where a number belongs."""
        self._missing("spoil", "spoils")

    def mend(self, subject: Subject, key: str) -> None:
        """Correct, as a person, what `spoil` did."""
        self._missing("mend", "spoils")

    def late(self, subject: Subject) -> AbstractContextManager[str]:
        """Begin a transaction that creates a document, and commit it when the context ends; yield its key.

        Where the ERP cannot have two transactions at once, create at the end a document with a version from the
        beginning.
        """
        self._missing("late", "commits_late")

    def ahead(self, subject: Subject, by: timedelta) -> str:
        """Create a document while the ERP's clock is ahead, then set the clock right; return its key."""
        self._missing("ahead", "clock_ahead")

    def odd(self, subject: Subject) -> Sequence[str]:
        """Create documents with every odd key or version that the ERP allows: NULL, empty, an impossible date.

        Returns:
            Their keys.
        """
        self._missing("odd", "odd")

    def twins(self) -> tuple[str, str]:
        """Create two different orders with the same number, as many ERPs do every January; return their keys."""
        self._missing("twins", "twins")

    def remove(self, subject: Subject, key: str) -> None:
        """Delete the document for good, as a person."""
        self._missing("remove", "removes")

    def put_back(self, subject: Subject, key: str, quantity: int) -> None:
        """Enter a removed document again under its old key.

        Args:
            subject: Which record the document is.
            key: The key of its event.
            quantity: The quantity, in the place where `edit` sets it.
        """
        self._missing("put_back", "removes")

    def withdraw(self, key: str) -> None:
        """Take an order out of what the source reads: it is a draft again, or another supplier's."""
        self._missing("withdraw", "withdraws")

    def bring_back(self, key: str) -> None:
        """Undo `withdraw`; nothing else has changed."""
        self._missing("bring_back", "withdraws")

    def split_stock(self) -> tuple[str, Decimal]:
        """Put one item into two rows that give one code (two lots, a trailing blank); return the code and the sum."""
        self._missing("split_stock", "splits_stock")

    def many(self, subject: Subject, count: int) -> None:
        """Create so many old documents at once, without a version or with the same one where the ERP allows it."""
        self._missing("many", "many")

    # -- what the sink brings -----------------------------------------------------------------------------------------

    def event(self, reference: str, revision: int = 1, *, cancelled: bool = False) -> Event:
        """Return a plant order of two lines for the sink; `kranhub.testing.samples.plant_order` makes one.

        Args:
            reference: What identifies the plant order.
            revision: The revision; another one asks for other quantities.
            cancelled: Whether the plant order is cancelled.
        """
        self._missing("event", "writes")

    def unacceptable(self, reference: str) -> Event:
        """Return an event that this ERP must refuse, such as one with an unknown item."""
        self._missing("unacceptable", "refuses")

    def live(self, reference: str) -> int:
        """Return how many documents of this reference the ERP has, without cancelled ones."""
        self._missing("live", "writes")

    def held(self, reference: str) -> Content:
        """Return what the ERP holds under this reference, in the fields of the plant order.

        These are ``requested_date`` and ``lines``, each with ``item_code``, ``quantity``, ``unit`` and, where the ERP
        keeps it, ``description``.
        """
        self._missing("held", "writes")

    def note(self, reference: str, words: str) -> None:
        """Add a text or a line, as a person at the ERP, to the document that the hub delivered."""
        self._missing("note", "notes")

    def noted(self, reference: str) -> str:
        """Return what `note` wrote, as far as it is still there."""
        self._missing("noted", "notes")

    def accept(self, reference: str, promised: date) -> None:
        """Accept the whole document that the hub delivered, as a person at the ERP, and promise a day."""
        self._missing("accept", "accepts")

    def status(self, key: str, revision: int) -> Event:
        """Return the hub's OrderStatus of an order that `create` made; another revision promises another date."""
        self._missing("status", "takes")

    def shown(self, key: str) -> Any:
        """Return what the ERP shows of the order's status; it is compared only with other results of this method."""
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
        """Let every call of the driver inside the context call ``step()`` first, which may raise instead.

        It concerns connectors that are made inside the context.
        """
        self._missing("breaking", "breaks")

    def _missing(self, method: str, feature: str) -> NoReturn:
        raise NotImplementedError(
            f"{type(self).__name__} has no {method}(). Write it, or declare in Features.{feature} that this ERP has no "
            "such thing."
        )
