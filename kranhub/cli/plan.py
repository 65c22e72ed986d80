"""``kranhub plan ORDER``: what goes into what, at which plant, by when, and which part decides the day."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from kranhub.cli.main import emit, output_option
from kranhub.readmodel import names as public_names
from kranhub.readmodel import plan_lines, plan_texts, plans
from kranhub.readmodel.names import Names
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

_HELP = Text(
    en="Show the plan of ORDER: what goes into what, where, by when, and what decides the day. ORDER is its number or "
    "its ERP's key, either also behind `buyer:`, or the id of one of its plant orders.",
    ru="Показать план заказа ORDER: что во что входит, где и к какому дню, и что решает срок. ORDER: номер или ключ в "
    "учётной системе, в том числе как `заказчик:номер`, или номер заказа заводу.",
)


@click.command(help=str(_HELP))
@click.argument("order")
@output_option
def plan(order: str, output: str) -> None:
    """Write the plan.

    Raises:
        Failed: There is no plan of the order.
        click.UsageError: Several orders may be meant.
    """
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        value = plans.read(settings, codec, order)
        names = Names() if output == "json" else public_names.read(settings, codec)
    if output == "json":
        emit(plan_lines.as_json(value))
    elif (console := Console()).is_terminal:
        _print(console, value, names)
    else:
        click.echo("\n".join(plan_lines.as_lines(value, names)))


def _print(console: Console, value: messages.OrderPlan, names: Names) -> None:
    for line in plan_lines.above(value, names):
        console.print(Styled(line, style="bold"))
    table = Table()
    for heading in plan_texts.HEADINGS:
        table.add_column(str(heading), overflow="fold")
    for placed in plan_lines.tree(value["parts"]):
        style = "bold" if placed.part["on_critical_path"] else ""
        table.add_row(*(Styled(cell) for cell in plan_texts.row(placed.part, placed.depth, names)), style=style)
    console.print(table)
    for line in plan_lines.below(value):
        console.print(Styled(line))
