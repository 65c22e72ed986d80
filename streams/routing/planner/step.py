"""What one step of handling an event leads to: the type that everything returns which changes an order."""

from collections.abc import Sequence
from typing import NamedTuple

from streams.routing.model.order import OrderState
from streams.routing.notify.reasons import Cause
from streams.routing.planner.messages import OutputMessage


class Step(NamedTuple):
    """The order's state after the step, why its status may have changed, and the messages to send, in their order."""

    state: OrderState
    cause: Cause | None = None
    messages: Sequence[OutputMessage] = ()
