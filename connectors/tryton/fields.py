"""What kind of value each field of Tryton's holds, so that one strange value costs one document. Pure."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from connectors.tryton.error_codes import TrytonCode
from kranhub.errors import InvalidDocument
from kranhub.text import Text

Fields = Mapping[str, "Kind"]


class Kind(Enum):
    """A kind of value; every field but `STATE` may be empty."""

    TEXT = "a text"
    STATE = "a state"
    NUMBER = "a finite number"
    DAY = "a date"
    IDS = "a list of ids"


def check(record: Mapping[str, Any], fields: Fields) -> None:
    """Check the kind of each dotted field.

    Raises:
        InvalidDocument: ``strange-value`` where a field is missing or of another kind.
    """
    for path, kind in fields.items():
        for value in _values(record, path):
            if not _fits(value, kind):
                raise InvalidDocument(TrytonCode.STRANGE_VALUE, _unexpected(record, path, kind))


def _values(record: Any, path: str) -> Iterator[Any]:
    """Yield the field's value in every row that has one; a field that is not there is a value of no kind."""
    head, _, rest = path.partition(".")
    name = f"{head}." if rest else head
    if not isinstance(record, Mapping) or name not in record:
        yield _NOTHING
    elif not rest:
        yield record[head]
    else:
        below = record[name]
        rows = [] if below is None else below if isinstance(below, list) else [below]
        if isinstance(below, list) != (head in _MANY) and (below is not None or head in _MANY):
            yield _NOTHING
        for row in rows:
            yield from _values(row, rest)


def _fits(value: Any, kind: Kind) -> bool:
    if value is None:
        return kind is not Kind.STATE
    match kind:
        case Kind.TEXT | Kind.STATE:
            return isinstance(value, str)
        case Kind.NUMBER:
            return not isinstance(value, bool) and isinstance(value, int | float | Decimal) and _is_finite(value)
        case Kind.DAY:
            return isinstance(value, date)
        case Kind.IDS:
            return isinstance(value, list) and all(type(item) is int for item in value)


def _is_finite(value: float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) or math.isfinite(value)


_NOTHING = object()
_MANY = {"lines", "moves"}


def _unexpected(record: Mapping[str, Any], path: str, kind: Kind) -> Text:
    name = record.get("number") or record.get("code") or record.get("id")
    kinds = {
        Kind.TEXT: "текст",
        Kind.STATE: "состояние",
        Kind.NUMBER: "конечное число",
        Kind.DAY: "дата",
        Kind.IDS: "список номеров",
    }
    return Text(
        en=f"Tryton's answer for {name} holds in the field {path} something other than {kind.value}. Correct the field "
        "in Tryton, or ask its administrator which module has changed it.",
        ru=f"В ответе Tryton для {name} в поле {path} не {kinds[kind]}. Исправьте поле в Tryton или узнайте у его "
        "администратора, какой модуль его изменил.",
    )
