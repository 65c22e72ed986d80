"""The allocators of all plants once more, over what the hub has recorded of stock, disruptions and requests. Pure.

The record begins somewhere: what was reserved before is not known, and a level that has not changed since was not
written again. So the stock at the beginning is taken to be what the record shows was promised of it (`opening_stock`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec.structs import replace

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import (
    AllocationAction,
    AllocationKind,
    AllocationRequest,
    AllocationResult,
    Disruption,
    InventoryLevel,
    Message,
    PlannedReceipt,
    Subject,
    narrowed,
)
from streams.routing.allocator import allocator, reservations
from streams.routing.allocator.keys import StockKey
from streams.routing.allocator.results import Result
from streams.routing.allocator.stock import ZERO, SiteStock
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.replay.history import QUESTIONS, Question, RecordedEvent, question
from streams.routing.validation import timestamps
from streams.routing.validation.normalise import normalise_level, normalise_receipt
from streams.tables import Changes, StateTables
from streams.tables.ordered import OrderedKeys, Range

SUPPLY = (Subject.INVENTORY_LEVEL, Subject.PLANNED_RECEIPT, Subject.DISRUPTION)
"""What members say of what they have, and can make."""

OPENING = "before the record"
"""The site of the stock that was there when the record begins."""

OpeningStock = Mapping[StockKey, Decimal]
"""What each plant is taken to have had of an item when the record begins, in the item's base unit."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a replay does not know.

    Attributes:
        since: When the record begins; None where there is none. What was reserved before is not known.
        opening: The stock that no level of the record shows, as far as it was promised.
        answers: How many reservations the record has an answer to.
        differing: How many of these the replay answers otherwise, by the same master data.
    """

    since: datetime | None = None
    opening: OpeningStock | None = None
    answers: int = 0
    differing: int = 0


class Availability:
    """The allocators' state during a replay. Events come in the order of their times."""

    def __init__(self, master: MasterData, opening: OpeningStock) -> None:
        """Take the master data and what is in stock when the record begins."""
        self._master, self._state, self._events = master, _Memory(), 0
        self._opening = set(opening)
        for key, quantity in opening.items():
            self.put_opening(key, quantity)

    def put_opening(self, key: StockKey, quantity: Decimal) -> None:
        """Set what a plant had of an item when the record begins."""
        self._opening.add(key)
        self._put_site(key, SiteStock(quantity, _NEVER))

    def is_known(self, key: StockKey) -> bool:
        """Return whether a level has come for the plant's item."""
        return any(site != OPENING for site in reservations.stock_of(StateTables(self._state), key).sites)

    def take(self, event: RecordedEvent) -> Sequence[Result]:
        """Take a recorded level, planned receipt, disruption or request; return the results, of any order."""
        value: Message | None = event.value
        if level := narrowed(InventoryLevel, event.subject, event.value):
            value = self._level(level)
        elif receipt := narrowed(PlannedReceipt, event.subject, event.value):
            value = self._receipt(receipt)
        elif disruption := narrowed(Disruption, event.subject, event.value):
            value = disruption if self._makes(disruption["member"]) else None
        if value is None:
            return ()
        return self._handle(event.subject, value, event.time, timestamps.fingerprint(event.id, event.value))

    def ask(self, request: AllocationRequest, time: datetime) -> Sequence[Result]:
        """Return the results of a request, those of other orders among them."""
        return self._handle(Subject.ALLOCATION_REQUEST, request, time)

    def tick(self, time: datetime) -> Sequence[Result]:
        """Let time have come this far; return the results, of any order."""
        return self._handle(Subject.TICK, {"time": time}, time)

    def _level(self, level: InventoryLevel) -> InventoryLevel | None:
        """Return the level in canonical terms, the first of an item in the place of its opening stock."""
        if not self._makes(level["company"]):
            return None
        try:
            found = normalise_level(level, self._master)
        except InvalidDocument:  # the hub counts no stock that it cannot read
            return None
        key = StockKey(found["company"], str(found["item"]))
        if key in self._opening:
            self._opening.discard(key)
            self._put_site(key, None)
        return found

    def _receipt(self, receipt: PlannedReceipt) -> PlannedReceipt | None:
        try:
            return normalise_receipt(receipt, self._master) if self._makes(receipt["company"]) else None
        except InvalidDocument:  # the hub counts nothing that it cannot read
            return None

    def _makes(self, member: str) -> bool:
        known = self._master.members.by_id.get(member)
        return known is not None and known.makes

    def _put_site(self, key: StockKey, site: SiteStock | None) -> None:
        tables = StateTables(self._state)
        stock = reservations.stock_of(tables, key)
        sites = {name: each for name, each in stock.sites.items() if name != OPENING}
        if site is not None:
            sites[OPENING] = site
        tables.put(reservations.STOCKS, key, replace(stock, sites=sites))
        self._state.apply(tables.changes())

    def _handle(self, subject: Subject, value: Message, time: datetime, fingerprint: str = "") -> Sequence[Result]:
        self._events += 1
        context = DecisionContext(f"replay/{self._events}", time, self._master, fingerprint)
        try:
            step = allocator.handle(self._state, subject, value, context)
        except InvalidDocument:  # refused when it came, too
            return ()
        self._state.apply(step.changes)
        return step.results


def gaps(events: Sequence[RecordedEvent], master: MasterData) -> Gaps:
    """Return what is not known: the recorded requests are asked once more and their answers compared.

    Args:
        events: The recorded events of all orders, levels and disruptions, in the order of their times.
        master: The published master data.
    """
    answers = _answers(events)
    found = Availability(master, {})
    opening: dict[StockKey, Decimal] = {}
    differing = compared = 0
    for event in events:
        request = narrowed(AllocationRequest, event.subject, event.value)
        if request is None:
            if event.subject in SUPPLY:
                found.take(event)
            continue
        known = answers.get(_Answered(event.order_key, question(request))) if _is_question(request) else None
        if known is not None and known["plant"] == request["plant"]:
            _add_opening(found, opening, request, known, event.time)
        found.tick(event.time)
        results = found.ask(request, event.time)
        if known is not None and request["action"] == AllocationAction.RESERVE:
            compared += 1
            differing += not any(_same(known, result.value) for result in results)
    since = min((event.time for event in events), default=None)
    return Gaps(since, opening, compared, differing)


def _add_opening(
    found: Availability,
    opening: dict[StockKey, Decimal],
    request: AllocationRequest,
    known: AllocationResult,
    time: datetime,
) -> None:
    """Where the answer promised more from stock than is there, and no level has come, it was there before."""
    key = StockKey(request["plant"], request["item"])
    if known["from_stock"] <= 0 or found.is_known(key):
        return
    (quote,) = found.ask({**request, "action": AllocationAction.QUOTE}, time) or (None,)
    missing = known["from_stock"] - (quote.value["from_stock"] if quote else ZERO)
    if missing > 0:
        opening[key] = opening.get(key, ZERO) + missing
        found.put_opening(key, opening[key])


class _Answered(NamedTuple):
    order_key: str
    question: Question


def _answers(events: Iterable[RecordedEvent]) -> dict[_Answered, AllocationResult]:
    """Return the first recorded answer to each question."""
    found: dict[_Answered, AllocationResult] = {}
    for event in events:
        value = narrowed(AllocationResult, event.subject, event.value)
        if value is not None and value["kind"] in (AllocationKind.QUOTE, AllocationKind.RESERVED):
            found.setdefault(_Answered(event.order_key, question(value)), value)
    return found


def _is_question(request: AllocationRequest) -> bool:
    return request["action"] in QUESTIONS


def _same(known: AllocationResult, found: AllocationResult) -> bool:
    return known["request_id"] == found["request_id"] and _offer(known) == _offer(found)


def _offer(value: AllocationResult) -> tuple[Decimal, Decimal, date | None]:
    return value["from_stock"], value["to_make"], value["available_on"]


_NEVER = datetime.fromisoformat("1990-01-01T00:00:00+00:00")
"""The time of the opening stock: before every level."""


class _Memory:
    """A keyed state in memory."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self._ordered = OrderedKeys()

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def scan(self, wanted: Range) -> Iterator[tuple[str, bytes]]:
        return ((key, self._values[key]) for key in self._ordered.within(wanted, self._values))

    def apply(self, changes: Changes) -> None:
        for key, value in changes.items():
            known = key in self._values
            if value is None:
                self._values.pop(key, None)
                self._ordered.discard(key)
            else:
                self._values[key] = value
                if not known:
                    self._ordered.add(key)
