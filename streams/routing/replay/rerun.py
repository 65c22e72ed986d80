"""The planner over recorded orders once more: plants' recorded answers, and allocators that run again. Pure."""

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from typing import Any, NamedTuple, cast

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import (
    AllocationRequest,
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
from streams.routing.allocator.results import Result
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.order import OrderState
from streams.routing.planner.messages import OutputMessage
from streams.routing.replay import history
from streams.routing.replay.availability import SUPPLY, Availability, OpeningStock
from streams.routing.replay.history import Recorded, RecordedEvent
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


def rerun(
    events: Sequence[RecordedEvent], master: MasterData, opening: OpeningStock, until: datetime
) -> Mapping[str, OrderState]:
    """Return the orders' states when planner and allocators run over the recorded events once more.

    Args:
        events: The events of all orders, levels and disruptions, in the order of their times.
        master: The master data that all follow.
        opening: What is in stock when the record begins.
        until: The time up to which deadlines pass.

    Returns:
        The states by the orders' keys. An order without a version among the events has none; what it asked of the
        allocators is asked as recorded.
    """
    run = _Run(events, master, opening)
    for event in events:
        run.pass_time(event.time)
        run.come(event)
    run.pass_time(until)
    return run.states


class _Alarm(NamedTuple):
    """When something is due: a deadline of an order, or with an empty key the end of a reservation."""

    at: datetime
    order_key: str
    due: datetime


class _Run:
    """All orders and the allocators, in one order of time."""

    def __init__(self, events: Sequence[RecordedEvent], master: MasterData, opening: OpeningStock) -> None:
        by_order: dict[str, list[RecordedEvent]] = {}
        for event in events:
            if event.order_key:
                by_order.setdefault(event.order_key, []).append(event)
        self._orders = {
            key: _OrderRun(Recorded(recorded), master)
            for key, recorded in by_order.items()
            if any(event.subject is Subject.ORDER for event in recorded)
        }
        self._availability = Availability(master, opening)
        self._alarms: list[_Alarm] = []
        self._pending: deque[RecordedEvent] = deque()
        self._ticked: datetime | None = None

    @property
    def states(self) -> dict[str, OrderState]:
        """The states of the orders that have one."""
        return {key: order.state for key, order in self._orders.items() if order.state is not None}

    def pass_time(self, time: datetime) -> None:
        """Let pass what is due by this time: recorded wake-ups are those of the old plans."""
        while self._alarms and self._alarms[0].at <= time:
            alarm = heappop(self._alarms)
            moment = alarm.at if not alarm.order_key else _next_minute(alarm.due)
            order = self._orders.get(alarm.order_key)
            if order is None:
                self._tick(moment)
            elif order.state is not None and order.state.due == alarm.due:
                self._tick(moment)
                self._wake(alarm, moment)
        self._tick(time)

    def come(self, event: RecordedEvent) -> None:
        """Handle a recorded event, where it applies in this run, and all that follows from it at once."""
        order = self._orders.get(event.order_key)
        if event.subject in SUPPLY or (order is None and event.subject is Subject.ALLOCATION_REQUEST):
            self._answer(self._availability.take(event), event.time)
        elif order is not None:
            self._pending.extend(order.accepted(event))
        self._settle()

    def _wake(self, alarm: _Alarm, moment: datetime) -> None:
        wake: Wake = {"order_key": alarm.order_key, "time": moment}
        number = f"wake/{alarm.due.isoformat()}"
        self._pending.append(RecordedEvent(alarm.order_key, number, handler.WAKE, wake, moment))
        self._settle()

    def _tick(self, time: datetime) -> None:
        """Let the allocators see each minute in which something happens once."""
        minute = time.replace(second=0, microsecond=0)
        if self._ticked is None or minute > self._ticked:
            self._ticked = minute
            self._answer(self._availability.tick(time), time)
            self._settle()

    def _settle(self) -> None:
        while self._pending:
            event = self._pending.popleft()
            order = self._orders[event.order_key]
            before = order.state.due if order.state else None
            for message in order.handle(event):
                self._react(order, message, event)
            due = order.state.due if order.state else None
            if due is not None and due != before:
                heappush(self._alarms, _Alarm(_next_minute(due) + SLACK, event.order_key, due))

    def _react(self, order: "_OrderRun", message: OutputMessage, event: RecordedEvent) -> None:
        if request := narrowed(AllocationRequest, message.subject, message.value):
            if (end := request["expires_at"]) is not None:
                heappush(self._alarms, _Alarm(_next_minute(end), "", end))
            self._answer(self._availability.ask(request, event.time), event.time)
        elif plant_order := narrowed(PlantOrder, message.subject, message.value):
            self._pending.extend(order.answers(plant_order, message, event))

    def _answer(self, results: Sequence[Result], time: datetime) -> None:
        """Let the orders have what the allocators say."""
        for result in results:
            key = result.value["order_key"]
            if key in self._orders:
                self._pending.append(RecordedEvent(key, result.id, Subject.ALLOCATION_RESULT, result.value, time))


class _OrderRun:
    """One order's rerun. ``_same`` has of each plant order whether the record has one with the same content."""

    def __init__(self, events: Recorded, master: MasterData) -> None:
        self.state: OrderState | None = None
        self._recorded, self._master = events, master
        self._same: dict[str, bool] = {}
        self._early: dict[str, list[RecordedEvent]] = {}

    def accepted(self, event: RecordedEvent) -> list[RecordedEvent]:
        """Return what of a recorded event applies in this run: nothing, or the event in its terms."""
        if event.subject is Subject.ORDER:
            return self._order(event)
        if event.subject in _ANSWERS:
            fields: Mapping[str, Any] = event.value
            return self._plant_event(fields[_ANSWERS[event.subject]], event)
        if event.subject is Subject.SHIPMENT:
            return self._shipment(event)
        return [event] if event.subject in _AS_IT_CAME else []

    def handle(self, event: RecordedEvent) -> Sequence[OutputMessage]:
        """Handle one event; return what the planner sends."""
        if self.state is None and event.subject is not Subject.ORDER:
            return ()
        context = DecisionContext(event.id, event.time, self._master)
        try:
            step = handler.handle(self.state, event.subject, event.value, context)
        except InvalidDocument:  # said of other plans than these
            return ()
        if step is None:
            return ()
        self.state = step.state
        return step.messages

    def answers(self, plant_order: PlantOrder, message: OutputMessage, event: RecordedEvent) -> list[RecordedEvent]:
        """Return what the plant has answered to the plant order, or what one that was never asked is taken to."""
        if plant_order["document_status"] != PlantOrderDocumentStatus.ACTIVE:
            return []
        number = plant_order["plant_order_id"]
        self._same[number] = history.plant_order_content(plant_order) in self._recorded.issued.get(number, ())
        if self._same[number]:
            return [answer._replace(time=event.time) for answer in self._early.pop(number, [])]
        value: Message = history.simulated_answer(plant_order, self._possible_on(number), event.time)
        return [RecordedEvent(event.order_key, f"{message.id}/simulated", Subject.ORDER_RESPONSE, value, event.time)]

    def _possible_on(self, number: str) -> date | None:
        """Return the day that the allocator has reserved for a plant order."""
        state = self.state
        reserved = (
            attempt.reservation
            for portion in (state.portions if state else ())
            for attempt in portion.attempts
            if state and portion.id_of(state.key, attempt) == number
        )
        return next((found.available_on for found in reserved if found), None)

    def _order(self, event: RecordedEvent) -> list[RecordedEvent]:
        order = cast(Order, event.value)
        if first_unknown_member(order, self._master.members) is not None:
            return []
        return [event._replace(value=normalise_order(order, self._master).value)]

    def _plant_event(self, number: str, event: RecordedEvent) -> list[RecordedEvent]:
        """Return a plant's event on a plant order, or keep it until this run has issued that plant order."""
        if number not in self._same:
            self._early.setdefault(number, []).append(event)
            return []
        return [event] if self._same[number] else []

    def _shipment(self, event: RecordedEvent) -> list[RecordedEvent]:
        shipment = cast(Shipment, event.value)
        lines = [line for line in shipment["lines"] if self._same.get(line["plant_order_id"] or "")]
        return [event._replace(value={**shipment, "lines": lines})] if lines else []


def _next_minute(time: datetime) -> datetime:
    """Return the full minute at or after the time: when the hub looks (`timers`)."""
    floor = time.replace(second=0, microsecond=0)
    return floor if floor == time else floor + timedelta(minutes=1)
