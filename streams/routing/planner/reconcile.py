"""From facts to messages: every portion gets a plant, a reservation and an up-to-date plant order.

Each step compares what should be with what was last sent, so it may run after every event and sends only what is new.
"""

from streams.routing.context import DecisionContext
from streams.routing.model.order import OrderState
from streams.routing.planner import explode, response_deadlines, unreachable
from streams.routing.planner.assign import assign_plant
from streams.routing.planner.issue import issue_plant_orders, targets_first
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.reserve import update_reservations
from streams.routing.planner.step import Step


def reconcile(state: OrderState, context: DecisionContext) -> Step:
    """Return the state after fitting, placing, reserving and issuing, with the messages; unchanged while it is frozen.

    One round is enough: each step sees what those before it decided, and a parent stands before its components.
    """
    if state.frozen:
        return Step(state)
    sent: list[OutputMessage] = []
    state = explode.fit(unreachable.without_unreachable(state, context.master), context.master)
    for portion in state.portions:
        state, _, more = assign_plant(state, portion, context)
        sent += more
    state, _, more = update_reservations(state, context)
    sent += more
    for portion in targets_first(state.portions):
        state, _, more = issue_plant_orders(state, portion, context)
        sent += more
    return Step(response_deadlines.with_answer_deadlines(state, context), messages=sent)
