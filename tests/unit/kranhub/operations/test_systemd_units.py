"""The systemd units call commands that exist, and leave them the time to stop."""

import configparser
import shlex
from pathlib import Path

import click
import pytest

from kranhub.cli.main import cli
from kranhub.operations.supervisor import GRACE_S
from tests.support.systemd_units import PROGRAM, UNITS


def unit(file: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, strict=True)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(file.read_text("utf-8"))
    return found


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command and what is left of the words: its arguments and options."""
    command: click.Command = cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words
        command, words = found, words[1:]
    return command, words


@pytest.mark.parametrize("file", UNITS, ids=lambda file: file.name)
def test_a_unit_calls_what_exists_and_waits_for_its_end(file: Path) -> None:
    service = unit(file)["Service"]
    calls = [service[name] for name in ("ExecStart", "ExecStop") if name in service]
    for call in calls:
        program, *words = shlex.split(call)
        assert program == PROGRAM
        command, rest = resolve(words)
        command.make_context(command.name, rest, resilient_parsing=False)
    assert int(service["TimeoutStopSec"]) > GRACE_S
    assert service["User"] != "root"


def test_there_are_three_and_the_page_names_each() -> None:
    page = Path("docs/operations.md").read_text("utf-8")
    assert len(UNITS) == 3
    assert all(f"deploy/systemd/{file.name}" in page for file in UNITS)
