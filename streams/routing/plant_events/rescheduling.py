"""Applies that a disruption at a plant, or its end, changes the day on which a reservation is ready."""

from datetime import date

from kranhub.text import Text
from kranhub.wire import messages as wire
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import AlertCode, CauseCode
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.planner import messages
from streams.routing.planner.step import Step
from streams.routing.plant_events import assignments
from streams.routing.plant_events.assignments import Assignment
from streams.routing.reasons import Cause
from streams.routing.schedule import dates

REMEMBERED = 20
"""How many disruptions an order records as reported to the hub's operators."""


def apply_rescheduling(
    state: OrderState, assignment: Assignment, value: wire.AllocationResult, context: DecisionContext
) -> Step:
    """Apply an AllocationResult MOVED: another day for the reservation of the assignment.

    A plant that has accepted keeps its own promise, for it knows best; where that is before the new day, operators are
    alerted, once for an order and a disruption.

    Args:
        state: The order.
        assignment: The portion and the attempt that has the reservation.
        value: The AllocationResult, with the new day and the disruption; without one the disruption is over.
        context: The event and the master data.
    """
    reservation, ready = assignment.attempt.reservation, value["available_on"]
    if reservation is None or ready is None:
        return Step(state)
    known = replace(reservation, available_on=ready, disruption=value["disruption"])
    after = assignments.with_attempt_at(state, assignment, replace(assignment.attempt, reservation=known))
    if after == state:
        return Step(state)
    if not assignment.attempt.confirmed:
        return Step(
            after, Cause(CauseCode.DISRUPTION, _reason(assignment, ready, value["disruption"] is None, context.master))
        )
    return _warned(after, assignment, ready, value["disruption"], context)


def _warned(
    state: OrderState, assignment: Assignment, ready: date, number: str | None, context: DecisionContext
) -> Step:
    attempt, portion = assignment.attempt, assignment.portion
    name, promised = f"{attempt.plant}/{number}", _promised(attempt)
    done = dates.finished(portion, context.master) is not None or attempt.irrevocable >= portion.quantity
    if number is None or name in state.reported_disruptions or done or promised is None or ready <= promised:
        return Step(state)
    reported = replace(state, reported_disruptions=(*state.reported_disruptions, name)[-REMEMBERED:])
    alert = messages.alert(
        state, AlertCode.DISRUPTION, name, _in_danger(assignment, promised, ready, context.master), context.time
    )
    return Step(reported, messages=[alert])


def _promised(attempt: Attempt) -> date | None:
    return dates.promised_by_plant(attempt) or (attempt.issued.requested_date if attempt.issued else None)


def _reason(assignment: Assignment, ready: date, over: bool, master: MasterData) -> Text:
    """Return the text that a disruption, or its end, changes the day on which a part is ready."""
    who, what, day = master.name(assignment.attempt.plant), _item(assignment, master), ready.isoformat()
    if over:
        en, ru = f"{who.en} has overcome its disruption: {what.en}", f"{who.ru}: сбой устранён, «{what.ru}»"
    else:
        en, ru = f"A disruption at {who.en} moves a date: {what.en}", f"{who.ru}: из-за сбоя переносится «{what.ru}»"
    return Text(en=f"{en}, ready on {day}.", ru=f"{ru}, готовность {day}.")


def _in_danger(assignment: Assignment, promised: date, ready: date, master: MasterData) -> Text:
    """Return the text that a plant's promise is before the day on which its disruption lets it be ready."""
    who, what, day = master.name(assignment.attempt.plant), _item(assignment, master), promised.isoformat()
    return Text(
        en=f"{who.en} has a disruption. As the hub counts, {what.en} is ready on {ready.isoformat()}; the plant has "
        f"promised {day}. Ask it whether the promise stands, or give the part to another plant.",
        ru=f"{who.ru}: сбой. По расчёту центра «{what.ru}» будет готово {ready.isoformat()}, завод обещал {day}. "
        "Уточните, остаётся ли срок в силе, или передайте эту часть другому заводу.",
    )


def _item(assignment: Assignment, master: MasterData) -> Text:
    item = assignment.portion.item
    return master.items[item].name.text if item in master.items else Text(en=item, ru=item)
