"""A line's quantity of one item, at one plant at a time, and what candidates offered for it."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from kranhub import identifiers
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.quantity import ZERO


def replan_suffix(replans: int) -> str:
    """Return what distinguishes an id from the one before the portion was planned again; empty the first time."""
    return f".{replans}" if replans else ""


class Quote(Struct, frozen=True, omit_defaults=True):
    """What a candidate could do, without a reservation.

    Attributes:
        plant: The candidate.
        from_stock: How much it has, in the item's base unit; None until it has answered.
        to_make: How much it could make; None until it has answered.
        available_on: The day on which all of it would be ready.
        load: The share of its capacity that is taken in the weeks that it would need, 0 to 1; None without a capacity.
        disruption: The disruption that makes it later or less.
    """

    plant: str
    from_stock: Decimal | None = None
    to_make: Decimal | None = None
    available_on: date | None = None
    load: Decimal | None = None
    disruption: str | None = None


class QuoteRound(Struct, frozen=True, omit_defaults=True):
    """The candidates that were asked for quotes at the same time, and their quotes.

    Attributes:
        attempts: How many attempts at the portion there were then.
        quantity: How much the candidates were asked for.
        deadline: Until when quotes are waited for.
        quotes: One for each candidate.
        destination: The member to whom the goods go, as known when the candidates were asked; None in rounds of earlier
            releases.
        late: No quote came in the usual time, and the first is waited for longer.
        superseded: The round is no longer waited for: the portion is planned again.
        waived: How many of the first quotes are no longer waited for: none of these candidates could, or was in time.

    Raises:
        ValueError: Nobody was asked.
    """

    attempts: int
    quantity: Decimal
    deadline: datetime
    quotes: tuple[Quote, ...]
    late: bool = False
    superseded: bool = False
    destination: str | None = None
    waived: int = 0

    def __post_init__(self) -> None:
        """Check that somebody was asked.

        Raises:
            ValueError: Nobody was.
        """
        if not self.quotes:
            raise ValueError(f"a round of quotes asks somebody: {self}")


class Waiting(Struct, frozen=True, omit_defaults=True):
    """That a portion waits until its candidates have stock or capacity.

    Attributes:
        since: Since when it waits: its place among others, also where it was planned again in vain meanwhile.
        quantity: How much it waits for, in the base unit.
        plants: The candidates whose allocators know that it waits.
        freed: Those of them that have said since that it can be had.
    """

    since: datetime
    quantity: Decimal
    plants: tuple[str, ...]
    freed: tuple[str, ...] = ()


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


class Portion(Struct, frozen=True, omit_defaults=True):
    """A line's quantity of one item, at one plant at a time.

    Attributes:
        line_id: The order's line.
        part: The portion's number in its line, from 1.
        item: The item's id.
        unit: The item's base unit.
        quantity: In the base unit.
        node: Its place in the line's bill of materials: "" for the line's own item (`order.delivery_node` for those of
            its further deliveries), else the items on the way down from there.
        feeds: The node that it is built into; None for the line's own item.
        to_make: How much is not taken from stock, as last known: its components are needed for that much.
        excluded: Members that are not asked.
        plant_by_hand: The plant that a person has chosen and that is asked next.
        quote_round: The latest round of quotes; None before the first.
        retry_from: Attempts before this place no longer keep their plants from being asked.
        attempts: The plants that were asked, in order.
        hold_reason: Why it is on hold; None where it is not.
        cancelled: Nobody needs it, and nobody has made any of it.
        content: Counts the changes of what the order says of it beside quantity, date and price.
        surplus: Nothing needs it any more: it stands for what was made already.
        replans: How often it was planned again.
        short: Those of ``excluded`` whose stock and capacity did not suffice for it.
        waiting: That it waits for stock or capacity; None where it does not.

    Raises:
        ValueError: It is on hold, and cancelled or with a plant.
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
    short: tuple[str, ...] = ()
    waiting: Waiting | None = None

    def __post_init__(self) -> None:
        """Check that a portion on hold is neither cancelled nor with a plant.

        Raises:
            ValueError: It is.
        """
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
        return 1 + max((attempt.number for attempt in self.attempts), default=0)

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
    def wanted_of_production(self) -> Decimal:
        """How much of it its plant has to make, in the base unit: what it does not take from stock."""
        return self.quantity if self.to_make is None else min(self.to_make, self.quantity)

    @property
    def irrevocable(self) -> Decimal:
        """How much its plant has made or sent, in the base unit."""
        return sum((attempt.irrevocable for attempt in self.attempts if attempt.closing is None), ZERO)

    def replanned(self) -> "Portion":
        """Return the portion to be planned again: not on hold, and plants that were tried may be asked once more."""
        superseded = self.quote_round and replace(self.quote_round, superseded=True)
        return replace(
            self,
            hold_reason=None,
            excluded=(),
            short=(),
            retry_from=len(self.attempts),
            quote_round=superseded,
            replans=self.replans + 1,
        )

    def cancel(self) -> "Portion":
        """Return the portion cancelled: nobody needs it any more."""
        return replace(self, cancelled=True, hold_reason=None)

    def with_quote(self, quote: Quote) -> "Portion":
        """Return the portion with the quote of a candidate that was asked in the last round."""
        assert self.quote_round is not None  # noqa: S101  (who quotes was asked)
        quotes = tuple(quote if known.plant == quote.plant else known for known in self.quotes)
        return replace(self, quote_round=replace(self.quote_round, quotes=quotes))

    @property
    def place(self) -> str:
        """``line.part`` as it stands in ids."""
        return f"{identifiers.line_place(self.line_id)}.{self.part}"

    @property
    def round(self) -> str:
        """The number of attempts and of replans: the part of an id of what is sent once for each of them."""
        return f"{len(self.attempts)}{replan_suffix(self.replans)}"

    def id_of(self, order_key: str, attempt: Attempt) -> str:
        """Return the id of the attempt's plant order."""
        return identifiers.plant_order_id(order_key, self.line_id, str(self.part), attempt.number)

    def wait_id(self, order_key: str) -> str:
        """Return the id under which it waits for stock or capacity."""
        return f"{order_key}/{self.place}.wait"

    def quote_id(self, order_key: str, plant: str) -> str:
        """Return the id of the request to this candidate for a quote; another quantity is another request."""
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
