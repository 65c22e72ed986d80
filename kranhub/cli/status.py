"""``kranhub status``: what runs, where and since when, and what is wrong."""

import sys

import click

from kranhub.cli.main import FINDINGS, emit, output_option
from kranhub.errors import Unavailable
from kranhub.operations import logs
from kranhub.operations.status import status as asking
from kranhub.operations.status import texts
from kranhub.settings import Settings
from kranhub.text import Text

_HELP = Text(
    en="Say what runs, where and since when, how connectors, core and views are, and what is wrong. Exits 0 when all "
    "is well, 5 with findings, 3 when Kafka or the registry does not answer.",
    ru="Показать, что, где и с какого времени работает, в каком состоянии коннекторы, ядро и представления и что не "
    "так. Код 0, если всё в порядке, 5, если есть находки, 3, если Kafka или реестр не отвечает.",
)


@click.command(help=str(_HELP))
@output_option
def status(output: str) -> None:
    """Exit 3 when the brokers do not answer, 5 with findings."""
    logs.silence_kafka()
    found = asking.status(Settings())
    if output == "json":
        emit(found.model_dump(mode="json"))
    else:
        click.echo("\n".join(texts.lines(found)))
    if not found.running:
        sys.exit(Unavailable.exit_code)
    if not found.ok:
        sys.exit(FINDINGS)
