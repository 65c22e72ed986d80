"""The planner over an order's recorded events once more: its questions meet recorded answers, or made-up ones. Pure."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import (
    AllocationRequest,
    AllocationResult,
    Message,
    Order,
    PlantOrder,
    PlantOrderDocumentStatus,
    Shipment,
    Subject,
    Wake,
    narrowed,
)
from streams.routing import handler
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.order import OrderState
from streams.routing.planner.messages import OutputMessage
from streams.routing.replay import history
from streams.routing.replay.history import Question, Recorded, RecordedEvent
from streams.routing.validation.normalise import normalise_order
from streams.routing.validation.validate import first_unknown_member

_AS_IT_CAME = (Subject.PLANNER_ACTION, handler.WAKE)
_ANSWERS = {
    Subject.ORDER_RESPONSE: "plant_order_id",
    Subject.PRODUCTION_STATUS: "plant_order_id",
    Subject.RECEIPT: "key",
}


SLACK = timedelta(minutes=1)
"""How long after its minute the recorded wake-up of a deadline may come; after that the rerun makes one itself."""


def rerun(events: Recorded, master: MasterData, until: datetime) -> OrderState | None:
    """Return the order's state when the planner runs over its recorded events once more.

    Args:
        events: The order's events.
        master: The master data that the planner follows.
        until: The time up to which deadlines pass.

    Returns:
        None where no version of the order is among the events.
    """
    run = _Run(events, master)
    for at, event in enumerate(events.events):
        run.pass_deadlines(event.time)
        run.come(at, event)
    run.pass_deadlines(until)
    return run.state


class _Run:
    """One order's rerun. ``_same`` has of each plant order whether the record has one with the same content."""

    def __init__(self, events: Recorded, master: MasterData) -> None:
        self.state: OrderState | None = None
        self._recorded, self._master, self._at = events, master, -1
        self._asked: dict[Question, AllocationRequest] = {}
        self._same: dict[str, bool] = {}
        self._early: dict[str, list[RecordedEvent]] = {}
        self._pending: deque[RecordedEvent] = deque()

    def pass_deadlines(self, time: datetime) -> None:
        """Let the deadlines pass that the hub has missed by this time: recorded wake-ups are those of the old plans."""
        while self.state is not None and self.state.due is not None:
            due = self.state.due
            moment = _next_minute(due)
            if time < moment + SLACK:
                break
            wake: Wake = {"order_key": self.state.key, "time": moment}
            self._run(RecordedEvent(self.state.key, f"wake/{due.isoformat()}", handler.WAKE, wake, moment))
            if self.state.due == due:
                break

    def come(self, at: int, event: RecordedEvent) -> None:
        """Handle a recorded event, where it applies in this run."""
        self._at = at
        if event.subject is Subject.ORDER:
            self._order(event)
        elif result := narrowed(AllocationResult, event.subject, event.value):
            if self._is_answer(result):
                self._run(event)
        elif event.subject in _ANSWERS:
            fields: Mapping[str, Any] = event.value
            self._answer(fields[_ANSWERS[event.subject]], event)
        elif event.subject is Subject.SHIPMENT:
            self._shipment(event)
        elif event.subject in _AS_IT_CAME:
            self._run(event)

    def _order(self, event: RecordedEvent) -> None:
        order = cast(Order, event.value)
        if first_unknown_member(order, self._master.members) is None:
            self._run(event._replace(value=normalise_order(order, self._master).value))

    def _is_answer(self, value: AllocationResult) -> bool:
        """Return whether the result answers what was asked in this run, or follows such an answer."""
        request = self._asked.get(history.question(value))
        return request is not None and self._recorded.result(request) is not None

    def _answer(self, number: str, event: RecordedEvent) -> None:
        """Handle a plant's event on a plant order, or keep it until this run has issued that plant order."""
        if number not in self._same:
            self._early.setdefault(number, []).append(event)
        elif self._same[number]:
            self._run(event)

    def _shipment(self, event: RecordedEvent) -> None:
        shipment = cast(Shipment, event.value)
        lines = [line for line in shipment["lines"] if self._same.get(line["plant_order_id"] or "")]
        if lines:
            self._run(event._replace(value={**shipment, "lines": lines}))

    def _run(self, event: RecordedEvent) -> None:
        """Handle the event and all that follows from it at once."""
        self._pending.append(event)
        while self._pending:
            self._handle(self._pending.popleft())

    def _handle(self, event: RecordedEvent) -> None:
        if self.state is None and event.subject != "Order":
            return
        context = DecisionContext(event.id, event.time, self._master)
        try:
            step = handler.handle(self.state, event.subject, event.value, context)
        except InvalidDocument:  # said of other plans than these
            return
        if step is None:
            return
        self.state = step.state
        for message in step.messages:
            self._react(message, event)

    def _react(self, message: OutputMessage, event: RecordedEvent) -> None:
        request = narrowed(AllocationRequest, message.subject, message.value)
        plant_order = narrowed(PlantOrder, message.subject, message.value)
        if request and request["action"] in history.QUESTIONS:
            self._answer_request(request, message, event)
        elif plant_order and plant_order["document_status"] == PlantOrderDocumentStatus.ACTIVE:
            self._answer_plant_order(plant_order, message, event)

    def _answer_request(self, request: AllocationRequest, message: OutputMessage, event: RecordedEvent) -> None:
        self._asked[history.question(request)] = request
        found = self._recorded.result(request)
        if found is None:
            value = history.simulated_result(request, event.time, self._master)
            self._enqueue(Subject.ALLOCATION_RESULT, value, message, event)
        elif found[0] <= self._at:
            self._pending.append(found[1]._replace(time=event.time))

    def _answer_plant_order(self, plant_order: PlantOrder, message: OutputMessage, event: RecordedEvent) -> None:
        number = plant_order["plant_order_id"]
        self._same[number] = history.plant_order_content(plant_order) in self._recorded.issued.get(number, ())
        if self._same[number]:
            early = self._early.pop(number, [])
            self._pending.extend(answer._replace(time=event.time) for answer in early)
        else:
            self._enqueue(Subject.ORDER_RESPONSE, history.simulated_answer(plant_order, event.time), message, event)

    def _enqueue(self, subject: Subject, value: Message, message: OutputMessage, event: RecordedEvent) -> None:
        self._pending.append(RecordedEvent(event.order_key, f"{message.id}/simulated", subject, value, event.time))


def _next_minute(time: datetime) -> datetime:
    """Return the full minute at or after the time: when the hub looks (`timers`)."""
    floor = time.replace(second=0, microsecond=0)
    return floor if floor == time else floor + timedelta(minutes=1)
