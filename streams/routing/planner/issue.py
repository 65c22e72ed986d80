"""Issues plant orders: a new revision wherever what a plant should make differs from its last revision."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt, Issued
from streams.routing.model.codes import AlertCode
from streams.routing.model.copying import replace
from streams.routing.model.order import Line, OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import alternative_items, cutover, explode, messages, source
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.schedule import dates


def issue_plant_orders(state: OrderState, portion: Portion, context: DecisionContext) -> Step:
    """Return the state in which every plant has its up-to-date plant order of the portion, and the messages for that.

    Args:
        state: The order.
        portion: One of its portions.
        context: The event and the master data.

    Returns:
        The step with the plant orders, and a decision for each that is issued for the first time.
    """
    needed = _needed(state, portion, context)
    portion, sent = _asked_about_date(state, portion, needed, context)
    for attempt in portion.attempts:
        if cutover.keeps_back(attempt, context.master):
            continue
        wanted = _wanted(state, portion, attempt, needed, context)
        if wanted is None:
            continue
        if wanted == attempt.issued:
            portion = _with_wanted_date(state, portion, attempt)
            continue
        issued = _issue(state, portion, attempt, wanted, context)
        if attempt.issued is None:
            sent.append(messages.decision(state, portion, issued, context))
        sent.append(messages.plant_order(state, portion, issued, context))
        if issued.shadow and not wanted.cancelled:
            issued, more = _as_if_delivered(state, portion, issued, context)
            sent += more
        portion = with_attempt(portion, issued)
    return Step(state.with_portion(portion), messages=sent)


def _asked_about_date(
    state: OrderState, portion: Portion, needed: date | None, context: DecisionContext
) -> tuple[Portion, list[OutputMessage]]:
    """Return the portion, and the alert that asks a person about a date that its parts no longer let the plant keep.

    A person is asked in the frozen zone only, and about a date once.
    """
    attempt = portion.current
    if needed is None or attempt is None or attempt.issued is None or portion.cancelled or attempt.shadow:
        return portion, []
    if needed <= attempt.issued.requested_date or not _is_frozen(state, portion, attempt, context):
        return portion, []
    if attempt.asked_for is not None and needed <= attempt.asked_for:
        return portion, []
    number = portion.id_of(state.key, attempt)
    text = reasons.frozen_zone(
        attempt.plant, number, portion.item, attempt.issued.requested_date, needed, context.master
    )
    place = f"{portion.place}.{attempt.number}/{needed.isoformat()}"
    alert = messages.alert(state, AlertCode.FROZEN_ZONE, place, text, context.time)
    return with_attempt(portion, replace(attempt, asked_for=needed)), [alert]


def _needed(state: OrderState, portion: Portion, context: DecisionContext) -> date | None:
    """Return the day on which an issued assembly can be done once its parts have come; None where it waits for none."""
    if portion.current is None or portion.current.issued is None:
        return None
    portions = dates.line_portions(state, portion.line_id)
    parts = list(dates.below(portion, portions))
    if not parts or any(dates.is_open(part) or part.current is None for part in parts):
        return None
    if dates.finished(portion, context.master) is not None or portion not in portions:
        return None
    return dates.end_by_parts(portion, portions, context.master, context.time)


def _is_frozen(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> bool:
    """Return whether the plant's work on the portion begins so soon that its date is not moved without a person."""
    assert attempt.issued is not None  # noqa: S101  (the callers have checked)
    rule = source.rule_of(state.order, portion, context.master)
    days = rule.frozen_zone_working_days if rule else 0
    calendar = context.master.calendar(attempt.plant)
    start = calendar.start(attempt.issued.requested_date, dates.working_days(portion, attempt.plant, context.master))
    today = dates.day_at(attempt.plant, context.time, context.master)
    return attempt.started or calendar.between(today, start) <= days


def _with_wanted_date(state: OrderState, portion: Portion, attempt: Attempt) -> Portion:
    """Remember that the issued plant order is right for the date that is wanted now."""
    if attempt.date_anew:
        attempt = replace(attempt, date_anew=False)
        portion = with_attempt(portion, attempt)
    line = _line(state, portion)
    if line is None or attempt.close_reason is not None or attempt.wanted_for == line.requested_for(portion.node):
        return portion
    return with_attempt(portion, replace(attempt, wanted_for=line.requested_for(portion.node)))


def targets_first(portions: Sequence[Portion]) -> Sequence[Portion]:
    """Return the portions sorted so that what another goes into stands before it: its date decides on the other's."""
    feeds = {(portion.line_id, portion.node): portion.feeds for portion in portions if portion.feeds is not None}
    if not feeds:
        return portions

    def hops(portion: Portion) -> int:
        node, count = portion.feeds, 0
        while node is not None and count <= len(portions):
            node, count = feeds.get((portion.line_id, node)), count + 1
        return count

    return sorted(portions, key=hops)


def _as_if_delivered(
    state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext
) -> tuple[Attempt, list[OutputMessage]]:
    """Report the delivery to the allocator: people place by themselves what is in shadow."""
    generation = attempt.reservation.generation if attempt.reservation else 0
    if attempt.delivered_generation >= generation:
        return attempt, []
    requests = messages.delivered_requests(state, portion, attempt, context.time)
    return replace(attempt, delivered_generation=generation), requests


def _wanted(
    state: OrderState, portion: Portion, attempt: Attempt, needed: date | None, context: DecisionContext
) -> Issued | None:
    """Return what the plant order should say; None where none is to be issued."""
    if portion.cancelled or attempt.close_reason is not None:
        withdrawn = attempt.issued is not None and (attempt.withdraw or attempt.close_reason is None)
        return replace(attempt.issued, cancelled=True) if attempt.issued and withdrawn else attempt.issued
    if attempt.issued is None and not _may_be_issued(state, portion, attempt, context.master):
        return None
    line = _line(state, portion)
    if line is None:
        return attempt.issued and replace(attempt.issued, quantity=portion.quantity)
    feeds_into, consignee = destination(state, portion)
    day = _day(state, portion, attempt, line, needed, context)
    cost = price(portion, line, context.master)
    return Issued(portion.quantity, day, consignee, feeds_into, cost, content=portion.content, shadow=attempt.shadow)


def price(portion: Portion, line: Line, master: MasterData) -> Decimal | None:
    """Return the line's price where one plant makes all of it; what several build together has none for a part.

    Args:
        portion: The portion.
        line: Its line.
        master: The master data, which say whether the item has a bill of materials.

    Returns:
        The price of one unit in the order's currency; None where the line or the portion has none.
    """
    is_whole = portion.feeds is None and not explode.components_of(portion.item, portion.node, line, master)
    return line.price if is_whole else None


def _may_be_issued(state: OrderState, portion: Portion, attempt: Attempt, master: MasterData) -> bool:
    """Return whether a plant order may go out.

    It does once it is reserved and approved, and once it is known when its components can be there and where it goes
    itself, and that the line is tried with no other item: no plant gets what must be changed a second later.
    """
    line = _line(state, portion)
    if line is not None and alternative_items.is_open(state, line, master):
        return False
    if state.order.terms.quotation or not attempt.approved or not attempt.reservation_answered:
        return False
    portions = dates.line_portions(state, portion.line_id)
    if portion.feeds is not None and any(_is_sought(other) for other in portions if other.node == portion.feeds):
        return False
    return not any(dates.is_open(part) for part in dates.below(portion, portions))


def _is_sought(portion: Portion) -> bool:
    """Return whether a plant is still sought for the portion."""
    return portion.hold_reason is None and portion.current is None


def _line(state: OrderState, portion: Portion) -> Line | None:
    """Return the portion's line; None where the line no longer needs it, or waits for a correction."""
    line = None if portion.surplus else state.order.line(portion.line_id)
    return line if line is not None and line.hold_reason is None else None


def _day(
    state: OrderState, portion: Portion, attempt: Attempt, line: Line, needed: date | None, context: DecisionContext
) -> date:
    """Return the plant order's date: worked out once for a wanted date and then kept, so that plans are not upset.

    It moves only where its components come too late for it. It is never before what is available, nor before its
    components have come and are worked in.
    """
    if attempt.date_by_hand:
        return attempt.date_by_hand
    if attempt.issued and not attempt.date_anew and attempt.wanted_for == line.requested_for(portion.node):
        known = attempt.issued.requested_date
        if needed is None or needed <= known or _is_frozen(state, portion, attempt, context):
            return known
        return needed
    days = [dates.due(state, portion, attempt.plant, line, context.master)]
    if attempt.reservation and attempt.reservation.available_on:
        days.append(attempt.reservation.available_on)
    portions = dates.line_portions(state, portion.line_id)
    if next(dates.below(portion, portions), None):
        start = dates.starts(portions, context.master, context.time)[portion.part]
        work = dates.working_days(portion, attempt.plant, context.master)
        days.append(context.master.calendar(attempt.plant).finish(start, work))
    return max(days)


def destination(state: OrderState, portion: Portion) -> tuple[str | None, str]:
    """Return what the portion is built into and where it goes: the latest plant asked for it, else the customer."""
    into = dates.targets(portion, dates.line_portions(state, portion.line_id))
    if not into:
        return None, dates.consignee(state)
    latest = into[0].attempts[-1]
    return into[0].id_of(state.key, latest), latest.plant


def _issue(state: OrderState, portion: Portion, attempt: Attempt, wanted: Issued, context: DecisionContext) -> Attempt:
    """Return the attempt with its next revision.

    More, or sooner, needs a new answer. A plant that has accepted keeps its acceptance of less, or later, and of
    another day for which its orders were promised anew.
    """
    revision, sent = attempt.revision + 1, attempt.issued
    line = _line(state, portion)
    wanted_for = line.requested_for(portion.node) if line else attempt.wanted_for
    if cutover.begins_in_shadow(attempt, context.master):
        wanted = replace(wanted, shadow=True)
    attempt, is_anew = replace(attempt, date_anew=False), attempt.date_anew
    issued = replace(attempt, issued=wanted, asked_quantity=wanted.quantity, revision=revision, wanted_for=wanted_for)
    if issued.shadow:
        return replace(issued, delivered_revision=revision, delivered_at=context.time)
    if wanted.cancelled:
        return replace(issued, answer_by=None)
    if sent and (sent.quantity, sent.requested_date) == (wanted.quantity, wanted.requested_date):
        return issued
    keeps_answer = sent and (_asks_no_more(wanted, sent) or (is_anew and wanted.quantity <= sent.quantity))
    if attempt.confirmed and keeps_answer:
        return replace(issued, answers_from=revision)
    return replace(issued, answers_from=revision, answer=None, answer_by=None)


def _asks_no_more(wanted: Issued, sent: Issued) -> bool:
    return wanted.quantity <= sent.quantity and wanted.requested_date >= sent.requested_date
