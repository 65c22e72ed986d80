"""What a person decides on an order, as the record that the planner reads."""

import uuid
from datetime import UTC, datetime
from typing import Any

import click

from kranhub.wire import messages
from kranhub.wire.messages import PlannerActionKind
from streams.admin import orders_texts
from streams.admin.order_lookup import Target

Given = dict[str, Any]
"""What a person has given as options of a command, by name; click has checked it."""


def planner_action(action: PlannerActionKind, target: Target, given: Given) -> messages.PlannerAction:
    """Return the PlannerAction, under an id of its own and the time of this machine.

    Args:
        action: What the person decides.
        target: The order, or one of its plant orders.
        given: ``actor`` and ``reason``, and those of ``line_id``, ``plant_order_id``, ``plant`` and ``date`` that the
            action allows.

    Raises:
        UsageError: For a part of the order that the action does not take, or that is of another order.
    """
    if target.plant_order_id and "plant_order_id" not in given:
        raise click.UsageError(str(orders_texts.whole_order(target.order_key)))
    number = given.get("plant_order_id") or target.plant_order_id
    if number and given.get("line_id"):
        raise click.UsageError(str(orders_texts.ONE_PART))
    if number and not number.startswith(f"{target.order_key}/"):
        raise click.UsageError(str(orders_texts.other_order(number, target.order_key)))
    return {
        "action_id": str(uuid.uuid4()),
        "actor": given["actor"],
        "action": action,
        "order_key": target.order_key,
        "plant_order_id": number,
        "line_id": given.get("line_id"),
        "plant": given.get("plant"),
        "date": given.get("date"),
        "reason": given["reason"],
        "at": datetime.now(UTC),
    }
