"""What a plant does for a plant order that it has accepted: makes it, as its behaviour says, and sends it. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from tools.simulation import jobs
from tools.simulation.behaviour import ARRIVALS_REPORTED, ASSEMBLED, SAYS_SO, SLOW_ARRIVALS, Behaviour, Course
from tools.simulation.event_queue import Document, EventQueue, Step
from tools.simulation.jobs import Job
from tools.simulation.random_values import pick, random_for
from tools.simulation.stock import ZERO, StockItem
from tools.simulation.timetable import DAY, HOUR, MINUTE

WORK_ENDS = time(5, 0, tzinfo=UTC)
"""When production orders end: before noon in Omsk, in the afternoon in Harbin, so on the day that is meant."""

LOADING = 2 * HOUR
LATE_DAYS, RESTART_DAYS, ABORTED_DAYS, REDONE_DAYS, BETWEEN_DAYS = (2, 12), (1, 4), (3, 10), (3, 5), (2, 5)
"""At least and at most: by how many days late work is late; after how many an aborted production is begun anew, and by
how many it is late then; after how many what was taken back is completed; how many lie between two shipments."""

SCRAP_SHARE = Decimal("0.25")
"""How much of what was planned is lost, of whole pieces at least one."""

IN_TIME = timedelta(0)


class Production:
    """Makes and ships what a plant has accepted."""

    def __init__(self, events: EventQueue, goods: dict[str, StockItem], behaviour: Behaviour) -> None:
        """Take where their steps are planned, the stock, and how the plant behaves."""
        self._events, self._goods, self._behaviour = events, goods, behaviour

    def begin(self, job: Job, at: datetime) -> None:
        """Plan what is done for the job: what is on stock leaves, the rest is made. What is planned already stays so.

        Args:
            job: An accepted plant order.
            at: The time now.
        """
        if job.working or (job.begun and job.to_make == 0):
            return
        job.begun = True
        chance = random_for(self._events.seed, "work", job.number, job.productions)
        course = pick(chance, self._behaviour.courses)
        if job.to_make == 0:
            if course is not Course.SILENT:
                self._events.at(at + HOUR * chance.randint(1, 12), self._leave(job))
            return
        job.working = True
        if course is not Course.SILENT:
            self._make(job, course, at + MINUTE * chance.randint(30, 180), chance)

    def _make(self, job: Job, course: Course, starts: datetime, chance: Random) -> None:
        self._events.at(starts, self._start(job))
        if course is Course.EARLY and job.line["item_code"] not in ASSEMBLED:
            self._events.at(starts + HOUR * chance.randint(6, 72), self._complete(job))
        elif course is Course.LATE:
            late = DAY * chance.randint(*LATE_DAYS)
            if chance.random() < SAYS_SO:
                self._events.at(starts + HOUR * chance.randint(1, 5), self._status(job, "RUNNING", late))
            self._end(job, starts, late, self._complete(job))
        elif course is Course.SCRAPPED:
            self._end(job, starts, IN_TIME, self._close(job))
        elif course is Course.ABORTED:
            self._events.at(starts + HOUR * chance.randint(6, 72), self._abort(job, chance))
        elif course is Course.TAKEN_BACK:
            self._end(job, starts, IN_TIME, self._take_back(job, chance))
        else:
            self._end(job, starts, IN_TIME, self._complete(job))

    def _end(self, job: Job, starts: datetime, late: timedelta, then: Step) -> None:
        """Plan what ends the work: on the promised day or so much later, and later still where the promise moves."""

        def step(at: datetime) -> Iterator[Document]:
            due = _working_hour(job.promised, late) if job.promised else at
            if due > at and not job.cancelled:
                self._events.at(due, step)
                return
            yield from then(at)

        self._events.at(starts + 6 * HOUR, step)

    def _start(self, job: Job) -> Step:
        """Return the step that begins a production order."""

        def step(at: datetime) -> Iterator[Document]:
            if not job.cancelled:
                job.productions += 1
                job.planned, job.completed, job.scrapped = job.to_make, ZERO, ZERO
                yield from self._status(job, "RUNNING")(at)

        return step

    def _status(self, job: Job, state: str, late: timedelta = IN_TIME) -> Step:
        def step(at: datetime) -> Iterator[Document]:
            if not job.cancelled:
                job.reports += 1
                value = jobs.production(job, state, at, job.promised + late if job.promised else None)
                yield self._events.document("ProductionStatus", value["production_order_id"], job.reports, value)

        return step

    def _complete(self, job: Job) -> Step:
        """Return the step that ends the production order with all that is wanted."""

        def step(at: datetime) -> Iterator[Document]:
            if not job.cancelled:
                job.working, job.planned = False, job.to_make
                job.completed, job.ready = job.planned, job.ready + job.planned
                yield from self._status(job, "COMPLETED")(at)
                self._events.at(at + LOADING, self._leave(job))

        return step

    def _close(self, job: Job) -> Step:
        """Return the step that ends the production order with less than planned: the rest is scrap."""

        def step(at: datetime) -> Iterator[Document]:
            if not job.cancelled:
                job.working, job.planned = False, job.to_make
                job.scrapped = min(job.planned, max(Decimal(1), (job.planned * SCRAP_SHARE).to_integral_value()))
                job.completed = job.planned - job.scrapped
                job.ready += job.completed
                job.quantity -= job.scrapped
                yield from self._status(job, "CLOSED")(at)
                self._events.at(at + LOADING, self._leave(job))

        return step

    def _abort(self, job: Job, chance: Random) -> Step:
        """Return the step that aborts the production order, and plans another one."""

        def step(at: datetime) -> Iterator[Document]:
            if not job.cancelled:
                yield from self._status(job, "ABORTED")(at)
                again = at + DAY * chance.randint(*RESTART_DAYS)
                self._events.at(again, self._start(job))
                self._end(job, again, DAY * chance.randint(*ABORTED_DAYS), self._complete(job))

        return step

    def _take_back(self, job: Job, chance: Random) -> Step:
        """Return the step that reports a completion, which is taken back a day later."""

        def step(at: datetime) -> Iterator[Document]:
            if job.cancelled:
                return
            job.planned = job.completed = job.to_make
            yield from self._status(job, "COMPLETED")(at)
            job.completed = ZERO
            self._events.at(at + DAY, self._status(job, "RUNNING"))
            self._events.at(at + DAY * chance.randint(*REDONE_DAYS), self._complete(job))

        return step

    def _leave(self, job: Job) -> Step:
        """Return the step that sends what is there, or a part of it, and the rest days later."""

        def step(at: datetime) -> Iterator[Document]:
            quantity = job.reserved + job.ready
            if job.cancelled or quantity <= 0:
                return
            chance = random_for(self._events.seed, "way", job.number, job.legs)
            if job.legs == 0 and quantity > 1 and chance.random() * 100 < self._behaviour.in_parts:
                quantity = (quantity / 2).to_integral_value()
                self._events.at(at + DAY * chance.randint(*BETWEEN_DAYS), self._leave(job))
            self._take_out(job, quantity)
            yield self._shipped(job, job.legs, quantity, at)
            if self._behaviour.reports_arrivals and chance.random() < ARRIVALS_REPORTED:
                days = 2 if chance.random() < SLOW_ARRIVALS else 1
                self._events.at(at + DAY * days, self._arrive(job, job.legs, quantity, at))

        return step

    def _take_out(self, job: Job, quantity: Decimal) -> None:
        """Let go so much: first what was reserved of the stock, then what was made."""
        kept = min(job.reserved, quantity)
        if kept:
            self._goods[job.line["item_code"]].ship(kept)
        job.reserved -= kept
        job.ready -= quantity - kept
        job.shipped += quantity
        job.legs += 1

    def _arrive(self, job: Job, leg: int, quantity: Decimal, departed: datetime) -> Step:
        def step(at: datetime) -> Iterator[Document]:
            yield self._shipped(job, leg, quantity, departed, at)

        return step

    def _shipped(
        self, job: Job, leg: int, quantity: Decimal, departed: datetime, arrived: datetime | None = None
    ) -> Document:
        value = jobs.shipment(job, leg, quantity, departed, arrived)
        return self._events.document("Shipment", value["shipment_id"], 2 if arrived else 1, value)


def _working_hour(promised: date, late: timedelta) -> datetime:
    return datetime.combine(promised + late, WORK_ENDS)
