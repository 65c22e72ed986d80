"""A line's quantity of one item, at one plant at a time, and what candidates offered for it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kranhub import identifiers
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.quantity import ZERO


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
    held: HoldReason | None = None
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


def with_attempt(portion: Portion, attempt: Attempt) -> Portion:
    """Return the portion with this attempt in the place of the one with its number, or added."""
    known = portion.attempts
    for at, old in enumerate(known):
        if old.number == attempt.number:
            return replace(portion, attempts=(*known[:at], attempt, *known[at + 1 :]))
    return replace(portion, attempts=(*known, attempt))
