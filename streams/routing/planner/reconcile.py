"""From facts to messages: every portion gets a plant, a reservation and an up-to-date plant order.

Each step compares what should be with what was last sent, so it may run after every event and sends only what is new.
"""

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.model.codes import AlertCode
from streams.routing.model.order import OrderState
from streams.routing.planner import expectations, explode, messages, quotation, response_deadlines, unreachable
from streams.routing.planner.assign import assign_plant
from streams.routing.planner.issue import issue_plant_orders, targets_first
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.reserve import update_reservations
from streams.routing.planner.step import Step
from streams.routing.planner.waiting import update_waiting


def reconcile(state: OrderState, context: DecisionContext) -> Step:
    """Return the state after fitting, placing, reserving and issuing, with the messages; unchanged while it is frozen.

    One round is enough: each step sees what those before it decided, and a parent stands before its components.
    """
    if state.frozen:
        return Step(state)
    state = quotation.with_known_validity(state, context)
    if state.is_expired:
        released = update_reservations(state, context)
        stopped = update_waiting(released.state, context)
        return Step(stopped.state, messages=[*released.messages, *stopped.messages])
    sent: list[OutputMessage] = []
    before = unreachable.without_unreachable(state, context.master)
    state = explode.fit(before, context.master)
    sent += _surpluses(before, state, context)
    for portion in state.portions:
        state, _, more = assign_plant(state, portion, context)
        sent += more
    state, _, more = update_reservations(state, context)
    sent += more
    state, _, more = update_waiting(state, context)
    sent += more
    for portion in targets_first(state.portions):
        state, _, more = issue_plant_orders(state, portion, context)
        sent += more
    state = response_deadlines.with_answer_deadlines(state, context)
    return Step(expectations.with_expectations(state, context), messages=sent)


def _surpluses(before: OrderState, after: OrderState, context: DecisionContext) -> list[OutputMessage]:
    """Return an alert for each portion that nothing needs any more although its plant has made or sent some of it."""
    if before is after:
        return []
    known = {(portion.line_id, portion.part) for portion in before.portions if portion.surplus}
    new = [p for p in after.portions if p.surplus and not p.cancelled and (p.line_id, p.part) not in known]
    found = []
    for portion in new:
        if portion.current is not None:
            text = reasons.surplus(portion.current.plant, portion.item, portion.irrevocable, context.master)
            place = f"{portion.place}/{after.revision}"
            found.append(messages.alert(after, AlertCode.SURPLUS, place, text, context.time))
    return found
