"""Whatever happened since the backup: the recovered hub is where it was, and asks no plant for anything again."""

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Subject
from streams.routing import handler
from streams.routing.context import DecisionContext
from streams.routing.model import order
from streams.routing.model.order import OrderState
from streams.routing.notify.status import PROGRESS
from streams.routing.planner.messages import OutputMessage
from streams.routing.plant_events import assignments
from streams.routing.recovery import adopt
from streams.routing.recovery.evidence import Evidence, HeldOrder, HeldStatus
from tests.support.fields import decoded, fields
from tests.support.order_lines import lines, pieces
from tests.support.plants import BUYER, MASTER, START, Cluster, Event, full_order
from tests.support.responses import extents, refusers, responding

READ_AGAIN = ("OrderResponse", "ProductionStatus", "Shipment")
"""What plants' ERPs tell again; receipts were the hub's own, and are lost."""


@dataclass
class Remembering(Cluster):
    """A cluster that remembers what came when, and the state after each event."""

    came: list[Event] = field(default_factory=list)
    states: list[bytes | None] = field(default_factory=lambda: [None])
    waiting: list[set[str]] = field(default_factory=lambda: [set()])
    """What the hub's own topics held at each moment: its allocators' answers."""

    def take(self, event: Event) -> None:
        super().take(event)
        self.came.append(event)
        self.states.append(order.dump(self.state) if self.state else None)
        self.waiting.append({one.id for one in self.pending if one.subject == "AllocationResult"})

    def held(self) -> Evidence:
        """What the ERPs hold now: every plant order that was ever delivered, and the customer's last status."""
        latest = {value["plant_order_id"]: value for value in self.subjects("PlantOrder")}
        orders = tuple(
            HeldOrder(
                value["plant"],
                number,
                value["revision"],
                cancelled=value["document_status"] == "CANCELLED",
                item_code=value["lines"][0]["item_code"],
                quantity=value["lines"][0]["quantity"],
                unit=value["lines"][0]["unit"],
                requested_date=value["requested_date"],
            )
            for number, value in latest.items()
        )
        statuses = tuple(
            HeldStatus(BUYER, said["revision"], said["state"], said["promised_date"])
            for said in self.addressed(BUYER)[-1:]
        )
        everybody = frozenset(MASTER.members.by_id)
        return Evidence(orders, statuses, everybody, everybody)


def recover(cluster: Remembering, at: int) -> tuple[OrderState, list[OutputMessage]]:
    """Return the recovered state and what the hub says, as the planner's stage does it."""
    before, evidence, came = cluster.states[at], cluster.held(), cluster.came[at:]
    state, context = order.load(before) if before else None, DecisionContext("r", START, MASTER)
    for event in came:
        if event.subject == "Order" or event.id in cluster.waiting[at]:
            step = handler.apply_facts(
                state, Subject(event.subject), event.value, DecisionContext(event.id, START, MASTER)
            )
            state = step.state if step else None
    assert state is not None
    if state.closed:
        return state, []
    adopted = adopt.adopt(state, evidence, context)
    state = adopted.state
    words = [event for event in came if event.subject in READ_AGAIN]
    old = adopt.outdated([decoded(Subject(event.subject), event.value) for event in words], evidence)
    for place, event in enumerate(words):
        if place not in old:
            try:
                noted = handler.apply_facts(
                    state, Subject(event.subject), event.value, DecisionContext(event.id, START, MASTER)
                )
            except InvalidDocument as error:
                assert error.code == assignments.UNKNOWN  # noqa: PT017
                continue
            assert noted is not None
            state = noted.state
    recovered = handler.resume_after_restore(order.load(order.dump(state)), evidence, context)
    return recovered.state, [*adopted.messages, *recovered.messages]


def content(state: OrderState) -> Any:
    """Return which plant has how much of what, and has agreed to it."""
    return sorted(
        (p.line_id, p.part, p.item, p.quantity, a.plant, a.number, a.revision, a.confirmed)
        for p in state.portions
        if not p.cancelled and (a := p.current) is not None and a.issued is not None
    )


@st.composite
def histories(draw: st.DrawFn, amount: st.SearchStrategy[Any]) -> list[list[Any]]:
    """An order and its later versions: lines with other amounts; one that has none is gone, and may be back later."""
    first = draw(lines)
    amounts = st.lists(amount, min_size=len(first), max_size=len(first)).filter(any)
    later = draw(st.lists(amounts, max_size=2))
    return [first, *([{**line, "quantity": q} for line, q in zip(first, each, strict=True) if q] for each in later)]


seeds = st.integers(0, 2**32)


@settings(max_examples=60, deadline=None)
@given(histories(pieces), refusers, extents, st.booleans(), seeds)
def test_a_world_at_rest_is_found_again_and_nothing_is_said_to_a_plant(
    versions: list[Any], refusing: set[str], extent: str, cancel: bool, seed: int
) -> None:
    found_again(versions, refusing, extent, cancel, seed)


@settings(max_examples=40, deadline=None)
@given(histories(pieces | st.just(Decimal("2.5")) | st.none()), st.just("answered"), seeds)
def test_lines_that_left_the_order_and_came_back_are_found_again(versions: list[Any], extent: str, seed: int) -> None:
    """Also lines that waited for a correction meanwhile: 2.5 pieces.

    Where no plant refuses; where one does, a person is asked about such a line more often than needed.
    """
    found_again(versions, set(), extent, False, seed)


def found_again(versions: list[Any], refusing: set[str], extent: str, cancel: bool, seed: int) -> None:
    chance = random.Random(seed)
    cluster = Remembering(responding(refusing, extent))
    for number, ordered in enumerate(versions):
        cluster.take(Event(f"o{number}", "Order", full_order("17", ordered)))
        cluster.run(chance.randrange)
    if cancel:
        cluster.take(Event("oc", "Order", full_order("17", versions[-1], document_status="CANCELLED")))
        cluster.run(chance.randrange)
    assert cluster.state is not None
    at = chance.randint(0, len(cluster.came))
    after, said = recover(cluster, at)
    assert content(after) == content(cluster.state)
    assert [message.value for message in said if message.subject == "PlantOrder"] == []
    assert [e.value for e in said if e.subject == "Alert" and fields(e)["code"].startswith("recovery")] == []
    told = cluster.addressed(BUYER)
    for message in said:
        if message.subject == "OrderStatus":
            assert fields(message)["revision"] == told[-1]["revision"] + 1
            assert not less(fields(message)["state"], told[-1]["state"])


def less(state: str, told: str) -> bool:
    return state in PROGRESS and told in PROGRESS and PROGRESS.index(state) < PROGRESS.index(told)
