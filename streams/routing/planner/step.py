"""What one step of handling an event leads to."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.routing.model.order import OrderState
from streams.routing.planner.messages import OutputMessage
from streams.routing.reasons import Cause


class Step(NamedTuple):
    """What one step of handling an event has led to.

    Attributes:
        state: The order after the step.
        cause: Why its status may have changed; None where the step says nothing about that.
        messages: What is to be sent, in this order.
    """

    state: OrderState
    cause: Cause | None = None
    messages: Sequence[OutputMessage] = ()
