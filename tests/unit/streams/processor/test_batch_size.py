"""How many records a transaction takes follows how long they take, down to one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.processor.batch_size import FIRST, LARGEST, TARGET_S, Pace


def test_records_that_take_long_go_one_by_one() -> None:
    pace = Pace()
    pace.took(20, 2.0)
    assert pace.size == 2
    pace.took(1, 9.0)
    assert pace.size == 1


def test_full_batches_that_were_quick_grow() -> None:
    pace = Pace()
    for _ in range(20):
        pace.took(pace.size, TARGET_S / 10)
    assert pace.size == LARGEST
    pace.took(LARGEST - 1, TARGET_S / 10)
    assert pace.size == LARGEST


def test_an_abort_halves_down_to_one() -> None:
    pace = Pace()
    sizes = []
    for _ in range(8):
        pace.aborted()
        sizes.append(pace.size)
    assert sizes == [50, 25, 12, 6, 3, 1, 1, 1]


@pytest.mark.parametrize("seconds", [0.0001, 0.1])
def test_it_recovers_from_one(seconds: float) -> None:
    pace = Pace()
    pace.took(1, 60)
    for _ in range(20):
        pace.took(pace.size, seconds)
    assert pace.size > FIRST


@given(st.lists(st.none() | st.tuples(st.integers(1, LARGEST), st.floats(0, 100))))
def test_a_transaction_always_has_room(history: list[tuple[int, float] | None]) -> None:
    pace = Pace()
    for entry in history:
        if entry is None:
            pace.aborted()
        else:
            pace.took(*entry)
        assert 1 <= pace.size <= LARGEST
