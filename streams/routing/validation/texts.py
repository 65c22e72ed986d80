"""What the texts of a member's document must satisfy: whatever one company writes, every other can store and read."""

import unicodedata
from functools import cache
from typing import Any

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.wire import schema_files

MANY_LINES = frozenset(("characteristic", "delivery_place", "description", "reason", "text"))
"""Fields that may contain line breaks and tabs; the texts of a map have the map's name."""

_LAYOUT = "\t\n\r"


def check(subject: str, path: str, text: str) -> None:
    """Refuse control characters, lone surrogates and a required text that is blank.

    Args:
        subject: The type of the document.
        path: The field's place in the document, such as ``lines[0].description``.
        text: The field's text.

    Raises:
        InvalidDocument: ``bad-text``.
    """
    if text.isprintable() and text and not text.isspace():
        return
    allowed = _LAYOUT if MANY_LINES.intersection(path.split(".")) else ""
    bad = next((sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed), None)
    if bad is not None:
        raise InvalidDocument(DocumentCode.BAD_TEXT, _control(path, text.index(bad) + 1, bad))
    if not text.strip() and path.rpartition(".")[2] in _required(subject):
        raise InvalidDocument(DocumentCode.BAD_TEXT, _blank(path))


def is_name(text: str, longest: int) -> bool:
    """Return whether the text can name a document or a line.

    It can where it is not blank, has no more characters than ``longest``, and each of them can be seen or is a space.
    """
    return 0 < len(text) <= longest and not text.isspace() and all(map(_is_visible, text))


def _is_visible(sign: str) -> bool:
    return sign.isprintable() or unicodedata.category(sign) == "Zs"


@cache
def _required(subject: str) -> frozenset[str]:
    """Return the names of the record's fields that are texts and never null."""
    return frozenset(_texts(schema_files.load_all()[subject]))


def _texts(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for branch in schema for name in _texts(branch)]
    if not isinstance(schema, dict):
        return []
    fields = schema.get("fields", ())
    own = [str(field["name"]) for field in fields if field["type"] == "string"]
    inner = [*(field["type"] for field in fields), schema.get("items")]
    return own + [name for part in inner for name in _texts(part)]


def _control(path: str, place: int, sign: str) -> Text:
    code = f"U+{ord(sign):04X}"
    return Text(
        en=f"{path} holds the control character {code} at place {place}; other companies' ERPs cannot store or show "
        "it. Remove it in the ERP.",
        ru=f"{path}: управляющий символ {code} в позиции {place}; другие учётные системы не могут его хранить или "
        "показать. Удалите его в учётной системе.",
    )


def _blank(path: str) -> Text:
    return Text(
        en=f"{path} is empty or blank. Fill it in the ERP.",
        ru=f"{path}: пусто или одни пробелы. Заполните поле в учётной системе.",
    )
