"""From facts to what must be said: every portion gets a plant, a reservation and an up-to-date plant order.

Everything compares what should be with what was last said, so it may run after every event and says only what is new.
"""

from streams.router import plan
from streams.router.assign import assign
from streams.router.effects import Effect, Now
from streams.router.masterdata import MasterData
from streams.router.model import OrderState
from streams.router.ordering import order
from streams.router.reserve import reserve

Settled = tuple[OrderState, list[Effect]]

ROUNDS = 50
"""A round follows from the one before; a bill of fifty levels would need more."""


def settle(state: OrderState, master: MasterData, now: Now) -> Settled:
    """Return the state after fitting, placing, reserving and ordering, and what to say; nothing while it is frozen."""
    said: list[Effect] = []
    for _ in range(ROUNDS):
        before = state
        if state.frozen:
            break
        state = plan.fit(state, master)
        for step in (assign, reserve, order):
            for portion in state.portions:
                state, more = step(state, portion, master, now)
                said += more
        if state == before:
            break
    return state, said
