"""The critical path: when each part of a line can begin and be done, and which chain of parts decides the end. Pure.

Days are counted as docs/routing-dates.md describes: work by the calendar of its site, transport by calendar days. Work
is done at the end of its last day, so what it goes into begins on a later one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from streams.routing.masterdata.calendars import Calendar, shifted


@dataclass(frozen=True, slots=True)
class Task:
    """One portion at one site.

    Attributes:
        id: Its own among the tasks.
        site: The plant.
        working_days: How many days of work it takes, by the site's calendar.
        ready: The day on which its plant says that it is done; None where it says nothing.
        not_before: The first day of the work; None where any day will do.
        feeds: The ids of the tasks that it goes into.
        made: ``ready`` is a fact and not a promise.
        leaves: The first day on which it can leave its site, where that is after the day on which it is done.
        arrived: The day on which it is at the site of what it goes into, as its shipments say; None where they do not.
    """

    id: str
    site: str
    working_days: int
    ready: date | None = None
    not_before: date | None = None
    feeds: tuple[str, ...] = ()
    made: bool = False
    leaves: date | None = None
    arrived: date | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From the day on which work may begin to the day at whose end it is done.

    Attributes:
        start: The first day.
        finish: The last day.
        at_end: It is done at the end of its last day; what takes no work may be there at the beginning of it.
    """

    start: date
    finish: date
    at_end: bool = field(default=True, compare=False)


class _Moment(NamedTuple):
    """The beginning or the end of a day; they sort by time."""

    day: date
    at_end: bool = False


def day_after(finish: date, at_end: bool, calendar: Calendar) -> date:
    """Return the first day on which a site can work on what was done there.

    Args:
        finish: The day on which it was done.
        at_end: Whether it was done at the end of that day.
        calendar: The calendar of the site.

    Returns:
        The day itself, or the next working day.
    """
    return calendar.next_working(shifted(finish, 1)) if at_end else finish


def done_before(start: date, calendar: Calendar) -> date:
    """Return the last day on which work at a site must be done for what begins there on ``start``.

    Args:
        start: The first day of what it goes into.
        calendar: The calendar of the site.
    """
    return calendar.previous_working(shifted(start, -1))


Spans = Mapping[str, Span]
CalendarOf = Callable[[str], Calendar]
"""The calendar of a site."""
Transport = Callable[[str, str], int]
"""Calendar days from a site to another; asked for different sites only."""


@dataclass(frozen=True)
class _Graph:
    tasks: Mapping[str, Task]
    before: Mapping[str, Sequence[str]]
    order: Sequence[str]
    calendar_of: CalendarOf
    transport: Transport

    def travel(self, task: Task, into: Task) -> int:
        return 0 if task.site == into.site else self.transport(task.site, into.site)

    def arrivals(self, task: Task, spans: Spans) -> list[tuple[_Moment, str]]:
        """Return when each part of the task is at its site."""
        parts = [self.tasks[name] for name in self.before[task.id]]
        return [(self._arrival(part, task, spans[part.id]), part.id) for part in parts]

    def _arrival(self, part: Task, into: Task, span: Span) -> _Moment:
        if part.arrived is not None:
            return _Moment(part.arrived)
        days = self.travel(part, into)
        if part.leaves is not None and part.leaves > span.finish:
            return _Moment(shifted(part.leaves, days))
        return _Moment(shifted(span.finish, days)) if days else _Moment(span.finish, span.at_end)


def forward(tasks: Iterable[Task], begin: date, calendar_of: CalendarOf, transport: Transport) -> Spans:
    """Return the earliest span of each task when nothing begins before ``begin``.

    A promise holds unless a task's parts come too late for it, or ``begin`` has passed it; then it is done as soon as
    it can be. A fact holds whatever else is reported. Both begin before ``begin`` where they would need more days than
    are left.

    Args:
        tasks: All tasks, in any order.
        begin: The first day, usually today.
        calendar_of: The calendar of a site.
        transport: Calendar days from one site to another.

    Returns:
        The spans by the tasks' ids.

    Raises:
        InvalidDocument: ``bill-cycle`` where tasks go into each other, ``bill-missing-leaf`` where one goes into a task
            that there is not.
    """
    graph = _graph(tasks, calendar_of, transport)
    spans: dict[str, Span] = {}
    for name in graph.order:
        task = graph.tasks[name]
        parts = max((moment for moment, _ in graph.arrivals(task, spans)), default=None)
        spans[name] = _earliest(task, begin, parts, calendar_of(task.site))
    return spans


def _earliest(task: Task, begin: date, parts: _Moment | None, calendar: Calendar) -> Span:
    days = (begin, task.not_before)
    first = max(moment for moment in (*(_Moment(day) for day in days if day), parts) if moment)
    start = _first_day(first, task, calendar)
    if task.ready is None and not task.made:
        return _done(first, task, calendar)
    finish = _Moment(task.ready or begin, task.working_days > 0)
    if not task.made:
        possible = _done(parts, task, calendar) if parts else None
        today = _Moment(begin, task.working_days > 0)
        bounds = [finish, today, _Moment(possible.finish, possible.at_end) if possible else finish]
        finish = max(bounds)
    return Span(min(start, calendar.start(finish.day, task.working_days)), finish.day, finish.at_end)


def _first_day(after: _Moment, task: Task, calendar: Calendar) -> date:
    """Return the first day of the task's work after a moment; without work that day itself."""
    return day_after(after.day, after.at_end and task.working_days > 0, calendar)


def _done(after: _Moment, task: Task, calendar: Calendar) -> Span:
    """Return the span of the task's work that begins as soon as it can after a moment."""
    start = _first_day(after, task, calendar)
    if task.working_days <= 0:
        return Span(start, start, after.at_end)
    return Span(start, calendar.finish(start, task.working_days))


def backward(tasks: Iterable[Task], end: date, calendar_of: CalendarOf, transport: Transport) -> Spans:
    """Return the latest span of each task so that all that feeds nothing is done by ``end``.

    What is made waits for nothing, so its parts are bound by ``end`` alone.

    Args:
        tasks: All tasks, in any order.
        end: The last day.
        calendar_of: The calendar of a site.
        transport: Calendar days from one site to another.

    Returns:
        The spans by the tasks' ids.

    Raises:
        InvalidDocument: As `forward` does.
    """
    graph = _graph(tasks, calendar_of, transport)
    spans: dict[str, Span] = {}
    for name in reversed(graph.order):
        task = graph.tasks[name]
        targets = [graph.tasks[target] for target in task.feeds]
        bounds = [_bound(graph, task, into, spans[into.id]) for into in targets if not into.made]
        spans[name] = _latest(task, min([_Moment(end, at_end=True), *bounds]), calendar_of(task.site))
    return spans


def _bound(graph: _Graph, task: Task, into: Task, span: Span) -> _Moment:
    """Return when the task must be done at the latest for what it goes into."""
    days = graph.travel(task, into)
    if days:
        return _Moment(shifted(span.start, -days), at_end=True)
    return _Moment(span.start) if into.working_days > 0 else _Moment(span.finish, span.at_end)


def _latest(task: Task, last: _Moment, calendar: Calendar) -> Span:
    if task.working_days <= 0:
        return Span(last.day, last.day, last.at_end)
    finish = last.day if last.at_end else shifted(last.day, -1)
    start = calendar.start(finish, task.working_days)
    reported = task.made or task.ready is not None
    return Span(start, finish if reported else calendar.finish(start, task.working_days))


def critical_path(
    tasks: Iterable[Task], spans: Spans, calendar_of: CalendarOf, transport: Transport
) -> tuple[str, ...]:
    """Return the chain of tasks, first to last, that decides when all is done.

    Of two that are as late the lesser id counts.

    Args:
        tasks: All tasks, in any order.
        spans: Those of `forward`.
        calendar_of: The calendar of a site.
        transport: Calendar days from one site to another.

    Returns:
        The tasks' ids; empty without tasks.

    Raises:
        InvalidDocument: As `forward` does.
    """
    graph = _graph(tasks, calendar_of, transport)
    ends = [(_Moment(spans[name].finish), name) for name, task in graph.tasks.items() if not task.feeds]
    path: list[str] = []
    last = _last(ends)
    while last is not None:
        path.append(last)
        last = _decisive(graph, graph.tasks[last], spans)
    return tuple(reversed(path))


def _decisive(graph: _Graph, task: Task, spans: Spans) -> str | None:
    """Return the part that the task waits for; None when its own date or earliest day decides."""
    arrivals = graph.arrivals(task, spans)
    if task.made or not arrivals:
        return None
    done = _done(max(arrivals)[0], task, graph.calendar_of(task.site))
    return _last(arrivals) if done.finish == spans[task.id].finish else None


def _last(moments: Sequence[tuple[_Moment, str]]) -> str | None:
    latest = max((moment for moment, _ in moments), default=None)
    return min((name for moment, name in moments if moment == latest), default=None)


def _graph(tasks: Iterable[Task], calendar_of: CalendarOf, transport: Transport) -> _Graph:
    known = {task.id: task for task in sorted(tasks, key=lambda task: task.id)}
    before: dict[str, list[str]] = {name: [] for name in known}
    for task in known.values():
        for target in sorted(task.feeds):
            if target not in known:
                raise _missing(task.id, target)
            before[target].append(task.id)
    return _Graph(known, before, _order(known, before), calendar_of, transport)


def _order(tasks: Mapping[str, Task], before: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the tasks, parts before what they go into (Kahn's algorithm).

    `TopologicalSorter` takes four times as long for the usual ten tasks, so it only names the cycle where there is one.
    """
    waiting = {name: len(parts) for name, parts in before.items()}
    order = [name for name, parts in waiting.items() if not parts]
    for name in order:  # grows while it is walked
        for target in set(tasks[name].feeds):
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    if len(order) < len(tasks):
        raise _cycle(_circle(before))
    return order


def _circle(before: Mapping[str, Sequence[str]]) -> Sequence[str]:
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _missing(task: str, target: str) -> InvalidDocument:
    path = f"{task} → {target}"
    return InvalidDocument(
        DocumentCode.BILL_MISSING_LEAF,
        Text(
            en=f"A part goes into one that the bill does not have: {path}. Add {target!r}, or correct what it feeds.",
            ru=f"Деталь входит в позицию, которой нет в спецификации: {path}. Добавьте {target!r} или исправьте связь.",
        ),
    )


def _cycle(circle: Sequence[str]) -> InvalidDocument:
    """Return the refusal that names which parts go into each other; the circle's first task stands last again."""
    at = circle.index(min(circle))
    path = " → ".join([*circle[at:-1], *circle[:at], circle[at]])
    return InvalidDocument(
        DocumentCode.BILL_CYCLE,
        Text(
            en=f"Parts of the bill go into each other: {path}. Take one of these links away.",
            ru=f"Позиции спецификации входят друг в друга по кругу: {path}. Уберите одну из этих связей.",
        ),
    )
