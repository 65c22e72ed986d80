"""Unit tests start no process, unless they are marked ``process``: ``make unit`` leaves those out."""

import subprocess
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _no_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test fail that starts a process and does not say so."""
    if request.node.get_closest_marker("process") is None:
        monkeypatch.setattr(subprocess.Popen, "__init__", _refuse)


def _refuse(self: object, *_words: Any, **_options: Any) -> None:
    raise AssertionError("this test starts a process: mark it with pytest.mark.process")
