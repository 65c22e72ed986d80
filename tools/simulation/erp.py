"""One plant's own ERP: takes plant orders and answers them. Pure: its time is what the caller passes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tools.simulation import jobs
from tools.simulation.behaviour import BEHAVIOURS, Answer
from tools.simulation.event_queue import Document, EventQueue, Step, emitting
from tools.simulation.jobs import Job
from tools.simulation.production import Production
from tools.simulation.random_values import pick, random_for
from tools.simulation.stock import ZERO, opening_stock
from tools.simulation.stock_reports import StockReports
from tools.simulation.timetable import DAY, MINUTE

LATE_DAYS = (5, 9)
"""How many days a late answer takes, at least and at most: more than the two working days that a plant has."""

WHOLE = ("H87", "SET")
"""The units of which nobody offers a part."""

LESS, GRAM = Decimal("0.8"), Decimal("0.001")


class Erp:
    """A plant's ERP. Give it plant orders with `take`, and collect with `run` the documents that are due by a time."""

    def __init__(self, plant: str, seed: int, orders: int) -> None:
        """Open on the eve of a day with so many orders."""
        self._events, self._goods = EventQueue(plant, seed), opening_stock(plant, orders)
        self._behaviour = BEHAVIOURS[plant]
        self._working = Production(self._events, self._goods, self._behaviour)
        self._reporting = StockReports(self._events, self._goods)
        self._jobs: dict[str, Job] = {}

    @property
    def next_due(self) -> datetime | None:
        """When there is something to do next."""
        return self._events.next_due

    def run(self, now: datetime) -> Iterator[Document]:
        """Yield the plant's documents that are due, in their order; nothing while its ERP is off."""
        return self._events.run(now)

    def take(self, order: Mapping[str, Any], now: datetime) -> None:
        """Read a plant order; one of a revision that is known already changes nothing."""
        number, revision = order["plant_order_id"], order["revision"]
        job = self._jobs.get(number)
        if job is not None and revision <= job.order["revision"]:
            return
        asks = job is None or job.wants_another(order)
        if job is None:
            job = self._jobs[number] = Job(order)
        job.order = order
        pace = random_for(self._events.seed, "pace", number, revision)
        self._events.at(now + MINUTE * pace.randint(1, 3), emitting(self._receipt(job, now)))
        if order["document_status"] == "CANCELLED":
            self._give_up(job)
            return
        revived, job.cancelled = job.cancelled, False
        if asks or revived:
            self._keep(job, job.line["quantity"])
        if asks:
            kind = self._kind(job)
            wait = DAY * pace.randint(*LATE_DAYS) if kind is Answer.LATE else MINUTE * pace.randint(10, 90)
            self._events.at(now + wait, self._answer(job, kind))
        elif revived and job.accepted:
            self._working.begin(job, now)

    def _receipt(self, job: Job, taken: datetime) -> Document:
        revision = job.order["revision"]
        value = jobs.receipt(job, f"hub/PlantOrder/{job.number}/{revision}", taken)
        return self._events.document("Receipt", job.number, revision, value)

    def _keep(self, job: Job, quantity: Decimal) -> None:
        """Reserve what there is of the job's quantity; what is begun stays as it is."""
        job.quantity = max(quantity, job.made)
        goods = self._goods.get(job.line["item_code"])
        if goods is not None and not job.begun:
            goods.give_back(job.reserved)
            job.reserved = goods.reserve(job.quantity)

    def _give_up(self, job: Job) -> None:
        job.cancelled = True
        if job.reserved:
            self._goods[job.line["item_code"]].give_back(job.reserved)
            job.reserved = ZERO

    def _kind(self, job: Job) -> Answer:
        """Return how the job's present revision is answered; only a first revision is answered late or not at all."""
        revision = job.order["revision"]
        kind = pick(random_for(self._events.seed, "answer", job.number, revision), self._behaviour.answers)
        return Answer.AS_ASKED if revision > 1 and kind in (Answer.NONE, Answer.LATE) else kind

    def _answer(self, job: Job, kind: Answer) -> Step:
        """Return the step that answers the job's present revision, unless a later one changes the request by then.

        A late answer crosses the revision that takes the plant order back: the work begins once the hub has it anew.
        """
        order = job.order

        def step(at: datetime) -> Iterator[Document]:
            if job.wants_another(order) or kind is Answer.NONE or (job.cancelled and kind is not Answer.LATE):
                return
            if kind is Answer.REFUSED and not job.begun:
                self._give_up(job)
                yield self._answered(job, order, "RE", at, job.line["quantity"])
                return
            yield self._accept(job, order, kind, at)
            if not job.cancelled:
                self._working.begin(job, at)

        return step

    def _accept(self, job: Job, order: Mapping[str, Any], kind: Answer, at: datetime) -> Document:
        wanted = job.line["quantity"]
        less = (wanted * LESS).quantize(Decimal(1) if job.line["unit"] in WHOLE else GRAM)
        job.accepted, job.promised = True, order["requested_date"]
        if kind is Answer.LESS and 0 < less < wanted and not job.begun:
            self._keep(job, less)
            return self._answered(job, order, "CA", at, less)
        if kind is Answer.LATER:
            job.promised += DAY * random_for(self._events.seed, "later", job.number).randint(3, 15)
            return self._answered(job, order, "CA", at, wanted)
        return self._answered(job, order, "AP", at, wanted)

    def _answered(self, job: Job, order: Mapping[str, Any], code: str, at: datetime, quantity: Decimal) -> Document:
        value = jobs.answer(order, code, at, quantity, job.promised)
        return self._events.document("OrderResponse", job.number, order["revision"], value)
