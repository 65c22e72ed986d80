"""The supervisor restarts what ends and leaves no process behind."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from kranhub.operations.supervisor import Supervisor, write_state

pytestmark = pytest.mark.process

STEADY = [sys.executable, "-c", "import time; time.sleep(60)"]
SHORT = [sys.executable, "-c", "raise SystemExit(3)"]


def until(supervisor: Supervisor, condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        supervisor.step()
        time.sleep(0.02)


def test_what_ends_is_started_again_and_counted() -> None:
    supervisor = Supervisor({"short": SHORT})
    child = supervisor.children[0]
    until(supervisor, lambda: child.restarts >= 2)
    supervisor.stop()
    assert child.exit_code == 3


def test_a_killed_child_comes_back_with_another_pid_and_the_other_is_left_alone() -> None:
    supervisor = Supervisor({"one": STEADY, "two": STEADY})
    one, two = supervisor.children
    until(supervisor, lambda: (one.state, two.state) == ("running", "running"))
    before = (one.pid, two.pid)
    psutil.Process(one.pid).kill()
    until(supervisor, lambda: one.restarts == 1 and one.state == "running")
    assert one.pid != before[0]
    assert two.pid == before[1]
    supervisor.stop()
    assert not any(psutil.pid_exists(pid or 0) for pid in (before[0], before[1]) if pid)


def test_stop_ends_every_child() -> None:
    supervisor = Supervisor({"one": STEADY, "two": STEADY})
    until(supervisor, lambda: all(child.state == "running" for child in supervisor.children))
    pids = [child.pid for child in supervisor.children]
    supervisor.stop()
    assert [child.state for child in supervisor.children] == ["stopped", "stopped"]
    assert not any(psutil.pid_exists(pid or 0) for pid in pids)


def test_the_state_file_is_whole(tmp_path: Path) -> None:
    supervisor = Supervisor({"one": STEADY}, changed=lambda _: write_state(tmp_path / "run.json", supervisor.children))
    until(supervisor, lambda: supervisor.children[0].state == "running")
    state = json.loads((tmp_path / "run.json").read_text())
    assert state["processes"][0] == {
        "name": "one",
        "state": "running",
        "pid": supervisor.children[0].pid,
        "restarts": 0,
        "exit_code": None,
        "reason": "",
        "ends": [],
    }
    supervisor.stop()
    assert list(tmp_path.iterdir()) == [tmp_path / "run.json"]
