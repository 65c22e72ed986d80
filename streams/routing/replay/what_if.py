"""What other master data would have made of the orders that the hub has recorded: where they go, by when. Pure.

Planner and allocators run again over all orders' events in their order, so that stock and capacity go once, to whom
they would have gone: over the recorded levels and disruptions, and over the requests of orders that are not replayed.
What people and buyers said is taken from the record, and what plants answered wherever plant, item and quantity of the
plant order match; otherwise a plant is taken to accept what it is asked, for the day that its
allocator has reserved. What the record does not show: `Gaps`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kranhub.wire.messages import Subject
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import HoldReason
from streams.routing.model.order import Line, OrderState
from streams.routing.model.portion import Portion
from streams.routing.model.quantity import ZERO
from streams.routing.planner import source
from streams.routing.replay.availability import Gaps, OpeningStock, gaps
from streams.routing.replay.history import RecordedEvent
from streams.routing.replay.rerun import rerun
from streams.routing.schedule import dates

__all__ = [
    "ChangedDate",
    "ChangedPlacement",
    "Differences",
    "Gaps",
    "LineOutcome",
    "Placement",
    "RecordedEvent",
    "compare",
    "replay",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Placement:
    """How much of an item goes to a plant.

    Attributes:
        item: The item's id; the buyer's code where it is unmapped.
        node: As in `Portion`.
        plant: The plant; None where there is none.
        rule: The rule that decides; empty where none does.
        held: Why it is on hold; None where it is not.
        waits: The plant order is issued only when a person approves.
        quantity: In the item's base unit.
    """

    item: str
    node: str
    plant: str | None
    rule: str
    held: HoldReason | None = None
    waits: bool = False
    quantity: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """Where a line's parts are, and its day: the promise, else the earliest day that the plants' offers allow."""

    placements: tuple[Placement, ...] = ()
    day: date | None = None


Outcomes = Mapping[tuple[str, str], LineOutcome]
"""By order key and line."""


def replay(
    events: Iterable[RecordedEvent], master: MasterData, opening: OpeningStock | None = None
) -> dict[tuple[str, str], LineOutcome]:
    """Return what becomes of every line of the orders when the core follows this master data from the beginning.

    An order whose buyer is no member, or whose first version is not among the events, is left out.

    Args:
        events: The events, each order's in the order of hub.work.
        master: The master data.
        opening: What is in stock when the record begins (`unknown`); None for what follows by this master data.

    Returns:
        The outcomes by order key and line.
    """
    ordered = in_order(events)
    if not ordered:
        return {}
    until = ordered[-1].time
    if opening is None:
        opening = gaps(ordered, master).opening
    outcomes: dict[tuple[str, str], LineOutcome] = {}
    for state in rerun(ordered, master, opening or {}, until).values():
        outcomes.update(_outcomes(state, master, until))
    return outcomes


def unknown(events: Iterable[RecordedEvent], master: MasterData) -> Gaps:
    """Return what a replay of these events does not know.

    Args:
        events: The events, each order's in the order of hub.work.
        master: The published master data.
    """
    return gaps(in_order(events), master)


def in_order(events: Iterable[RecordedEvent]) -> list[RecordedEvent]:
    """Return the events by time, each order's as they came: none is earlier than the one before it."""
    reached: dict[str, datetime] = {}
    timed = []
    for event in events:
        if event.subject in _QUESTIONS:
            timed.append(event)
            continue
        time = max(event.time, reached.get(event.order_key, event.time))
        reached[event.order_key] = time
        timed.append(event if time == event.time else event._replace(time=time))
    return sorted(timed, key=lambda event: event.time)


_QUESTIONS = (Subject.ALLOCATION_REQUEST, Subject.PLANT_ORDER)
"""What stands on other topics than hub.work, so that its place among an order's events says nothing."""


def _outcomes(state: OrderState, master: MasterData, time: datetime) -> Iterable[tuple[tuple[str, str], LineOutcome]]:
    for line in state.order.lines:
        yield (state.key, line.line_id), LineOutcome(_placements(state, line, master), _day(state, line, master, time))


def _placements(state: OrderState, line: Line, master: MasterData) -> tuple[Placement, ...]:
    if line.hold_reason:
        return (Placement(line.item or line.item_code, "", None, "", line.hold_reason, quantity=line.quantity),)
    total: dict[Placement, Decimal] = {}
    for portion in dates.line_portions(state, line.line_id):
        place = _place(state, portion, master)
        total[place] = total.get(place, ZERO) + portion.quantity
    found = [Placement(p.item, p.node, p.plant, p.rule, p.held, p.waits, amount) for p, amount in total.items()]
    return tuple(sorted(found, key=lambda p: (p.node, p.item, p.plant or "", p.rule, p.held or "", p.waits)))


def _place(state: OrderState, portion: Portion, master: MasterData) -> Placement:
    attempt, rule = portion.current, source.rule_of(state.order, portion, master)
    waits = attempt is not None and not attempt.approved and attempt.issued is None
    plant = attempt.plant if attempt else None
    return Placement(portion.item, portion.node, plant, rule.rule if rule else "", portion.hold_reason, waits)


def _day(state: OrderState, line: Line, master: MasterData, time: datetime) -> date | None:
    known = state.status.lines if state.status else ()
    promised = next((status.promised_date for status in known if status.line_id == line.line_id), None)
    return promised or dates.arrival(state, line, master, time)


@dataclass(frozen=True, slots=True)
class ChangedPlacement:
    """One item of a line that would be elsewhere, or wait where it did not, or no longer.

    Attributes:
        order_key: The key of its order.
        line_id: The line.
        item: The item's id.
        node: As in `Portion`.
        before: Where it is with the master data so far.
        after: Where it would be.
    """

    order_key: str
    line_id: str
    item: str
    node: str
    before: tuple[Placement, ...]
    after: tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class ChangedDate:
    """A line whose day would be another.

    Attributes:
        order_key: The key of its order.
        line_id: The line.
        before: Its day with the master data so far; None where there is none.
        after: The day that it would have; None where there is none.
    """

    order_key: str
    line_id: str
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True)
class Differences:
    """What would be different.

    Attributes:
        orders: How many orders were compared.
        lines: How many lines were compared.
        moved: The items that would be elsewhere.
        shifted: The lines whose day would be another.
    """

    orders: int
    lines: int
    moved: tuple[ChangedPlacement, ...] = ()
    shifted: tuple[ChangedDate, ...] = ()

    @property
    def orders_moved(self) -> int:
        """How many orders have a part that would be elsewhere."""
        return len({change.order_key for change in self.moved})

    @property
    def newly_held(self) -> int:
        """How many parts would be on hold that a plant has now."""
        return sum(_held(change.after) and not _held(change.before) for change in self.moved)

    @property
    def later(self) -> int:
        """How many lines would come later, those without a day any more among them."""
        return sum((change.after or date.max) > (change.before or date.max) for change in self.shifted)

    @property
    def earlier(self) -> int:
        """How many lines would come earlier, those that had no day among them."""
        return len(self.shifted) - self.later


def compare(before: Outcomes, after: Outcomes) -> Differences:
    """Return what differs between two replays of the same events, by order and line."""
    lines = sorted({*before, *after})
    moved: list[ChangedPlacement] = []
    shifted: list[ChangedDate] = []
    for place in lines:
        old, new = before.get(place, LineOutcome()), after.get(place, LineOutcome())
        moved += _changed_placements(place, old.placements, new.placements)
        if old.day != new.day:
            shifted.append(ChangedDate(*place, old.day, new.day))
    return Differences(len({key for key, _ in lines}), len(lines), tuple(moved), tuple(shifted))


def _changed_placements(
    place: tuple[str, str], before: Sequence[Placement], after: Sequence[Placement]
) -> Iterable[ChangedPlacement]:
    for node, item in sorted({(placement.node, placement.item) for placement in (*before, *after)}):
        old, new = (
            tuple(each for each in placements if (each.node, each.item) == (node, item))
            for placements in (before, after)
        )
        if _where(old) != _where(new):
            yield ChangedPlacement(*place, item, node, old, new)


def _where(placements: Iterable[Placement]) -> set[tuple[str | None, Decimal, str | None, bool]]:
    """Return what counts: another rule that leads to the same place makes no difference."""
    total: dict[tuple[str | None, str | None, bool], Decimal] = {}
    for placed in placements:
        key = placed.plant, placed.held, placed.waits
        total[key] = total.get(key, ZERO) + placed.quantity
    return {(plant, amount, held, waits) for (plant, held, waits), amount in total.items()}


def _held(placements: Iterable[Placement]) -> bool:
    return any(placement.held for placement in placements)
