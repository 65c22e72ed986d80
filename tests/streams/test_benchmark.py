"""The benchmark's engines do the job: every output once, as the harness itself finds."""

import dataclasses

import pytest

from benchmarks import cluster, orders, throughput
from benchmarks.catalog import ENGINES, Engine
from benchmarks.throughput import Expectation
from tests.support.stack import Stack

COUNT = 2_000
NAMES = ("raw", "ours", "ours_stateful")


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
