"""What time alone changes: answers and offers that do not come."""

from collections.abc import Iterator
from datetime import datetime

from streams.routing.context import DecisionContext
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import AlertCode, CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import messages
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.reasons import Cause, silent, unanswered


def due(state: OrderState) -> datetime | None:
    """Return when time alone next changes something of the order, or None."""
    return None if state.frozen else min(_moments(state), default=None)


def _moments(state: OrderState) -> Iterator[datetime]:
    for portion in state.portions:
        attempt = portion.current
        if portion.cancelled or portion.hold_reason:
            continue
        if attempt is None and (asked := portion.open_quotes):
            yield asked.deadline
        if attempt and attempt.answer is None and attempt.answer_by:
            yield attempt.answer_by


def apply_deadlines(state: OrderState, context: DecisionContext) -> Step:
    """Take the portions from plants whose time to answer is over; a later answer is too late.

    A plant that is at work on its portion keeps it, and an alert asks a person to ask the plant.
    """
    cause: Cause | None = None
    alerts: list[OutputMessage] = []
    for portion in state.portions:
        attempt = portion.current
        if attempt is None or portion.cancelled or not _is_overdue(attempt, context.time):
            continue
        if attempt.started:
            alerts.append(_unanswered(state, portion, attempt, context))
            state = state.with_portion(with_attempt(portion, replace(attempt, answer_by=None)))
        else:
            state = state.with_portion(with_attempt(portion, attempt.close(CloseReason.NO_ANSWER, withdraw=True)))
            cause = silent(attempt.plant, portion.item, context.master)
    return Step(state, cause, alerts)


def _unanswered(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> OutputMessage:
    text = unanswered(attempt.plant, portion.item, context.master)
    place = f"{portion.place}.{attempt.number}/{attempt.revision}"
    return messages.alert(state, AlertCode.NO_ANSWER, place, text, context.time)


def _is_overdue(attempt: Attempt, now: datetime) -> bool:
    return attempt.answer is None and attempt.answer_by is not None and attempt.answer_by <= now
