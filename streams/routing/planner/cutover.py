"""Members are taken over one by one: live, in shadow (decided, not delivered) or stopped. Pure.

What begins in shadow stays there: people have placed it in the old way, so it must not come a second time. What a plant
has got from the hub is kept back while the plant is not live, or no member at all, and then goes out as it is by then.
"""

from kranhub.parties.members import CutoverMode
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.planner import unreachable

SHADOW_HEADER = ("kranhub-shadow", b"1")
"""The header of a plant order that stays on hub.events and is not delivered."""


def mode(member: str, master: MasterData) -> CutoverMode:
    """Return the member's mode; live where the master data give none."""
    return master.cutover.get(member, CutoverMode.LIVE)


def keeps_back(attempt: Attempt, master: MasterData) -> bool:
    """Return whether nothing is sent to the plant for now, although there may be something to send."""
    if attempt.shadow:
        return False
    if unreachable.is_gone(attempt.plant, master):
        return True
    found = mode(attempt.plant, master)
    return found is CutoverMode.STOPPED or (found is CutoverMode.SHADOW and attempt.issued is not None)


def begins_in_shadow(attempt: Attempt, master: MasterData) -> bool:
    """Return whether the plant order that is about to be issued for the first time is never to be delivered."""
    return attempt.issued is None and mode(attempt.plant, master) is CutoverMode.SHADOW
