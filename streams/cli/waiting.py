"""``kranhub orders waiting``: what waits for a person, newest first."""

from collections.abc import Container, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import click

from kranhub.broker import reading, topics
from kranhub.broker.reading import Message
from kranhub.cli import order_name
from kranhub.cli.main import emit, output_option
from kranhub.errors import Failed
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from kranhub.wire.plain_json import plain
from kranhub.wire.registry import Registry
from streams.admin import refused_orders
from streams.cli import tables
from streams.routing.notify import open_alerts
from streams.routing.notify.open_alerts import Since

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


def still_waiting(settings: Settings, codec: Codec, now: datetime) -> list[messages.Alert]:
    """Return what still waits, newest first, from hub.alerts, hub.audit, hub.work, hub.outbox and all dead letters."""
    read = _read(settings, codec, "alerts")
    alerts = [alert for message in read if (alert := message.value_as(messages.Alert))]
    letters = [*_read(settings, codec, "dead-letters"), *_of_connectors(settings, codec)]
    refusals = {key for letter in letters if (key := refused_orders.order_of(letter))}
    keys = refusals | {key for alert in alerts if (key := alert["order_key"])}
    since: dict[str, Since] = {}
    orders: dict[str, list[Message]] = {}
    for topic in ("work", "outbox", "audit") if keys else ():
        for message in _read(settings, codec, topic, {key.encode() for key in keys}):
            if message.subject is Subject.ORDER:
                orders.setdefault(message.key, []).append(message)
            else:
                _note(message, since.setdefault(message.key, Since()))
    found = [*open_alerts.waiting(alerts, since, now), *refused_orders.waiting(letters, orders, now)]
    return sorted(found, key=lambda alert: (alert["raised_at"], alert["alert_id"]), reverse=True)


def _note(message: Message, since: Since) -> None:
    """Keep what may answer an alert: a plant order, a status for the buyer, what a person did."""
    if plant_order := message.value_as(messages.PlantOrder):
        since.plant_orders.append(plant_order)
    elif (status := message.value_as(messages.OrderStatus)) and status["role"] in (None, "buyer"):
        since.statuses.append(status)
    elif entry := message.value_as(messages.AuditEntry):
        since.audit.append(entry)


def _of_connectors(settings: Settings, codec: Codec) -> Iterator[Message]:
    """Yield the dead letters of the members' connectors."""
    for member in {message.key for message in _read(settings, codec, "parties")}:
        with suppress(Failed):  # a member whose topics `kranhub up` has not made yet
            yield from reading.messages(settings, codec, topics.out(settings.namespace, member, "dead-letters"))


def _read(settings: Settings, codec: Codec, topic: str, keys: Container[bytes] | None = None) -> list[Message]:
    """Return a topic's records with these keys, those that can be read; an order's records have its key."""
    wanted = (lambda key: True) if keys is None else keys.__contains__
    found = reading.messages(settings, codec, topics.hub(settings.namespace, topic), wanted=wanted)
    return [message for message in found if message.subject and message.value]


def _cells(alert: messages.Alert, now: datetime) -> tuple[str, ...]:
    deadline, words = alert["deadline"], alert["text"]
    late = f" ({_OVERDUE})" if deadline and deadline <= now else ""
    return (
        f"{alert['raised_at']:%Y-%m-%d %H:%M}",
        (f"{deadline:%Y-%m-%d %H:%M}" if deadline else "-") + late,
        alert["code"],
        order_name.shown(alert["order_key"], alert["order_number"]) if alert["order_key"] else "-",
        str(Text(en=words.get("en", ""), ru=words.get("ru", ""))),
    )
