"""``kranhub tail TOPIC``: a topic's records, decoded; ``kranhub tail --order ORDER``: what happens to an order."""

import itertools
from collections.abc import Iterator

import click

from kranhub.broker import reading
from kranhub.cli.main import emit, needs_extra, output_option
from kranhub.readmodel.record_texts import as_json, as_line
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.plain_json import JsonDocument
from kranhub.wire.registry import Registry

_HELP = Text(
    en="Show TOPIC's records, decoded, or with --order what happens to one order. The namespace may be left out: "
    "`kranhub tail hub.events`.",
    ru="Показать записи топика TOPIC в читаемом виде или, с ключом --order, события одного заказа. Пространство имён "
    "можно опустить: `kranhub tail hub.events`.",
)
_ORDER = Text(
    en="Follow this order's story: its number or its ERP's key, either also behind `buyer:`, or the id of one of its "
    "plant orders.",
    ru="Следить за заказом: его номер или ключ в учётной системе, в том числе как `заказчик:номер`, или номер одного "
    "из заказов заводам.",
)


@click.command(help=str(_HELP))
@click.argument("topic", required=False)
@click.option("--order", help=str(_ORDER))
@click.option("--from-beginning", is_flag=True, help=str(Text(en="From the oldest.", ru="Начать с самых старых.")))
@click.option("--no-follow", is_flag=True, help=str(Text(en="Stop at the end.", ru="Остановиться в конце.")))
@click.option("-n", "--count", type=click.IntRange(1), help=str(Text(en="Stop after N.", ru="Остановиться после N.")))
@output_option
def tail(
    topic: str | None, order: str | None, from_beginning: bool, no_follow: bool, count: int | None, output: str
) -> None:
    """Write one line per record, with ``-o json`` one JSON document; an order is shown from its first event.

    Raises:
        click.UsageError: Neither or both of TOPIC and --order are given.
    """
    if (topic is None) == (order is None):
        raise click.UsageError(str(_ONE))
    settings = Settings()
    if order is not None:
        for document, line in itertools.islice(_timeline(settings, order, follow=not no_follow), count):
            _show(document, line, output)
        return
    name = f"{topic}" if f"{topic}".startswith(settings.namespace) else f"{settings.namespace}{topic}"
    with Registry(endpoints(settings).registry_url) as registry:
        follow = None if no_follow else lambda: True
        found = reading.messages(settings, Codec(registry), name, from_start=from_beginning or no_follow, follow=follow)
        for message in itertools.islice(found, count):
            _show(as_json(message), as_line(message), output)


_ONE = Text(en="Name a TOPIC or an --order, one of them.", ru="Укажите TOPIC или --order, что-то одно.")


def _show(document: JsonDocument, line: str, output: str) -> None:
    if output == "json":
        emit(document)
    else:
        click.echo(line)


def _timeline(settings: Settings, order: str, *, follow: bool) -> Iterator[tuple[JsonDocument, str]]:
    try:
        from kranhub.readmodel import follow as following  # noqa: PLC0415  (an edge box has no SQLAlchemy)
    except ModuleNotFoundError as error:
        raise needs_extra("tail --order", error.name or "") from None
    return following.timeline(settings, order, follow=follow)
