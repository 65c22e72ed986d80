"""When a line can be there, and by when each plant must be done: the critical path over what the plants report."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from kranhub.wire.messages import ProductionState
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt, Shipment
from streams.routing.model.order import Line, OrderState
from streams.routing.model.portion import Portion
from streams.routing.schedule import critical_path
from streams.routing.schedule.critical_path import Task

DONE = (ProductionState.COMPLETED, ProductionState.CLOSED)


def day_at(member: str, time: datetime, master: MasterData) -> date:
    """Return the calendar day at the member's own place.

    Args:
        member: The member; of one that is unknown the zone of the time counts.
        time: A time with its zone.
        master: The master data, with the members' time zones.
    """
    known = master.members.by_id.get(member)
    return time.astimezone(ZoneInfo(known.time_zone) if known else time.tzinfo).date()


def working_days(portion: Portion, plant: str, master: MasterData) -> int:
    """Return how many working days the plant needs for the portion; none for what is all on stock.

    Args:
        portion: The portion.
        plant: The plant.
        master: The master data, with the plants' capabilities.
    """
    if portion.to_make is not None and portion.to_make <= 0:
        return 0
    makers = master.makers(portion.item)
    return next((maker.capability.working_days for maker in makers if maker.member == plant), 0)


def promised_by_plant(attempt: Attempt) -> date | None:
    """Return the day on which the plant says that it is done: its promise, or its production's later estimate."""
    promised = attempt.answer.promised if attempt.answer and attempt.answer.accepted else None
    estimates = [made.estimated for made in attempt.productions if made.estimated and made.state not in DONE]
    return max([promised, *estimates]) if promised else None


def finished(portion: Portion) -> date | None:
    """Return the day on which the plant had all of it done, or None."""
    attempt = portion.current
    made = (
        [production for production in attempt.productions if production.state is not ProductionState.ABORTED]
        if attempt
        else []
    )
    if not made or any(production.state not in DONE for production in made):
        return None
    return max(production.at for production in made).date()


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
    portions = line_portions(state, line.line_id)
    if not portions or any(portion.current is None or not portion.current.reserved for portion in portions):
        return None
    ends = _ends(portions, master, time)
    own = [portion for portion in portions if portion.feeds is None]
    return max((_arrived(state, portion, ends[portion.part], master) for portion in own), default=None)


def _arrived(state: OrderState, portion: Portion, end: date, master: MasterData) -> date:
    attempt = portion.current
    assert attempt is not None  # noqa: S101  (the caller has checked)
    way = timedelta(days=master.transport_days(attempt.plant, consignee(state)))
    shipments = [shipment for shipment in attempt.shipments if shipment.quantity > 0]
    known = [day for shipment in shipments if (day := _at_consignee(shipment, way))]
    if known and len(known) == len(shipments) and sum(shipment.quantity for shipment in shipments) >= portion.quantity:
        return max(known)
    return end + way


def _at_consignee(shipment: Shipment, way: timedelta) -> date | None:
    if shipment.arrived or shipment.expected or shipment.departed is None:
        return shipment.arrived.date() if shipment.arrived else shipment.expected
    return shipment.departed.date() + way


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
    known = promised_by_plant(attempt) or (attempt.reservation and attempt.reservation.available_on)
    today = day_at(attempt.plant, time, master)
    return finished(portion) or max(known or today, today)


def _spans(portions: Sequence[Portion], master: MasterData, time: datetime) -> critical_path.Spans:
    tasks = [_task(portion, portions, master) for portion in portions if portion.attempts]
    today = min(day_at(plant, time, master) for plant in {task.site for task in tasks})
    return critical_path.forward(tasks, today, master.calendar, master.transport_days)


def _task(portion: Portion, portions: Sequence[Portion], master: MasterData) -> Task:
    attempt = portion.attempts[-1]
    done = finished(portion)
    offered = attempt.reservation.available_on if attempt.reservation else None
    return Task(
        id=str(portion.part),
        site=attempt.plant,
        working_days=working_days(portion, attempt.plant, master),
        ready=done or promised_by_plant(attempt) or offered,
        made=done is not None,
        not_before=None,
        feeds=tuple(str(other.part) for other in targets(portion, portions)),
    )


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
    into = targets(portion, line_portions(state, portion.line_id))
    if not into:
        return _back(line.requested_date, master.transport_days(plant, consignee(state)))
    return min(_before(state, plant, other, line, master) for other in into)


def _before(state: OrderState, plant: str, target: Portion, line: Line, master: MasterData) -> date:
    attempt = target.attempts[-1]
    end = attempt.issued.requested_date if attempt.issued else due(state, target, attempt.plant, line, master)
    start = master.calendar(attempt.plant).start(end, working_days(target, attempt.plant, master))
    return _back(start, master.transport_days(plant, attempt.plant))


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days)
