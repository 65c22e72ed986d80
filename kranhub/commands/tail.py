"""``kranhub tail TOPIC``: a topic's records, decoded."""

import itertools
import json

import click

from kranhub import reading
from kranhub.cli import emit, output_option
from kranhub.codec import Codec
from kranhub.plain import plain
from kranhub.reading import Message
from kranhub.registry import Registry
from kranhub.settings import Settings, endpoints
from kranhub.text import Text

_HELP = Text(
    en="Show TOPIC's records, decoded. The namespace may be left out: `kranhub tail hub.events`.",
    ru="Показать записи топика TOPIC в читаемом виде. Пространство имён можно опустить: `kranhub tail hub.events`.",
)


@click.command(help=str(_HELP))
@click.argument("topic")
@click.option("--from-beginning", is_flag=True, help=str(Text(en="From the oldest.", ru="Начать с самых старых.")))
@click.option("--no-follow", is_flag=True, help=str(Text(en="Stop at the end.", ru="Остановиться в конце.")))
@click.option("-n", "--count", type=click.IntRange(1), help=str(Text(en="Stop after N.", ru="Остановиться после N.")))
@output_option
def tail(topic: str, from_beginning: bool, no_follow: bool, count: int | None, output: str) -> None:
    """Write one line per record; with ``-o json`` one JSON document per line."""
    settings = Settings()
    name = topic if topic.startswith(settings.namespace) else settings.namespace + topic
    with Registry(endpoints(settings).registry_url) as registry:
        follow = None if no_follow else lambda: True
        found = reading.messages(settings, Codec(registry), name, from_start=from_beginning or no_follow, follow=follow)
        for message in itertools.islice(found, count):
            if output == "json":
                emit(as_json(message))
            else:
                click.echo(as_line(message))


def as_json(message: Message) -> dict[str, object]:
    """Return the record as one JSON document."""
    return {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "time": plain(message.time),
        "key": message.key,
        "id": message.envelope.id,
        "subject": message.subject,
        "value": plain(message.value if message.value is not None else message.raw),
    }


def as_line(message: Message) -> str:
    """Return the record as one line for a person."""
    shown = json.dumps(plain(message.value), ensure_ascii=False) if message.value is not None else repr(message.raw)
    where = f"{message.partition}@{message.offset}"
    return f"{message.time:%Y-%m-%d %H:%M:%S} {where:>8} {message.key} {message.subject or '-'} {shown}"
