"""Keeps stock and capacity for what plants are asked to make, and releases them once they no longer are."""

from datetime import date, datetime, timedelta

from streams.routing.context import DecisionContext
from streams.routing.model.attempt import Attempt, Reservation
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import messages, source, unreachable
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.schedule import dates

APPROVAL_TIME = timedelta(days=5)
"""How long stock and capacity are reserved for a portion that waits for an approval."""


Starts = dict[str, dict[int, date]]
"""The earliest start of each line's portions, by their part. It stays the same while one event is handled."""


def update_reservations(state: OrderState, portion: Portion, context: DecisionContext, starts: Starts) -> Step:
    """Return the state with the portion's reservations asked for, changed or given back, and the requests.

    Args:
        state: The order.
        portion: One of its portions.
        context: The event and the master data.
        starts: What is known of the starts so far; it is added to.
    """
    sent: list[OutputMessage] = []
    after = portion
    for attempt in portion.attempts:
        if attempt.close_reason is None and not portion.cancelled:
            kept, requests = _reserve(state, portion, attempt, context, starts)
        else:
            kept, requests = _release(state, portion, attempt)
        sent += requests
        if kept is not attempt:
            after = with_attempt(after, kept)
    return Step(state.with_portion(after), messages=sent)


def _release(state: OrderState, portion: Portion, attempt: Attempt) -> tuple[Attempt, list[OutputMessage]]:
    if attempt.reservation is None or attempt.reservation.released:
        return attempt, []
    return attempt.released(), [messages.release_request(state, portion, attempt)]


def _reserve(
    state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext, starts: Starts
) -> tuple[Attempt, list[OutputMessage]]:
    if unreachable.is_gone(attempt.plant, context.master):
        return attempt, []
    requests = []
    wanted = _wanted(state, portion, attempt, context, starts)
    if wanted is not attempt.reservation:
        priority = source.priority(state.order, portion, context.master)
        requests.append(messages.reserve_request(state, portion, attempt, wanted, priority))
        attempt = replace(attempt, reservation=wanted)
    if (
        attempt.delivered_at
        and attempt.delivered_revision >= attempt.revision
        and attempt.delivered_generation < wanted.generation
    ):
        requests += messages.delivered_requests(state, portion, attempt, context.time)
        attempt = replace(attempt, delivered_generation=wanted.generation)
    if not attempt.shadow and attempt.shipped != attempt.reported_shipped:
        requests.append(messages.shipped_request(state, portion, attempt, attempt.shipped, context.time))
        attempt = replace(attempt, reported_shipped=attempt.shipped)
    return attempt, requests


def _wanted(
    state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext, starts: Starts
) -> Reservation:
    """Return the reservation that should be: the known one where nothing that matters has changed."""
    known = attempt.reservation
    expires = _expires(state, attempt, known, context.time)
    if known is None:
        start = _start(state, portion, dates.day_at(attempt.plant, context.time, context.master), context, starts)
        return Reservation(1, portion.quantity, start, expires_at=expires)
    start = known.not_before if attempt.issued else _start(state, portion, known.not_before, context, starts)
    if not known.released and (known.quantity, known.not_before, known.expires_at) == (
        portion.quantity,
        start,
        expires,
    ):
        return known
    return replace(
        known,
        generation=known.generation + 1,
        quantity=portion.quantity,
        not_before=start,
        expires_at=expires,
        released=False,
    )


def _start(state: OrderState, portion: Portion, known: date, context: DecisionContext, starts: Starts) -> date:
    """Return the first day of the work: later than known only where its components come in a later week.

    It stays as it is until the days of all components are known.
    """
    portions = dates.line_portions(state, portion.line_id)
    parts = list(dates.below(portion, portions))
    if not parts or any(dates.is_open(part) for part in parts):
        return known
    if portion.line_id not in starts:
        starts[portion.line_id] = dates.starts(portions, context.master, context.time)
    start = starts[portion.line_id].get(portion.part, known)
    return start if start.isocalendar()[:2] > known.isocalendar()[:2] else known


def _expires(state: OrderState, attempt: Attempt, known: Reservation | None, time: datetime) -> datetime | None:
    if state.order.terms.quotation and attempt.issued is None:
        return state.validity.ends_at if state.validity else None
    if attempt.approved:
        return None
    return known.expires_at if known and known.expires_at else time + APPROVAL_TIME
