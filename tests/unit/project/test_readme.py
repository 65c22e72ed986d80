"""The README in both languages: its commands exist, both say the same section by section, every link resolves."""

import re
import shlex
import textwrap
from pathlib import Path

import click
import pytest
import yaml

from kranhub.cli.main import cli
from kranhub.cli.run import Installation
from kranhub.settings import Settings

READMES = [Path("README.md"), Path("README.ru.md")]


def text(readme: Path) -> str:
    return readme.read_text(encoding="utf-8")


def commands(readme: Path) -> list[list[str]]:
    """Every command in a shell block, without comments and variable settings in front."""
    blocks = re.findall(r"```sh\n(.*?)```", text(readme), re.DOTALL)
    words = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [[word for word in line if not re.match(r"^[A-Z_]+=", word)] for line in words if line]


def sections(readme: Path) -> list[str]:
    """The text under each heading, without shell blocks, whose comments are no headings."""
    return re.split(r"^##? ", re.sub(r"```.*?```", "", text(readme), flags=re.DOTALL), flags=re.MULTILINE)[1:]


def outline(section: str) -> dict[str, object]:
    """What must be the same in both languages: what is linked, what stands in code, rows of tables, list items."""
    other = {"README.md": "README", "README.ru.md": "README"}
    links = [other.get(target, target) for target in re.findall(r"\]\(([^)]+)\)", section)]
    return {
        "links": links,
        "code": sorted(set(re.findall(r"`([^`\n]+)`", section))),
        "rows": len(re.findall(r"^\|", section, re.MULTILINE)),
        "items": len(re.findall(r"^(?:-|\d\.) ", section, re.MULTILINE)),
    }


def test_both_languages_give_the_same_commands() -> None:
    english, russian = (commands(readme) for readme in READMES)
    assert english == russian
    assert ["make", "demo"] in english
    assert ["make", "test"] in english


def test_both_languages_have_the_same_sections() -> None:
    english, russian = (sections(readme) for readme in READMES)
    assert len(english) == len(russian) > 4
    for ours, theirs in zip(english, russian, strict=True):
        title = ours.splitlines()[0]
        assert (title, outline(ours)) == (title, outline(theirs))


@pytest.mark.parametrize("line", [line for line in commands(READMES[0]) if line[0] == "kranhub"], ids=" ".join)
def test_a_kranhub_command_takes_these_words(line: list[str]) -> None:
    context = click.Context(cli)
    command = cli.get_command(context, line[1])
    assert command is not None
    rest = line[2:]
    if isinstance(command, click.Group):
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(line[1], rest, resilient_parsing=False)


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_links_every_page_of_the_docs(readme: Path) -> None:
    linked = set(re.findall(r"\]\(([^)#]+)\)", text(readme)))
    assert {page.as_posix() for page in Path("docs").glob("*.md")} <= linked


def test_ci_runs_the_readmes_commands() -> None:
    script = Path(".ci/run").read_text(encoding="utf-8")
    assert "make demo" in script
    assert "make test" in script


@pytest.mark.parametrize("readme", READMES)
def test_make_knows_every_target(readme: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", Path("Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {line[1] for line in commands(readme) if line[0] == "make"}
    assert named | set(re.findall(r"`(?:[A-Z]+=\S+ )?make ([a-z-]+)", text(readme))) <= targets


def block(readme: Path, language: str) -> str:
    """The one block of this language, without its indentation."""
    (found,) = re.findall(rf"^ *```{language}\n(.*?)^ *```", text(readme), re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found)


@pytest.mark.parametrize("readme", READMES)
def test_the_example_of_an_installation_file_is_one(readme: Path) -> None:
    installation = Installation.model_validate(yaml.safe_load(block(readme, "yaml")))
    assert (installation.core, installation.views, len(installation.connectors)) == (True, True, 4)
    assert "default" in block(READMES[0], "yaml")
    assert Installation(connectors=installation.connectors) == installation


@pytest.mark.parametrize("readme", READMES)
def test_the_example_of_settings_names_settings(readme: Path, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(block(readme, "ini"), encoding="utf-8")
    names = [line.partition("=")[0].removeprefix("KRANHUB_").lower() for line in file.read_text().splitlines()]
    assert set(names) <= set(Settings.model_fields)
    assert {f"{path}_file" for path in ("members", "nomenclature", "rules", "calendars", "rates")} <= set(names)
    assert Settings(_env_file=file).data_dir == Path("/srv/kranhub/data")
