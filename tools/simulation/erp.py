"""One plant's own ERP: takes plant orders and answers them. Pure: its time is what the caller passes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tools.simulation import jobs
from tools.simulation.event_queue import Document, EventQueue, Step, emitting
from tools.simulation.jobs import Job
from tools.simulation.production import Production
from tools.simulation.random_values import pick, random_for
from tools.simulation.stock import ZERO, opening_stock
from tools.simulation.stock_reports import StockReports
from tools.simulation.timetable import DAY, MINUTE

ANSWERS: Mapping[str, float] = {"as asked": 85, "less": 3, "later": 3, "no": 6, "silent": 3}
"""The answers of plants, in percent."""

WHOLE = ("H87", "SET")
"""The units of which nobody offers a part."""

LESS, GRAM = Decimal("0.8"), Decimal("0.001")


class Erp:
    """A plant's ERP. Give it plant orders with `take`, and collect with `run` the documents that are due by a time."""

    def __init__(self, plant: str, seed: int, orders: int) -> None:
        """Open on the eve of a day with so many orders."""
        self._events, self._goods = EventQueue(plant, seed), opening_stock(plant, orders)
        self._working = Production(self._events, self._goods)
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
        elif asks:
            self._keep(job, job.line["quantity"])
            self._events.at(now + MINUTE * pace.randint(10, 90), self._answer(job))

    def _receipt(self, job: Job, taken: datetime) -> Document:
        revision = job.order["revision"]
        value = jobs.receipt(job, f"hub/PlantOrder/{job.number}/{revision}", taken)
        return self._events.document("Receipt", job.number, revision, value)

    def _keep(self, job: Job, quantity: Decimal) -> None:
        """Reserve what there is of the job's quantity; what is begun stays as it is."""
        job.quantity = max(quantity, job.made + job.shipped)
        goods = self._goods.get(job.line["item_code"])
        if goods is not None and not job.begun:
            goods.give_back(job.reserved)
            job.reserved = goods.reserve(job.quantity)

    def _give_up(self, job: Job) -> None:
        job.cancelled = True
        if job.reserved:
            self._goods[job.line["item_code"]].give_back(job.reserved)
            job.reserved = ZERO

    def _answer(self, job: Job) -> Step:
        """Return the step that answers the job's present revision, unless a later one changes the request by then."""
        order = job.order

        def step(at: datetime) -> Iterator[Document]:
            if job.cancelled or job.wants_another(order):
                return
            kind = pick(random_for(self._events.seed, "answer", job.number, order["revision"]), ANSWERS)
            if kind == "silent" and order["revision"] == 1:
                return
            if kind == "no" and not job.begun:
                self._give_up(job)
                yield self._answered(job, "RE", at, job.line["quantity"])
                return
            yield self._accept(job, kind, at)
            if not job.begun:
                self._working.begin(job, at)

        return step

    def _accept(self, job: Job, kind: str, at: datetime) -> Document:
        wanted = job.line["quantity"]
        less = (wanted * LESS).quantize(Decimal(1) if job.line["unit"] in WHOLE else GRAM)
        job.promised = job.order["requested_date"]
        if kind == "less" and 0 < less < wanted and not job.begun:
            self._keep(job, less)
            return self._answered(job, "CA", at, less)
        if kind == "later":
            job.promised += DAY * random_for(self._events.seed, "later", job.number).randint(3, 15)
            return self._answered(job, "CA", at, wanted)
        return self._answered(job, "AP", at, wanted)

    def _answered(self, job: Job, code: str, at: datetime, quantity: Decimal) -> Document:
        value = jobs.answer(job, code, at, quantity, job.promised)
        return self._events.document("OrderResponse", job.number, job.order["revision"], value)
