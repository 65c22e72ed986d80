"""``kranhub orders waiting``: what waits for a person, newest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from kranhub import reading, topics
from kranhub.cli import emit, output_option
from kranhub.codec import Codec
from kranhub.plain import plain
from kranhub.registry import Registry
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from streams.router import attention
from streams.router.attention import Since
from streams.steering import tables

Value = Mapping[str, Any]

_HELP = Text(
    en="List what waits for a person: approvals, parts that no plant could take, lines that are held. Newest first.",
    ru="Показать, что ждёт человека: утверждения, части без исполнителя, остановленные строки. Сначала новые.",
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


def still_waiting(settings: Settings, codec: Codec, now: datetime) -> list[Value]:
    """Return the alerts that still wait, newest first, from hub.alerts, hub.audit and hub.work."""
    alerts = [alert for _, _, alert in _read(settings, codec, "alerts", lambda key: True)]
    keys = {alert["order_key"].encode() for alert in alerts if alert["order_key"]}
    since: dict[str, dict[str, list[Value]]] = {}
    for topic in ("work", "audit") if keys else ():
        for key, subject, value in _read(settings, codec, topic, keys.__contains__):
            if subject in _LISTS and value.get("role") in (None, "buyer"):
                since.setdefault(key, {}).setdefault(_LISTS[subject], []).append(value)
    return attention.waiting(alerts, {key: Since(**lists) for key, lists in since.items()}, now)


_LISTS = {"PlantOrder": "plant_orders", "OrderStatus": "statuses", "AuditEntry": "audit"}


def _read(
    settings: Settings, codec: Codec, topic: str, wanted: Callable[[bytes], bool]
) -> Iterator[tuple[str, str, Value]]:
    """Yield each record's key, which is its order's, its subject and its value."""
    found = reading.messages(settings, codec, topics.hub(settings.namespace, topic), wanted=wanted)
    return ((message.key, message.subject, message.value) for message in found if message.subject and message.value)


def _cells(alert: Value, now: datetime) -> tuple[str, ...]:
    deadline, words = alert["deadline"], alert["text"]
    late = f" ({_OVERDUE})" if deadline and deadline <= now else ""
    return (
        f"{alert['raised_at']:%Y-%m-%d %H:%M}",
        (f"{deadline:%Y-%m-%d %H:%M}" if deadline else "-") + late,
        alert["code"],
        alert["order_key"] or "-",
        str(Text(en=words.get("en", ""), ru=words.get("ru", ""))),
    )
