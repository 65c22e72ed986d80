"""What people decide by hand: approve, reject, override plant or date, freeze, release, cancel. All of it audited."""

from collections.abc import Callable, Mapping

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.wire import messages as wire
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import explode, line_holds, messages, plausibility
from streams.routing.planner.step import Step
from streams.routing.plant_events import assignments
from streams.routing.plant_events.assignments import Assignment

REMEMBERED = 20
"""How many actions are known by their ids, so that one that is sent again changes nothing."""


def apply_action(state: OrderState | None, value: wire.PlannerAction, context: DecisionContext) -> Step:
    """Apply what a person has decided by hand, and audit it; an action that comes again changes nothing.

    Args:
        state: The order; None where the hub does not know it.
        value: The PlannerAction.
        context: The event and the master data.

    Raises:
        InvalidDocument: ``unknown-order``, ``unknown-plant-order``, ``unknown-line`` or ``unknown-member`` where the
            action names what the hub does not know, ``not-a-maker`` where the chosen plant does not make the item,
            ``closed-plant-order`` where the plant no longer has it, ``order-closed`` for a quotation that has expired,
            ``bad-action`` where the action is unknown or
            incomplete.
    """
    if state is None:
        raise InvalidDocument(DocumentCode.UNKNOWN_ORDER, reasons.unknown_order(value["order_key"]))
    if value["action_id"] in state.seen_actions:
        return Step(state)
    if state.is_expired and value["action"] != wire.PlannerActionKind.CANCEL:
        raise InvalidDocument(DocumentCode.ORDER_CLOSED, reasons.quotation_expired(state.order.order_id))
    take = _HANDLERS.get(value["action"])
    if take is None:
        raise InvalidDocument(DocumentCode.BAD_ACTION, reasons.bad_action(value["action"]))
    after = take(state, value, context.master)
    after = replace(after, seen_actions=(*state.seen_actions, value["action_id"])[-REMEMBERED:])
    return Step(after, reasons.by_hand(value["action"]), [messages.audit(state, value, context.time)])


def _approve(state: OrderState, value: wire.PlannerAction, master: MasterData) -> OrderState:
    """Approve the quantities of lines that wait for that, and the plants that were chosen."""
    lines = plausibility.held_lines(state.order, value["line_id"]) if value["plant_order_id"] is None else []
    if lines:
        state = plausibility.with_approved(state, lines)
        state = replace(state, order=line_holds.released(state, master), revision=state.revision + 1)
        if value["line_id"] is not None:
            return state
    for portion in _portions(state, value):
        attempt = portion.current
        if attempt:
            state = state.with_portion(with_attempt(portion, replace(attempt, approved=True)))
    return state


def _reject(state: OrderState, value: wire.PlannerAction, _master: MasterData) -> OrderState:
    for portion in _portions(state, value):
        if portion.current:
            state = _take_away(state, portion, portion.current, CloseReason.REJECTED_BY_HAND)
    return state


def _override_plant(state: OrderState, value: wire.PlannerAction, master: MasterData) -> OrderState:
    plant = value["plant"]
    if plant is None:
        raise InvalidDocument(DocumentCode.BAD_ACTION, reasons.bad_action(value["action"]))
    if plant not in master.members.by_id:
        raise InvalidDocument(DocumentCode.UNKNOWN_MEMBER, reasons.unknown_member(plant))
    for portion in _for_plant(_portions(state, value), plant, master):
        if portion.current and portion.current.plant == plant:
            continue
        if portion.current:
            state = _take_away(state, portion, portion.current, CloseReason.OVERRIDDEN_BY_HAND)
        state = state.with_portion(
            replace(assignments.current_portion(state, portion), plant_by_hand=plant, hold_reason=None)
        )
    return state


def _for_plant(portions: list[Portion], plant: str, master: MasterData) -> list[Portion]:
    """Return the portions that the plant shall make: those on hold where any is, else all that it can make.

    Raises:
        InvalidDocument: ``not-a-maker`` where it can make none of them.
    """
    can = [portion for portion in portions if plant in master.candidates(portion.item)]
    if portions and not can:
        raise InvalidDocument(DocumentCode.NOT_A_MAKER, reasons.not_a_maker(plant, portions[0].item, master))
    return [portion for portion in can if portion.hold_reason] or can


def _take_away(state: OrderState, portion: Portion, attempt: Attempt, why: CloseReason) -> OrderState:
    closed = attempt.close(why, withdraw=attempt.issued is not None)
    return assignments.with_attempt_at(state, Assignment(portion, attempt), closed)


def _override_date(state: OrderState, value: wire.PlannerAction, _master: MasterData) -> OrderState:
    if value["date"] is None:
        raise InvalidDocument(DocumentCode.BAD_ACTION, reasons.bad_action(value["action"]))
    for portion in _portions(state, value):
        attempt = portion.current
        if attempt:
            state = state.with_portion(with_attempt(portion, replace(attempt, date_by_hand=value["date"])))
    return state


def _freeze(state: OrderState, _value: wire.PlannerAction, _master: MasterData) -> OrderState:
    return replace(state, frozen=True)


def _release(state: OrderState, value: wire.PlannerAction, _master: MasterData) -> OrderState:
    state = replace(state, frozen=False)
    held = [portion for portion in _portions(state, value) if portion.hold_reason]
    if held:
        state = explode.tried_anew(state)
    for portion in held:
        state = state.with_portion(portion.replanned())
    return state


def _cancel(state: OrderState, _value: wire.PlannerAction, _master: MasterData) -> OrderState:
    if state.order.cancelled:
        return state
    order = replace(state.order, cancelled=True)
    return replace(state, order=order, revision=state.revision + 1, cancelled_by_hand=True)


def _portions(state: OrderState, value: wire.PlannerAction) -> list[Portion]:
    """Return the portions that the action is for: of a plant order, of a line, or all.

    Raises:
        InvalidDocument: ``unknown-plant-order``, ``closed-plant-order`` or ``unknown-line``.
    """
    number, line_id = value["plant_order_id"], value["line_id"]
    if number is not None:
        assignment = assignments.find(state, number)
        if assignment is None:
            raise InvalidDocument(DocumentCode.UNKNOWN_PLANT_ORDER, reasons.unknown_plant_order(number))
        if assignment.portion.cancelled or assignment.attempt is not _last(assignment.portion, value["action"]):
            raise InvalidDocument(DocumentCode.CLOSED_PLANT_ORDER, reasons.closed_plant_order(number))
        return [assignment.portion]
    found = [p for p in state.portions if not p.cancelled and line_id in (None, p.line_id)]
    if line_id is not None and not found:
        raise InvalidDocument(DocumentCode.UNKNOWN_LINE, reasons.unknown_line(line_id))
    return found


def _last(portion: Portion, action: str) -> Attempt | None:
    """Return the attempt that the action may name: for one that looks for another plant, also one that is closed."""
    return portion.attempts[-1] if action in ("OVERRIDE_PLANT", "RELEASE") else portion.current


_HANDLERS: Mapping[wire.PlannerActionKind, Callable[[OrderState, wire.PlannerAction, MasterData], OrderState]] = {
    wire.PlannerActionKind.APPROVE: _approve,
    wire.PlannerActionKind.REJECT: _reject,
    wire.PlannerActionKind.OVERRIDE_PLANT: _override_plant,
    wire.PlannerActionKind.OVERRIDE_DATE: _override_date,
    wire.PlannerActionKind.FREEZE: _freeze,
    wire.PlannerActionKind.RELEASE: _release,
    wire.PlannerActionKind.CANCEL: _cancel,
}
