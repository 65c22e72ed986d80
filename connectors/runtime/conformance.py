"""Whether what a connector returns follows the contract of `kranhub.connector`. Pure: it names what differs."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from kranhub.broker import topics
from kranhub.connector import (
    Checkpoint,
    Event,
    Held,
    HeldLine,
    Outcome,
    Position,
    Progress,
    Read,
    Receipt,
    Sink,
    Source,
    Unreadable,
)
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.wire.messages import Subject

PUBLISHED = tuple(
    record for record in topics.WRITTEN if record not in (Subject.RECEIPT, Subject.DEAD_LETTER)
)  # the other two are the runtime's own
DELIVERED = tuple(topics.IN_KINDS.values())
MAX_EVENT_BYTES = 900_000
"""The most bytes of a value: a record of any broker (1,048,576 bytes by default) also has a key and headers."""


class Unlike(Exception):
    """Something is not as the contract requires. ``document`` names the document, where it is about one."""

    def __init__(self, text: Text, document: str = "") -> None:
        super().__init__(text.en)
        self.text, self.document = text, document


def item(found: Any, member: str) -> Read | Unreadable | Progress:
    """Return what ``read()`` yielded, if a source of this member may yield it.

    What is wrong with one document's content alone is not checked here: `value_of` and the codec refuse that.

    Raises:
        Unlike: Where it may not.
    """
    if not isinstance(found, Read | Unreadable | Progress):
        raise Unlike(_wants("a yield", "yield", found, "Read, Unreadable or Progress"))
    name = _name(found)
    if not isinstance(found.checkpoint, Checkpoint):
        raise Unlike(_wants("the checkpoint", "checkpoint", found.checkpoint, "Checkpoint"), name)
    if isinstance(found, Read):
        _event(found.event, member)
    elif isinstance(found, Unreadable):
        _unreadable(found)
    return found


def checkpoint(found: Checkpoint, before: Checkpoint | None = None) -> Checkpoint:
    """Return the checkpoint if the runtime can keep its positions.

    Args:
        found: The checkpoint.
        before: One that was checked already: the positions that both share are not checked again.

    Raises:
        Unlike: Where it cannot.
    """
    if not isinstance(found.positions, Mapping):
        raise Unlike(_wants("Checkpoint.positions", "Checkpoint.positions", found.positions, "a mapping"))
    checked = before.positions if before is not None else {}
    for stream, position in found.positions.items():
        if stream in checked and checked[stream] is position:
            continue
        if not isinstance(stream, str) or not isinstance(position, Position):
            raise Unlike(_wants("Checkpoint.positions", "Checkpoint.positions", position, "str to Position"))
        _typed("Position.watermark", position.watermark, str, f"{stream}")
        if not isinstance(position.seen, Set) or not all(isinstance(each, str) for each in position.seen):
            raise Unlike(_wants("Position.seen", "Position.seen", position.seen, "frozenset[str]"), stream)
    return found


def refuse_oversized(encoded: bytes) -> None:
    """Refuse an event that Kafka would not take: it would be tried again for ever.

    Raises:
        InvalidDocument: ``too-large``.
    """
    if len(encoded) > MAX_EVENT_BYTES:
        raise InvalidDocument(
            DocumentCode.TOO_LARGE,
            Text(
                en=f"The document has {len(encoded)} bytes, {MAX_EVENT_BYTES} are the most. Split it in the ERP.",
                ru=f"В документе {len(encoded)} байт, допускается {MAX_EVENT_BYTES}. Разделите его в учётной системе.",
            ),
        )


def refuse_unsound(event: Event) -> None:
    """Refuse an event whose own fields cannot be sent; the codec checks its value.

    A time without a zone would be read in this machine's; lone surrogates are bytes that were no text (PEP 383).

    Raises:
        InvalidDocument: ``naive-datetime`` or ``bad-text``.
    """
    if event.time is not None and event.time.tzinfo is None:
        raise InvalidDocument(
            DocumentCode.NAIVE_DATETIME,
            Text(
                en="Event.time is a time without a zone. Give the site's time zone in the connector's configuration.",
                ru="Event.time: время без часового пояса. Укажите часовой пояс площадки в настройках коннектора.",
            ),
        )
    if not (_is_text(event.id) and _is_text(event.key)):
        raise InvalidDocument(
            DocumentCode.BAD_TEXT,
            Text(
                en="The document's number or key holds bytes that are no text. Correct it in the ERP.",
                ru="В номере или ключе документа есть байты, которые не являются текстом. Исправьте его в системе.",
            ),
        )


def source(found: Any) -> Source | None:
    """Return what ``source()`` returned, if it is a source or None.

    Raises:
        Unlike: Where it is neither.
    """
    if found is not None and not isinstance(found, Source):
        raise Unlike(_wants("source()", "source()", found, "kranhub.connector.Source or None"))
    return found


def sink(found: Any) -> Sink | None:
    """Return what ``sink()`` returned, if it is a sink whose ``subjects`` are known, or None.

    Raises:
        Unlike: Where it is neither.
    """
    if found is None:
        return None
    if not isinstance(found, Sink):
        raise Unlike(_wants("sink()", "sink()", found, "kranhub.connector.Sink or None"))
    subjects = getattr(found, "subjects", None)
    if isinstance(subjects, str) or not isinstance(subjects, Sequence | Set) or not subjects:
        raise Unlike(_subjects(subjects))
    if not all(isinstance(each, str) and each in DELIVERED for each in subjects):
        raise Unlike(_subjects(subjects))
    return found


def held(found: Any) -> Held:
    """Return what ``held()`` yielded, if a sink may yield it.

    Raises:
        Unlike: Where it may not.
    """
    if not isinstance(found, Held):
        raise Unlike(_wants("held()", "held()", found, "Held"))
    if found.subject not in DELIVERED:
        raise Unlike(_wants("Held.subject", "Held.subject", found.subject, " or ".join(DELIVERED)))
    for name, kind in (("key", str), ("revision", int), ("cancelled", bool), ("lines", tuple)):
        _typed(f"Held.{name}", getattr(found, name), kind, str(found.key))
    for line in found.lines:
        if not isinstance(line, HeldLine):
            raise Unlike(_wants("Held.lines", "Held.lines", line, "HeldLine"), found.key)
    return found


def receipts(found: Any, events: Sequence[Event]) -> list[Receipt]:
    """Return what ``deliver()`` returned for these events: one receipt each, in order.

    Raises:
        Unlike: Where it returned something else.
    """
    if isinstance(found, str | bytes) or not isinstance(found, Sequence):
        raise Unlike(_wants("deliver()", "deliver()", found, "a list of Receipt"))
    for answer in found:
        if not isinstance(answer, Receipt):
            raise Unlike(_wants("a receipt", "квитанция", answer, "Receipt"))
    answered, asked = [answer.event_id for answer in found], [event.id for event in events]
    if answered != asked:
        raise _unmatched(answered, asked)
    for answer in found:
        _receipt(answer)
    return list(found)


def _name(found: Read | Unreadable | Progress) -> str:
    if isinstance(found, Read):
        return f"{getattr(found.event, 'id', '')}"
    return f"{found.id}" if isinstance(found, Unreadable) else ""


def _event(event: Any, member: str) -> None:
    if not isinstance(event, Event):
        raise Unlike(_wants("Read.event", "Read.event", event, "Event"))
    name = f"{event.id}"
    _id(event.id)
    _typed("Event.key", event.key, str, name)
    _typed("Event.origin", event.origin, str, name)
    _typed("Event.value", event.value, Mapping, name)
    _typed("Event.time", event.time, datetime | None, name)
    if event.subject not in PUBLISHED:
        raise Unlike(_subject(event.subject), name)
    if event.origin == member and not event.id.startswith(f"{member}/"):
        raise Unlike(_identity(event.id), name)


def _unreadable(found: Unreadable) -> None:
    name = f"{found.id}"
    _typed("Unreadable.id", found.id, str, name)
    _typed("Unreadable.key", found.key, str, name)
    _typed("Unreadable.code", found.code, str, name)
    _typed("Unreadable.original", found.original, bytes, name)
    _reason("Unreadable.reason", found.reason, name)


def _receipt(answer: Receipt) -> None:
    name = answer.event_id
    if isinstance(answer.revision, bool):
        raise Unlike(_wants("Receipt.revision", "Receipt.revision", answer.revision, "int"), name)
    _typed("Receipt.revision", answer.revision, int, name)
    _typed("Receipt.outcome", answer.outcome, Outcome, name)
    _typed("Receipt.erp_reference", answer.erp_reference, str | None, name)
    _typed("Receipt.not_before", answer.not_before, datetime | None, name)
    _reason("Receipt.reason", answer.reason, name)
    if not all(map(_is_text, (answer.erp_reference or "", *answer.reason.values()))):
        raise Unlike(
            Text(
                en="Receipt.erp_reference or its reason holds bytes that are no text.",
                ru="В Receipt.erp_reference или причине есть байты, которые не являются текстом.",
            ),
            name,
        )
    if answer.not_before is not None and answer.not_before.tzinfo is None:
        raise Unlike(
            Text(
                en="Receipt.not_before is a time without a zone; give an aware one (datetime.now(UTC) + …).",
                ru="Receipt.not_before: время без часового пояса; нужно с поясом (datetime.now(UTC) + …).",
            ),
            name,
        )


def _id(found: Any) -> None:
    _typed("Event.id", found, str, f"{found}")
    if found.count("/") < 4:
        raise Unlike(_identity(found), found)


def _reason(field: str, found: Any, document: str) -> None:
    _typed(field, found, Mapping, document)
    if not all(isinstance(each, str) for pair in found.items() for each in pair):
        raise Unlike(_wants(field, field, found, '{"en": "…", "ru": "…"}'), document)


def _is_text(found: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in found)


def _typed(field: str, found: Any, kind: Any, document: str) -> None:
    if not isinstance(found, kind):
        raise Unlike(_wants(field, field, found, getattr(kind, "__name__", str(kind))), document)


def _wants(en: str, ru: str, found: Any, wanted: str) -> Text:
    kind = type(found).__name__
    return Text(
        en=f"{en} is of the type {kind}, the contract wants {wanted}.",
        ru=f"{ru} имеет тип {kind}, по договору нужно: {wanted}.",
    )


def _subject(found: Any) -> Text:
    known = ", ".join(PUBLISHED)
    return Text(
        en=f"Event.subject is {found!r}; a member publishes {known}.",
        ru=f"Event.subject равен {found!r}; участник публикует {known}.",
    )


def _subjects(found: Any) -> Text:
    known = ", ".join(DELIVERED)
    return Text(
        en=f"Sink.subjects is {found!r}; it must be a tuple with one or more of {known}: what this ERP receives.",
        ru=f"Sink.subjects равен {found!r}; нужен кортеж из одного или нескольких имён {known}: что система принимает.",
    )


def _identity(found: str) -> Text:
    return Text(
        en=f"Event.id is {found!r}; it must be member/type/native key/epoch/native version, beginning with its own "
        "member.",
        ru=f"Event.id равен {found!r}; нужно участник/тип/ключ в системе/эпоха/версия в системе, начиная со своего "
        "участника.",
    )


def _unmatched(answered: Sequence[str], asked: Sequence[str]) -> Unlike:
    """Return what is wrong with receipts that are too few, too many, of another event or in another order."""
    if foreign := [each for each in answered if each not in asked]:
        what = Text(
            en=f"a receipt names the event {foreign[0]!r}, which was not delivered in this batch.",
            ru=f"квитанция называет событие {foreign[0]!r}, которого в этой партии не было.",
        )
        document = foreign[0]
    elif missing := [each for each in asked if each not in answered]:
        what = Text(
            en=f"{len(answered)} receipts for {len(asked)} events; this one has none.",
            ru=f"квитанций {len(answered)} на событий {len(asked)}; на это событие квитанции нет.",
        )
        document = missing[0]
    elif len(answered) != len(asked):
        what = Text(
            en=f"{len(answered)} receipts for {len(asked)} events; this one has several.",
            ru=f"квитанций {len(answered)} на событий {len(asked)}; на это событие их несколько.",
        )
        document = next(each for each in answered if answered.count(each) > 1)
    else:
        what = Text(
            en="the receipts are in another order than the events.", ru="квитанции идут не в том порядке, что события."
        )
        document = next(each for each, wanted in zip(answered, asked, strict=True) if each != wanted)
    order = Text(
        en="The contract wants one receipt per event, in order.",
        ru="По договору: одна квитанция на событие, по порядку.",
    )
    return Unlike(what.then(order), document)
