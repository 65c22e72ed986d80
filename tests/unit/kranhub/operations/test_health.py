"""/livez and /readyz: a process whose loop stands still is not alive, one that does not serve is not ready."""

import json
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from kranhub.errors import Misconfigured
from kranhub.operations import metrics_server
from kranhub.operations.health import GIVEN_BACK, Loops


class Process:
    """A process' endpoints, over HTTP."""

    def __init__(self) -> None:
        self.loops, self.registry = Loops(), CollectorRegistry()
        self.port = metrics_server.serve("127.0.0.1", None, self.registry, self.loops)

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}")

    def told(self, path: str) -> tuple[int, list[tuple[str, bool]]]:
        answer = self.get(path)
        found: dict[str, Any] = json.loads(answer.text)
        assert found["ok"] is (answer.status_code == 200)
        return answer.status_code, [(loop["name"], loop["ok"]) for loop in found["loops"]]


def test_a_loop_that_stands_still_is_not_alive() -> None:
    process = Process()
    assert process.told("/livez") == (200, [])
    slow, idle = process.loops.loop("slow", -1.0), process.loops.loop("idle", -1.0)
    process.loops.loop("quick", 60).progressed()
    slow.progressed()
    idle.progressed()
    idle.idle()
    assert process.told("/livez") == (503, [("slow", False), ("idle", True), ("quick", True)])
    process.loops.loop("slow", 60).progressed()
    assert process.told("/livez")[0] == 200


def test_a_process_is_ready_once_every_loop_serves() -> None:
    process = Process()
    assert process.told("/readyz") == (503, [])
    one, two = process.loops.loop("one", 1), process.loops.loop("two", 1)
    one.serves()
    assert process.told("/readyz") == (503, [("one", True), ("two", False)])
    two.serves()
    assert process.told("/readyz")[0] == 200
    one.waits(GIVEN_BACK)
    assert process.told("/readyz") == (503, [("one", False), ("two", True)])


def test_metrics_are_served_beside_and_nothing_else_is() -> None:
    process = Process()
    Counter("of_this_test", "x", registry=process.registry).inc(3)
    assert "of_this_test_total 3.0" in process.get("/metrics").text
    assert process.get("/other").status_code == 404
    with pytest.raises(Misconfigured):
        metrics_server.serve("127.0.0.1", process.port)


def test_every_process_tells_its_release() -> None:
    port = metrics_server.serve("127.0.0.1", None)
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'kranhub_build_info{python="3.' in text
    assert {"kranhub_live", "kranhub_ready"} <= {line.partition(" ")[0] for line in text.splitlines()}


def test_ports_are_counted_up_from_the_first() -> None:
    commands = {"core": ["core", "run"], "views": ["views", "run"]}
    assert metrics_server.with_ports(commands, 9400) == {
        "core": ["core", "run", "--metrics-port", "9400"],
        "views": ["views", "run", "--metrics-port", "9401"],
    }
    assert metrics_server.with_ports(commands, None) == commands
