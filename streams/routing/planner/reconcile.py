"""From facts to what must be said: every portion gets a plant, a reservation and an up-to-date plant order.

Everything compares what should be with what was last said, so it may run after every event and says only what is new.
"""

from streams.routing.model.context import DecisionContext
from streams.routing.model.order import OrderState
from streams.routing.planner import explode, unreachable
from streams.routing.planner.assign import assign
from streams.routing.planner.issue import order, targets_first
from streams.routing.planner.messages import Effect
from streams.routing.planner.reserve import reserve
from streams.routing.plant_events import deadlines

Settled = tuple[OrderState, list[Effect]]


def settle(state: OrderState, context: DecisionContext) -> Settled:
    """Return the state after fitting, placing, reserving and ordering, and what to say; nothing while it is frozen.

    One round is enough: each step sees what those before it decided, and a parent stands before its components.
    """
    said: list[Effect] = []
    if state.frozen:
        return state, said
    state = explode.fit(unreachable.noted(state, context.master), context.master)
    for portion in state.portions:
        state, more = assign(state, portion, context)
        said += more
    state, more = reserve(state, context)
    said += more
    for portion in targets_first(state.portions):
        state, more = order(state, portion, context)
        said += more
    return deadlines.awaited(state, context), said
