"""What a plant is next expected to report of what it has accepted, and until when: so nothing accepted goes silent.

Of every plant order one fact is awaited at a time: that its ERP takes it, that its work begins, that it is ready, that
it leaves, that it arrives. `plant_events.deadlines` says what follows where it does not come.
"""

from datetime import date, datetime
from typing import NamedTuple

from kranhub.parties.members import Reported, Role
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import DEFAULTS
from streams.routing.model.attempt import Attempt, Expectation, Shipment
from streams.routing.model.codes import ExpectedFact
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import source, unreachable
from streams.routing.schedule import dates

DELIVERY_WORKING_DAYS = 2
"""How long a plant order may be on its way to the plant's ERP before a person is told."""

RESTART_WORKING_DAYS = 2
"""How long a plant that has aborted its production has to begin anew before that is overdue."""

LONGEST_DELAY = 20
"""By how many days a missed fact is counted on later, at most; the first time it is two, then twice as many."""


class _Awaited(NamedTuple):
    """A fact, and the day on which it should happen.

    Attributes:
        fact: What is awaited.
        day: At the plant; of an arrival at the member that the goods go to.
        counted: The day with which the hub counts already; None where that is ``day``.
    """

    fact: ExpectedFact
    day: date
    counted: date | None = None


def with_expectations(state: OrderState, context: DecisionContext) -> OrderState:
    """Return the state in which every plant order that a plant has says what is expected next, and until when."""
    for portion in state.portions:
        attempt = portion.current
        if attempt is None:
            continue
        wanted = _expectation(state, portion, attempt, context)
        if wanted != attempt.expectation:
            state = state.with_portion(with_attempt(portion, replace(attempt, expectation=wanted)))
    return state


def _expectation(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> Expectation | None:
    awaited, known = _awaited(state, portion, attempt, context), attempt.expectation
    if awaited is None:
        return None
    if known is not None and (known.fact, known.day) == (awaited.fact, awaited.day):
        return known
    return Expectation(awaited.fact, awaited.day, _deadline(state, portion, attempt, awaited, context), awaited.counted)


def _awaited(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> _Awaited | None:
    master = context.master
    if portion.cancelled or attempt.issued is None or attempt.shadow or attempt.missing_topic is not None:
        return None
    if unreachable.is_gone(attempt.plant, master) or (portion.surplus and not state.order.cancelled):
        return None
    if not attempt.confirmed and not attempt.started:
        return _delivery(attempt, context)
    if _is_used(state, portion, master) or attempt.arrived >= portion.quantity:
        return None
    if attempt.shipped >= portion.quantity:
        return _Awaited(ExpectedFact.ARRIVAL, _arrival_day(attempt, attempt.issued.consignee, master))
    done = dates.finished(portion, master)
    promised = dates.promised_by_plant(attempt) or attempt.issued.requested_date
    if done is None and portion.wanted_of_production > 0:
        return _production(state, portion, attempt, context)
    if portion.feeds is not None and attempt.issued.consignee == attempt.plant:
        return None
    return _Awaited(ExpectedFact.SHIPMENT, done or promised)


def _delivery(attempt: Attempt, context: DecisionContext) -> _Awaited | None:
    """Return that the plant's ERP should take the plant order; nothing where it has."""
    if is_delivered(attempt) or attempt.answer is not None:
        return None
    known = attempt.expectation
    if known is not None and known.fact is ExpectedFact.DELIVERY:
        return _Awaited(known.fact, known.day)
    return _Awaited(ExpectedFact.DELIVERY, dates.day_at(attempt.plant, context.time, context.master))


def is_delivered(attempt: Attempt) -> bool:
    """Return whether the plant's ERP has taken the revision that asks for an answer."""
    return attempt.delivered_at is not None and attempt.delivered_revision >= attempt.answers_from


def _is_used(state: OrderState, portion: Portion, master: MasterData) -> bool:
    """Return whether what the portion goes into is made, so that it must have been there."""
    into = dates.targets(portion, dates.line_portions(state, portion.line_id))
    return bool(into) and all(dates.finished(target, master) is not None for target in into)


def _arrival_day(attempt: Attempt, to: str, master: MasterData) -> date:
    waiting = [shipment for shipment in attempt.shipments if shipment.quantity > 0 and shipment.arrived is None]
    left = [shipment for shipment in waiting if shipment.departed is not None] or waiting
    return max(dates.expected_arrival(shipment, attempt.plant, to, master) for shipment in left)


def _production(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> _Awaited:
    """Return the start of the work where the plant reports that and has not begun, else that it is ready."""
    calendar = context.master.calendar(attempt.plant)
    if attempt.aborted:
        days = (dates.ended_on(made, attempt.plant, context.master) for made in attempt.productions)
        again = calendar.next_working(shifted(max(days), 1))
        return _Awaited(ExpectedFact.PRODUCTION_START, again, again)
    ready = _ready_day(state, portion, attempt, context)
    if not _has_begun(attempt) and _reports_production(attempt, context.master):
        start = calendar.start(ready, dates.working_days(portion, attempt.plant, context.master))
        return _Awaited(ExpectedFact.PRODUCTION_START, start)
    return _Awaited(ExpectedFact.READINESS, ready)


def _has_begun(attempt: Attempt) -> bool:
    return attempt.irrevocable > 0 or any(
        made.state in (*dates.UNDER_WAY, *dates.ENDED) for made in attempt.productions
    )


def _reports_production(attempt: Attempt, master: MasterData) -> bool:
    """Return whether the plant reports when work begins: it says so, or has reported a production order of this one."""
    known = master.members.by_id.get(attempt.plant)
    return bool(attempt.productions) or (known is not None and Reported.PRODUCTION in known.reports)


def _ready_day(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> date:
    """Return the day on which the portion should be ready: by its plant's promise, and not before its parts allow."""
    portions = dates.line_portions(state, portion.line_id)
    if next(dates.below(portion, portions), None) is None or portion not in portions:
        assert attempt.issued is not None  # noqa: S101  (only what was issued is expected)
        return dates.promised_by_plant(attempt) or attempt.issued.requested_date
    return dates.expected_end(portion, portions, context.master)


def _deadline(
    state: OrderState, portion: Portion, attempt: Attempt, awaited: _Awaited, context: DecisionContext
) -> datetime:
    """Return until when the fact is waited for: the end of a day where it happens."""
    rule = source.rule_of(state.order, portion, context.master) or DEFAULTS
    assert attempt.issued is not None  # noqa: S101  (only what was issued is expected)
    if awaited.fact is ExpectedFact.ARRIVAL:
        last = shifted(awaited.day, rule.arrival_margin_days)
        return dates.end_of_day(attempt.issued.consignee, last, context)
    wait = {
        ExpectedFact.DELIVERY: DELIVERY_WORKING_DAYS,
        ExpectedFact.SHIPMENT: rule.ship_within_working_days,
    }.get(awaited.fact, RESTART_WORKING_DAYS if awaited.counted else rule.report_within_working_days)
    return dates.end_of_working_day(attempt.plant, awaited.day, wait, context)


def overdue(attempt: Attempt, expectation: Expectation, context: DecisionContext) -> Expectation:
    """Return the expectation after it was missed: it is counted on some days from now, and then looked at again.

    Args:
        attempt: The attempt.
        expectation: What was not reported in time.
        context: The event, from whose day the new days count, and the master data.
    """
    assert attempt.issued is not None  # noqa: S101  (only what was issued is expected)
    delay = min(2 ** (expectation.overdue + 1), LONGEST_DELAY)
    place = attempt.issued.consignee if expectation.fact is ExpectedFact.ARRIVAL else attempt.plant
    today = dates.day_at(place, context.time, context.master)
    if expectation.fact is ExpectedFact.ARRIVAL:
        counted = shifted(today, delay)
    else:
        counted = dates.working_day_after(place, today, delay, context.master)
    by = dates.end_of_day(place, counted, context)
    return replace(expectation, by=by, counted=counted, overdue=expectation.overdue + 1)


def early(
    state: OrderState, portion: Portion, attempt: Attempt, missed: Expectation, context: DecisionContext
) -> Expectation | None:
    """Return what is expected of goods that were made early and have not left: that they do by the promised day.

    Args:
        state: The order.
        portion: The portion.
        attempt: Its attempt.
        missed: What was not reported in time.
        context: The event and the master data.

    Returns:
        None where something else was missed, or that day is not ahead.
    """
    promised = dates.promised_by_plant(attempt) or (attempt.issued.requested_date if attempt.issued else None)
    today = dates.day_at(attempt.plant, context.time, context.master)
    if missed.fact is not ExpectedFact.SHIPMENT or missed.counted or promised is None or promised <= today:
        return None
    by = _deadline(state, portion, attempt, _Awaited(missed.fact, promised), context)
    return replace(missed, counted=promised, by=by)


def reports_arrivals(attempt: Attempt, master: MasterData) -> bool:
    """Return whether anybody reports the arrival of the attempt's goods: the plant, or a carrier that has them.

    Args:
        attempt: An attempt that was issued.
        master: The master data, which say what members report.
    """
    assert attempt.issued is not None  # noqa: S101  (the caller has checked)
    members = master.members.by_id
    carried = {shipment.by for shipment in attempt.shipments if shipment.by}
    if any(by in members and Role.CARRIER in members[by].roles for by in carried):
        return True
    return attempt.plant in members and Reported.ARRIVALS in members[attempt.plant].reports


def with_assumed_arrivals(attempt: Attempt, context: DecisionContext) -> Attempt:
    """Return the attempt with its goods arrived, on the days on which they were expected, marked as assumed.

    Args:
        attempt: An attempt all of whose goods have left.
        context: The event and the master data.
    """
    assert attempt.issued is not None  # noqa: S101  (the caller has checked)
    to = attempt.issued.consignee
    return replace(
        attempt, shipments=tuple(_assumed(shipment, attempt.plant, to, context) for shipment in attempt.shipments)
    )


def _assumed(shipment: Shipment, plant: str, to: str, context: DecisionContext) -> Shipment:
    if shipment.quantity <= 0 or shipment.arrived is not None or shipment.departed is None:
        return shipment
    day = dates.expected_arrival(shipment, plant, to, context.master)
    at = min(context.time, dates.end_of_day(to, day, context))
    return replace(shipment, arrived=at, arrived_on=day, assumed=True)
