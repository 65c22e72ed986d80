"""``kranhub orders waiting``: what waits for a person, newest first."""

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from kranhub.cli.main import emit, output_option
from kranhub.readmodel import order_name
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin.waiting import still_waiting
from streams.cli import tables

_HELP = Text(
    en="List what waits for a person: approvals, parts that no plant could take, lines that are held, orders that were "
    "refused. Newest first.",
    ru="Показать, что ждёт человека: утверждения, части без исполнителя, остановленные строки, отклонённые заказы. "
    "Сначала новые.",
)
_CODE = Text(en="only alerts with this code; may be given again", ru="только оповещения с этим кодом; можно повторять")
_NOTHING = Text(en="Nothing waits for a person.", ru="Ничто не ждёт человека.")
_HEADINGS = (
    Text(en="raised, UTC", ru="возникло, UTC"),
    Text(en="deadline, UTC", ru="срок, UTC"),
    Text(en="code", ru="код"),
    Text(en="order", ru="заказ"),
    Text(en="what to do", ru="что делать"),
)
_OVERDUE = Text(en="overdue", ru="просрочено")


@click.command("waiting", help=str(_HELP))
@click.option("--code", "codes", multiple=True, metavar="CODE", help=str(_CODE))
@output_option
def waiting(codes: Sequence[str], output: str) -> None:
    """Write the alerts that still wait."""
    settings, now = Settings(), datetime.now(UTC)
    with Registry(endpoints(settings).registry_url) as registry:
        found = still_waiting(settings, Codec(registry), now)
    found = [alert for alert in found if not codes or alert["code"] in codes]
    if output == "json":
        emit([plain(alert) for alert in found])
    elif not found:
        click.echo(str(_NOTHING))
    else:
        tables.show(_HEADINGS, (_cells(alert, now) for alert in found))


def _cells(alert: messages.Alert, now: datetime) -> tuple[str, ...]:
    deadline, text = alert["deadline"], alert["text"]
    late = f" ({_OVERDUE})" if deadline and deadline <= now else ""
    return (
        f"{alert['raised_at']:%Y-%m-%d %H:%M}",
        (f"{deadline:%Y-%m-%d %H:%M}" if deadline else "-") + late,
        alert["code"],
        order_name.shown(alert["order_key"], alert["order_number"]) if alert["order_key"] else "-",
        str(Text(en=text.get("en", ""), ru=text.get("ru", ""))),
    )
