"""What is written again: the records of dead letters and of members' documents, byte by byte, under their own ids."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kranhub import identifiers
from kranhub.broker.reading import Message
from kranhub.text import Text
from kranhub.wire import dead_letter, messages
from streams.admin.producing import Raw

STAMP = "ce_recordedtime"
"""The header with the hub's timestamp. It is left out: a record that is sent again has the time at which it arrives."""

HUBS_OWN = ("kranhub.Tick", "kranhub.Wake", "kranhub.MasterDataEntry")
"""The types of records that the hub itself repeats, at once or with the next publication."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A record as it is written again.

    Attributes:
        topic: Its topic.
        partition: Its partition there.
        offset: Its offset there.
        key: The record's key.
        value: The record's value.
        headers: The record's headers.
        event_id: The event's id.
        type: The event's type.
        dead_letter_id: The id of its dead letter; None where it has none.
        code: The code of its dead letter; None where it has none.
    """

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    event_id: str
    type: str
    dead_letter_id: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not written again.

    Attributes:
        name: The dead letter's id, or the document's.
        reason: Why not.
    """

    name: str
    reason: Text


def of_dead_letter(value: messages.DeadLetter) -> Copy | LeftOut:
    """Return the record of a dead letter as it was read."""
    name, key, head = value["dead_letter_id"], value["key"], value["headers"]
    if not value["topic"]:
        return LeftOut(name, _NO_RECORD)
    if not dead_letter.is_complete(value):
        return LeftOut(name, _cut(value))
    if head.get("ce_type") in HUBS_OWN and ".hub.masterdata" not in f".{value['topic']}":
        return LeftOut(name, _HUBS)
    if not value["original"]:
        return LeftOut(name, _EMPTY)
    return Copy(
        topic=value["topic"],
        partition=value["partition"],
        offset=value["offset"],
        key=key.encode(),
        value=value["original"],
        headers=tuple((_header(given), text.encode()) for given, text in head.items() if _header(given) != STAMP),
        event_id=value["event_id"],
        type=head.get("ce_type", ""),
        dead_letter_id=name,
        code=value["code"],
    )


def of_message(message: Message) -> Copy:
    """Return a record of a topic as it is written again."""
    return Copy(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key.encode(),
        value=message.raw or b"",
        headers=tuple((name, content) for name, content in message.headers if name != STAMP and content is not None),
        event_id=message.envelope.id,
        type=message.envelope.type,
    )


def newest(messages: Iterable[Message]) -> list[Copy]:
    """Return the newest version of each document, in the order of these versions."""
    found: dict[str, Copy] = {}
    for message in messages:
        if message.raw is not None:
            name = document(message.envelope.id, message.key)
            found.pop(name, None)
            found[name] = of_message(message)
    return list(found.values())


def document(event_id: str, key: str) -> str:
    """Return what a document is called across its versions: its id's, else its record's key."""
    if event_id.startswith("hub/"):
        return event_id.rpartition("/")[0]
    return identifiers.document_of(event_id) or key


def distinct(copies: Iterable[Copy]) -> Iterator[Copy]:
    """Yield each record once, however many dead letters it has, in the order of topic and offset."""
    found = {(copy.topic, copy.partition, copy.event_id, copy.key, copy.value): copy for copy in copies}
    yield from sorted(found.values(), key=lambda copy: (copy.topic, copy.partition, copy.offset))


def is_newer(message: Message, copy: Copy) -> bool:
    """Return whether the message of the copy's topic is a later version of its document."""
    about, key = message.envelope, copy.key.decode("utf-8", "replace")
    if (message.partition, message.key, about.type) != (copy.partition, key, copy.type):
        return False
    if message.offset <= copy.offset or about.id == copy.event_id:
        return False
    return document(about.id, key) == document(copy.event_id, key)


def overtaken(copy: Copy) -> LeftOut:
    """Return why a record is not written again of which a later version has come."""
    return LeftOut(
        copy.dead_letter_id or copy.event_id,
        Text(
            en=f"A newer version of {document(copy.event_id, copy.key.decode('utf-8', 'replace'))} has come since; the "
            "older one would take its place. Send the document (`--document`), or correct it in the ERP.",
            ru=f"После неё пришла более новая версия {document(copy.event_id, copy.key.decode('utf-8', 'replace'))}; "
            "старая заняла бы её место. Отправьте сам документ (`--document`) или исправьте его в учётной системе.",
        ),
    )


def raw(copy: Copy) -> Raw:
    """Return the copy as it is written."""
    return Raw(copy.topic, copy.partition, copy.key, copy.value, list(copy.headers))


def _header(name: str) -> str:
    """Return a header's name as it came: a dead letter numbers those that repeat (`dead_letter.build`)."""
    base, separator, number = name.rpartition("#")
    return base if separator and number.isdecimal() else name


def _cut(value: messages.DeadLetter) -> Text:
    place = f"{value['topic']}/{value['partition']}/{value['offset']}"
    return Text(
        en=f"The letter holds only a part of its record, so it cannot be sent from there. The record itself is at "
        f"{place}; send its document (`--document`), or have the ERP write it anew.",
        ru=f"В письме только часть записи, поэтому отправить её оттуда нельзя. Сама запись находится в {place}; "
        "отправьте её документ (`--document`) или запишите его в учётной системе заново.",
    )


_NO_RECORD = Text(
    en="A connector could not make a record of this document. Correct it in the ERP, or the connector's configuration; "
    "its next version is read by itself.",
    ru="Коннектор не смог составить запись по этому документу. Исправьте его в учётной системе или настройки "
    "коннектора; следующая версия будет прочитана сама.",
)
_HUBS = Text(
    en="This is the hub's own word, no document. Correct the files and run `kranhub core publish`.",
    ru="Это запись самого центра, а не документ. Исправьте файлы и выполните `kranhub core publish`.",
)
_EMPTY = Text(en="The record was empty: there is nothing to send.", ru="Запись была пустой: отправлять нечего.")
