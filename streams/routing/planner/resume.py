"""Orders that wait until a member returns or its cutover mode changes: for whom they wait, and how they go on. Pure."""

from collections.abc import Iterator

from kranhub.parties.members import CutoverMode
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import CandidateReason, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import Order, OrderState
from streams.routing.model.portion import Portion
from streams.routing.planner import alternative_items, cutover, explode, source, unreachable


def awaited_members(state: OrderState, master: MasterData) -> tuple[str, ...]:
    """Return the members for whose return or next cutover mode the order waits: that must wake it.

    Nobody waits for a plant that is gone once its goods have left.
    """
    found = {
        attempt.plant
        for portion in state.portions
        for attempt in _open(portion)
        if cutover.keeps_back(attempt, master) and not _is_over(portion, attempt, master)
    }
    if master.cutover:
        for portion in state.portions:
            found |= _stopped(state, portion, master)
    return tuple(sorted(found))


def _is_over(portion: Portion, attempt: Attempt, master: MasterData) -> bool:
    if attempt.withdraw or not unreachable.is_gone(attempt.plant, master):
        return False
    return attempt.issued is None or attempt.shipped >= portion.quantity


def plants(state: OrderState) -> frozenset[str]:
    """Return the plants that have a part of the order or are to be asked for one: the order depends on each of them."""
    return frozenset(plant for portion in state.portions for plant in plants_of(portion))


def plants_of(portion: Portion) -> frozenset[str]:
    """Return the plants that have a part of the portion or are to be asked for one."""
    return frozenset(attempt.plant for attempt in _open(portion) if not attempt.shadow)


def _open(portion: Portion) -> Iterator[Attempt]:
    """Yield the portion's attempts whose plants may have something to learn."""
    for attempt in portion.attempts:
        ended = attempt.issued is not None and attempt.issued.cancelled
        if not ended and (attempt.close_reason is None or attempt.withdraw):
            yield attempt


def _stopped(state: OrderState, portion: Portion, master: MasterData) -> set[str]:
    """Return the members that could take the held portion if they were not stopped."""
    if portion.hold_reason is not HoldReason.NO_CANDIDATE or portion.cancelled or portion.item not in master.items:
        return set()
    line = state.order.line(portion.line_id) if portion.feeds is None else None
    items = (portion.item, *(alternative_items.tried_items(state, line, master) if line else ()))
    return {member for item in items for member in _stopped_for(state.order, portion, item, master)}


def _stopped_for(order: Order, portion: Portion, item: str, master: MasterData) -> set[str]:
    rule, wanted = source.rule_for_item(order, item, master), replace(portion, item=item)
    out = source.candidates(order, wanted, rule, master).refused if rule else {}
    return {member for member, why in out.items() if why is CandidateReason.STOPPED} - source.tried(portion)


def resume(state: OrderState, master: MasterData) -> OrderState:
    """Return the state after a wake: it waits no longer for those that are members and not stopped."""
    free = {
        member
        for member in state.awaited_members
        if not unreachable.is_gone(member, master) and cutover.mode(member, master) is not CutoverMode.STOPPED
    }
    if not free:
        return state
    still = tuple(member for member in state.awaited_members if member not in free)
    portions = tuple(_without_hold(portion, free, master) for portion in state.portions)
    return replace(explode.tried_anew(state), awaited_members=still, portions=portions)


def _without_hold(portion: Portion, free: set[str], master: MasterData) -> Portion:
    if portion.hold_reason is not HoldReason.NO_CANDIDATE or portion.cancelled:
        return portion
    able = (free & {*master.candidates(portion.item)}) - source.tried(portion)
    return replace(portion, hold_reason=None) if able else portion
