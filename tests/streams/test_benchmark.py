"""The benchmark's engines do the job: every output once, as the harness itself finds."""

import dataclasses

import pytest

from benchmarks import cluster, fullpath, latency, memory, orders, restoring, throughput
from benchmarks.catalog import ENGINES, Engine, named
from benchmarks.latency import Load
from benchmarks.throughput import Expectation
from tests.support.stack import Stack

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
    assert throughput.check(broker, topic, {orders.mark(*output) for output in outputs}) == (1, 1)
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
    assert found["memory"]["planner_keys"] == found["memory"]["allocator_keys"] == 2_000


@pytest.mark.stack
def test_the_real_core_passes_every_order_on_once(stack: Stack) -> None:
    found = fullpath.measure(cluster.cluster(stack.settings), 200, 1)
    assert found["full_path_per_s"] > 0
    assert [(one["lost"], one["doubled"]) for one in found["full_path"]] == [(0, 0)]
