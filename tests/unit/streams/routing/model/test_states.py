"""What cannot be cannot be built, and every state that the planner reaches is one of the phases."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kranhub.wire.messages import ProductionState
from streams.routing.model.attempt import Answer, Attempt, AttemptPhase, Closing, Issued, Production, Reservation
from streams.routing.model.codes import CloseReason, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState, dump, load
from streams.routing.model.portion import Portion, PortionPhase, Quote, QuoteRound, with_attempt
from tests.support.choices import Choices, Life, random_world
from tests.support.plants import START
from tests.support.worlds import World

DAY = START.date()
ONE = Decimal(1)
ISSUED = Issued(ONE, DAY, "buyer")
SHADOW = replace(ISSUED, shadow=True)
AT_PLANT = Attempt("alfa", 1, issued=ISSUED, revision=1)
PORTION = Portion("1", 1, "crane", "H87", ONE)

IMPOSSIBLE: dict[str, Callable[[], object]] = {
    "an answer to what was not issued": lambda: Attempt("alfa", 1, answer=Answer(START, accepted=True)),
    "a deadline for what was not issued": lambda: Attempt("alfa", 1, answer_by=START),
    "a revision of what was not issued": lambda: Attempt("alfa", 1, revision=1),
    "work on what was not issued": lambda: Attempt(
        "alfa", 1, productions=(Production("P1", START, ProductionState.RUNNING),)
    ),
    "issued without a revision": lambda: Attempt("alfa", 1, issued=ISSUED),
    "withdrawn and not issued": lambda: Attempt("alfa", 1, closing=Closing(CloseReason.NO_CAPACITY, withdraw=True)),
    "in shadow and an answer is owed": lambda: Attempt("alfa", 1, issued=SHADOW, revision=1, answer_by=START),
    "held and cancelled": lambda: replace(PORTION, hold_reason=HoldReason.NO_RULE, cancelled=True),
    "held and with a plant": lambda: replace(with_attempt(PORTION, AT_PLANT), hold_reason=HoldReason.NO_RULE),
    "a round of quotes that asks nobody": lambda: QuoteRound(0, ONE, START, ()),
}


@pytest.mark.parametrize("build", IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_what_cannot_be_cannot_be_built(build: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        build()


@pytest.mark.parametrize(
    ("attempt", "phase"),
    [
        (Attempt("alfa", 1), AttemptPhase.PROPOSED),
        (AT_PLANT, AttemptPhase.ISSUED),
        (Attempt("alfa", 1, issued=SHADOW, revision=1), AttemptPhase.SHADOWED),
        (AT_PLANT.close(CloseReason.NO_ANSWER, withdraw=True), AttemptPhase.WITHDRAWN),
        (AT_PLANT.close(CloseReason.REJECTED, withdraw=False), AttemptPhase.CLOSED),
        (AT_PLANT.close(CloseReason.REJECTED, withdraw=False).to_withdraw(), AttemptPhase.WITHDRAWN),
    ],
)
def test_an_attempt_tells_its_phase(attempt: Attempt, phase: AttemptPhase) -> None:
    assert attempt.phase is phase
    assert (attempt.close_reason is None) == (phase not in (AttemptPhase.WITHDRAWN, AttemptPhase.CLOSED))


def test_a_portion_tells_its_phase() -> None:
    held = replace(PORTION, hold_reason=HoldReason.NO_RULE)
    placed = with_attempt(PORTION, AT_PLANT)
    closed = with_attempt(PORTION, AT_PLANT.close(CloseReason.REJECTED, withdraw=False))
    phases = [portion.phase for portion in (PORTION, held, placed, closed, held.cancel(), held.replanned())]
    assert phases == [
        PortionPhase.OPEN,
        PortionPhase.HELD,
        PortionPhase.ASSIGNED,
        PortionPhase.OPEN,
        PortionPhase.CANCELLED,
        PortionPhase.OPEN,
    ]


def test_a_release_is_the_reservations() -> None:
    attempt = replace(AT_PLANT, reservation=Reservation(1, ONE, DAY)).released()
    assert attempt.reservation == Reservation(1, ONE, DAY, released=True)
    assert AT_PLANT.released() == AT_PLANT


def test_quotes_of_a_round_that_is_over_are_remembered_and_not_waited_for() -> None:
    asked = replace(PORTION, quote_round=QuoteRound(0, ONE, START, (Quote("alfa"), Quote("beta"))))
    quoted = asked.with_quote(Quote("beta", ONE, Decimal(0), date(2027, 1, 1)))
    assert [quote.from_stock for quote in quoted.quotes] == [None, ONE]
    assert quoted.open_quotes is quoted.quote_round
    assert with_attempt(quoted, AT_PLANT).open_quotes is None
    assert quoted.replanned().open_quotes is None
    assert quoted.replanned().quotes == quoted.quotes


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=120, max_size=160), st.binary(min_size=40, max_size=150))
def test_every_state_that_the_planner_reaches_is_possible(world: bytes, life: bytes) -> None:
    made = random_world(Choices(world))
    for event in Life(made, Choices(life)).events():
        made.take(event)
        if made.state is not None:
            possible(made, made.state)


def possible(made: World, state: OrderState) -> None:
    """Assert that what is stored can be built once more, part by part, and that phases and messages agree."""
    assert load(dump(state)) == state
    told = made.plant_orders()
    for portion in state.portions:
        assert portion == replace(portion)
        assert (portion.phase is PortionPhase.HELD) == (portion.hold_reason is not None)
        assert portion.phase is not PortionPhase.OPEN or portion.current is None
        for attempt in portion.attempts:
            assert attempt == replace(attempt)
            is_told = portion.id_of(state.key, attempt) in told
            assert is_told == (attempt.issued is not None)
            assert attempt.phase is not AttemptPhase.PROPOSED or not is_told
            if attempt.phase is AttemptPhase.WITHDRAWN and not state.frozen:
                assert attempt.issued is not None
                assert attempt.issued.cancelled
