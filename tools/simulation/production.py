"""What a plant does for a plant order that it has accepted: makes it, late or soon, and sends it. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from tools.simulation import jobs
from tools.simulation.event_queue import Document, EventQueue, Step
from tools.simulation.jobs import Job
from tools.simulation.random_values import random_for
from tools.simulation.stock import ZERO, StockItem
from tools.simulation.timetable import DAY, HOUR, MINUTE

QUICK, LATE, ARRIVES, TWO_LEGS = 0.25, 0.1, 0.6, 0.1
"""Shares: made within days; late; arriving within days; sent in two parts."""

LATE_BY, LOADING = 7 * DAY, 2 * HOUR
RUNNING, RUNNING_LATE, COMPLETED = 1, 2, 3
"""The versions of a production's status."""


class Production:
    """Makes and ships what a plant has accepted."""

    def __init__(self, events: EventQueue, goods: dict[str, StockItem]) -> None:
        """Take where their steps are planned, and the stock."""
        self._events, self._goods = events, goods

    def begin(self, job: Job, at: datetime) -> None:
        """Plan what is done for the job: what is on stock leaves, the rest is made."""
        job.begun = True
        chance = random_for(self._events.seed, "work", job.number)
        if job.to_make == 0:
            self._events.at(at + HOUR * chance.randint(1, 12), self._leave(job))
            return
        starts = at + MINUTE * chance.randint(30, 180)
        self._events.at(starts, self._status(job, "RUNNING", RUNNING))
        if chance.random() < LATE:
            late = self._status(job, "RUNNING", RUNNING_LATE, LATE_BY)
            self._events.at(starts + HOUR * chance.randint(1, 5), late)
        if chance.random() < QUICK:
            self._events.at(starts + HOUR * chance.randint(6, 72), self._complete(job))

    def _status(self, job: Job, state: str, version: int, late: timedelta = timedelta(0)) -> Step:
        def step(at: datetime) -> Iterator[Document]:
            if not job.cancelled:
                estimated = job.promised + late if job.promised else None
                value = jobs.production(job, state, at, job.made, estimated)
                yield self._events.document("ProductionStatus", job.number, version, value)

        return step

    def _complete(self, job: Job) -> Step:
        def step(at: datetime) -> Iterator[Document]:
            if not job.cancelled:
                job.made = job.to_make
                yield from self._status(job, "COMPLETED", COMPLETED)(at)
                self._events.at(at + LOADING, self._leave(job))

        return step

    def _leave(self, job: Job) -> Step:
        def step(at: datetime) -> Iterator[Document]:
            quantity = job.reserved + job.made
            if job.cancelled or job.shipped or quantity <= 0:
                return
            if job.reserved:
                self._goods[job.line["item_code"]].ship(job.reserved)
            job.shipped, job.reserved = quantity, ZERO
            chance = random_for(self._events.seed, "way", job.number)
            parted = chance.random() < TWO_LEGS and quantity > 1
            for leg, part in enumerate((Decimal(1), quantity - 1) if parted else (quantity,), 1):
                yield self._shipped(job, leg, part, at)
                if chance.random() < ARRIVES:
                    self._events.at(at + DAY * chance.randint(1, 3), self._arrive(job, leg, part, at))

        return step

    def _arrive(self, job: Job, leg: int, quantity: Decimal, departed: datetime) -> Step:
        def step(at: datetime) -> Iterator[Document]:
            yield self._shipped(job, leg, quantity, departed, at)

        return step

    def _shipped(
        self, job: Job, leg: int, quantity: Decimal, departed: datetime, arrived: datetime | None = None
    ) -> Document:
        value = jobs.shipment(job, leg, quantity, departed, arrived)
        return self._events.document("Shipment", value["shipment_id"], 2 if arrived else 1, value)
