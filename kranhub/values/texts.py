"""Texts, what counts as empty, and when two values that refer to each other are the same."""

import re
import uuid
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from kranhub.errors import DocumentCode
from kranhub.text import Text

_NOTHING = re.compile(
    r"[\s0.,:{}\N{EN DASH}\N{EM DASH}-]*|0001-0?1-0?1(?!\d).*|0?1\.0?1\.0001(?!\d).*"
    r"|false|f|no|n|off|null|none|нет|н|ложь"
)
"""What a text flag or reference holds, in lower case, while nothing is set: zeros in any form, such as 1C's UUID, or a
dash, or 1C's empty date."""


class Strange(ValueError):
    """A value that cannot be read. ``code`` is stable and machine-readable; ``expected`` says what should stand there.

    The caller knows the column and the document: it makes the sentence for a person.
    """

    def __init__(self, code: DocumentCode, en: str, ru: str) -> None:
        super().__init__(en)
        self.code, self.expected = code, Text(en=en, ru=ru)


def text(raw: Any) -> str | None:
    """Return the text without outer white space; None where nothing is left.

    A whole number is written as one, whatever its type. Raises `Strange` ``bad-text``: bytes that are no UTF-8, or NUL.
    """
    match raw:
        case None:
            return None
        case bytes() | bytearray() | memoryview():
            raise Strange(DocumentCode.BAD_TEXT, "text in UTF-8", "текст в UTF-8")
        case float() if raw.is_integer():
            raw = int(raw)
        case Decimal() if raw.is_finite():
            raw = f"{raw.normalize():f}"
    found = str(raw).strip()
    if "\0" in found:
        raise Strange(DocumentCode.BAD_TEXT, "text without NUL characters", "текст без символов NUL")
    return found or None


def is_unset(raw: Any) -> bool:
    """Tell whether a flag or a reference says "nobody": NULL, blank, zero, false, a zero UUID, a date of the year 1."""
    match raw:
        case bool() | int() | float() | Decimal():
            return not raw
        case bytes() | bytearray() | memoryview():
            return not any(bytes(raw))
        case uuid.UUID():
            return raw.int == 0
        case datetime() | date():
            return raw.year == 1
        case time() | None:
            return raw is None
    return _NOTHING.fullmatch(str(raw).strip().casefold()) is not None


def linked(raw: Any, like: Any) -> Any:
    """Return a reference as the value it refers to is kept, so that the two can be compared and looked up.

    ``like`` is that value or any other of its column: where that is a number, ``"1 "`` is 1; where it is a text, 1 is
    ``"1"``. White space that pads a ``char(n)`` is no part of a text.
    """
    if raw is None or isinstance(raw, bytes) or (type(raw) is type(like) and not isinstance(raw, str)):
        return raw
    if _is_number(like):
        return _as_number(raw)
    if isinstance(like, uuid.UUID):
        return _as_uuid(raw)
    if isinstance(like, str):
        return (text(raw) or "") if isinstance(raw, float | Decimal) else str(raw).strip()
    return raw


def _is_number(raw: Any) -> bool:
    return isinstance(raw, int | float | Decimal) and not isinstance(raw, bool)


def _as_number(raw: Any) -> Any:
    if _is_number(raw):
        return raw
    words = str(raw).strip()
    return int(words) if words.isascii() and words.removeprefix("-").isdigit() else words


def _as_uuid(raw: Any) -> Any:
    try:
        return uuid.UUID(str(raw).strip())
    except ValueError:
        return raw
