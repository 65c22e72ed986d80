"""From facts to what must be said: every portion gets a plant, a reservation and an up-to-date plant order.

Everything compares what should be with what was last said, so it may run after every event and says only what is new.
"""

from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.order import OrderState
from streams.routing.planner import explode, unreachable
from streams.routing.planner.assign import assign
from streams.routing.planner.issue import order, targets_first
from streams.routing.planner.messages import Effect, Now
from streams.routing.planner.reserve import reserve
from streams.routing.plant_events import deadlines

Settled = tuple[OrderState, list[Effect]]


def settle(state: OrderState, master: MasterData, now: Now) -> Settled:
    """Return the state after fitting, placing, reserving and ordering, and what to say; nothing while it is frozen.

    One round is enough: each step sees what those before it decided, and a parent stands before its components.
    """
    said: list[Effect] = []
    if state.frozen:
        return state, said
    state = explode.fit(unreachable.noted(state, master), master)
    for portion in state.portions:
        state, more = assign(state, portion, master, now)
        said += more
    state, more = reserve(state, master, now)
    said += more
    for portion in targets_first(state.portions):
        state, more = order(state, portion, master, now)
        said += more
    return deadlines.awaited(state, master, now), said
