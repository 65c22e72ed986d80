"""`kranhub doctor`: every check has a title, and a finding stands under it in the reader's language."""

from pathlib import Path

import pytest

from kranhub.cli import doctor as command
from kranhub.errors import Failed
from kranhub.operations import doctor
from kranhub.operations.local_stack import Check
from kranhub.settings import Settings
from kranhub.text import Text

EVERYWHERE = ["python", "members-file", "broker", "registry", "topics"]


def test_the_local_stack_adds_what_it_needs_and_an_external_kafka_does_not(tmp_path: Path) -> None:
    local = Settings(data_dir=tmp_path)
    external = Settings(data_dir=tmp_path, kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")
    assert [check.name for check in doctor.checks(external)] == EVERYWHERE
    of_the_stack = ["disk", "memory", "loopback", "open-files", "java", "artifacts"]
    assert [check.name for check in doctor.checks(local)] == EVERYWHERE[:2] + of_the_stack + EVERYWHERE[2:]


def fails() -> None:
    raise Failed(Text(en="a\nb", ru="а\nб"))


def test_each_result_is_told_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRANHUB_LANG", "en")
    checks = [
        Check("java", Text(en="Java", ru="Java"), lambda: None),
        Check("topics", Text(en="topics", ru="топики"), fails),
    ]
    results = doctor.run(checks)
    assert list(command.lines(checks, results)) == ["ok   Java", "FAIL topics", "     a", "     b"]
    monkeypatch.setenv("KRANHUB_LANG", "ru")
    assert list(command.lines(checks, results))[1] == "СБОЙ топики"
