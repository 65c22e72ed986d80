"""What runs can be seen: the workers of each stage in `kranhub status`, and what each does on its /metrics."""

import re
import subprocess
import sys
from functools import partial

import httpx
import pytest
from confluent_kafka import Consumer, TopicPartition

from deploy.embedded.ports import any_free
from kranhub.broker import lag
from kranhub.broker.lag import Group, groups
from kranhub.errors import Failed
from kranhub.operations.status.status import status
from kranhub.settings import Settings
from tests.support.stack import Stack
from tools.harness.core import core, environment, order, stop, wait_for, world

pytestmark = pytest.mark.stack

STAGES = {"core.ingest", "core.planner", "core.allocator", "core.dispatch"}


def stages(found: list[Group]) -> dict[str, Group]:
    return {group.name: group for group in found if group.name in STAGES}


def counted(port: int, series: str) -> float:
    """Return the value of a series as Prometheus would scrape it; 0 while nobody listens or nothing is counted."""
    try:
        text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    except httpx.TransportError:
        return 0
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0


def test_two_workers_share_the_partitions_and_both_are_seen(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)

    def shared() -> dict[str, Group] | None:
        found = stages(status(settings).groups)
        both = all({worker.instance for worker in group.workers} == {"a", "b"} for group in found.values())
        served = all(worker.partitions for group in found.values() for worker in group.workers)
        return found if len(found) == len(STAGES) and both and served else None

    with core(settings, "--instance", "a"), core(settings, "--instance", "b"):
        found = wait_for(shared, "both workers serve partitions of every stage")
    assert sum(worker.partitions for worker in found["core.planner"].workers) == 6
    assert {worker.host for worker in found["core.planner"].workers} == {"127.0.0.1"}


def test_a_core_is_behind_by_nothing_and_without_one_what_waits_is_told(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)

    def idle() -> bool:
        found = stages(status(settings).groups)
        return len(found) == len(STAGES) and all(group.lag == 0 for group in found.values())

    def waiting() -> bool:
        ingest = stages(status(settings).groups)["core.ingest"]
        return not ingest.workers and ingest.lag == 1

    with world(settings) as around:
        with core(settings):
            around.write("sibir-terminal", "Order", "1", order("1"))
            wait_for(lambda: around.addressed("oemz", "orders"), "the order is routed")
            wait_for(idle, "markers do not count")
        around.write("sibir-terminal", "Order", "2", order("2"))
        wait_for(waiting, "one record waits and nobody serves it", 60)


def test_a_partition_that_nobody_has_committed_is_behind_as_well(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    topic = f"{namespace}hub.events"
    with world(settings) as around:
        for partition in (0, 0, 0, 1, 1):
            around.producer.send(topic, b"any", partition=partition)
        around.producer.flush()
    consumer = Consumer({"bootstrap.servers": stack.bootstrap, "group.id": f"{namespace}views.half"})
    consumer.commit(offsets=[TopicPartition(topic, 0, 2)], asynchronous=False)
    consumer.close()
    (half,) = [group for group in groups(settings) if group.name == "views.half"]
    assert half.lag == 1 + 2
    assert half.lag_s is not None
    assert half.lag_s > 0


def test_a_view_that_runs_nowhere_is_forgotten_and_nothing_else(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    topic = TopicPartition(f"{namespace}hub.events", 0, 0)
    consumer = Consumer({"bootstrap.servers": stack.bootstrap, "group.id": f"{namespace}views.timeline.old"})
    consumer.commit(offsets=[topic], asynchronous=False)
    consumer.close()
    with pytest.raises(Failed):
        lag.forget(settings, "core.planner")
    with pytest.raises(Failed):
        lag.forget(settings, "views.timeline.other")
    assert [group.name for group in groups(settings)] == ["views.timeline.old"]
    lag.forget(settings, "views.timeline.old")
    assert groups(settings) == []


def is_well(url: str) -> bool:
    return httpx.get(url).status_code == 200


def all_run(settings: Settings) -> bool:
    (known,) = status(settings).supervisors
    return [child.state for child in known.processes] == ["running", "running"]


def told_by_the_exporter(settings: Settings, port: int, process: str) -> None:
    command = [sys.executable, "-m", "kranhub", "monitoring", "run", "--metrics-port", str(port)]
    watching = subprocess.Popen(command, env=environment(settings))
    try:
        running = f'kranhub_supervised_running{{command="kranhub streams run",process="{process}"}}'
        wait_for(lambda: counted(port, running) == 1, "the exporter tells what is supervised")
        assert counted(port, 'kranhub_answers{part="kafka"}') == 1
    finally:
        code = stop(watching)
    assert code == 0


def test_one_command_runs_workers_and_serves_their_metrics(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    port = any_free(set())
    command = [sys.executable, "-m", "kranhub", "streams", "run", "--metrics-port", str(port)]
    process = subprocess.Popen(command, env=environment(settings))
    try:
        with world(settings) as around:
            around.write("sibir-terminal", "Order", "1", order("1"))
            series = 'kranhub_core_records_total{stage="planner"}'
            wait_for(lambda: counted(port, series) >= 1, "the planner counts its records")
            assert counted(port, 'kranhub_core_partitions{stage="planner"}') == 6
            for path in ("livez", "readyz"):
                url = f"http://127.0.0.1:{port}/{path}"
                wait_for(partial(is_well, url), "every stage moves and serves")
                assert {f"core.{loop['name']}" for loop in httpx.get(url).json()["loops"]} >= STAGES
            (running,) = status(settings).supervisors
            assert (running.pid, running.running, running.command) == (process.pid, True, "kranhub streams run")
            wait_for(partial(all_run, settings), "both processes run, also where one had to begin again")
            planned = 'kranhub_orders{state="PLANNED"}'
            wait_for(lambda: counted(port + 1, planned) == 1, "the views count the order")
            told_by_the_exporter(settings, port + 2, running.processes[0].name)
    finally:
        code = stop(process)
    assert code == 0
    assert status(settings).supervisors == []
