"""What the hub has recorded of one order, and what stands in for plants and allocators that were never asked. Pure.

A recorded answer belongs to a question. Under other master data another question may have the same id, so an answer is
used only where the same was asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, cast

from kranhub.wire.messages import (
    AllocationAction,
    AllocationKind,
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
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.schedule import dates


class RecordedEvent(NamedTuple):
    """A record of hub.work or hub.allocation.

    Attributes:
        order_key: The key of its order.
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

ANSWERS = (AllocationKind.QUOTE, AllocationKind.RESERVED, AllocationKind.UNKNOWN)
"""The kinds of AllocationResults that answer a request; the others report what became of a reservation later."""


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


def request_content(request: AllocationRequest) -> tuple[Any, ...]:
    """Return what an AllocationRequest is about: another question under the same id differs in this."""
    return request["plant"], request["item"], request["quantity"], request["not_before"]


def plant_order_content(plant_order: PlantOrder) -> tuple[Any, ...]:
    """Return what a PlantOrder is about: an answer to it answers another one only where this is the same."""
    line = plant_order["lines"][0]
    return plant_order["plant"], line["item"], line["quantity"]


@dataclass(frozen=True)
class Recorded:
    """One order's events, in their order."""

    events: Sequence[RecordedEvent]

    @cached_property
    def asked(self) -> dict[Question, tuple[Any, ...]]:
        """What the allocators were asked, as far as the events show it."""
        found = (narrowed(AllocationRequest, event.subject, event.value) for event in self.events)
        return {question(value): request_content(value) for value in found if value and value["action"] in QUESTIONS}

    @cached_property
    def results(self) -> dict[Question, tuple[int, RecordedEvent]]:
        """The first answer to each question, and its place among the events."""
        found: dict[Question, tuple[int, RecordedEvent]] = {}
        for at, event in enumerate(self.events):
            value = narrowed(AllocationResult, event.subject, event.value)
            if value is not None and value["kind"] in ANSWERS:
                found.setdefault(question(value), (at, event))
        return found

    @cached_property
    def issued(self) -> dict[str, set[tuple[Any, ...]]]:
        """The contents that were issued under each plant order."""
        found: dict[str, set[tuple[Any, ...]]] = {}
        for event in self.events:
            if value := narrowed(PlantOrder, event.subject, event.value):
                found.setdefault(value["plant_order_id"], set()).add(plant_order_content(value))
        return found

    def result(self, request: AllocationRequest) -> tuple[int, RecordedEvent] | None:
        """Return the recorded answer to the request, with its place among the events.

        Quantities and days of the recorded request are the same, where it is recorded too.

        Returns:
            None where there is no such answer.
        """
        found = self.results.get(question(request))
        if found is None or cast(AllocationResult, found[1].value)["plant"] != request["plant"]:
            return None
        known = self.asked.get(question(request))
        return found if known in (None, request_content(request)) else None


def simulated_result(request: AllocationRequest, time: datetime, master: MasterData) -> AllocationResult:
    """Return the AllocationResult of a plant without stock, whose capacity has no limit.

    Args:
        request: The AllocationRequest that has no recorded answer.
        time: The hub's time of the request.
        master: The master data, with capabilities and calendars.
    """
    plant, item = request["plant"], request["item"]
    days = [maker.capability.working_days for maker in master.makers(item) if maker.member == plant]
    today = dates.day_at(plant, time, master)
    start = max(request["not_before"] or today, today)
    return {
        "request_id": request["request_id"],
        "order_key": request["order_key"],
        "plant": plant,
        "from_stock": Decimal(0),
        "to_make": request["quantity"],
        "kind": AllocationKind.QUOTE if request["action"] == AllocationAction.QUOTE else AllocationKind.RESERVED,
        "generation": request["generation"],
        "available_on": master.calendar(plant).finish(start, days[0] if days else 0),
        "load": None,
        "disruption": None,
    }


def simulated_answer(plant_order: PlantOrder, time: datetime) -> OrderResponse:
    """Return the OrderResponse of a plant that takes the plant order as it is asked."""
    line = plant_order["lines"][0]
    accepted: OrderResponseLine = {
        "line_id": line["line_id"],
        "status": LineStatus.ACCEPTED,
        "quantity": line["quantity"],
        "unit": line["unit"],
        "promised_date": plant_order["requested_date"],
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
