"""What ``check`` reports of columns whose type cannot hold what the sink writes into them. Pure."""

from collections.abc import Iterable, Mapping

from connectors.sql.columns import Column, Columns, TypeFamily
from connectors.sql.config import PlantOrders
from kranhub.text import Text

REFERENCE_CHARACTERS = 40
"""A plant order id shorter than this is rare: ``customer:order number/line.part.attempt``."""

_NUMBERS = frozenset({TypeFamily.WHOLE, TypeFamily.DECIMAL, TypeFamily.BINARY, TypeFamily.TEXT, TypeFamily.OTHER})
_TEXTS = frozenset({TypeFamily.TEXT, TypeFamily.OTHER})
_CODES = _TEXTS | {TypeFamily.WHOLE, TypeFamily.DECIMAL, TypeFamily.IDENTIFIER}
_TIMES = frozenset({TypeFamily.DAY, TypeFamily.LOCAL, TypeFamily.INSTANT, TypeFamily.TEXT, TypeFamily.OTHER})
_WRITTEN: Mapping[str, frozenset[TypeFamily]] = {
    "reference": _TEXTS,
    "revision": _NUMBERS,
    "status": _CODES | {TypeFamily.FLAG},
    "customer": _CODES,
    "order_id": _CODES,
    "programme": _CODES,
    "consignee": _CODES,
    "requested_date": _TIMES,
    "feeds_into": _TEXTS,
    "currency": _CODES,
    "issued_at": _TIMES,
    "position": _NUMBERS,
    "item_code": _CODES,
    "quantity": _NUMBERS,
    "unit": _CODES,
    "description": _TEXTS,
    "price": _NUMBERS,
}
_LINES: Mapping[str, frozenset[TypeFamily]] = {**_WRITTEN, "reference": _CODES}


def unfit(settings: PlantOrders, head: Columns, lines: Columns) -> Iterable[Text]:
    """Yield a text on every mapped column that cannot hold its values, and on a reference column that is too short.

    Args:
        settings: The mapped columns.
        head: The columns of the head table as the database has them.
        lines: The columns of the line table as the database has them.
    """
    for table, columns, written in ((settings.head, head, _WRITTEN), (settings.lines, lines, _LINES)):
        for field, types in written.items():
            name = getattr(table, field, None)
            column = columns.get(name) if name else None
            if column is not None and column.strict and column.family not in types:
                yield _wrong_type(f"{table.table}.{name}", field, column, types)
    reference = head.get(settings.head.reference)
    if reference is not None and reference.size is not None and reference.size < REFERENCE_CHARACTERS:
        yield _too_short(f"{settings.head.table}.{settings.head.reference}", reference.size)


def _wrong_type(place: str, field: str, column: Column, types: frozenset[TypeFamily]) -> Text:
    fitting = ", ".join(sorted(each.value for each in types - {TypeFamily.OTHER}))
    return Text(
        en=f"{place} is mapped as {field}, but its type holds {column.family}; {field} needs one of: {fitting}. Name "
        "another column.",
        ru=f"{place} указан как {field}, но его тип ({column.family}) для этого не годится; нужен один из: {fitting}. "
        "Укажите другой столбец.",
    )


def _too_short(place: str, size: int) -> Text:
    return Text(
        en=f"{place} holds {size} characters; the hub's references have {REFERENCE_CHARACTERS} to 150, and none is "
        "ever cut. Have the column widened, or name another one.",
        ru=f"{place} вмещает {size} знаков; в ссылках центра их от {REFERENCE_CHARACTERS} до 150, и они не "
        "обрезаются. Расширьте столбец или укажите другой.",
    )
