"""Builds the DeadLetter of a record or document that was refused: one form for the core and for connectors. Pure."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kranhub.errors import Code
from kranhub.text import Text
from kranhub.wire.locations import RecordLocation
from kranhub.wire.messages import DeadLetter

MAX_RECORD = 4_000_000
"""The most bytes of a dead letter's key, headers and value together; the topics of dead letters take more than that."""

MAX_ORIGINAL = 3_000_000
"""The most bytes of the original in a dead letter."""

MAX_TEXT = 64_000
"""The most bytes of the key, of the event's id, and of all headers together in a dead letter."""

MAX_REASON, MAX_CODE, MAX_NUMBER = 4_000, 100, 800

_PER_HEADER = 10
"""The bytes of a header's entry beside its characters; they also keep the number of entries within
`guards.MAX_ELEMENTS`."""


@dataclass(frozen=True, slots=True)
class Original:
    """What was refused.

    Attributes:
        value: Its bytes.
        key: The record's or document's key.
        event_id: The event's id; empty where it has none.
        location: Where it is in Kafka; None for a document of an ERP that never reached Kafka.
        headers: The record's headers.
    """

    value: bytes
    key: str
    event_id: str = ""
    location: RecordLocation | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()

    @property
    def name(self) -> str:
        """Its location as text; the event's id for what never reached Kafka."""
        return str(self.location) if self.location else self.event_id


def build(
    original: Original, code: Code, reason: Mapping[str, str], *, stage: str, member: str, at: datetime
) -> DeadLetter:
    r"""Return the dead letter.

    Its ``incomplete`` names what it does not hold in full; what was cut for its size is also mentioned in ``reason``.
    A header whose name occurs again is named ``name#2``, ``name#3``; bytes that are not UTF-8 are written as ``\\xff``.

    Args:
        original: What was refused.
        code: A stable code, such as ``unmapped-item``.
        reason: The sentences for a person, by language tag (BCP 47).
        stage: Who refused it: ``source``, ``sink``, or a stage of the core.
        member: The id of the member whose document it is.
        at: When it was refused, aware.
    """
    event_id, key = original.event_id or original.name, original.key
    headers, has_all_headers = _headers(original.headers)
    has_all_bytes = len(original.value) <= MAX_ORIGINAL
    has_all_text = has_all_headers and all(short(text) == readable(text) for text in (event_id, key))
    cuts = [] if has_all_bytes else [_cut_original(original)]
    cuts += [] if has_all_text else [_cut_texts(original)]
    complete = {
        "original": has_all_bytes,
        "key": short(key) == key,
        "event_id": short(event_id) == event_id,
        "headers": has_all_headers and all(_is_text(value) for _, value in original.headers),
    }
    value = _minimum(original, short(code, MAX_CODE), stage, member, at)
    return value | {
        "event_id": short(event_id),
        "reason": {
            language: " ".join([short(sentence, MAX_REASON), *(cut.as_map().get(language, cut.en) for cut in cuts)])
            for language, sentence in reason.items()
        },
        "key": short(key),
        "headers": headers,
        "incomplete": [name for name, is_whole in complete.items() if not is_whole],
    }


def build_brief(original: Original, code: str, *, stage: str, member: str, at: datetime) -> DeadLetter:
    """Return a dead letter with only the location, the code and the original bytes.

    Args:
        original: What was refused.
        code: A stable code.
        stage: Who refused it: ``source``, ``sink``, or a stage of the core.
        member: The id of the member whose document it is.
        at: When it was refused, aware.
    """
    safe = str(code).encode("ascii", "backslashreplace").decode()[:MAX_CODE]
    return _minimum(original, safe, stage, member, at)


def is_complete(value: Mapping[str, Any]) -> bool:
    """Return whether a DeadLetter holds all of its record: bytes, key, event id and headers unchanged."""
    return not value["incomplete"]


def without_original(value: DeadLetter) -> DeadLetter:
    """Return the dead letter without the bytes of the original, for readers who do not need them."""
    return value | {"original": b"", "incomplete": sorted({*value["incomplete"], "original"})}


def readable(text: str) -> str:
    r"""Return the text as UTF-8 can hold it: a key's bytes that are not UTF-8 become ``\\xff``."""
    if text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return text.encode("utf-8", "backslashreplace").decode()


def short(text: str, limit: int = MAX_TEXT) -> str:
    """Return the readable text, cut to ``limit`` bytes of UTF-8."""
    whole = readable(text)
    return whole if len(whole) * 4 <= limit else whole.encode()[:limit].decode("utf-8", "ignore")


def _minimum(original: Original, code: str, stage: str, member: str, at: datetime) -> DeadLetter:
    location = original.location or RecordLocation("", -1, -1)
    name = readable(original.name)
    return {
        "dead_letter_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{stage}/{code}")),
        "event_id": short(name),
        "member": member,
        "stage": stage,
        "code": code,
        "reason": _nothing_more(short(name, MAX_REASON)).as_map(),
        "topic": location.topic,
        "partition": location.partition,
        "offset": location.offset,
        "key": "",
        "headers": {},
        "original": original.value[:MAX_ORIGINAL],
        "failed_at": at,
        "order_number": None,
        "incomplete": ["key", "event_id", "headers"],
    }


def _headers(headers: Iterable[tuple[str, bytes | None]]) -> tuple[dict[str, str], bool]:
    """Return the headers as text, each repeated name made unique, and whether all of them fitted."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    room, has_all = MAX_TEXT, True
    for name, value in headers:
        text = (value or b"").decode("utf-8", "backslashreplace")
        size = len(name.encode()) + len(text.encode()) + _PER_HEADER
        if size > room:
            has_all = False
            continue
        room -= size
        found[_unused(name, found, times)] = text
    return found, has_all


def _unused(name: str, found: Mapping[str, str], times: Counter[str]) -> str:
    while True:
        times[name] += 1
        candidate = name if times[name] == 1 else f"{name}#{times[name]}"
        if candidate not in found:
            return candidate


def _is_text(value: bytes | None) -> bool:
    """Return whether a header's value can be restored from its text."""
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _place(original: Original) -> Text:
    if original.location:
        return Text(
            en=f"the whole record is at {original.location}.", ru=f"вся запись находится в {original.location}."
        )
    return Text(en="the whole document is in the ERP.", ru="весь документ находится в учётной системе.")


def _cut_original(original: Original) -> Text:
    size, place = len(original.value), _place(original)
    return Text(
        en=f"The dead letter holds the first {MAX_ORIGINAL} of the original's {size} bytes; {place.en}",
        ru=f"Здесь первые {MAX_ORIGINAL} из {size} байт оригинала; {place.ru}",
    )


def _cut_texts(original: Original) -> Text:
    place = _place(original)
    return Text(
        en=f"The dead letter leaves out what is over {MAX_TEXT} bytes of the key, the event's id or the headers; "
        f"{place.en}",
        ru=f"Здесь нет того, что превышает {MAX_TEXT} байт в ключе, номере события или заголовках; {place.ru}",
    )


def _nothing_more(name: str) -> Text:
    return Text(
        en=f"The record at {name} was refused, and its dead letter could not be written in full: a defect of the hub. "
        "Tell its developers the dead letter's id; look at the record itself at its place.",
        ru=f"Запись {name} отклонена, и полностью описать её не удалось: ошибка в самом центре. Сообщите "
        "разработчикам номер недоставленного документа; саму запись можно посмотреть на её месте.",
    )
