"""The ``kranhub`` command. Packages add their commands through the entry-point group ``kranhub.commands``."""

import json
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from kranhub.errors import Failed, KranhubError, Misconfigured
from kranhub.operations import logs, memory, open_files, parent_watch, safe_stderr
from kranhub.operations.failure_report import report_failure
from kranhub.operations.supervisor import Child
from kranhub.text import Text

EXIT_CODES = Text(
    en="Exit codes: 0 ok, 1 handled failure, 2 usage, 3 unreachable, 4 validation, 5 findings.",
    ru="Коды завершения: 0 успех, 1 обработанный сбой, 2 неверный вызов, 3 недоступно, 4 ошибка проверки, 5 находки.",
)

FINDINGS = 5
"""The exit code of a command that ran and found something wrong."""

_HELP = Text(
    en="Run kranhub, the integration hub between the cluster's ERPs.",
    ru="kranhub, интеграционный центр между учётными системами кластера.",
)
_VERSION = Text(en="Show the version and exit.", ru="Показать версию.")
_SHOW = Text(en="Show this message and exit.", ru="Показать эту справку.")
_OUTPUT = Text(en="text for people, json for scripts", ru="text для людей, json для сценариев")


class Rooms(click.Group):
    """A group whose commands come from installed packages; a package is imported only when its command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all packages' commands."""
        return sorted({*super().list_commands(ctx), *entry_points(group="kranhub.commands").names})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the package of a command, and return the command; None for an unknown one."""
        if (own := super().get_command(ctx, cmd_name)) is not None:
            return own
        found = entry_points(group="kranhub.commands", name=cmd_name)
        return _load(next(iter(found))) if found else None


def _load(entry: EntryPoint) -> click.Command:
    """Import the command's package; where its extra is not installed, return a command that reports so."""
    try:
        command: click.Command = entry.load()
    except ModuleNotFoundError as error:
        return _needs_extra(entry.name, error.name or "")
    return command


def _needs_extra(name: str, module: str) -> click.Command:
    error = needs_extra(name, module)

    @click.command(name, help=str(error), context_settings={"ignore_unknown_options": True})
    @click.argument("rest", nargs=-1)
    def missing(**_options: object) -> None:
        raise error

    return missing


def needs_extra(name: str, module: str) -> Misconfigured:
    """Return the error of a command whose extra is not installed."""
    return Misconfigured(
        Text(
            en=f"`kranhub {name}` needs {module}, which is not installed here. Install kranhub with its extras: "
            "pip install 'kranhub[core,views,embedded]'.",
            ru=f"Для `kranhub {name}` нужен модуль {module}, он не установлен. Установите kranhub с дополнениями: "
            "pip install 'kranhub[core,views,embedded]'.",
        )
    )


@click.group(cls=Rooms, help=str(_HELP), epilog=str(EXIT_CODES))
@click.version_option(package_name="kranhub", help=str(_VERSION))
@click.help_option("--help", help=str(_SHOW))
def cli() -> None:
    """Configure logging; the commands come from installed packages."""
    logs.configure()


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``-o text|json`` to a command, as the argument ``output``."""
    kinds = click.Choice(["text", "json"])
    return click.option("-o", "--output", type=kinds, default="text", show_default=True, help=str(_OUTPUT))(command)


def emit(data: Any) -> None:
    """Write one JSON document to standard output, where data goes; progress goes to standard error."""
    click.echo(json.dumps(data, ensure_ascii=False, default=str))


def emit_child(child: Child) -> None:
    """Write a supervised child's state as one JSON document."""
    emit(child.public())


def main() -> None:
    """Run the command line; every handled error becomes one sentence and an exit code.

    Raises:
        SystemExit: The command has ended, with its exit code.
        Exception: A defect; it ends the process with its traceback.
    """
    safe_stderr.standard_error()
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    open_files.raise_limit()
    parent_watch.watch()
    try:
        cli(standalone_mode=True)
    except KranhubError as error:
        report_failure(error)
        sys.exit(error.exit_code)
    except Exception as error:
        if not memory.is_short(error):
            raise
        report_failure(Failed(memory.SHORT))
        sys.exit(Failed.exit_code)
