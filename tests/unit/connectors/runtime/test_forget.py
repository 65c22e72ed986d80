"""Which connectors may be forgotten."""

import os
import socket
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.runtime import cli
from connectors.runtime.forget import may_live

HERE = socket.gethostname()
NOBODY = 2**22 + 1  # above Linux' highest process id


def said(state: str, worker: str) -> Any:
    """What of a ConnectorStatus counts."""
    return {"state": state, "worker": worker}


@pytest.mark.parametrize(
    ("state", "worker", "alive"),
    [
        ("STOPPED", f"{HERE}/{os.getpid()}", False),
        ("RUNNING", f"{HERE}/{os.getpid()}", True),
        ("FAILED", f"{HERE}/{os.getpid()}", True),
        ("RUNNING", f"{HERE}/{NOBODY}", False),
        ("FAILED", f"{HERE}/{NOBODY}", False),
        ("RUNNING", "another-machine/1", True),
        ("RUNNING", "", True),
    ],
    ids=("stopped", "running", "failed", "killed", "killed-failed", "elsewhere", "nobody-said-where"),
)
def test_a_connector_may_live_unless_it_stopped_or_its_process_is_gone(state: str, worker: str, alive: bool) -> None:
    assert may_live(said(state, worker)) is alive


def test_on_windows_nobody_asks_for_the_process_as_that_would_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("this sends the process a Ctrl-C"))
    monkeypatch.setattr(os, "name", "nt")
    assert may_live(said("RUNNING", f"{HERE}/{NOBODY}"))


@pytest.mark.parametrize("name", ["zmk-most", "/erp", "zmk-most/"])
def test_a_connector_is_named_with_its_member(name: str) -> None:
    assert CliRunner().invoke(cli.connector, ["forget", name]).exit_code == 2
