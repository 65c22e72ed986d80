"""The README's commands exist, in both languages alike; `.ci/run` runs the two main ones."""

import re
import shlex
from pathlib import Path

import click
import pytest

from kranhub.cli import cli

READMES = [Path("README.md"), Path("README.ru.md")]


def commands(readme: Path) -> list[list[str]]:
    """Every command in a shell block, without comments and variable settings in front."""
    blocks = re.findall(r"```sh\n(.*?)```", readme.read_text(encoding="utf-8"), re.DOTALL)
    words = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [[word for word in line if not re.match(r"^[A-Z_]+=", word)] for line in words if line]


def test_both_languages_give_the_same_commands() -> None:
    english, russian = (commands(readme) for readme in READMES)
    assert english == russian
    assert ["make", "demo"] in english
    assert ["make", "test"] in english


@pytest.mark.parametrize("line", [line for line in commands(READMES[0]) if line[0] == "kranhub"], ids=" ".join)
def test_a_kranhub_command_takes_these_words(line: list[str]) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, line[1])
    assert command is not None
    command.make_context(line[1], line[2:], resilient_parsing=False)


@pytest.mark.parametrize("readme", READMES)
def test_every_linked_file_exists(readme: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", readme.read_text(encoding="utf-8")):
        assert Path(target).exists(), target


def test_ci_runs_the_readmes_commands() -> None:
    script = Path(".ci/run").read_text(encoding="utf-8")
    assert "make demo" in script
    assert "make test" in script


def test_make_knows_every_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {line[1] for line in commands(READMES[0]) if line[0] == "make"} <= targets
