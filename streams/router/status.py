"""What the customer is told: states and the promise date, derived from the facts; sent only when they change."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from streams.router import effects, reasons
from streams.router.effects import Effect, Now
from streams.router.model import Attempt, Line, LineStatus, OrderState, PlanState, Portion, Status
from streams.router.reasons import Cause

_PROGRESS: tuple[PlanState, ...] = ("RECEIVED", "PLANNED", "CONFIRMED", "IN_PRODUCTION", "READY")
_DONE, _RUNNING = ("COMPLETED", "CLOSED"), ("RUNNING", "HELD")


def derive(state: OrderState) -> Status:
    """Return the order's status as the facts say."""
    lines = tuple(_line_status(state, line) for line in state.order.lines)
    return Status(_order_state(state, lines), state.revision, _promise(state, lines), lines)


def tell(state: OrderState, cause: Cause | None, now: Now) -> tuple[OrderState, list[Effect]]:
    """Return the state and the OrderStatus (and alerts of newly held lines), or nothing when nothing changed."""
    new = derive(state)
    if new == state.status:
        return state, []
    told = replace(state, status=new, status_revision=state.status_revision + 1)
    why = _cause(state.status, new, cause)
    return told, [_effect(told, new, why, now), *_alerts(state, new, now)]


def _cause(old: Status | None, new: Status, cause: Cause | None) -> Cause:
    known = {line.line_id for line in old.lines if line.code} if old else set()
    stuck = next((line for line in new.lines if line.code == "no-candidate" and line.line_id not in known), None)
    if stuck:
        return Cause("no-candidate", reasons.held("no-candidate", stuck.item_code))
    newly_planned = new.state == "PLANNED" and old is not None and old.state == "RECEIVED"
    return reasons.PLANNED if newly_planned else cause or reasons.PARTLY_PLANNED


def _line_status(state: OrderState, line: Line) -> LineStatus:
    if state.order.cancelled:
        return LineStatus(line.line_id, line.item_code, "CANCELLED")
    if line.hold_reason:
        return LineStatus(line.line_id, line.item_code, "ON_HOLD", code=line.hold_reason)
    portions = [portion for portion in state.portions if portion.line_id == line.line_id and not portion.cancelled]
    if any(portion.held for portion in portions):
        return LineStatus(line.line_id, line.item_code, "ON_HOLD", code="no-candidate")
    promises = [_promised(portion) for portion in portions]
    promised = None if None in promises else max((day for day in promises if day), default=None)
    return LineStatus(line.line_id, line.item_code, _together(_progress(portion) for portion in portions), promised)


def _progress(portion: Portion) -> PlanState:
    attempt = portion.current
    if attempt is None or attempt.sent is None:
        return "PLANNED" if len(portion.attempts) > 1 or portion.excluded else "RECEIVED"
    made = {production.state for production in attempt.productions} - {"ABORTED"}
    if made and made <= set(_DONE):
        return "READY"
    if made & {*_DONE, *_RUNNING}:
        return "IN_PRODUCTION"
    return "CONFIRMED" if attempt.confirmed else "PLANNED"


def _together(states: Iterable[PlanState]) -> PlanState:
    """Return the state of a whole: that of its slowest part, but in production once all agreed and one has begun."""
    ranks = [_PROGRESS.index(state) for state in states]
    if not ranks:
        return "RECEIVED"
    begun = min(ranks) >= _PROGRESS.index("CONFIRMED") and max(ranks) >= _PROGRESS.index("IN_PRODUCTION")
    return "IN_PRODUCTION" if begun and min(ranks) < _PROGRESS.index("READY") else _PROGRESS[min(ranks)]


def _promised(portion: Portion) -> date | None:
    attempt = portion.current
    if attempt is None or not attempt.confirmed:
        return None
    return _latest(attempt)


def _latest(attempt: Attempt) -> date | None:
    """Return the plant's promise, or its production's later estimate."""
    promised = attempt.answer.promised if attempt.answer else None
    estimates = [made.estimated for made in attempt.productions if made.estimated and made.state not in _DONE]
    return max([promised, *estimates]) if promised else None


def _order_state(state: OrderState, lines: tuple[LineStatus, ...]) -> PlanState:
    if state.order.cancelled:
        return "CANCELLED"
    held = [line for line in lines if line.state == "ON_HOLD"]
    if len(held) == len(lines) or (held and state.order.complete_delivery):
        return "ON_HOLD"
    return _together(line.state for line in lines if line.state != "ON_HOLD")


def _promise(state: OrderState, lines: tuple[LineStatus, ...]) -> date | None:
    days = [line.promised_date for line in lines]
    if state.order.cancelled or None in days:
        return None
    return max(day for day in days if day)


def _effect(state: OrderState, status: Status, cause: Cause, now: Now) -> Effect:
    value: dict[str, Any] = {
        "order_key": state.key,
        "order_id": state.order.order_id,
        "buyer": state.order.buyer,
        "revision": state.status_revision,
        "order_revision": status.order_revision,
        "state": status.state,
        "promised_date": status.promised_date,
        "cause": cause.code,
        "reason": cause.text.as_map(),
        "changed_at": now.time,
        "lines": [_line_value(line) for line in status.lines],
    }
    return Effect("OrderStatus", state.order.order_id, f"hub/OrderStatus/{state.key}/{state.status_revision}", value)


def _line_value(line: LineStatus) -> dict[str, Any]:
    return {
        "line_id": line.line_id,
        "item_code": line.item_code,
        "state": line.state,
        "promised_date": line.promised_date,
        "reason": reasons.held(line.code, line.item_code).as_map() if line.code else {},
    }


def _alerts(state: OrderState, new: Status, now: Now) -> list[Effect]:
    """Return an alert for each line that the order itself newly holds; portions without a plant have their own."""
    known = {line.line_id: line.code for line in state.status.lines} if state.status else {}
    return [
        effects.alert(
            state, line.code, f"{line.line_id}/{new.order_revision}", reasons.held(line.code, line.item_code), now
        )
        for line in new.lines
        if line.code and line.code != "no-candidate" and known.get(line.line_id) != line.code
    ]
