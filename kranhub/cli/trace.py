"""``kranhub trace ORDER``: the whole story of one order, in time order."""

import json
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from kranhub.broker import topics
from kranhub.cli import order_name
from kranhub.cli.main import emit, output_option
from kranhub.readmodel import order_changes, tables
from kranhub.readmodel.rows import StoredRow
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire.plain_json import JsonDocument

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
    """Write every event of the order, oldest first, as the read model has it. Raises `Failed` for an unknown order."""
    settings = Settings()
    topic = topics.hub(settings.namespace, "events")
    engine = tables.open_engine(settings)
    tables.require(engine)
    with tables.errors(engine), engine.connect() as connection:
        as_of = tables.as_of(connection, tables.TIMELINE, topic)
        found = tables.find(connection, topic, order)
        key = order_name.only(order, found, _unknown(order, settings.namespace, as_of))
        told = list(order_changes.with_changes(tables.story(connection, topic, key), {}))
    if output == "json":
        emit([entry(row) for row in told])
    else:
        _print(order_name.shown(key, found[key]), told, as_of or "")


def entry(row: StoredRow) -> JsonDocument:
    """Return a row of the timeline as one JSON document."""
    return {
        "time": row["time"],
        "subject": row["subject"],
        "id": row["event_id"],
        "order": row["order_key"],
        "text": {"en": row["text_en"], "ru": row["text_ru"]},
        "value": json.loads(row["value"]),
    }


def sentence(row: StoredRow) -> str:
    """Return what the row says in the reader's language."""
    return str(Text(en=row["text_en"], ru=row["text_ru"]))


def moment(row: StoredRow) -> str:
    """Return when the hub recorded it, to the second, in UTC."""
    return _utc(str(row["time"]))


def _utc(time: str) -> str:
    return f"{time[:19].replace('T', ' ')} UTC"


def _print(order: str, told: Sequence[StoredRow], as_of: str) -> None:
    shown = _utc(as_of)
    table = Table(
        title=str(Text(en=f"Order {order}", ru=f"Заказ {order}")),
        caption=str(Text(en=f"the view has told until {shown}", ru=f"представление дошло до {shown}")),
    )
    for heading in _HEADINGS:
        table.add_column(str(heading), overflow="fold")
    for row in told:
        table.add_row(moment(row), row["subject"], Styled(sentence(row)))
    Console(width=None if Console().is_terminal else 160).print(table)


def _unknown(order: str, namespace: str, as_of: str | None) -> Text:
    until = _utc(as_of) if as_of else "-"
    return Text(
        en=f"Nothing is known of order {order} in the namespace {namespace} (KRANHUB_NAMESPACE); the view has told "
        f"until {until}. Check the number and the namespace; `kranhub orders waiting` lists the orders that were "
        "refused, those that a connector could not read as well, `kranhub tail hub.events` shows what flows, `kranhub "
        "status` how far the views are behind.",
        ru=f"О заказе {order} в пространстве имён {namespace} (KRANHUB_NAMESPACE) ничего не известно; представление "
        f"дошло до {until}. Проверьте номер и пространство имён; `kranhub orders waiting` покажет отклонённые заказы, "
        "в том числе не прочитанные коннектором, `kranhub tail hub.events` поток, `kranhub status` отставание "
        "представлений.",
    )
