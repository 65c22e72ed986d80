"""From facts to what must be said: every portion gets a plant, a reservation and an up-to-date plant order.

Everything compares what should be with what was last said, so it may run after every event and says only what is new.
"""

from streams.router import deadlines, gone, plan
from streams.router.assign import assign
from streams.router.effects import Effect, Now
from streams.router.masterdata import MasterData
from streams.router.model import OrderState
from streams.router.ordering import order, targets_first
from streams.router.reserve import reserve

Settled = tuple[OrderState, list[Effect]]


def settle(state: OrderState, master: MasterData, now: Now) -> Settled:
    """Return the state after fitting, placing, reserving and ordering, and what to say; nothing while it is frozen.

    One round is enough: each step sees what those before it decided, and a parent stands before its components.
    """
    said: list[Effect] = []
    if state.frozen:
        return state, said
    state = plan.fit(gone.noted(state, master), master)
    for portion in state.portions:
        state, more = assign(state, portion, master, now)
        said += more
    state, more = reserve(state, master, now)
    said += more
    for portion in targets_first(state.portions):
        state, more = order(state, portion, master, now)
        said += more
    return deadlines.awaited(state, master, now), said
