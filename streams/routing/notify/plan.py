"""The plan of an order for planners: sent when its buyer is told something, or when its dates change."""

import hashlib

from kranhub.wire import messages as wire
from streams.routing.context import DecisionContext
from streams.routing.model.codes import PlanState
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.notify import status
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.schedule import dates, plan
from streams.routing.schedule.plan import PlannedPortion

SMALL = 50
"""An order of up to so many portions is looked at with every event; a larger one with the statuses to its buyer."""

MAX_PARTS = 1_000
"""How many portions the record has room for."""


def notify(before: OrderState | None, state: OrderState, context: DecisionContext) -> Step:
    """Return the state with its new plan and the message; unchanged where the plan is as it was.

    While an offer or a reservation is still to come, the plan waits for it.

    Args:
        before: The order before the event; None where the hub did not know it.
        state: The order after the event, with the status to its buyer.
        context: The event and the master data.
    """
    is_news = before is None or before.status_revision != state.status_revision
    if _is_open(state) or (len(state.portions) > SMALL and not is_news):
        return Step(state)
    value = _value(state, context)
    digest = _digest(value)
    if digest == state.plan_digest:
        return Step(state)
    after = replace(state, plan_revision=state.plan_revision + 1, plan_digest=digest)
    value["revision"] = after.plan_revision
    number = f"hub/OrderPlan/{state.key}/{after.plan_revision}/{digest}"
    return Step(after, messages=[OutputMessage(wire.Subject.ORDER_PLAN, state.key, number, value)])


def _is_open(state: OrderState) -> bool:
    return any(dates.is_open(portion) for portion in state.portions if not portion.cancelled)


def _value(state: OrderState, context: DecisionContext) -> wire.OrderPlan:
    found = plan.plan(state, context.master, context.time)
    path = frozenset(found.critical_path)
    planned = [portion for line in found.lines for portion in line.portions]
    if len(planned) > MAX_PARTS:
        first = sorted(planned, key=lambda each: each.portion.place not in path)[:MAX_PARTS]
        kept = {each.portion.place for each in first}
        shown = [each for each in planned if each.portion.place in kept]
    else:
        shown = planned
    return {
        "order_key": state.key,
        "order_number": state.order.number,
        "buyer": state.order.buyer,
        "revision": 0,
        "order_revision": state.revision,
        "state": wire.OrderPlanState(state.status.state if state.status else PlanState.RECEIVED),
        "quotation": state.order.terms.quotation,
        "requested_date": state.order.requested_date,
        "promised_date": state.status.promised_date if state.status else None,
        "earliest_date": found.earliest_date,
        "slack": found.slack,
        "critical_path": list(found.critical_path),
        "parts": [_part(state, each, context, on_path=each.portion.place in path) for each in shown],
        "parts_left_out": len(planned) - len(shown),
        "planned_at": context.time,
    }


def _part(state: OrderState, planned: PlannedPortion, context: DecisionContext, *, on_path: bool) -> wire.OrderPlanPart:
    portion, attempt = planned.portion, planned.portion.current
    held, earliest, latest = portion.hold_reason, planned.earliest, planned.latest
    return {
        "place": portion.place,
        "line_id": portion.line_id,
        "part": portion.part,
        "node": portion.node,
        "feeds": portion.feeds,
        "item": portion.item,
        "quantity": portion.quantity,
        "unit": portion.unit,
        "plant": attempt.plant if attempt else None,
        "plant_order_id": portion.id_of(state.key, attempt) if attempt else None,
        "state": wire.OrderPlanPartState(PlanState.ON_HOLD if held else status.progress(portion, context.master)),
        "hold_reason": held,
        "start": earliest.start if earliest else None,
        "finish": earliest.finish if earliest else None,
        "latest_start": latest.start if latest else None,
        "latest_finish": latest.finish if latest else None,
        "slack": planned.slack,
        "on_critical_path": on_path,
        "date_basis": wire.DateBasis[planned.basis.name] if planned.basis else wire.DateBasis.UNKNOWN,
    }


def _digest(value: wire.OrderPlan) -> str:
    """Return a digest of what makes a plan another: states, plants and days, but for first days of work.

    Those move with today, although nothing has changed.
    """
    own = [value[name] for name in ("order_revision", "state", "promised_date", "earliest_date", "slack")]
    parts = [
        [part[name] for name in ("place", "plant", "state", "hold_reason", "finish", "latest_finish", "date_basis")]
        for part in value["parts"]
    ]
    content = repr((own, value["critical_path"], parts))
    return hashlib.blake2b(content.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
