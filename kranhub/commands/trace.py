"""``kranhub trace ORDER``: the whole story of one order, in time order."""

from collections.abc import Iterable
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from kranhub import identifiers, reading, story, topics
from kranhub.cli import emit, output_option
from kranhub.codec import Codec
from kranhub.errors import Failed
from kranhub.plain import plain
from kranhub.reading import Message
from kranhub.registry import Registry
from kranhub.settings import Settings, endpoints
from kranhub.text import Text

_HELP = Text(
    en="Tell the story of ORDER: its number, `buyer:number`, or the id of one of its plant orders.",
    ru="Рассказать историю заказа ORDER: его номер, `заказчик:номер` или номер одного из заказов заводам.",
)

_HEADINGS = (Text(en="time", ru="время"), Text(en="record", ru="запись"), Text(en="what happened", ru="событие"))


@click.command(help=str(_HELP))
@click.argument("order")
@output_option
def trace(order: str, output: str) -> None:
    """Write every event of the order, oldest first. Raises `Failed` when nothing is known of it."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        events = topics.hub(settings.namespace, "events")
        found = list(reading.messages(settings, Codec(registry), events, wanted=_matcher(order)))
    told = sorted((message for message in found if message.value is not None), key=lambda message: message.time)
    if not told:
        raise Failed(
            Text(
                en=f"Nothing is known of order {order}. Check the number; `kranhub tail hub.events` shows what flows.",
                ru=f"О заказе {order} ничего не известно. Проверьте номер; `kranhub tail hub.events` покажет поток.",
            )
        )
    if output == "json":
        emit([_entry(message) for message in told])
    else:
        _print(order, told)


def _matcher(order: str) -> Any:
    wanted = identifiers.order_key_of(order) if ":" in order else None

    def matches(key: bytes) -> bool:
        text = key.decode("utf-8", "replace")
        return text == wanted if wanted else identifiers.order_of(text)[1] == order

    return matches


def _entry(message: Message) -> dict[str, Any]:
    sentence = story.tell(message.subject or "", message.value or {})
    return {
        "time": plain(message.time),
        "subject": message.subject,
        "id": message.envelope.id,
        "order": message.key,
        "text": sentence.as_map(),
        "value": plain(message.value),
    }


def _print(order: str, told: Iterable[Message]) -> None:
    table = Table(title=str(Text(en=f"Order {order}", ru=f"Заказ {order}")))
    for heading in (
        Text(en="time", ru="время"),
        Text(en="record", ru="запись"),
        Text(en="what happened", ru="событие"),
    ):
        table.add_column(str(heading), overflow="fold")
    for message in told:
        sentence = story.tell(message.subject or "", message.value or {})
        table.add_row(f"{message.time:%Y-%m-%d %H:%M:%S}", message.subject, str(sentence))
    Console(width=None if Console().is_terminal else 160).print(table)
