"""Texts, what counts as empty, and how a reference is compared with the value that it refers to."""

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
    """A value that cannot be read. The caller knows the column and the document, and writes the sentence for a person.

    Attributes:
        code: Stable and machine-readable.
        expected: What should stand there.
    """

    def __init__(self, code: DocumentCode, en: str, ru: str) -> None:
        super().__init__(en)
        self.code, self.expected = code, Text(en=en, ru=ru)


def text(raw: Any) -> str | None:
    """Return the text without white space around it. A whole number of any type is written without decimals.

    Returns:
        The text; None where nothing is left.

    Raises:
        Strange: ``bad-text`` where the value is bytes, or contains NUL characters.
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
    """Return whether a flag or a reference is unset: NULL, blank, zero, false, a zero UUID, a date in the year 1."""
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
    """Return a reference in the type of the value that it refers to, so that the two can be compared and looked up.

    Args:
        raw: The reference as the ERP stores it.
        like: The value that it refers to, or any other of its column: where that is a number, ``"1 "`` becomes 1; where
            it is a text, 1 becomes ``"1"``. White space that pads a ``char(n)`` is removed from a text.
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
    stripped = str(raw).strip()
    return int(stripped) if stripped.isascii() and stripped.removeprefix("-").isdigit() else stripped


def _as_uuid(raw: Any) -> Any:
    try:
        return uuid.UUID(str(raw).strip())
    except ValueError:
        return raw
