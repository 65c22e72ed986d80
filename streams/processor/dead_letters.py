"""What a dead letter says: the record itself, where it stood and why it was refused, never more than a topic takes."""

import uuid
from collections import Counter
from collections.abc import Sequence

from kranhub.errors import InvalidDocument
from kranhub.text import Text
from kranhub.wire import messages
from streams.processor.record import Context, Record

MAX_ORIGINAL = 3_000_000
"""Bytes of the original that a letter holds."""

MAX_TEXT = 64_000
"""Bytes of the key, of the event's id, and of all headers together that a letter holds."""

MAX_REASON, MAX_CODE, MAX_NUMBER = 4_000, 100, 800

_PER_HEADER = 10
"""What an entry needs beside its characters; it also keeps the number of entries within `avroguard.MAX_ELEMENTS`."""


def letter(record: Record, ctx: Context, error: InvalidDocument, member: str) -> messages.DeadLetter:
    """Return the DeadLetter of a record. What it had to leave out, its ``reason`` says.

    A header whose name comes again is named ``name#2``, ``name#3``; bytes that are not UTF-8 read as ``\\xff``.
    """
    place = where(record)
    event_id, key = record.envelope.id or place, record.key
    headers, left_out = _headers(record)
    shortened = left_out or readable(key) != short(key) or event_id != short(event_id)
    original = record.value or b""
    cuts = [_cut_original(len(original), place)] if len(original) > MAX_ORIGINAL else []
    cuts += [_cut_texts(place)] if shortened else []
    return {
        **_minimum(record, ctx, short(error.code, MAX_CODE), member),
        "event_id": short(event_id),
        "reason": _reason(error.text, cuts),
        "key": short(key),
        "headers": headers,
        "failed_at": ctx.time,
    }


def brief(record: Record, ctx: Context, code: str, member: str) -> messages.DeadLetter:
    """Return the DeadLetter of a record of which nothing can be said but its place, the code and its bytes."""
    safe = str(code).encode("ascii", "backslashreplace").decode()[:MAX_CODE]
    return _minimum(record, ctx, safe, member)


def _minimum(record: Record, ctx: Context, code: str, member: str) -> messages.DeadLetter:
    place = where(record)
    return {
        "dead_letter_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{place}/{ctx.stage}/{code}")),
        "event_id": place,
        "member": member,
        "stage": ctx.stage,
        "code": code,
        "reason": _nothing_more(place).as_map(),
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": "",
        "headers": {},
        "original": (record.value or b"")[:MAX_ORIGINAL],
        "failed_at": record.timestamp,
        "order_number": None,
    }


def is_whole(value: messages.DeadLetter) -> bool:
    """Return whether a DeadLetter holds all of its record: bytes, key, event id and headers as they came."""
    said, place = value["reason"].get("en", ""), f"{value['topic']}/{value['partition']}/{value['offset']}"
    left_out = (_cut_texts(place).en, _nothing_more(place).en, f"The letter holds the first {MAX_ORIGINAL} of ")
    if any(sentence in said for sentence in left_out) or len(value["original"]) == _CUT_BY_SINK:
        return False
    return not any(_NOT_UTF8 in text for text in (value["key"], value["event_id"], *value["headers"].values()))


_CUT_BY_SINK = 500_000
"""How much a connector keeps of what is over 900,000 bytes."""

_NOT_UTF8 = "\\x"
"""How a byte that is no UTF-8 begins in a letter's text."""


def where(record: Record) -> str:
    """Return the record's place: topic, partition and offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def readable(text: str) -> str:
    """Return the text as UTF-8 can hold it: a key's bytes that are not UTF-8 read as ``\\xff``."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def short(text: str, limit: int = MAX_TEXT) -> str:
    """Return the readable text, cut to so many bytes of UTF-8."""
    whole = readable(text)
    return whole if len(whole) * 4 <= limit else whole.encode()[:limit].decode("utf-8", "ignore")


def _headers(record: Record) -> tuple[dict[str, str], bool]:
    """Return the headers as text, each repeat under a name of its own, and whether some had no room."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    room, left_out = MAX_TEXT, False
    for name, value in record.headers:
        text = value.decode("utf-8", "backslashreplace")
        size = len(name.encode()) + len(text.encode()) + _PER_HEADER
        if size > room:
            left_out = True
            continue
        room -= size
        found[_unused(name, found, times)] = text
    return found, left_out


def _unused(name: str, found: dict[str, str], times: Counter[str]) -> str:
    while True:
        times[name] += 1
        candidate = name if times[name] == 1 else f"{name}#{times[name]}"
        if candidate not in found:
            return candidate


def _reason(text: Text, cuts: Sequence[Text]) -> dict[str, str]:
    return {
        "en": " ".join([short(text.en, MAX_REASON), *(cut.en for cut in cuts)]),
        "ru": " ".join([short(text.ru, MAX_REASON), *(cut.ru for cut in cuts)]),
    }


def _cut_original(size: int, place: str) -> Text:
    return Text(
        en=f"The letter holds the first {MAX_ORIGINAL} of the record's {size} bytes; the whole record is at {place}.",
        ru=f"В письме первые {MAX_ORIGINAL} из {size} байт записи; вся запись находится в {place}.",
    )


def _cut_texts(place: str) -> Text:
    return Text(
        en=f"The letter leaves out what is over {MAX_TEXT} bytes of the key, the event's id or the headers; the whole "
        f"record is at {place}.",
        ru=f"В письме нет того, что превышает {MAX_TEXT} байт в ключе, номере события или заголовках; вся запись "
        f"находится в {place}.",
    )


def _nothing_more(place: str) -> Text:
    return Text(
        en=f"The record at {place} was refused, and its dead letter could not be written in full: a defect of the hub. "
        "Tell its developers the letter's id; look at the record itself at its place.",
        ru=f"Запись {place} отклонена, и полностью составить письмо о ней не удалось: ошибка в самом центре. Сообщите "
        "разработчикам номер письма; саму запись можно посмотреть на её месте.",
    )
