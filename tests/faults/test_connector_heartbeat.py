"""A connector that was killed is found: its heartbeat ages, what waits for its sink is counted, the exit code is 5."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from connectors.runtime.status import HEARTBEAT_S
from kranhub.operations.status.connector_states import ConnectorState
from kranhub.operations.status.status import status
from kranhub.settings import Settings
from tests.support.connector_process import connector, until
from tests.support.file_erp import FileErp
from tests.support.stack import Stack
from tools.harness.core import environment, world

pytestmark = pytest.mark.stack

CONNECTOR = """
member: sibir-terminal
connector: tests.support.file_erp:FileErpConnector
name: erp
config: {{path: {path}}}
"""


def states(settings: Settings) -> dict[str, ConnectorState]:
    return {state.task: state for state in status(settings).connectors}


def codes(settings: Settings, code: int) -> set[str]:
    command = [sys.executable, "-m", "kranhub", "status", "-o", "json"]
    around = environment(settings, KRANHUB_LAG_LIMIT_S="1")
    ended = subprocess.run(command, env=around, capture_output=True, check=False)
    assert ended.returncode == code
    return {finding["code"] for finding in json.loads(ended.stdout)["findings"]}


def test_a_killed_connector_is_found_by_its_age_and_by_what_waits(stack: Stack, namespace: str, tmp_path: Path) -> None:
    settings = stack.prepare(namespace)
    FileErp(tmp_path / "erp.sqlite")
    file = tmp_path / "erp.yaml"
    file.write_text(CONNECTOR.format(path=tmp_path / "erp.sqlite"))
    with world(settings) as around, connector(settings, file) as running:

        def works() -> dict[str, ConnectorState] | None:
            found = states(settings)
            both = len(found) == 2 and all(state.state == "RUNNING" for state in found.values())
            return found if both and found["sink"].lag == 0 else None

        found = until(works, "both tasks run and nothing waits")
        assert [state.heartbeat_s for state in found.values()] == [HEARTBEAT_S] * 2
        assert all(state.heartbeat_age_s <= HEARTBEAT_S for state in found.values())
        port = re.findall(r"http://127.0.0.1:(\d+)/metrics", running.log.read_text())[0]
        for path, loops in (("livez", {"source", "sink", "connector"}), ("readyz", {"source", "sink", "connector"})):
            answer = httpx.get(f"http://127.0.0.1:{port}/{path}").raise_for_status().json()
            assert {loop["name"] for loop in answer["loops"]} == loops
        commits = 'kranhub_connector_commits_total{connector="erp",member="sibir-terminal",task="source"}'
        assert commits in httpx.get(f"http://127.0.0.1:{port}/metrics").text
        running.process.kill()
        running.wait()
        around.producer.send(f"{namespace}in.sibir-terminal.statuses", b"{}", key=b"1").get(30)

        def waits() -> bool:
            sink = states(settings)["sink"]
            return sink.lag == 1 and (sink.lag_s or 0) > 1

        until(waits, "the record that waits is told with its age")
        until(lambda: codes(settings, 5) >= {"waits-too-long", "unserved"}, "status says who is away, and what waits")
