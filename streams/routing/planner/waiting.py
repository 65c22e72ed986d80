"""Portions that found no stock and no capacity wait for it at the allocators of their candidates. Pure."""

from collections.abc import Iterator
from datetime import date

from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import CloseReason, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, Waiting
from streams.routing.planner import explode, messages, source
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step

_FULL = (HoldReason.NO_CAPACITY, HoldReason.NO_CANDIDATE)
"""The holds that a candidate with stock or capacity ends."""


def update_waiting(state: OrderState, portion: Portion, context: DecisionContext) -> Step:
    """Return the state in which the portion waits where it is to, and what their allocators are told.

    A portion that is planned again keeps its place until it is served, cancelled or on hold for another reason.

    Args:
        state: The order.
        portion: One of its portions.
        context: The event and the master data.
    """
    if plants := _short(state, portion, context.master):
        after, requests = _wait(state, portion, plants, context)
    elif portion.waiting is not None and not _is_sought(portion):
        after, requests = _stop(state, portion)
    else:
        return Step(state)
    return Step(state.with_portion(after), messages=requests)


def apply_freed(state: OrderState, request_id: str, plant: str) -> OrderState:
    """Return the state with the portion planned again that waits under this id.

    Candidates that said no by themselves are not asked again.

    Args:
        state: The order.
        request_id: The id under which the portion waits (`Portion.wait_id`).
        plant: The plant that has something for it now.
    """
    for portion in state.portions:
        known = portion.waiting
        if known is None or portion.wait_id(state.key) != request_id or plant not in known.plants:
            continue
        noted = replace(portion, waiting=replace(known, freed=tuple(sorted({*known.freed, plant}))))
        if portion.hold_reason in _FULL:
            refused = tuple(sorted(source.tried(portion) - {*known.plants}))
            noted = replace(noted.replanned(), excluded=refused)
            state = explode.tried_anew(state)
        return state.with_portion(noted)
    return state


def _short(state: OrderState, portion: Portion, master: MasterData) -> tuple[str, ...]:
    """Return the candidates that have too little stock and capacity for the held portion, and nothing against it."""
    if portion.hold_reason not in _FULL or portion.surplus or portion.item not in master.items:
        return ()
    rule = source.rule_of(state.order, portion, master)
    if rule is None:
        return ()
    full = {*portion.short, *_without_offer(portion), *_closed(portion)}
    allowed = (maker.member for maker in source.candidates(state.order, portion, rule, master).allowed)
    return tuple(sorted(full & {*allowed}))


def _without_offer(portion: Portion) -> Iterator[str]:
    if portion.open_quotes is not None:
        yield from (
            quote.plant for quote in portion.quotes if quote.from_stock is not None and not source.amount(quote)
        )


def _closed(portion: Portion) -> dict[str, date | None]:
    """Return the plants that were asked and could do nothing of it, with the first day on which they were to begin."""
    return {
        attempt.plant: attempt.reservation.not_before if attempt.reservation else None
        for attempt in portion.attempts[portion.retry_from :]
        if attempt.close_reason is CloseReason.NO_CAPACITY
    }


def _wait(
    state: OrderState, portion: Portion, plants: tuple[str, ...], context: DecisionContext
) -> tuple[Portion, list[OutputMessage]]:
    known = portion.waiting or Waiting(context.time, portion.quantity, ())
    priority = source.priority(state.order, portion, context.master)
    requests = [
        messages.stop_waiting_request(state, portion, known, plant) for plant in known.plants if plant not in plants
    ]
    is_changed = known.quantity != portion.quantity
    wanted = replace(known, quantity=portion.quantity, plants=plants, freed=())
    starts = _closed(portion)
    requests += [
        messages.wait_request(state, portion, wanted, plant, starts.get(plant), priority)
        for plant in plants
        if is_changed or plant not in known.plants or plant in known.freed
    ]
    return (portion, []) if wanted == portion.waiting else (replace(portion, waiting=wanted), requests)


def _stop(state: OrderState, portion: Portion) -> tuple[Portion, list[OutputMessage]]:
    known = portion.waiting
    assert known is not None  # noqa: S101  (the caller has checked)
    requests = [messages.stop_waiting_request(state, portion, known, plant) for plant in known.plants]
    return replace(portion, waiting=None), requests


def _is_sought(portion: Portion) -> bool:
    """Return whether a plant is still sought for the portion: one that has not answered yet may be full again."""
    if portion.cancelled or portion.hold_reason is not None:
        return False
    return portion.current is None or not portion.current.reservation_answered
