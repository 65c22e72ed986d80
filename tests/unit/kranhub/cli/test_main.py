"""The command line: exit codes, both languages, data on stdout."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process


def kranhub(*words: str, lang: str = "en", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KRANHUB_LANG": lang, "KRANHUB_DATA_DIR": str(cwd or Path("nowhere"))}
    command = [sys.executable, "-m", "kranhub", *words]
    return subprocess.run(
        command, env=environment, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False
    )


def test_help_lists_every_command_and_the_exit_codes() -> None:
    shown = kranhub("--help")
    assert shown.returncode == 0
    for name in ("up", "down", "status", "doctor", "connector", "core", "run", "streams", "tail", "trace", "views"):
        assert f"\n  {name} " in shown.stdout
    assert "3 unreachable" in " ".join(shown.stdout.split())


def test_every_command_explains_itself_and_its_options_in_russian() -> None:
    code = (
        "import click; from kranhub.cli.main import cli; context = click.Context(cli)\n"
        "def told(command):\n"
        "    yield command.help or ''\n"
        "    for each in command.params:\n"
        "        if isinstance(each, click.Option): yield each.help or ''\n"
        "    for inner in getattr(command, 'commands', {}).values(): yield from told(inner)\n"
        "for name in cli.list_commands(context):\n"
        "    for text in told(cli.get_command(context, name)): print(name, '|', text.replace('\\n', ' '))\n"
        "print('kranhub |', cli.help)\n"
        "for each in cli.params: print('kranhub |', each.help)"
    )
    environment = {**os.environ, "KRANHUB_LANG": "ru"}
    shown = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, encoding="utf-8", check=True
    )
    lines = shown.stdout.splitlines()
    assert len(lines) > 50
    assert [line for line in lines if not re.search("[а-яё]", line.partition("|")[2])] == []


def test_a_wrong_call_is_2() -> None:
    assert kranhub("fly").returncode == 2
    assert kranhub("tail").returncode == 2
    assert kranhub("tail", "hub.events", "--order", "17").returncode == 2


@pytest.mark.parametrize(("lang", "words"), [("en", "No Kafka is known here"), ("ru", "Нет Kafka")])
def test_without_a_stack_the_remedy_is_said_in_the_readers_language(tmp_path: Path, lang: str, words: str) -> None:
    shown = kranhub("tail", "hub.events", lang=lang, cwd=tmp_path)
    assert shown.returncode == 4
    assert words in shown.stderr
    assert shown.stdout == ""
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(("lang", "words"), [("en", "the views have not run yet"), ("ru", "ещё не запускались")])
@pytest.mark.parametrize("command", [("trace", "17"), ("tail", "--order", "17")])
def test_without_a_read_model_it_is_said_how_to_get_one(
    tmp_path: Path, lang: str, words: str, command: tuple[str, ...]
) -> None:
    shown = kranhub(*command, lang=lang, cwd=tmp_path)
    assert shown.returncode == 1
    assert words in shown.stderr
    assert not (tmp_path / "kranhub-data").exists()


def test_an_installation_file_with_a_mistake_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "kranhub.yaml").write_text("core: true\nconectors: [a.yaml]\n")
    shown = kranhub("run", "kranhub.yaml", cwd=tmp_path)
    assert shown.returncode == 4
    assert "kranhub.yaml:2: conectors" in shown.stderr


def test_a_connector_file_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "kranhub.yaml").write_text("connectors: [nowhere.yaml]\n")
    shown = kranhub("run", "kranhub.yaml", cwd=tmp_path)
    assert shown.returncode == 4
    assert "nowhere.yaml" in shown.stderr
