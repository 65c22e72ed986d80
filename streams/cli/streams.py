"""``kranhub streams run``: the core's workers and the views, each its own process, under one command."""

import sys
from collections.abc import Collection

import click

from kranhub.cli.main import emit_child, output_option
from kranhub.operations.metrics_server import metrics_option, with_ports
from kranhub.operations.supervision import STREAMS_RUN, supervise
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from streams.cli.options import instance_option

PARTS = ("core", "views")

_HELP = Text(en="The core and the views together.", ru="Ядро и представления вместе.")
_RUN = Text(
    en="Run the core's workers and the views as processes of their own, restarted when they end. A view's crash delays "
    "no order. The workers of several machines share the orders; the views do so only where KRANHUB_READMODEL_URL "
    "names a database server, else each machine's views tell of all orders in a file of their own.",
    ru="Запустить процессы ядра и представлений; завершившийся запускается снова. Сбой представления не задерживает "
    "заказы. Процессы ядра на нескольких машинах делят заказы; представления делят их, только если "
    "KRANHUB_READMODEL_URL указывает на сервер баз данных, иначе на каждой машине в своём файле видны все заказы.",
)
_ONLY = Text(en="run only this part; may be given again", ru="запустить только эту часть; можно повторять")
_WORKERS = Text(
    en="processes of the core on this machine; they share the partitions with those on other machines",
    ru="число процессов ядра на этой машине; разделы делятся между ними и процессами на других машинах",
)


@click.group(help=str(_HELP))
def streams() -> None:
    """Group the commands of core and views."""


@streams.command("run", help=str(_RUN))
@click.option("--only", multiple=True, type=click.Choice(PARTS), help=str(_ONLY))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help=str(_WORKERS))
@instance_option
@metrics_option
@output_option
def run(only: tuple[str, ...], workers: int, instance: str, metrics_port: int | None, output: str) -> None:
    """Supervise until a signal stops it; then every process finishes its transaction and stops.

    With a metrics port the first process takes it, the next ones those above it.
    """
    settings = Settings()
    endpoints(settings)
    parts = set(only or PARTS)
    found = with_ports(commands(parts, workers, instance), metrics_port)
    supervise(settings, STREAMS_RUN, found, parts, emit_child if output == "json" else None)


def commands(parts: Collection[str], workers: int, instance: str) -> dict[str, list[str]]:
    """Return the commands to run, by name.

    Args:
        parts: Which of core and views.
        workers: How many workers of the core.
        instance: The name of the first worker; the others have a number behind it.
    """
    kranhub = [sys.executable, "-m", "kranhub"]
    names = [instance if number == 1 else f"{instance}-{number}" for number in range(1, workers + 1)]
    cores = {f"core {name}": [*kranhub, "core", "run", "--instance", name] for name in names}
    views = {"views": [*kranhub, "views", "run", "--instance", instance]}
    return {**(cores if "core" in parts else {}), **(views if "views" in parts else {})}
