"""``kranhub trace ORDER``: all events of one order, in time order."""

from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from kranhub.broker import topics
from kranhub.cli.main import emit, output_option
from kranhub.readmodel import order_changes, order_name, tables
from kranhub.readmodel.rows import StoredRow
from kranhub.readmodel.timeline_texts import entry, moment, sentence, unknown, utc
from kranhub.settings import Settings
from kranhub.text import Text

_HELP = Text(
    en="Tell the story of ORDER: its number or its ERP's key, either also behind `buyer:`, or the id of one of its "
    "plant orders.",
    ru="Рассказать историю заказа ORDER: его номер или ключ в учётной системе, в том числе как `заказчик:номер`, или "
    "номер одного из заказов заводам.",
)

_HEADINGS = (Text(en="recorded", ru="записано"), Text(en="record", ru="запись"), Text(en="what happened", ru="событие"))


@click.command(help=str(_HELP))
@click.argument("order")
@output_option
def trace(order: str, output: str) -> None:
    """Write every event of the order, oldest first, as the read model has it.

    Raises:
        Failed: The order is unknown, or no view has run yet.
        click.UsageError: Several orders may be meant.
    """
    settings = Settings()
    topic = topics.hub(settings.namespace, "events")
    engine = tables.open_engine(settings)
    tables.require(engine)
    with tables.errors(engine), engine.connect() as connection:
        as_of = tables.as_of(connection, tables.TIMELINE, topic)
        found = tables.find(connection, topic, order)
        key = order_name.only(order, found, unknown(order, settings.namespace, as_of))
        rows = list(order_changes.with_changes(tables.order_events(connection, topic, key), {}))
    if output == "json":
        emit([entry(row) for row in rows])
    else:
        _print(order_name.shown(key, found[key]), rows, as_of or "")


def _print(order: str, rows: Sequence[StoredRow], as_of: str) -> None:
    shown = utc(as_of)
    table = Table(
        title=str(Text(en=f"Order {order}", ru=f"Заказ {order}")),
        caption=str(Text(en=f"the view has told until {shown}", ru=f"представление дошло до {shown}")),
    )
    for heading in _HEADINGS:
        table.add_column(str(heading), overflow="fold")
    for row in rows:
        table.add_row(moment(row), row["subject"], Styled(sentence(row)))
    Console(width=None if Console().is_terminal else 160).print(table)
