"""A line's quantity of one item, at one plant at a time, and what candidates offered for it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from kranhub import identifiers
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.quantity import ZERO


def replan_suffix(replans: int) -> str:
    """Return what tells an id from that of the same thing before it was planned again; empty the first time."""
    return f".{replans}" if replans else ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What a candidate could do, without a reservation; the quantities are None until it has answered.

    ``load`` is the share of its capacity that is taken in the weeks that it would need, 0 to 1; None without one.
    ``disruption`` is what makes it later or less.
    """

    plant: str
    from_stock: Decimal | None = None
    to_make: Decimal | None = None
    available_on: date | None = None
    load: Decimal | None = None
    disruption: str | None = None


@dataclass(frozen=True, slots=True)
class QuoteRound:
    """The candidates that were asked for quotes at the same time, and their quotes.

    ``attempts`` is how many attempts there were then, ``quantity`` how much they were asked for. ``late`` says that no
    quote had come in the usual time. A ``superseded`` round is no longer waited for: the portion is planned again.

    Raises `ValueError` where nobody was asked.
    """

    attempts: int
    quantity: Decimal
    deadline: datetime
    quotes: tuple[Quote, ...]
    late: bool = False
    superseded: bool = False

    def __post_init__(self) -> None:
        """Check that somebody was asked."""
        if not self.quotes:
            raise ValueError(f"a round of quotes asks somebody: {self}")


class PortionPhase(StrEnum):
    """How far a portion is."""

    OPEN = "open"
    """A plant is sought."""
    ASSIGNED = "assigned"
    """A plant has it: its attempt says how far that is."""
    HELD = "held"
    """It waits for a person, or for the master data."""
    CANCELLED = "cancelled"
    """Nobody needs it, and nobody has made any of it."""


@dataclass(frozen=True, slots=True)
class Portion:
    """A line's quantity of one item, at one plant at a time.

    ``node`` is its place in the line's bill of materials: "" for the line's own item, else the items on the way down.
    ``feeds`` is the node that it goes into, None for the line's own item. ``to_make`` is what is not taken from stock,
    as last known: its components are needed for that much. ``plant_by_hand`` is the plant that a person has chosen and
    that is to be asked next. ``excluded`` are members that are not asked; attempts before ``retry_from`` no longer keep
    their plants from being asked. ``content`` counts the changes of what the order says of it beside quantity, date and
    price. ``surplus`` says that nothing needs it any more: it stands for what was made already. ``replans`` counts how
    often it was planned again.

    Raises `ValueError` where it is cancelled or assigned, and held.
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
    plant_by_hand: str | None = None
    quote_round: QuoteRound | None = None
    retry_from: int = 0
    attempts: tuple[Attempt, ...] = ()
    hold_reason: HoldReason | None = None
    cancelled: bool = False
    content: int = 0
    surplus: bool = False
    replans: int = 0

    def __post_init__(self) -> None:
        """Check that what is held is neither cancelled nor with a plant."""
        if self.hold_reason is not None and (self.cancelled or self.current is not None):
            raise ValueError(f"what is held is neither cancelled nor with a plant: {self}")

    @property
    def phase(self) -> PortionPhase:
        """How far it is."""
        if self.cancelled:
            return PortionPhase.CANCELLED
        if self.hold_reason is not None:
            return PortionPhase.HELD
        return PortionPhase.OPEN if self.current is None else PortionPhase.ASSIGNED

    @property
    def current(self) -> Attempt | None:
        """The attempt that is open, if one is."""
        last = self.attempts[-1] if self.attempts else None
        return last if last and last.closing is None else None

    @property
    def next_attempt(self) -> int:
        """The number of the next attempt; after a restore some before it may be unknown."""
        return self.attempts[-1].number + 1 if self.attempts else 1

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """The quotes of the last round, also after it is over."""
        return self.quote_round.quotes if self.quote_round is not None else ()

    @property
    def open_quotes(self) -> QuoteRound | None:
        """The round of quotes that the next attempt is chosen by, if one has begun."""
        asked = self.quote_round
        return asked if asked and not asked.superseded and asked.attempts == len(self.attempts) else None

    @property
    def irrevocable(self) -> Decimal:
        """What a plant has made or sent of it."""
        return sum((attempt.irrevocable for attempt in self.attempts if attempt.closing is None), ZERO)

    def replanned(self) -> "Portion":
        """Return the portion as it is planned again: not held, and whoever was tried may be asked once more."""
        superseded = self.quote_round and replace(self.quote_round, superseded=True)
        return replace(
            self,
            hold_reason=None,
            excluded=(),
            retry_from=len(self.attempts),
            quote_round=superseded,
            replans=self.replans + 1,
        )

    def cancel(self) -> "Portion":
        """Return the portion as nobody needs it any more."""
        return replace(self, cancelled=True, hold_reason=None)

    def with_quote(self, quote: Quote) -> "Portion":
        """Return the portion with this quote of a candidate that was asked in the last round."""
        assert self.quote_round is not None  # noqa: S101  (who quotes was asked)
        quotes = tuple(quote if known.plant == quote.plant else known for known in self.quotes)
        return replace(self, quote_round=replace(self.quote_round, quotes=quotes))

    @property
    def place(self) -> str:
        """``line.part`` as it stands in ids."""
        return f"{identifiers.line_place(self.line_id)}.{self.part}"

    @property
    def round(self) -> str:
        """How many attempts there were, and how often it was planned again: what is sent once for each, has this id."""
        return f"{len(self.attempts)}{replan_suffix(self.replans)}"

    def id_of(self, order_key: str, attempt: Attempt) -> str:
        """Return the attempt's plant order id."""
        return identifiers.plant_order_id(order_key, self.line_id, str(self.part), attempt.number)

    def quote_id(self, order_key: str, plant: str) -> str:
        """Return the id of the question to this candidate: another quantity is another question."""
        asked = self.quote_round
        assert asked is not None  # noqa: S101  (a candidate is asked in a round)
        number = f"{self.place}.quote{asked.attempts}{replan_suffix(self.replans)}"
        return f"{order_key}/{number}.{asked.quantity.normalize():f}.{plant}"


def with_attempt(portion: Portion, attempt: Attempt) -> Portion:
    """Return the portion with this attempt in the place of the one with its number, or added."""
    known = portion.attempts
    for at, old in enumerate(known):
        if old.number == attempt.number:
            return replace(portion, attempts=(*known[:at], attempt, *known[at + 1 :]))
    return replace(portion, attempts=(*known, attempt))
