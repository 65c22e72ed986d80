"""What follows from each line of a large order, kept until the line changes: an event then costs one line, not all.

It only saves time. What is kept is used again for the very same state and master data alone, while no day has ended
anywhere and no deadline has passed; whatever else happens, all lines are looked at.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, NamedTuple, Self

from streams.routing.context import DecisionContext
from streams.routing.model.order import Line, OrderState, Status
from streams.routing.notify import status
from streams.routing.notify.status import LineOutlook
from streams.routing.planner import resume
from streams.routing.plant_events import deadlines

FEW = 8
"""Orders of so many portions are looked at as a whole: they take less time than to keep what follows from each line."""

LIMIT = 1_000
"""How many orders are kept."""

SLOT = timedelta(minutes=15)
"""The days of all time zones end at multiples of this, so within one slot it is the same day at every plant."""


class _LineFacts(NamedTuple):
    """What follows from a line.

    Attributes:
        outlook: What the customer is notified of; None for a line that the order has no longer.
        due: When time alone next changes something of it; None where it does not.
        awaited_members: The members for whose return or next cutover mode it waits.
    """

    outlook: LineOutlook | None
    due: datetime | None
    awaited_members: tuple[str, ...]


class LineCache(NamedTuple):
    """What follows from the lines of one state of an order, under one value of the master data.

    Attributes:
        state: The state.
        slot: The number of the slot of time.
        facts: What follows from each line, by its id.
    """

    state: OrderState
    slot: int
    facts: Mapping[str, _LineFacts]

    @classmethod
    def of(
        cls,
        state: OrderState,
        context: DecisionContext,
        before: Self | None = None,
        lines: Collection[str] | None = None,
    ) -> Self:
        """Return what follows from the lines of a state.

        Args:
            state: The order after the event.
            context: The event and the master data.
            before: What followed before the event; None where that is not known.
            lines: The ids of the lines that have changed since; None for all.
        """
        known = {line.line_id: line for line in state.order.lines}
        kept = before.facts if before is not None and lines is not None else {}
        parts = state.by_line(lines if kept else None)
        new = {line_id: _facts(part, known.get(line_id), context) for line_id, part in parts.items()}
        return cls(state, _slot(context.time), {**kept, **new})

    @property
    def status(self) -> Status:
        """The status as it follows from the facts."""
        return status.status_of(
            self.state, {name: facts.outlook for name, facts in self.facts.items() if facts.outlook}
        )

    @property
    def due(self) -> datetime | None:
        """When time alone next changes something of a line; None where it does not."""
        return min((facts.due for facts in self.facts.values() if facts.due), default=None)

    @property
    def awaited_members(self) -> tuple[str, ...]:
        """The members for whose return or next cutover mode the order waits."""
        return tuple(sorted({member for facts in self.facts.values() for member in facts.awaited_members}))

    def changed_lines(self, after: OrderState, context: DecisionContext) -> frozenset[str] | None:
        """Return the ids of the lines of which an event has changed something.

        Args:
            after: The state with the event applied.
            context: The event and the master data.

        Returns:
            None where others may have to be looked at, too.
        """
        before = self.state
        if self.slot != _slot(context.time) or ((due := self.due) and due <= context.time):
            return None
        if after.order is not before.order or _as_a_whole(after) != _as_a_whole(before):
            return None
        pairs = zip_longest(before.portions, after.portions)
        changed = {(new or old).line_id for old, new in pairs if old is not new}
        if after.substitutions is not before.substitutions:
            changed |= {known.line_id for known in {*before.substitutions} ^ {*after.substitutions}}
        return frozenset(changed)


def _as_a_whole(state: OrderState) -> tuple[Any, ...]:
    """Return what of an order concerns all of its lines."""
    return state.revision, state.frozen, state.expired, state.validity, state.approved_quantities


def _facts(state: OrderState, line: Line | None, context: DecisionContext) -> _LineFacts:
    outlook = status.outlook(state, line, context) if line else None
    return _LineFacts(outlook, deadlines.due_of_portions(state), resume.awaited_members(state, context.master))


def _slot(time: datetime) -> int:
    return int(time.timestamp() // SLOT.total_seconds())


def find(state: OrderState | None, context: DecisionContext) -> LineCache | None:
    """Return what follows from the lines of the state before an event; None where it is not known."""
    known = _kept(context).get(state.key) if state is not None else None
    return known if known is not None and known.state is state else None


def keep(known: LineCache, context: DecisionContext) -> None:
    """Keep what follows from the lines of the state after an event, until the next."""
    kept = _kept(context)
    kept.pop(known.state.key, None)
    if len(known.state.portions) > FEW:
        if len(kept) >= LIMIT:
            del kept[next(iter(kept))]
        kept[known.state.key] = known


def _kept(context: DecisionContext) -> dict[str, LineCache]:
    """Return the orders' caches; they are part of what is worked out from the master data, and end with these."""
    kept: dict[str, LineCache] = context.master.worked_out.setdefault(LineCache, {})
    return kept
