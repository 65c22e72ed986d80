"""Applies another day for a reservation: by a disruption, its end, a receipt to come, or as a person has decided."""

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
    alerted, once for an order and a disruption. Where no disruption began or ended, what the plant awaits comes on
    another day.

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
    if reservation.disruption is None and value["disruption"] is None:
        return _by_receipt(after, assignment, reservation.available_on, ready, context)
    if not assignment.attempt.confirmed:
        return Step(
            after, Cause(CauseCode.DISRUPTION, _reason(assignment, ready, value["disruption"] is None, context.master))
        )
    return _warned(after, assignment, ready, value["disruption"], context)


def apply_repromising(
    state: OrderState, assignment: Assignment, value: wire.AllocationResult, context: DecisionContext
) -> Step:
    """Apply an AllocationResult MOVED after a person has had the plant's orders promised anew.

    The plant order gets the new day with a revision; where it is in hand already, the plant keeps the day that it has.
    A plant that has accepted is asked for the new day, and its acceptance stands until it answers.

    Args:
        state: The order.
        assignment: The portion and the attempt that has the reservation.
        value: The AllocationResult, with the new day and with what is had from stock and made now.
        context: The event and the master data.
    """
    attempt, ready = assignment.attempt, value["available_on"]
    if attempt.reservation is None or ready is None:
        return Step(state)
    known = replace(
        attempt.reservation,
        from_stock=value["from_stock"],
        to_make=value["to_make"],
        available_on=ready,
        disruption=value["disruption"],
    )
    if known == attempt.reservation:
        return Step(state)
    is_in_hand = attempt.started or _is_done(assignment, context.master)
    moved = replace(attempt, reservation=known, date_anew=attempt.issued is not None and not is_in_hand)
    after = assignments.with_attempt_at(state, assignment, moved)
    if not is_in_hand:
        portion = assignments.current_portion(after, assignment.portion)
        after = after.with_portion(replace(portion, to_make=value["to_make"]))
    return Step(after, Cause(CauseCode.RE_PROMISED, _repromised(assignment, ready, context.master)))


def _repromised(assignment: Assignment, ready: date, master: MasterData) -> Text:
    """Return the text that a person has decided on another day, as the plant's orders were promised anew."""
    who, what, day = master.name(assignment.attempt.plant), _item(assignment, master), ready.isoformat()
    if assignment.attempt.confirmed:
        return Text(
            en=f"{who.en} is asked for another day, as its orders were promised anew: {what.en}, ready on {day}.",
            ru=f"{who.ru}: сроки заказов распределены заново, запрошен новый срок «{what.ru}»: готовность {day}.",
        )
    return Text(
        en=f"The orders at {who.en} were promised anew: {what.en}, ready on {day}.",
        ru=f"{who.ru}: сроки заказов распределены заново, «{what.ru}», готовность {day}.",
    )


def _by_receipt(
    state: OrderState, assignment: Assignment, before: date | None, ready: date, context: DecisionContext
) -> Step:
    """Return the step where what a plant awaits comes on another day.

    A cause; where the plant has accepted, one alert once the day is behind its promise.
    """
    attempt = assignment.attempt
    if not attempt.confirmed:
        return Step(state, Cause(CauseCode.RECEIPT_MOVED, _awaited(assignment, ready, context.master)))
    promised = _promised(attempt)
    is_known = before is not None and promised is not None and before > promised
    if promised is None or ready <= promised or is_known or _is_done(assignment, context.master):
        return Step(state)
    number = f"{assignment.portion.place}/{attempt.number}/{ready.isoformat()}"
    text = _awaited_late(assignment, promised, ready, context.master)
    return Step(state, messages=[messages.alert(state, AlertCode.RECEIPT_MOVED, number, text, context.time)])


def _is_done(assignment: Assignment, master: MasterData) -> bool:
    portion = assignment.portion
    return dates.finished(portion, master) is not None or assignment.attempt.irrevocable >= portion.quantity


def _awaited(assignment: Assignment, ready: date, master: MasterData) -> Text:
    """Return the text that what a plant awaits comes on another day."""
    who, what, day = master.name(assignment.attempt.plant), _item(assignment, master), ready.isoformat()
    return Text(
        en=f"{who.en} awaits {what.en} for its stock on another day: ready on {day}.",
        ru=f"{who.ru}: ожидаемое поступление «{what.ru}» перенесено, готовность {day}.",
    )


def _awaited_late(assignment: Assignment, promised: date, ready: date, master: MasterData) -> Text:
    """Return the text that a plant's promise is before the day on which what it awaits comes."""
    who, what, day = master.name(assignment.attempt.plant), _item(assignment, master), promised.isoformat()
    return Text(
        en=f"{who.en} awaits {what.en} for its stock on {ready.isoformat()}; it has promised {day}. Ask it whether the "
        "promise stands, or give the part to another plant.",
        ru=f"{who.ru}: «{what.ru}» поступит на склад {ready.isoformat()}, завод обещал {day}. Уточните, остаётся ли "
        "срок в силе, или передайте эту часть другому заводу.",
    )


def _warned(
    state: OrderState, assignment: Assignment, ready: date, number: str | None, context: DecisionContext
) -> Step:
    attempt = assignment.attempt
    name, promised = f"{attempt.plant}/{number}", _promised(attempt)
    done = _is_done(assignment, context.master)
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
    return master.item_name(assignment.portion.item)
