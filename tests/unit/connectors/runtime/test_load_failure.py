"""A connector whose file no longer loads: its status says so, where it had one."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.runtime import last_status, load_failure
from connectors.runtime.status import Reporter
from kranhub.errors import Misconfigured
from kranhub.settings import Settings
from kranhub.text import Text
from tools.harness.settings import REPOSITORY

ERROR = Misconfigured(Text(en="Line 3 is wrong.", ru="Строка 3 неверна."))
SETTINGS = Settings(
    kafka_bootstrap="127.0.0.1:1",
    registry_url="http://127.0.0.1:1",
    members_file=REPOSITORY / "deploy/members/omsk.yaml",
)


def report(tmp_path: Path, content: str, last: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    told: list[Any] = []
    monkeypatch.setattr(last_status, "read", last)
    monkeypatch.setattr(Reporter, "_send", lambda self, *said: told.append((self._key, *said)))
    file = tmp_path / "c.yaml"
    file.write_text(content, encoding="utf-8")
    asyncio.run(load_failure.report(SETTINGS, file, ERROR))
    return told


def test_the_tasks_that_it_had_are_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = {"erp.sink": {"state": "RUNNING", "reason": {}}}
    told = report(
        tmp_path,
        "member: zmk-most\nconnector: sql\nname: erp\nconfig: {nonsense: 1}\n",
        lambda context, key: running.get(key),
        monkeypatch,
    )
    assert told == [("erp.sink", "FAILED", ERROR.text.as_map())]


@pytest.mark.parametrize("content", ["member: nobody\nconnector: sql\n", "connector: sql\n", "- 1\n", "a: [\n"])
def test_who_it_was_may_be_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    assert report(tmp_path, content, lambda context, key: {"state": "RUNNING"}, monkeypatch) == []


def test_without_kafka_nobody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(context: Any, key: str) -> Any:
        raise OSError

    assert report(tmp_path, "member: zmk-most\nconnector: sql\n", away, monkeypatch) == []
