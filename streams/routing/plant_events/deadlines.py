"""What time alone changes: answers, offers and reports that do not come."""

from collections.abc import Iterator
from datetime import datetime

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.model.attempt import Attempt, Expectation
from streams.routing.model.codes import AlertCode, CloseReason, ExpectedFact
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import expectations, messages, quotation
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.reasons import Cause, silent, unanswered


def due_of_portions(state: OrderState) -> datetime | None:
    """Return when time alone next changes something of the order's portions, or None."""
    return None if state.frozen else min(_moments(state), default=None)


def due_of_quotation(state: OrderState) -> datetime | None:
    """Return when the order as a quotation is over by time alone, or None."""
    return None if state.frozen else quotation.ends_at(state)


def _moments(state: OrderState) -> Iterator[datetime]:
    for portion in state.portions:
        attempt = portion.current
        if portion.cancelled or portion.hold_reason:
            continue
        if attempt is None and (asked := portion.open_quotes):
            yield asked.deadline
        if attempt and attempt.answer is None and attempt.answer_by:
            yield attempt.answer_by
        if attempt and attempt.expectation:
            yield attempt.expectation.by


def apply_deadlines(state: OrderState, context: DecisionContext) -> Step:
    """Take the portions from plants whose time to answer is over, and move the days of what was not reported in time.

    A plant that is at work on its portion keeps it, and an alert asks a person to ask the plant. What a plant that has
    accepted does not report keeps the portion there as well: its day moves, and an alert goes to operators. An arrival
    that nobody reports is assumed. A quotation whose time is over ends.
    """
    if (end := quotation.ends_at(state)) and end <= context.time:
        return quotation.expire(state)
    cause: Cause | None = None
    alerts: list[OutputMessage] = []
    for portion in state.portions:
        attempt = portion.current
        if attempt is None or portion.cancelled:
            continue
        if attempt.expectation is not None and attempt.expectation.by <= context.time:
            missed = _missed(state, portion, attempt, attempt.expectation, context)
            state, cause = missed.state, missed.cause or cause
            alerts += missed.messages
            continue
        if not _is_overdue(attempt, context.time):
            continue
        if attempt.started:
            alerts.append(_unanswered(state, portion, attempt, context))
            state = state.with_portion(with_attempt(portion, replace(attempt, answer_by=None)))
        else:
            state = state.with_portion(with_attempt(portion, attempt.close(CloseReason.NO_ANSWER, withdraw=True)))
            cause = silent(attempt.plant, portion.item, context.master)
    return Step(state, cause, alerts)


def _missed(
    state: OrderState, portion: Portion, attempt: Attempt, missed: Expectation, context: DecisionContext
) -> Step:
    """Return the step after what was expected was not reported in time."""
    master = context.master
    if missed.fact is ExpectedFact.ARRIVAL and not expectations.reports_arrivals(attempt, master):
        arrived = expectations.with_assumed_arrivals(attempt, context)
        cause = reasons.arrival_assumed(attempt.plant, portion.item, master)
        return Step(state.with_portion(with_attempt(portion, arrived)), cause)
    waiting = expectations.early(state, portion, attempt, missed, context)
    if waiting is not None:
        cause = reasons.waits_to_leave(attempt.plant, portion.item, waiting.counted or missed.day, master)
        return Step(state.with_portion(with_attempt(portion, replace(attempt, expectation=waiting))), cause)
    later = expectations.overdue(attempt, missed, context)
    after = state.with_portion(with_attempt(portion, replace(attempt, expectation=later)))
    cause = reasons.overdue(attempt.plant, portion.item, missed.fact, missed.counted or missed.day, master)
    code = AlertCode(f"{missed.fact}-overdue")
    place = f"{portion.place}.{attempt.number}/{missed.day.isoformat()}"
    text = cause.text.then(reasons.ask_plant(portion.id_of(state.key, attempt)))
    alert = messages.alert(state, code, place, text, context.time)
    return Step(after, None if missed.fact is ExpectedFact.DELIVERY else cause, [alert])


def _unanswered(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> OutputMessage:
    text = unanswered(attempt.plant, portion.item, context.master)
    place = f"{portion.place}.{attempt.number}/{attempt.revision}"
    return messages.alert(state, AlertCode.NO_ANSWER, place, text, context.time)


def _is_overdue(attempt: Attempt, now: datetime) -> bool:
    return attempt.answer is None and attempt.answer_by is not None and attempt.answer_by <= now
