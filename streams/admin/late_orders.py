"""Which open orders are late, or soon will be, by their plans. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kranhub.wire import messages
from streams.routing.model.codes import FINAL_STATES

WITHIN = 5
"""How many days of slack an order has at most that is soon late, unless a person says otherwise."""

_OVER = frozenset(map(str, FINAL_STATES))


class LateOrder(NamedTuple):
    """An order that is late, or soon will be.

    Attributes:
        plan: Its plan.
        slack: The plan's slack; of an order without a day the days that are left until it is wanted, which its slack
            cannot exceed.
    """

    plan: messages.OrderPlan
    slack: int


def late(
    plans: Iterable[messages.OrderPlan],
    today: date,
    *,
    within: int = WITHIN,
    plant: str | None = None,
    buyer: str | None = None,
) -> list[LateOrder]:
    """Return the open orders with so little slack, the least first; quotations are no orders yet.

    Args:
        plans: The plans.
        today: Today.
        within: How many days of slack at most.
        plant: Only orders in which this plant has a part that decides; None for all.
        buyer: Only orders of this buyer; None for all.
    """
    found = [LateOrder(plan, _slack(plan, today)) for plan in plans if _is_open(plan)]
    wanted = [
        order
        for order in found
        if order.slack <= within
        and buyer in (None, order.plan["buyer"])
        and (plant is None or plant in _deciding_plants(order.plan))
    ]
    return sorted(wanted, key=lambda order: (order.slack, order.plan["order_key"]))


def _is_open(plan: messages.OrderPlan) -> bool:
    return not plan["quotation"] and str(plan["state"]) not in _OVER


def _slack(plan: messages.OrderPlan, today: date) -> int:
    left = (plan["requested_date"] - today).days
    known = plan["slack"]
    if known is None or plan["earliest_date"] is None:
        return left if known is None else min(left, known)
    return known


def _deciding_plants(plan: messages.OrderPlan) -> set[str | None]:
    return {part["plant"] for part in plan["parts"] if part["on_critical_path"]}
