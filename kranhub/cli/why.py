"""``kranhub why ORDER``: why every part of an order went where it went."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from kranhub.cli.main import emit, output_option
from kranhub.readmodel import decision_lines, decision_texts, decisions
from kranhub.readmodel import names as public_names
from kranhub.readmodel.names import Names
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
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
    """Write every decision about the order, oldest first.

    Raises:
        Failed: Nothing was decided about the order.
        click.UsageError: Several orders may be meant.
    """
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        decided = decisions.read(settings, codec, order)
        names = public_names.read(settings, codec)
    if output == "json":
        emit([decision_lines.as_json(value, names) for value in decided])
    elif (console := Console()).is_terminal:
        _print(console, decided, names)
    else:
        click.echo("\n\n".join("\n".join(decision_lines.as_lines(value, names)) for value in decided))


def _print(console: Console, decided: Sequence[messages.RoutingDecision], names: Names) -> None:
    for value in decided:
        first, *rest = decision_lines.head(value, names)
        console.print(Styled(first, style="bold"))
        for line in rest:
            console.print(Styled(line))
        table = Table()
        for heading in decision_texts.HEADINGS:
            table.add_column(str(heading), overflow="fold")
        for other in value["alternatives"]:
            table.add_row(*(Styled(cell) for cell in decision_texts.row(other, value["unit"], names)))
        console.print(table)
