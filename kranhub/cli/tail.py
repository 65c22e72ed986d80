"""``kranhub tail TOPIC``: a topic's records, decoded; ``kranhub tail --order ORDER``: what happens to an order."""

import base64
import itertools
import json
from collections.abc import Iterable, Iterator
from datetime import UTC

import click

from kranhub.broker import reading
from kranhub.broker.reading import Message
from kranhub.cli.main import emit, needs_extra, output_option
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.plain_json import JsonDocument, plain
from kranhub.wire.registry import Registry

_HELP = Text(
    en="Show TOPIC's records, decoded, or with --order what happens to one order. The namespace may be left out: "
    "`kranhub tail hub.events`.",
    ru="Показать записи топика TOPIC в читаемом виде или, с ключом --order, события одного заказа. Пространство имён "
    "можно опустить: `kranhub tail hub.events`.",
)
_ORDER = Text(
    en="Follow this order's story: its number or its ERP's key, either also behind `buyer:`, or the id of one of its "
    "plant orders.",
    ru="Следить за заказом: его номер или ключ в учётной системе, в том числе как `заказчик:номер`, или номер одного "
    "из заказов заводам.",
)


@click.command(help=str(_HELP))
@click.argument("topic", required=False)
@click.option("--order", help=str(_ORDER))
@click.option("--from-beginning", is_flag=True, help=str(Text(en="From the oldest.", ru="Начать с самых старых.")))
@click.option("--no-follow", is_flag=True, help=str(Text(en="Stop at the end.", ru="Остановиться в конце.")))
@click.option("-n", "--count", type=click.IntRange(1), help=str(Text(en="Stop after N.", ru="Остановиться после N.")))
@output_option
def tail(
    topic: str | None, order: str | None, from_beginning: bool, no_follow: bool, count: int | None, output: str
) -> None:
    """Write one line per record; with ``-o json`` one JSON document per line. An order is told from its beginning."""
    if (topic is None) == (order is None):
        raise click.UsageError(str(_ONE))
    settings = Settings()
    if order is not None:
        for document, line in itertools.islice(_story(settings, order, follow=not no_follow), count):
            _show(document, line, output)
        return
    name = f"{topic}" if f"{topic}".startswith(settings.namespace) else f"{settings.namespace}{topic}"
    with Registry(endpoints(settings).registry_url) as registry:
        follow = None if no_follow else lambda: True
        found = reading.messages(settings, Codec(registry), name, from_start=from_beginning or no_follow, follow=follow)
        for message in itertools.islice(found, count):
            _show(as_json(message), as_line(message), output)


_ONE = Text(en="Name a TOPIC or an --order, one of them.", ru="Укажите TOPIC или --order, что-то одно.")


def _show(document: JsonDocument, line: str, output: str) -> None:
    if output == "json":
        emit(document)
    else:
        click.echo(line)


def _story(settings: Settings, order: str, *, follow: bool) -> Iterator[tuple[JsonDocument, str]]:
    try:
        from kranhub.cli import follow as following  # noqa: PLC0415  (an edge box has no SQLAlchemy)
    except ModuleNotFoundError as error:
        raise needs_extra("tail --order", error.name or "") from None
    return following.story(settings, order, follow=follow)


def as_json(message: Message) -> JsonDocument:
    """Return the record as one JSON document."""
    return {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "time": plain(message.time),
        "key": message.key,
        "id": message.envelope.id,
        "subject": message.subject,
        "headers": headers(message.headers),
        "value": plain(message.value if message.value is not None else message.raw),
    }


def headers(found: Iterable[tuple[str, bytes | None]]) -> dict[str, str | list[str | None] | None]:
    """Return a record's headers as text by name; a name that stands several times has a list."""
    named: dict[str, list[str | None]] = {}
    for name, value in found:
        named.setdefault(name, []).append(_header(value))
    return {name: values[0] if len(values) == 1 else values for name, values in named.items()}


def _header(value: bytes | None) -> str | None:
    """Return a header's value as text; bytes that are no UTF-8 as base64, beginning with ``base64:``."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(value).decode()}"


def as_line(message: Message) -> str:
    """Return the record as one line for a person: a dead letter by its reason, anything else as its JSON."""
    where, time = f"{message.partition}@{message.offset}", message.time.astimezone(UTC)
    return f"{time:%Y-%m-%d %H:%M:%S} UTC {where:>8} {message.key} {message.subject or '-'} {_shown(message)}"


def _shown(message: Message) -> str:
    if message.value is None:
        return repr(message.raw)
    if letter := message.value_as(messages.DeadLetter):
        return _letter(letter)
    return json.dumps(plain(message.value), ensure_ascii=False)


def _letter(value: messages.DeadLetter) -> str:
    """Return code, reason, and what is refused; its original bytes are in ``-o json``."""
    reason = Text(en=value["reason"].get("en", ""), ru=value["reason"].get("ru", ""))
    what = Text(
        en=f"stage {value['stage']}, event {value['event_id']}, letter {value['dead_letter_id']}",
        ru=f"этап {value['stage']}, событие {value['event_id']}, письмо {value['dead_letter_id']}",
    )
    return f"{value['code']}: {reason} ({what})"
