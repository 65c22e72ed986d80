"""``kranhub views run``."""

import click

from kranhub.broker import lag
from kranhub.cli.main import emit, output_option
from kranhub.operations.metrics_server import metrics_option
from kranhub.settings import Settings
from kranhub.text import Text
from streams.cli.options import instance_option
from streams.views import process

_HELP = Text(en="The views: what people look at.", ru="Представления: то, на что смотрят люди.")
_RUN = Text(
    en="Fold hub.events into the read model until told to stop. Where that is a SQLite file, each machine's views fold "
    "all events into a file of their own; where KRANHUB_READMODEL_URL names a database server, they share the work.",
    ru="Сворачивать hub.events в витрину данных до остановки. Если витрина в файле SQLite, представления каждой машины "
    "сворачивают все события в свой файл; если KRANHUB_READMODEL_URL указывает на сервер баз данных, машины делят "
    "работу.",
)


@click.group(help=str(_HELP))
def views() -> None:
    """Group the views' commands."""


@views.command("run", help=str(_RUN))
@instance_option
@metrics_option
def run(instance: str, metrics_port: int | None) -> None:
    """Run the views until a signal stops it. A database, a registry or a Kafka that is away ends it with exit code 3.

    The supervisor starts it again, and it continues from the read model's position.
    """
    process.run(Settings(), instance, metrics_port)


_FORGET = Text(
    en="Take a view that runs nowhere any more out of the status: GROUP as `kranhub status` names it, such as "
    "views.timeline.MACHINE. Its read model stays.",
    ru="Убрать из status представление, которое больше нигде не работает: GROUP, как его называет `kranhub status` "
    "(views.timeline.МАШИНА). Витрина данных остаётся.",
)


@views.command("forget", help=str(_FORGET))
@click.argument("group", metavar="GROUP")
@output_option
def forget(group: str, output: str) -> None:
    """Exit 0 when it is forgotten, 1 when it is not known or runs."""
    lag.forget(Settings(), group)
    if output == "json":
        emit({"forgotten": group})
    else:
        click.echo(str(Text(en=f"{group} is forgotten.", ru=f"{group} забыта.")))
