"""What the hub has recorded of one order, and what stands in for plants that were never asked. Pure.

A recorded answer belongs to a question. Under other master data another question may have the same id, so an answer is
used only where the same was asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple

from kranhub.wire.messages import (
    AllocationAction,
    AllocationRequest,
    AllocationResult,
    LineStatus,
    Message,
    OrderResponse,
    OrderResponseCode,
    OrderResponseLine,
    PlantOrder,
    Subject,
    narrowed,
)


class RecordedEvent(NamedTuple):
    """A record of hub.work or hub.allocation.

    Attributes:
        order_key: The key of its order; empty for a level and a disruption.
        id: Its CloudEvents id.
        subject: Its type.
        value: The record.
        time: The hub's timestamp.
    """

    order_key: str
    id: str
    subject: Subject
    value: Message
    time: datetime


QUESTIONS = (AllocationAction.QUOTE, AllocationAction.RESERVE)
"""The kinds of AllocationRequests that have an answer."""


class Question(NamedTuple):
    """What an allocator's answer answers.

    Attributes:
        request_id: The id of the request.
        generation: The generation of the request.
        quote: Whether it asks for an offer, not for a reservation.
    """

    request_id: str
    generation: int
    quote: bool


def question(value: AllocationRequest | AllocationResult) -> Question:
    """Return what an AllocationRequest (QUOTE, RESERVE) asks, or what an AllocationResult answers."""
    quote = "QUOTE" in (value.get("action"), value.get("kind"))
    return Question(value["request_id"], value["generation"], quote)


def plant_order_content(plant_order: PlantOrder) -> tuple[Any, ...]:
    """Return what a PlantOrder is about: an answer to it answers another one only where this is the same."""
    line = plant_order["lines"][0]
    return plant_order["plant"], line["item"], line["quantity"]


@dataclass(frozen=True)
class Recorded:
    """One order's events, in their order."""

    events: Sequence[RecordedEvent]

    @cached_property
    def issued(self) -> dict[str, set[tuple[Any, ...]]]:
        """The contents that were issued under each plant order."""
        found: dict[str, set[tuple[Any, ...]]] = {}
        for event in self.events:
            if value := narrowed(PlantOrder, event.subject, event.value):
                found.setdefault(value["plant_order_id"], set()).add(plant_order_content(value))
        return found


def simulated_answer(plant_order: PlantOrder, possible_on: date | None, time: datetime) -> OrderResponse:
    """Return the OrderResponse of a plant that takes the plant order as it is asked, for the day that it can do it.

    Args:
        plant_order: The plant order.
        possible_on: The day that its allocator has reserved; None for the day that is asked for.
        time: The hub's time of the plant order.
    """
    line = plant_order["lines"][0]
    accepted: OrderResponseLine = {
        "line_id": line["line_id"],
        "status": LineStatus.ACCEPTED,
        "quantity": line["quantity"],
        "unit": line["unit"],
        "promised_date": possible_on or plant_order["requested_date"],
        "reason": None,
    }
    return {
        "plant_order_id": plant_order["plant_order_id"],
        "plant": plant_order["plant"],
        "plant_order_revision": plant_order["revision"],
        "response_code": OrderResponseCode.AP,
        "erp_reference": None,
        "issued_at": time,
        "reason": None,
        "lines": [accepted],
    }
