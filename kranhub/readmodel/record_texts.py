"""A record of a topic as one JSON document, or as one line for a person."""

import base64
import json
from collections.abc import Iterable
from datetime import UTC

from kranhub.broker.reading import Message
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.plain_json import JsonDocument, plain


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
    """Return a record's headers as text by name; a name that occurs several times has a list."""
    named: dict[str, list[str | None]] = {}
    for name, value in found:
        named.setdefault(name, []).append(_header(value))
    return {name: values[0] if len(values) == 1 else values for name, values in named.items()}


def _header(value: bytes | None) -> str | None:
    """Return a header's value as text; bytes that are not UTF-8 as base64, after ``base64:``."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(value).decode()}"


def as_line(message: Message) -> str:
    """Return the record as one line for a person: a dead letter with its reason, any other record as JSON."""
    where, time = f"{message.partition}@{message.offset}", message.time.astimezone(UTC)
    return f"{time:%Y-%m-%d %H:%M:%S} UTC {where:>8} {message.key} {message.subject or '-'} {_shown(message)}"


def _shown(message: Message) -> str:
    if message.value is None:
        return repr(message.raw)
    if dead_letter := message.value_as(messages.DeadLetter):
        return _dead_letter(dead_letter)
    return json.dumps(plain(message.value), ensure_ascii=False)


def _dead_letter(value: messages.DeadLetter) -> str:
    """Return the dead letter's code, its reason and what was refused; its original bytes are in ``-o json``."""
    reason = Text(en=value["reason"].get("en", ""), ru=value["reason"].get("ru", ""))
    what = Text(
        en=f"stage {value['stage']}, event {value['event_id']}, letter {value['dead_letter_id']}",
        ru=f"этап {value['stage']}, событие {value['event_id']}, письмо {value['dead_letter_id']}",
    )
    return f"{value['code']}: {reason} ({what})"
