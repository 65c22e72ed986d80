"""``kranhub why ORDER``: why every part of an order went where it went."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from kranhub.broker import reading, topics
from kranhub.cli import order_name
from kranhub.cli.main import emit, output_option
from kranhub.errors import Failed
from kranhub.readmodel import decision_texts
from kranhub.readmodel import names as publicnames
from kranhub.readmodel.names import Names
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.plain_json import JsonDocument, plain
from kranhub.wire.registry import Registry

_HELP = Text(
    en="Explain where the parts of ORDER went: its number or its ERP's key, either also behind `buyer:`, or the id of "
    "one of its plant orders.",
    ru="Объяснить, куда направлены части заказа ORDER: номер или ключ в учётной системе, в том числе как "
    "`заказчик:номер`, или номер заказа заводу.",
)


@click.command(help=str(_HELP))
@click.argument("order")
@output_option
def why(order: str, output: str) -> None:
    """Write every decision about the order, oldest first. Raises `Failed` where nothing was decided about it."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        decided = decisions(settings, codec, order)
        names = publicnames.read(settings, codec)
    if output == "json":
        emit([as_json(value, names) for value in decided])
    elif (console := Console()).is_terminal:
        _print(console, decided, names)
    else:
        click.echo("\n\n".join("\n".join(as_lines(value, names)) for value in decided))


def decisions(settings: Settings, codec: Codec, order: str) -> Sequence[messages.RoutingDecision]:
    """Return the decisions about the order, or about one of its plant orders where that is named, oldest first.

    Raises `Failed` when there are none, click's `UsageError` when several buyers use the number.
    """
    topic = topics.hub(settings.namespace, "decisions")
    read = reading.messages(settings, codec, topic)
    decided = [value for message in read if (value := message.value_as(messages.RoutingDecision))]
    numbers = {value["order_key"]: value["order_number"] for value in decided}
    meant = {key: number for key, number in numbers.items() if order_name.is_meant(order, key, number)}
    key = order_name.only(order, meant, _unknown(order))
    values = [value for value in decided if value["order_key"] == key]
    if order.startswith(f"{key}/"):
        values = [value for value in values if value["plant_order_id"] == order]
    if not values:
        raise Failed(_unknown(order))
    return values


def as_json(value: messages.RoutingDecision, names: Names) -> JsonDocument:
    """Return the decision as one JSON document, its codes beside their words."""
    words = decision_texts.sentence(value, names)
    others = [
        {**plain(other), "why_not_text": decision_texts.why_not(other["why_not"]).as_map()}
        for other in value["alternatives"]
    ]
    return {**plain(value), "alternatives": others, "text": words.as_map()}


def as_lines(value: messages.RoutingDecision, names: Names) -> list[str]:
    """Return the decision as lines for a person."""
    head, *rest = _head(value, names)
    rows = [decision_texts.row(other, value["unit"], names) for other in value["alternatives"]]
    return [head, *(f"  {line}" for line in rest), *(f"  {'  '.join(cells)}" for cells in _columns(rows))]


def _head(value: messages.RoutingDecision, names: Names) -> list[str]:
    said = decision_texts.title(value, names), decision_texts.rule(value), decision_texts.outcome(value, names)
    return [str(text) for text in said]


def _columns(rows: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """Return the cells under their headings, all of a column as wide as its widest; the last one as it is."""
    table = [tuple(str(heading) for heading in decision_texts.HEADINGS), *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        [cell.ljust(width) for cell, width in zip(cells[:-1], widths, strict=False)] + [cells[-1]] for cells in table
    ]


def _print(console: Console, decided: Sequence[messages.RoutingDecision], names: Names) -> None:
    for value in decided:
        head, *rest = _head(value, names)
        console.print(Styled(head, style="bold"))
        for line in rest:
            console.print(Styled(line))
        table = Table()
        for heading in decision_texts.HEADINGS:
            table.add_column(str(heading), overflow="fold")
        for other in value["alternatives"]:
            table.add_row(*(Styled(cell) for cell in decision_texts.row(other, value["unit"], names)))
        console.print(table)


def _unknown(order: str) -> Text:
    return Text(
        en=f"Nothing has been decided about order {order}. Check the number; `kranhub trace {order}` tells what has "
        "happened, `kranhub orders waiting` what waits for a person.",
        ru=f"О заказе {order} решений нет. Проверьте номер; `kranhub trace {order}` покажет события, "
        "`kranhub orders waiting` то, что ждёт человека.",
    )
