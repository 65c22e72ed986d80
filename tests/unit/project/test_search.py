"""The long search: what it finds can be found again, and a usual run never looks for anything new."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest
from hypothesis import settings

from tests import search

pytestmark = pytest.mark.process

PROPERTY = """
from hypothesis import given, settings
from hypothesis import strategies as st

@settings(database=None)
@given(st.integers(0, 10**9))
def test_of_numbers(number: int) -> None:
    assert number {condition}, f"with {{number}}"
"""


def planted(folder: Path, condition: str) -> str:
    (folder / "test_planted.py").write_text(PROPERTY.format(condition=condition))
    return str(folder / "test_planted.py")


@pytest.mark.process
def test_a_failure_is_found_and_its_command_fails_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search.main(["--seconds", "120", planted(tmp_path, "< 1000")]) == 1
    found, _, command = capsys.readouterr().out.rpartition("try again: ")
    again = subprocess.run(["env", *shlex.split(command)], capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 1
    assert "AssertionError: with 1000" in found
    assert "AssertionError: with 1000" in again.stdout


@pytest.mark.process
def test_the_time_is_the_limit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search.main(["--seconds", "0.1", planted(tmp_path, ">= 0")]) == 0
    assert capsys.readouterr().out.startswith("no property failed in 0 s")


@pytest.mark.process
def test_a_file_without_a_property_is_passed_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_plain.py").write_text("from hypothesis import settings\n\ndef test_plain() -> None: ...\n")
    assert search.main(["--seconds", "3", str(tmp_path / "test_plain.py")]) == 0
    assert capsys.readouterr().out.startswith("no property failed in 3 s")


def test_every_file_with_a_property_is_searched() -> None:
    assert any(file.endswith("test_world_properties.py") for file in search.properties())


def test_a_usual_run_tries_the_same_worlds_each_time() -> None:
    assert settings.get_profile("same").derandomize
    assert settings().derandomize != bool(os.environ.get("KRANHUB_SEARCH"))
