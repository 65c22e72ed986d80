"""``kranhub run FILE``: the core, the views and the connectors of a small installation, supervised as one."""

import sys
from pathlib import Path

import click
from pydantic import BaseModel, ConfigDict, Field

from kranhub.cli.main import emit_child, output_option
from kranhub.configuration import yaml_file
from kranhub.errors import Misconfigured
from kranhub.operations.metrics_server import with_ports
from kranhub.operations.supervision import RUN, supervise
from kranhub.settings import Settings, endpoints
from kranhub.text import Text

_HELP = Text(
    en="Run what the installation FILE lists: core, views, connectors, each its own process, restarted when it ends.",
    ru="Запустить всё, что перечислено в файле FILE: ядро, представления, коннекторы. Каждый отдельным процессом, с "
    "перезапуском.",
)


class Installation(BaseModel):
    """What one machine runs. ``connectors`` are paths of files, relative to the installation file."""

    model_config = ConfigDict(extra="forbid")

    core: bool = Field(True, description="run the core here; the machines that do share its work")
    views: bool = Field(True, description="run the views here; a SQLite read model is this machine's own")
    monitoring: bool = Field(False, description="serve what Prometheus needs of the whole hub; on one machine only")
    connectors: tuple[Path, ...] = ()
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="port of /metrics of the first process, the next ones take those above it"
    )


@click.command(help=str(_HELP))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@output_option
def run(file: Path, output: str) -> None:
    """Supervise until asked to stop; then stop every process and exit 0."""
    installation = yaml_file.load(file, Installation)
    commands = with_ports(_commands(installation, file.parent), installation.metrics_port)
    settings = Settings()
    endpoints(settings)
    parts = {part for part in ("core", "views") if getattr(installation, part)}
    supervise(settings, RUN, commands, parts, emit_child if output == "json" else None)


def _commands(installation: Installation, folder: Path) -> dict[str, list[str]]:
    kranhub = [sys.executable, "-m", "kranhub"]
    commands = {"core": [*kranhub, "core", "run"]} if installation.core else {}
    if installation.views:
        commands["views"] = [*kranhub, "views", "run"]
    if installation.monitoring:
        commands["monitoring"] = [*kranhub, "monitoring", "run"]
    for connector in installation.connectors:
        path = folder / connector
        if not path.is_file():
            raise Misconfigured(
                Text(
                    en=f"{path}: there is no such connector file. Correct the path in the installation file.",
                    ru=f"{path}: такого файла коннектора нет. Исправьте путь в файле установки.",
                )
            )
        commands[path.stem] = [*kranhub, "connector", "run", str(path)]
    return commands
