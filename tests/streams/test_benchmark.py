"""The benchmark's engines do the job: every output once, as the harness itself finds."""

import dataclasses

import pytest

from benchmarks import cluster, fullpath, growth, latency, memory, orders, planning, restoring, throughput
from benchmarks.catalog import ENGINES, Engine, named
from benchmarks.latency import Load
from benchmarks.throughput import Expectation
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

COUNT = 2_000
NAMES = ("raw", "ours", "ours_in_place", "ours_stateful")


@pytest.mark.stack
@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine.name in NAMES], ids=lambda one: one.name)
def test_the_engine_outputs_every_part_once(engine: Engine, stack: Stack) -> None:
    broker = cluster.cluster(stack.settings)
    source = broker.create(f"bench.orders-{engine.name}")
    broker.fill(source, orders.records(COUNT))
    run = throughput.measure(broker, engine, source, COUNT, Expectation())
    broker.delete([source])
    assert (run.lost, run.doubled) == (0, 0), run.problem


@pytest.mark.stack
def test_the_check_names_a_planted_loss_and_a_planted_duplicate(stack: Stack) -> None:
    broker = cluster.cluster(stack.settings)
    outputs = [(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]
    topic = broker.create("bench.planted")
    broker.fill(topic, [outputs[0], outputs[1], outputs[1]])
    assert throughput.check(broker, topic, {orders.digest(*output) for output in outputs}) == (1, 1)
    broker.delete([topic])


@pytest.mark.stack
def test_an_engine_that_dies_is_a_problem_and_no_rate(stack: Stack) -> None:
    broker = cluster.cluster(stack.settings)
    source = broker.create("bench.orders-dies")
    broker.fill(source, orders.records(10))
    dead = dataclasses.replace(ENGINES[0], start=lambda task: ["python3", "-c", "raise SystemExit('no such engine')"])
    run = throughput.measure(broker, dead, source, 10, Expectation())
    broker.delete([source])
    assert (run.rate, run.lost) == (None, None)
    assert "no such engine" in (run.problem or "")


@pytest.mark.stack
def test_latency_counts_from_the_schedule_and_every_output_is_checked(stack: Stack) -> None:
    broker = cluster.cluster(stack.settings)
    found = latency.measure(broker, named("ours"), Load(200, 0.5, 1.5))
    assert (found.lost, found.doubled, found.problem) == (0, 0, None)
    assert found.outputs > 200 * 1.5 * 2
    at = latency.summary([found])["200"]
    assert {"p50", "p99", "kafka_streams_p99", "engines"} <= at.keys()
    assert 0 < at["p50"] <= at["p99"]


@pytest.mark.stack
def test_state_comes_back_whole_both_ways(stack: Stack) -> None:
    found = restoring.measure(cluster.cluster(stack.settings), 9_000, 1)
    assert found["restore_per_s"] == found["restore"]["ours"] > 0
    assert found["restore"]["plain"] > 0


@pytest.mark.stack
def test_open_orders_take_memory(stack: Stack) -> None:
    found = memory.measure(cluster.cluster(stack.settings), 1_000)
    assert found["mb_per_100k_open_orders"] > 0
    assert found["memory"]["planner_keys"] == 3_000, "an order, the deadline of its receipt and that of its answer"
    assert found["memory"]["allocator_keys"] == 2_000, "a hold and its place in a week"


@pytest.mark.stack
def test_planning_is_measured_with_more_plants_and_more_open_orders(stack: Stack) -> None:
    size = planning.Size(50, 10, 1, (5, 10), (500, 3_000))
    found = planning.measure(cluster.cluster(stack.settings), size)["planning"]
    assert found.keys() >= {"simple_per_s", "simple_p99_ms", "crane_per_s", "crane_p99_ms"}
    assert [*found["by_members"], *found["by_open_orders"]] == ["5", "10", "500", "3000"]
    assert all(one["crane_per_s"] > 0 for one in (*found["by_members"].values(), *found["by_open_orders"].values()))
    assert found["by_members_offers"]["10"]["simple_p99_ms"] > 0


@pytest.mark.stack
def test_planning_is_measured_with_more_lines_and_more_makers(stack: Stack) -> None:
    found = growth.measure(cluster.cluster(stack.settings), growth.Size((1, 25), (5, 20), 20))
    assert found["most_makers_vs_fewest"] > 0
    lines, makers = found["growth"]["lines"], found["growth"]["makers"]
    assert (lines["25"]["simple_statuses"], lines["25"]["crane_statuses"]) == (2, 2)
    assert (makers["5"]["asked"], makers["20"]["asked"]) == (5, 10)


@pytest.mark.stack
def test_the_real_core_passes_every_order_on_once(stack: Stack) -> None:
    found = fullpath.measure(cluster.cluster(stack.settings), 200, 10, 1)
    assert found["full_path_per_s"] > 0
    assert found["full_path_crane_per_s"] > 0
    passages = [*found["full_path"], *found["full_path_crane"]]
    assert [(one["lost"], one["doubled"]) for one in passages] == [(0, 0), (0, 0)]
