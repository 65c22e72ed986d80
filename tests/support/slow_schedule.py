"""A second, slow schedule: it plays every day from the first on, morning and evening, with no code of the first.

It knows a calendar only by `is_working`. What it says of a task is the earliest day on which that can truly be done.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from streams.routing.masterdata.calendars import Calendar
from streams.routing.schedule.critical_path import Task

DAY = timedelta(days=1)
MORNING, EVENING = 0, 1

Transport = Callable[[str, str], int]


@dataclass
class _Job:
    """A task on its way."""

    task: Task
    days_left: int
    at_work: bool = False
    done: tuple[date, int] | None = None


def finishes(
    tasks: Iterable[Task], begin: date, calendar_of: Callable[[str], Calendar], transport: Transport
) -> Mapping[str, date]:
    """Return the day on which each task is done, by playing the days one by one.

    Args:
        tasks: The tasks; none feeds itself.
        begin: The first day.
        calendar_of: The calendar of a site.
        transport: Calendar days from one site to another.
    """
    jobs = {task.id: _Job(task, task.working_days) for task in tasks}
    past = [
        day for job in jobs.values() for day in (job.task.ready if job.task.made else None, job.task.arrived) if day
    ]
    day = min([begin, *past])
    while any(job.done is None for job in jobs.values()):
        for half in (MORNING, EVENING):
            for job in jobs.values():
                if half == EVENING and job.at_work:
                    job.at_work, job.days_left = False, job.days_left - 1
                    job.done = _ended(job, day, begin)
            for _ in jobs:  # what takes no work is done at once, and so may what it goes into be
                for job in jobs.values():
                    if job.done is None:
                        parts = [part for part in jobs.values() if job.task.id in part.task.feeds]
                        there = all(_is_there(part, job.task, day, half, transport) for part in parts)
                        _play(job, day, half, begin, there, bool(parts), calendar_of(job.task.site))
        day += DAY
    return {name: job.done[0] for name, job in jobs.items() if job.done}


def _play(job: _Job, day: date, half: int, begin: date, there: bool, has_parts: bool, calendar: Calendar) -> None:
    task = job.task
    if task.made:
        if day == (task.ready or begin) and half == (EVENING if task.working_days else MORNING):
            job.done = day, half
        return
    promised = task.ready is not None
    allowed = day >= begin and (promised or task.not_before is None or day >= task.not_before)
    if task.working_days == 0:
        if there and allowed and (task.ready is None or day >= task.ready):
            job.done = day, half
    elif promised and (not has_parts or job.days_left <= 0):  # its plant knows how much of it is done
        if half == EVENING and there:
            job.days_left = 0
            job.done = _ended(job, day, begin)
    elif half == MORNING and there and (allowed or promised) and calendar.is_working(day):
        job.at_work = True


def _ended(job: _Job, day: date, begin: date) -> tuple[date, int] | None:
    in_time = job.task.ready is None or day >= max(job.task.ready, begin)
    return (day, EVENING) if job.days_left <= 0 and in_time else None


def _is_there(part: _Job, into: Task, day: date, half: int, transport: Transport) -> bool:
    if part.task.arrived is not None:
        return day >= part.task.arrived
    if part.done is None:
        return False
    done, when = part.done
    days = 0 if part.task.site == into.site else transport(part.task.site, into.site)
    if part.task.leaves is not None and part.task.leaves > done:
        return day >= part.task.leaves + days * DAY
    if days:
        return day >= done + days * DAY
    return (day, half) >= (done, when)
