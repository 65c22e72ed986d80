"""An order's plan: when each portion can be and must be ready, and which chain of portions decides the day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.order import Line, OrderState
from streams.routing.model.portion import Portion
from streams.routing.schedule import critical_path, dates
from streams.routing.schedule.critical_path import Span, Spans, Task

CONSIGNEE = "@"
"""Begins the site at which a delivery arrives; its day follows. It is no member's id, so the way to it counts from the
consignee's own plant as well, and a delivery that is wanted sooner than the last has a way longer by as much."""


class DateBasis(StrEnum):
    """What the day is known by on which a portion is ready."""

    FACT = "fact"
    """Its plant has reported it made."""
    PROMISE = "promise"
    """Its plant has named the day."""
    COUNT = "count"
    """The hub counts it from stock, capacity, working days and components."""


@dataclass(frozen=True, slots=True)
class PlannedPortion:
    """A portion with its days.

    Attributes:
        portion: The portion.
        earliest: When it can be worked on and be ready, by what is known now; None while no day is known.
        latest: When it must be, so that the line is there on its requested date; None while it has no plant.
        basis: What its earliest finish is known by; None while no day is known.
    """

    portion: Portion
    earliest: Span | None = None
    latest: Span | None = None
    basis: DateBasis | None = None

    @property
    def slack(self) -> int | None:
        """The calendar days from its earliest finish to its latest one; negative is late, None unknown."""
        return (self.latest.finish - self.earliest.finish).days if self.latest and self.earliest else None


@dataclass(frozen=True, slots=True)
class LinePlan:
    """The plan of one line.

    Attributes:
        line: The line.
        portions: The portions that it needs, with their days.
        arrives: The earliest day on which all of it can be at its consignee; None while a portion has no day.
        critical_path: The places of the portions that decide its slack, first to last; where a portion has no day, that
            portion's alone.
        slack: The calendar days from its arrival to its requested date, of several deliveries the least; negative is
            late, None unknown.
    """

    line: Line
    portions: tuple[PlannedPortion, ...] = ()
    arrives: date | None = None
    critical_path: tuple[str, ...] = ()
    slack: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of an order: that of its lines."""

    lines: tuple[LinePlan, ...]

    @property
    def earliest_date(self) -> date | None:
        """The earliest day on which the whole order can be there; None while a portion has no day."""
        days = [line.arrives for line in self.lines]
        return max((day for day in days if day), default=None) if None not in days else None

    @property
    def deciding(self) -> LinePlan | None:
        """The line with the least slack, the first of several; where none has a day, the first with a critical path."""
        known = [(slack, at) for at, line in enumerate(self.lines) if (slack := line.slack) is not None]
        if known:
            return self.lines[min(known)[1]]
        return next((line for line in self.lines if line.critical_path), None)

    @property
    def slack(self) -> int | None:
        """The least slack of a line; None while no line has a day."""
        line = self.deciding
        return line.slack if line else None

    @property
    def critical_path(self) -> tuple[str, ...]:
        """The places of the portions that decide: those of `deciding`."""
        line = self.deciding
        return line.critical_path if line else ()


def plan(state: OrderState, master: MasterData, time: datetime) -> Plan:
    """Return the order's plan.

    Args:
        state: The order.
        master: The master data, with calendars and transport days.
        time: The hub's time of the event.
    """
    return Plan(tuple(_line(state, line, master, time) for line in state.order.lines))


def _line(state: OrderState, line: Line, master: MasterData, time: datetime) -> LinePlan:
    portions = dates.line_portions(state, line.line_id)
    placed = [portion for portion in portions if portion.current is not None and portion.current.reserved]
    if not placed:
        return LinePlan(line, tuple(map(PlannedPortion, portions)), None, _without_day(portions, placed))
    tasks = [dates.task_of(portion, placed, master) for portion in placed]
    spans = critical_path.forward(tasks, dates.first_day(tasks, master, time), master.calendar, master.transport_days)
    latest = _latest(state, line, placed, tasks, master)
    planned = tuple(_planned(portion, spans, latest, master) for portion in portions)
    if len(placed) < len(portions):
        return LinePlan(line, planned, None, _without_day(portions, placed))
    own = [portion for portion in placed if portion.feeds is None]
    if not own:
        return LinePlan(line, planned)
    arrivals = {
        portion.part: dates.at_consignee(state, portion, spans[str(portion.part)].finish, master) for portion in own
    }
    slacks = {part.part: (line.requested_for(part.node) - arrivals[part.part]).days for part in own}
    last = min(own, key=lambda portion: (slacks[portion.part], portion.part))
    path = _path(last, placed, tasks, spans, master)
    return LinePlan(line, planned, max(arrivals.values()), path, slacks[last.part])


def _without_day(portions: Sequence[Portion], placed: Sequence[Portion]) -> tuple[str, ...]:
    known = {portion.part for portion in placed}
    first = next((portion for portion in portions if portion.part not in known), None)
    return (first.place,) if first else ()


def _latest(
    state: OrderState, line: Line, placed: Sequence[Portion], tasks: Sequence[Task], master: MasterData
) -> Spans:
    """Return when each portion must be ready so that the line is at its consignee on its requested date."""
    if len(tasks) == 1:
        wanted = line.requested_for(placed[0].node)
        end = shifted(wanted, -master.transport_days(tasks[0].site, dates.consignee(state)))
        return critical_path.backward(tasks, end, master.calendar, master.transport_days)
    own = {str(portion.part): line.requested_for(portion.node) for portion in placed if portion.feeds is None}
    arrivals = [Task(f"arrival {day}", f"{CONSIGNEE}{day}", 0) for day in sorted(set(own.values()))]
    feeding = [replace(task, feeds=(f"arrival {own[task.id]}",)) if task.id in own else task for task in tasks]
    to, last = dates.consignee(state), max(own.values(), default=line.requested_date)

    def transport(origin: str, destination: str) -> int:
        if not destination.startswith(CONSIGNEE):
            return master.transport_days(origin, destination)
        sooner = last - date.fromisoformat(destination.removeprefix(CONSIGNEE))
        return master.transport_days(origin, to) + sooner.days

    return critical_path.backward([*feeding, *arrivals], last, master.calendar, transport)


def _planned(portion: Portion, spans: Spans, latest: Mapping[str, Span], master: MasterData) -> PlannedPortion:
    earliest = spans.get(str(portion.part))
    if earliest is None:
        return PlannedPortion(portion)
    return PlannedPortion(portion, earliest, latest[str(portion.part)], _basis(portion, earliest, master))


def _basis(portion: Portion, earliest: Span, master: MasterData) -> DateBasis:
    if dates.finished(portion, master) is not None:
        return DateBasis.FACT
    attempt = portion.current
    promised = dates.promised_by_plant(attempt) if attempt else None
    return DateBasis.PROMISE if promised == earliest.finish else DateBasis.COUNT


def _path(
    last: Portion, placed: Sequence[Portion], tasks: Sequence[Task], spans: Spans, master: MasterData
) -> tuple[str, ...]:
    """Return the chain of portions that decides when the last one is ready."""
    if len(placed) == 1:
        return (last.place,)
    names = {str(last.part), *(str(part.part) for part in dates.below(last, placed))}
    chain = [
        replace(task, feeds=tuple(name for name in task.feeds if name in names)) for task in tasks if task.id in names
    ]
    path = critical_path.critical_path(chain, spans, master.calendar, master.transport_days)
    places = {str(portion.part): portion.place for portion in placed}
    return tuple(places[name] for name in path)
