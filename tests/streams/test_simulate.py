"""A small simulated day through the real Kafka and the real core: nothing lost, doubled or forgotten."""

import pytest

from benchmarks import cluster
from benchmarks.screen import screen
from tests.support.stack import Stack
from tools.simulation.behaviour import BEHAVIOURS
from tools.simulation.result import is_good
from tools.simulation.simulation import STEPS, Plan, simulate

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ORDERS = 150


@pytest.mark.stack
def test_a_day_loses_nothing_doubles_nothing_and_replays_the_same(stack: Stack) -> None:
    with screen(STEPS) as shown:
        found = simulate(Plan(ORDERS, seed=5), cluster.cluster(stack.settings), shown)
    assert is_good(found), (found["named"], found["replay"])
    assert found["plant_orders"] > ORDERS
    assert found["replay"]["compared"] > ORDERS * 10
    assert {"CLOSED", "DELIVERED", "ON_HOLD"} <= found["lines"].keys()
    assert found["dead_letters"]["bad-quantity"] > 0
    assert found["alerts"]["unmapped-stock"] > 0
    assert found["promises"]["made"] > ORDERS / 2
    assert {"promise-late", "still-on-hold"} <= found["alerts"].keys()
    assert found["promise_accuracy"]["plants"].keys() == BEHAVIOURS.keys()
    for figures in found["promise_accuracy"].values():
        kept = sum(one["in_time"] for one in figures.values())
        assert 0 < kept < sum(one["promised"] for one in figures.values())
    assert "defect" not in found["dead_letters"]
