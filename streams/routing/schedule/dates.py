"""When a line can be there, and by when each plant must be done: the critical path over what the plants report."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from datetime import time as time_of_day
from typing import NamedTuple
from zoneinfo import ZoneInfo

from kranhub.wire.messages import ProductionState
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt, Production, Shipment
from streams.routing.model.codes import ExpectedFact
from streams.routing.model.order import Line, OrderState
from streams.routing.model.portion import Portion
from streams.routing.model.quantity import ZERO
from streams.routing.schedule import critical_path
from streams.routing.schedule.critical_path import Task
from streams.routing.schedule.lead_time import lead_days

DONE = (ProductionState.COMPLETED, ProductionState.CLOSED)
"""The states of a production order that has ended as planned."""

ENDED = (*DONE, ProductionState.ABORTED)
"""The states of a production order of which no more comes."""

UNDER_WAY = (ProductionState.RUNNING, ProductionState.HELD)
"""The states of a production order whose work has begun and not ended."""


def day_at(member: str, time: datetime, master: MasterData, site: str | None = None) -> date:
    """Return the calendar day at the member's own place.

    Args:
        member: The member; of one that is unknown the zone of the time counts.
        time: A time with its zone.
        master: The master data, with the members' time zones.
        site: The member's site; where it is None or unknown the member's own zone counts.
    """
    known = master.members.by_id.get(member)
    if known is None:
        return time.date()
    zone = next((place.time_zone for place in known.sites if place.id == site), known.time_zone)
    return time.astimezone(ZoneInfo(zone)).date()


def end_of_day(member: str, day: date, context: DecisionContext) -> datetime:
    """Return the end of a day at the member's own place, in the zone of the context's time.

    Args:
        member: The member; of one that is unknown the zone of the context's time counts.
        day: The day.
        context: The event and the master data, with the members' time zones.
    """
    known = context.master.members.by_id.get(member)
    zone = ZoneInfo(known.time_zone) if known else context.time.tzinfo
    return datetime.combine(min(day, LAST_DAY), END_OF_DAY, zone).astimezone(context.time.tzinfo)


def end_of_working_day(member: str, day: date, working_days: int, context: DecisionContext) -> datetime:
    """Return the end of a working day at the member's own place, in the zone of the context's time.

    Args:
        member: The member.
        day: The day behind which the working days count.
        working_days: How many of them; none for the end of the day itself.
        context: The event and the master data, with the members' calendars and time zones.
    """
    last = working_day_after(member, day, working_days, context.master) if working_days else day
    return end_of_day(member, last, context)


def working_day_after(member: str, day: date, working_days: int, master: MasterData) -> date:
    """Return the last of so many working days of the member behind a day.

    Args:
        member: The member.
        day: The day.
        working_days: How many working days, at least one.
        master: The master data, with the members' calendars.
    """
    return master.calendar(member).finish(shifted(day, 1), working_days)


LAST_DAY = date(9999, 12, 30)
"""The last day whose end can be said in every zone."""

END_OF_DAY = time_of_day(23, 59, 59)


def working_days(portion: Portion, plant: str, master: MasterData) -> int:
    """Return how many working days the plant needs for the portion; none for what is all on stock.

    Args:
        portion: The portion.
        plant: The plant.
        master: The master data, with the plants' capabilities.
    """
    if portion.to_make is not None and portion.to_make <= 0:
        return 0
    made = portion.quantity if portion.to_make is None else min(portion.to_make, portion.quantity)
    makers = (maker for maker in master.makers(portion.item) if maker.member == plant)
    return next((lead_days(maker.capability, master.items[portion.item], made) for maker in makers), 0)


def promised_by_plant(attempt: Attempt) -> date | None:
    """Return the day on which the plant says that it is done: its promise, or its production's later estimate."""
    promised = attempt.answer.promised if attempt.answer and attempt.answer.accepted else None
    estimates = [made.estimated for made in attempt.productions if made.estimated and made.state not in ENDED]
    return max([promised, *estimates]) if promised else None


def finished(portion: Portion, master: MasterData) -> date | None:
    """Return the day, at the plant, on which it had all of the portion: made, or on its way; None while it has not.

    A production order that has ended with less than is wanted ends nothing: the quantity counts, not the state.

    Args:
        portion: The portion.
        master: The master data, with the plants' time zones.
    """
    attempt = portion.current
    if attempt is None:
        return None
    if attempt.shipped >= portion.quantity:
        return max(
            _departed_on(shipment, attempt.plant, master) for shipment in attempt.shipments if _has_left(shipment)
        )
    return _made_on(portion, attempt, master)


def _made_on(portion: Portion, attempt: Attempt, master: MasterData) -> date | None:
    """Return the day on which the plant's production orders that have ended had made what was wanted of them."""
    over = [made for made in attempt.productions if made.state in ENDED]
    if not any(made.state in DONE for made in over):
        return None
    wanted, total = portion.wanted_of_production, ZERO
    ended = [(ended_on(made, attempt.plant, master), made) for made in over]
    for day, made in sorted(ended, key=lambda entry: entry[0]):
        total += made.completed
        if total >= wanted:
            return day
    return None


def ended_on(made: Production, plant: str, master: MasterData) -> date:
    """Return the day, at the plant, on which a production order has ended.

    Args:
        made: The production order.
        plant: The plant.
        master: The master data, with the plants' time zones.
    """
    return made.ended_on or day_at(plant, made.at, master)


def _has_left(shipment: Shipment) -> bool:
    return shipment.quantity > 0 and (shipment.departed is not None or shipment.arrived is not None)


def _departed_on(shipment: Shipment, plant: str, master: MasterData) -> date:
    left = shipment.departed or shipment.arrived
    assert left is not None  # noqa: S101  (the callers have checked)
    return shipment.departed_on or day_at(plant, left, master)


def arrival(state: OrderState, line: Line, master: MasterData, time: datetime) -> date | None:
    """Return the earliest day on which all of the line can be at its consignee.

    Args:
        state: The order.
        line: One of its lines.
        master: The master data, with calendars and transport days.
        time: The hub's time of the event.

    Returns:
        None while a part has no plant or its reservation has no answer.
    """
    days = arrivals(state, line, master, time)
    return max(days.values(), default=None) if days is not None else None


def arrivals(state: OrderState, line: Line, master: MasterData, time: datetime) -> dict[int, date] | None:
    """Return the earliest day on which each portion of the line's own item can be at its consignee, by its part.

    Args:
        state: The order.
        line: One of its lines.
        master: The master data, with calendars and transport days.
        time: The hub's time of the event.

    Returns:
        None while a part has no plant or its reservation has no answer.
    """
    portions = line_portions(state, line.line_id)
    if not portions or any(portion.current is None or not portion.current.reserved for portion in portions):
        return None
    ends = _ends(portions, master, time)
    own = [portion for portion in portions if portion.feeds is None]
    return {portion.part: at_consignee(state, portion, ends[portion.part], master) for portion in own}


def at_consignee(state: OrderState, portion: Portion, end: date, master: MasterData) -> date:
    """Return the day on which a portion of a line's own item is at its consignee.

    Args:
        state: The order.
        portion: One of its portions, at a plant.
        end: The day on which it is ready there.
        master: The master data, with transport days.
    """
    attempt = portion.current
    assert attempt is not None  # noqa: S101  (the caller has checked)
    to = consignee(state)
    known = arrived_on(portion, to, master)
    if known is not None:
        return known
    leaves = attempt.counted_on(ExpectedFact.SHIPMENT) or end
    return shifted(max(leaves, end), master.transport_days(attempt.plant, to))


def arrived_on(portion: Portion, to: str, master: MasterData) -> date | None:
    """Return the day on which all of a portion is at the member that it goes to, as its shipments say.

    Args:
        portion: The portion.
        to: The member that it goes to.
        master: The master data, with time zones and transport days.

    Returns:
        None where not all of it has left.
    """
    attempt = portion.attempts[-1] if portion.attempts else None
    shipments = [shipment for shipment in attempt.shipments if _has_day(shipment)] if attempt else []
    if attempt is None or sum((shipment.quantity for shipment in shipments), ZERO) < portion.quantity:
        return None
    late = attempt.counted_on(ExpectedFact.ARRIVAL)
    return max(_arrives(shipment, attempt.plant, to, late, master) for shipment in shipments)


def _has_day(shipment: Shipment) -> bool:
    return shipment.quantity > 0 and bool(shipment.arrived or shipment.expected or shipment.departed)


def _arrives(shipment: Shipment, plant: str, to: str, late: date | None, master: MasterData) -> date:
    if shipment.arrived is not None:
        return shipment.arrived_on or day_at(to, shipment.arrived, master)
    return max(expected_arrival(shipment, plant, to, master), late or date.min)


def expected_arrival(shipment: Shipment, plant: str, to: str, master: MasterData) -> date:
    """Return the day on which a shipment that has left or is announced should arrive.

    Args:
        shipment: The shipment.
        plant: The plant that it comes from.
        to: The member that it goes to.
        master: The master data, with time zones and transport days.
    """
    if shipment.expected is not None:
        return shipment.expected
    return shifted(_departed_on(shipment, plant, master), master.transport_days(plant, to))


def line_portions(state: OrderState, line_id: str) -> list[Portion]:
    """Return the line's portions that count: not those for surplus goods, unless the order is cancelled."""
    over = state.order.cancelled
    return [p for p in state.portions if p.line_id == line_id and not p.cancelled and (over or not p.surplus)]


def consignee(state: OrderState) -> str:
    """Return the member who receives the goods."""
    return state.order.consignee or state.order.buyer


def starts(portions: Sequence[Portion], master: MasterData, time: datetime) -> dict[int, date]:
    """Return the earliest start of each portion, from what its components' plants report.

    Args:
        portions: The portions of one line.
        master: The master data, with calendars and transport days.
        time: The hub's time of the event.

    Returns:
        The day by the portion's part; portions without an attempt are missing.
    """
    spans = _spans(portions, master, time)
    return {int(part): span.start for part, span in spans.items()}


def _ends(portions: Sequence[Portion], master: MasterData, time: datetime) -> dict[int, date]:
    if len(portions) == 1:
        return {portions[0].part: _alone(portions[0], master, time)}
    spans = _spans(portions, master, time)
    return {portion.part: spans[str(portion.part)].finish for portion in portions}


def _alone(portion: Portion, master: MasterData, time: datetime) -> date:
    attempt = portion.current
    assert attempt is not None  # noqa: S101  (the callers have checked)
    today = day_at(attempt.plant, time, master)
    return finished(portion, master) or max(_ready(portion, attempt, master) or today, today)


def expected_end(portion: Portion, portions: Sequence[Portion], master: MasterData) -> date:
    """Return when a portion should be done by what the plants have said, also where that day has passed by.

    Args:
        portion: One of the portions, with an attempt.
        portions: The portions of its line.
        master: The master data, with calendars and transport days.
    """
    tasks = [task_of(each, portions, master, as_promised=each is portion) for each in portions if each.attempts]
    return critical_path.forward(tasks, date.min, master.calendar, master.transport_days)[str(portion.part)].finish


def end_by_parts(portion: Portion, portions: Sequence[Portion], master: MasterData, time: datetime) -> date:
    """Return when a portion can be done as its parts come, whatever its own plant has said.

    Args:
        portion: One of the portions, with an attempt.
        portions: The portions of its line.
        master: The master data, with calendars and transport days.
        time: The hub's time of the event.
    """
    tasks = [task_of(each, portions, master) for each in portions if each.attempts]
    own = [replace(task, ready=None, made=False) if task.id == str(portion.part) else task for task in tasks]
    spans = critical_path.forward(own, first_day(tasks, master, time), master.calendar, master.transport_days)
    return spans[str(portion.part)].finish


def _spans(portions: Sequence[Portion], master: MasterData, time: datetime) -> critical_path.Spans:
    tasks = [task_of(portion, portions, master) for portion in portions if portion.attempts]
    return critical_path.forward(tasks, first_day(tasks, master, time), master.calendar, master.transport_days)


def first_day(tasks: Sequence[Task], master: MasterData, time: datetime) -> date:
    """Return the first day on which one of the tasks can begin: today, where that is earliest.

    Args:
        tasks: At least one task.
        master: The master data, with the plants' time zones.
        time: The hub's time of the event.
    """
    return min(day_at(plant, time, master) for plant in {task.site for task in tasks})


def task_of(portion: Portion, portions: Sequence[Portion], master: MasterData, *, as_promised: bool = False) -> Task:
    """Return the portion at its last plant as a task; its id is the portion's part.

    Args:
        portion: A portion with an attempt.
        portions: The portions of its line that count.
        master: The master data, with the plants' capabilities.
        as_promised: Whether only what the plant has promised counts, not what is counted since.
    """
    attempt = portion.attempts[-1]
    done = finished(portion, master)
    into = targets(portion, portions)
    ready = _promised(attempt) if as_promised else _ready(portion, attempt, master)
    return Task(
        id=str(portion.part),
        site=attempt.plant,
        working_days=working_days(portion, attempt.plant, master),
        ready=done or ready,
        made=done is not None,
        not_before=None,
        feeds=tuple(str(other.part) for other in into),
        leaves=attempt.counted_on(ExpectedFact.SHIPMENT) if _must_leave(attempt, into) else None,
        arrived=arrived_on(portion, into[0].attempts[-1].plant, master) if into else None,
    )


def _must_leave(attempt: Attempt, into: Sequence[Portion]) -> bool:
    return any(other.attempts[-1].plant != attempt.plant for other in into)


def _promised(attempt: Attempt) -> date | None:
    """Return the day that the plant has promised, else the one that its allocator has reserved."""
    return promised_by_plant(attempt) or (attempt.reservation.available_on if attempt.reservation else None)


def _ready(portion: Portion, attempt: Attempt, master: MasterData) -> date | None:
    """Return the day on which the portion is done, as its plant has promised and as what is overdue allows.

    Returns:
        None while neither the plant nor its allocator has named a day.
    """
    ready = _promised(attempt)
    if ready is None:
        return None
    late = attempt.counted_on(ExpectedFact.READINESS)
    if start := attempt.counted_on(ExpectedFact.PRODUCTION_START):
        late = master.calendar(attempt.plant).finish(start, working_days(portion, attempt.plant, master))
    return max(ready, late) if late else ready


def targets(portion: Portion, portions: Sequence[Portion]) -> list[Portion]:
    """Return the portions that this one goes into."""
    if portion.feeds is None:
        return []
    return [other for other in portions if other.node == portion.feeds and other.attempts]


def below(portion: Portion, portions: Sequence[Portion]) -> Iterator[Portion]:
    """Yield what goes into the portion, and what goes into that."""
    for part in portions:
        if part.feeds == portion.node:
            yield part
            yield from below(part, portions)


def is_open(part: Portion) -> bool:
    """Return whether an offer or a reservation for it is still to come, so that its days are not known."""
    return part.hold_reason is None and not (part.current and part.current.reservation_answered)


def due(state: OrderState, portion: Portion, plant: str, line: Line, master: MasterData) -> date:
    """Return the day by which the plant must have the portion done, so that the line is there when it is wanted.

    Args:
        state: The order.
        portion: One of its portions.
        plant: The plant that is to make it.
        line: The portion's line.
        master: The master data, with calendars and transport days.
    """
    return _due(state, portion, plant, line, master).day


class _Due(NamedTuple):
    """Until when something must be done: the end of a day, or before it begins."""

    day: date
    at_end: bool = True


def _due(state: OrderState, portion: Portion, plant: str, line: Line, master: MasterData) -> _Due:
    into = targets(portion, line_portions(state, portion.line_id))
    work = working_days(portion, plant, master)
    if not into:
        return _Due(shifted(line.requested_for(portion.node), -master.transport_days(plant, consignee(state))))
    bound = min(_before(state, plant, other, line, master) for other in into)
    if bound.at_end or work <= 0:
        return bound
    return _Due(critical_path.done_before(bound.day, master.calendar(plant)))


def _before(state: OrderState, plant: str, target: Portion, line: Line, master: MasterData) -> _Due:
    """Return until when a part must be done at the plant for what it goes into."""
    attempt = target.attempts[-1]
    known = attempt.issued
    end = _Due(known.requested_date) if known else _due(state, target, attempt.plant, line, master)
    work = working_days(target, attempt.plant, master)
    start = master.calendar(attempt.plant).start(end.day, work)
    days = master.transport_days(plant, attempt.plant)
    if days:
        return _Due(shifted(start, -days))
    return _Due(start, at_end=False) if work > 0 else end
