"""From facts to messages: every portion gets a plant, a reservation and an up-to-date plant order.

Each step compares what should be with what was last sent, so it may run after every event and sends only what is new.
Lines do not depend on each other, so each is worked on as an order of its own: the time grows with the lines.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from operator import is_

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.model.codes import AlertCode
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion
from streams.routing.planner import (
    alternative_items,
    approval,
    expectations,
    explode,
    messages,
    quotation,
    response_deadlines,
    unreachable,
)
from streams.routing.planner.assign import assign_plant
from streams.routing.planner.issue import issue_plant_orders, targets_first
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.reserve import update_reservations
from streams.routing.planner.step import Step
from streams.routing.planner.waiting import update_waiting

Parts = dict[str, OrderState]
"""The order's lines by their ids, each as if the order had no other (`OrderState.by_line`)."""


_Place = tuple[str, int]
"""A portion's line and part."""


def reconcile(state: OrderState, context: DecisionContext, lines: Collection[str] | None = None) -> Step:
    """Return the state after fitting, placing, reserving and issuing, with the messages; unchanged while it is frozen.

    One round is enough: each step sees what those before it decided, and a parent stands before its components. There
    is another one where a line is planned with another item (`alternative_items`).

    Args:
        state: The order.
        context: The event and the master data.
        lines: The ids of the lines of which something may have changed; None for all.
    """
    step = _reconciled(state, context, lines)
    while not step.state.frozen and (trials := alternative_items.next_trials(step.state, context, lines)).lines:
        asked = [*step.messages, *approval.approval_alerts(trials.state, trials.lines, context)]
        more = _reconciled(trials.state, context, trials.lines)
        step = Step(more.state, messages=[*asked, *more.messages])
    return step


def _reconciled(state: OrderState, context: DecisionContext, lines: Collection[str] | None) -> Step:
    if state.frozen:
        return Step(state)
    state = quotation.with_known_validity(state, context)
    if state.is_expired:
        return _released(state, context)
    parts = state.by_line(lines)
    before = {line_id: unreachable.without_unreachable(part, context.master) for line_id, part in parts.items()}
    waiting = explode.waiting_lines(state.order)
    work = {line_id: explode.fit(part, context.master, waiting) for line_id, part in before.items()}
    places = _in_order(state, work)
    sent = _surpluses(state, before, work, places, context)
    sent += _each(work, places, assign_plant, context)
    sent += _each(work, places, partial(update_reservations, starts={}), context)
    sent += _each(work, places, update_waiting, context)
    sent += _each(work, places, issue_plant_orders, context, targets_first)
    for line_id, part in work.items():
        answered = response_deadlines.with_answer_deadlines(part, context)
        work[line_id] = expectations.with_expectations(answered, context)
    return Step(_merged(state, work), messages=sent)


def _released(state: OrderState, context: DecisionContext) -> Step:
    """Return the state of a quotation that is over: nothing is reserved for it, and it waits for nothing."""
    work = state.by_line()
    places = _in_order(state, work)
    sent = _each(work, places, partial(update_reservations, starts={}), context)
    sent += _each(work, places, update_waiting, context)
    return Step(_merged(state, work), messages=sent)


def _surpluses(
    state: OrderState, before: Parts, after: Parts, places: Iterable[_Place], context: DecisionContext
) -> list[OutputMessage]:
    """Return an alert for each portion that nothing needs any more although its plant has made or sent some of it."""
    if all(part is before[line_id] for line_id, part in after.items()):
        return []
    known, now = _portions(before), _portions(after)
    found = []
    for place in places:
        portion = now[place]
        is_new = portion.surplus and not portion.cancelled and not (place in known and known[place].surplus)
        if is_new and portion.current is not None:
            text = reasons.surplus(portion.current.plant, portion.item, portion.irrevocable, context.master)
            where = f"{portion.place}/{state.revision}"
            found.append(messages.alert(state, AlertCode.SURPLUS, where, text, context.time))
    return found


def _portions(work: Parts) -> dict[_Place, Portion]:
    return {(portion.line_id, portion.part): portion for part in work.values() for portion in part.portions}


def _in_order(state: OrderState, work: Parts) -> Iterable[_Place]:
    """Return the places of the portions that are worked on as they stand in the whole order, new ones last."""
    known = [(portion.line_id, portion.part) for portion in state.portions if portion.line_id in work]
    return dict.fromkeys(known) | dict.fromkeys(_portions(work))


def _each(
    work: Parts,
    places: Iterable[_Place],
    step: Callable[[OrderState, Portion, DecisionContext], Step],
    context: DecisionContext,
    sort: Callable[[Sequence[Portion]], Sequence[Portion]] = tuple,
) -> list[OutputMessage]:
    """Do the step for each portion, in this order; return the messages."""
    sent: list[OutputMessage] = []
    now = _portions(work)
    for portion in sort([now[place] for place in places]):
        work[portion.line_id], _, more = step(work[portion.line_id], portion, context)
        sent += more
    return sent


def _merged(state: OrderState, work: Parts) -> OrderState:
    """Return the whole order with the lines that were worked on; the same value where none of them has changed."""
    now = _portions(work)
    portions = [now.pop((portion.line_id, portion.part), portion) for portion in state.portions]
    if not now and all(map(is_, portions, state.portions)):
        return state
    return replace(state, portions=(*portions, *now.values()))
