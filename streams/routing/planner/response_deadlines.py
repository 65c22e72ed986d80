"""Until when a plant has to answer a plant order."""

from datetime import datetime

from streams.routing.context import DecisionContext
from streams.routing.masterdata.rules import DEFAULTS
from streams.routing.model.attempt import Attempt
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import expectations, source, unreachable
from streams.routing.schedule import dates


def answer_by(state: OrderState, portion: Portion, plant: str, context: DecisionContext) -> datetime:
    """Return until when the plant may answer: the end of a working day at its own place.

    Args:
        state: The order.
        portion: The portion, whose rule may say how long.
        plant: The plant, a member.
        context: The event, from whose time the days count, and the master data.

    Returns:
        The time, in the zone of the context's.
    """
    rule = source.rule_of(state.order, portion, context.master) or DEFAULTS
    today = dates.day_at(plant, context.time, context.master)
    return dates.end_of_working_day(plant, today, rule.answer_within_working_days, context)


def with_answer_deadlines(state: OrderState, context: DecisionContext) -> OrderState:
    """Return the state in which every plant that owes an answer has a deadline for it.

    Time runs from the receipt by the plant's ERP: an outage of the plant costs it nothing. Until then the plant order
    is on its way (`expectations`). A plant at work keeps its portion without an answer (`plant_events.deadlines`). When
    it gives that work up (its shipment is cancelled, its production aborted), it owes the answer again, from now on.
    """
    for portion in state.portions:
        attempt = portion.current
        if attempt is None or portion.cancelled or unreachable.is_gone(attempt.plant, context.master):
            continue
        if attempt.missing_topic is None and _owes_answer(attempt):
            last = answer_by(state, portion, attempt.plant, context)
            state = state.with_portion(with_attempt(portion, replace(attempt, answer_by=last)))
    return state


def _owes_answer(attempt: Attempt) -> bool:
    """Return whether the plant owes an answer and has no deadline for it."""
    if attempt.issued is None or attempt.shadow or attempt.started or not expectations.is_delivered(attempt):
        return False
    return attempt.answer is None and attempt.answer_by is None
