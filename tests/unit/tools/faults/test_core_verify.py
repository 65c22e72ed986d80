"""The fault suite's checker is checked: it names a planted loss, a planted double and an order that stood still."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.faults.core.expected import expectation
from tools.faults.core.feed import is_crane
from tools.faults.core.verify import Fault, Observed, Waited, findings, longest_stall

EXPECTED = {f"buyer:{number}": expectation(number) for number in range(20)}
EVERYTHING = [Observed(order, words) for order, every in EXPECTED.items() for words in every]


def test_a_crane_becomes_seven_plant_orders_and_a_motor_one() -> None:
    orders = [[words for words in expectation(number) if words.startswith("plant order")] for number in (8, 9)]
    assert [is_crane(8), is_crane(9)] == [False, True]
    assert [len(found) for found in orders] == [1, 7]


def test_what_is_complete_has_no_findings() -> None:
    assert findings(EXPECTED, reversed(EVERYTHING)) == ([], [])


@given(st.sampled_from(EVERYTHING), st.sampled_from(EVERYTHING))
def test_one_planted_loss_and_one_planted_double_are_named(gone: Observed, twice: Observed) -> None:
    said = [*EVERYTHING, twice]
    said.remove(gone)
    assert findings(EXPECTED, said) == (([], []) if gone == twice else ([gone], [twice]))


def test_an_order_that_nobody_placed_counts_as_doubled_unless_it_may_have_been_sent() -> None:
    stranger = Observed("buyer:99", "status 1 RECEIVED")
    assert findings(EXPECTED, [*EVERYTHING, stranger]) == ([], [stranger])
    assert findings(EXPECTED, [*EVERYTHING, stranger], {"buyer:99"}) == ([], [])


@pytest.mark.parametrize(
    ("faults", "order", "stall"),
    [
        ([], Waited(10, 12), 2),
        ([Fault(10, 50)], Waited(5, 52), 5),  # five seconds before the fault, two after its end
        ([Fault(10, 50)], Waited(20, 95), 45),  # in the middle of the fault: what counts begins at its end
        ([Fault(10, 50), Fault(60, 70)], Waited(20, 90), 20),
        ([Fault(10, 50)], Waited(20, 40), 0),
        ([Fault(10, 20)], Waited(30, 31), 1),
    ],
)
def test_a_stall_is_what_an_order_waited_outside_of_faults(faults: list[Fault], order: Waited, stall: float) -> None:
    assert longest_stall(faults, [Waited(0, 0), order]) == stall


def test_one_order_that_stands_still_is_not_hidden_by_others() -> None:
    assert longest_stall([Fault(0, 1)], [*(Waited(at, at + 0.1) for at in range(2, 100)), Waited(2, 99)]) == 97
