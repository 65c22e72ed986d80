"""Random worlds: whatever happens to an order, in whatever order and however often, nothing is lost or made twice."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Subject
from streams.routing import handler
from streams.routing.context import DecisionContext
from streams.routing.planner.messages import OutputMessage
from tests.support import invariants
from tests.support.choices import PLANTS, WORLDS, Choices, Life, random_lines, random_master, random_world
from tests.support.plants import START, Event, Value, full_action, full_order, full_production, full_response
from tests.support.worlds import NUMBER, World, silent

worlds = st.binary(min_size=120, max_size=160)
lives = st.binary(min_size=40, max_size=150)


def context_of(made: World, event_id: str) -> DecisionContext:
    return DecisionContext(event_id, made.today + timedelta(seconds=made.clock + 1), made.master)


def live(world: bytes, life: bytes) -> World:
    """Live one life in one world, and check after every event."""
    made = random_world(Choices(world))
    taken: list[Event] = []
    for event in Life(made, Choices(life)).events():
        refused, before = len(made.refused), made.state
        made.take(event)
        invariants.check(made, context_of(made, "again"), changed=made.state != before)
        if len(made.refused) == refused:
            taken.append(event)
            repeated(made, event)
    for event in taken[:: max(1, len(taken) // 5)]:
        repeated(made, event)
    return made


def repeated(made: World, event: Event) -> None:
    """Assert that an event that was taken says nothing when it comes again; a late offer may be remembered."""
    try:
        step = handler.handle(made.state, Subject(event.subject), event.value, context_of(made, event.id))
    except InvalidDocument as error:
        if error.code != "order-closed":
            raise
        return
    if step is not None and event.subject != handler.WAKE:
        assert not step.messages, event
        assert step.state == made.state or event.value.get("kind") == "QUOTE", event


@settings(max_examples=WORLDS, deadline=None)
@given(worlds, lives)
def test_nothing_is_lost_or_made_twice_and_a_repeat_changes_nothing(world: bytes, life: bytes) -> None:
    live(world, life)


@settings(max_examples=WORLDS, deadline=None)
@given(worlds, lives)
def test_every_part_ends_or_is_with_a_person_once_nothing_comes_any_more(world: bytes, life: bytes) -> None:
    made = random_world(Choices(world))
    for event in Life(made, Choices(life)).events():
        made.take(event)
    made.answers = silent
    made.happen("PlannerAction", full_action("RELEASE", action_id="last"))
    made.later(days=500)
    assert made.state is not None
    for portion in made.portions():
        attempt = portion.current
        if attempt is None:
            assert portion.hold_reason is not None, portion
        elif not made.state.order.terms.quotation:
            assert attempt.issued is not None, portion
            assert attempt.confirmed or attempt.started, portion
            assert portion.surplus or made.state.due is not None, portion


@settings(max_examples=max(1, WORLDS // 4), deadline=None)
@given(worlds, lives)
def test_the_same_life_gives_the_same_records(world: bytes, life: bytes) -> None:
    assert records(world, life) == records(world, life)


def records(world: bytes, life: bytes) -> list[OutputMessage]:
    """Return all that is said in a life, each record's id naming one content."""
    made = random_world(Choices(world))
    for event in Life(made, Choices(life)).events():
        made.take(event)
    known: dict[str, OutputMessage] = {}
    for message in made.sent:
        if message.subject in ("PlantOrder", "OrderStatus", "AuditEntry"):
            assert known.setdefault(message.id, message) == message
    return made.sent


def plants(habits: bytes, refusing: frozenset[str]) -> Callable[[Value], list[Event]]:
    """Return plants that do what they do by who they are and what they are asked for, and by nothing else."""

    def answers(asked: Value) -> list[Event]:
        if asked["document_status"] == "CANCELLED":
            return []
        line, name = asked["lines"][0], f"{asked['plant_order_id']}/{asked['revision']}"
        choose = Choices(bytes(habits[(at + PLANTS.index(asked["plant"])) % len(habits)] for at in range(4)))
        if f"{asked['plant']}/{line['item']}" in refusing:
            return [Event(f"{name}/no", "OrderResponse", full_response(asked, "RE", START))]
        words: dict[str, Any] = {"promised_date": START.date() + timedelta(days=choose.of([80, 0, 9, 30]))}
        most = choose.of([Decimal(10**6), Decimal(2), Decimal(10**6), Decimal("0.4")])
        words["quantity"] = min(line["quantity"], most)
        code = "AP" if words["quantity"] == line["quantity"] else "CA"
        found = [
            Event(f"{name}/seen", "OrderResponse", full_response(asked, "AB", START)),
            Event(f"{name}/yes", "OrderResponse", full_response(asked, code, START + timedelta(hours=1), **words)),
        ]
        if code == "AP" and choose.number(2):
            at = START + timedelta(hours=2)
            found.append(Event(f"{name}/runs", "ProductionStatus", full_production(asked, "RUNNING", at)))
        return found

    return answers


def outcome(made: World) -> Any:
    """Return what the customer and the plants end up with."""
    status = made.status()
    held: dict[Any, Decimal] = {}
    for portion in made.portions():
        place = (portion.line_id, portion.node, portion.current.plant if portion.current else portion.hold_reason)
        held[place] = held.get(place, Decimal(0)) + portion.quantity
    return status["state"], status["promised_date"], status["lines"], made.wanted(), held


@settings(max_examples=WORLDS, deadline=None)
@given(
    st.binary(min_size=100, max_size=160),
    st.binary(min_size=4, max_size=20),
    st.binary(max_size=6),
    st.frozensets(st.sampled_from([f"{plant}/{item}" for plant in PLANTS for item in ("crane", "coat", "motor")])),
    st.binary(max_size=60),
)
def test_the_order_of_what_plants_say_does_not_matter(
    world: bytes, habits: bytes, lines: bytes, refusing: frozenset[str], turns: bytes
) -> None:
    ordered = random_lines(Choices(lines))
    found = []
    for drawn in (b"", turns):
        choose = Choices(drawn)
        made = World(plants(habits, refusing), random_master(Choices(world), maximum_portions=99, mode="auto"))
        made.take(Event("first", "Order", full_order(NUMBER, ordered, made.master)))
        taken: list[Event] = []
        while made.pending:
            taken.append(made.pending.pop(choose.number(len(made.pending))))
            made.take(taken[-1])
            if choose.number(3) == 2:
                made.take(choose.of(taken))
        assert made.refused == []
        found.append(outcome(made))
    assert found[0] == found[1]
