"""What a column of the plant's table can hold, by the type that the database reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import TypeEngine

from kranhub.values.texts import linked


class TypeFamily(StrEnum):
    """A family of types; every database has its own names for them."""

    TEXT = "text"
    WHOLE = "whole numbers"
    DECIMAL = "decimal numbers"
    BINARY = "binary fractions"
    FLAG = "true or false"
    DAY = "dates"
    LOCAL = "times without a zone"
    INSTANT = "times with a zone"
    IDENTIFIER = "UUIDs"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. None is no limit.

    Attributes:
        family: The family of its type.
        size: The characters of a text.
        whole: The digits before the decimal mark.
        decimals: The digits behind the decimal mark; of a time, those of a second.
        padded: The length to which blanks fill a text up.
        wide: Whether a binary fraction has eight bytes rather than four.
        strict: Whether the database refuses what does not fit; SQLite does not.
    """

    family: TypeFamily
    size: int | None = None
    whole: int | None = None
    decimals: int | None = None
    padded: int | None = None
    wide: bool = True
    strict: bool = True


ANY = Column(TypeFamily.OTHER, strict=False)
"""A column about which nothing is known: numbers and dates are written into it as text."""

Columns = Mapping[str, Column]


Reflected = Mapping[str, ReflectedColumn]
"""A table's columns by name, as SQLAlchemy reflects them."""


def reflected(inspector: sa.Inspector, table: str, schema: str | None) -> Reflected:
    """Return the columns of a table or view by name; nothing where it does not exist.

    Args:
        inspector: The database's tables.
        table: The table or view.
        schema: The database schema; None for the default one.
    """
    if not inspector.has_table(table, schema=schema):
        return {}
    return {each["name"]: each for each in inspector.get_columns(table, schema=schema)}


def columns(inspector: sa.Inspector, table: Reflected) -> Columns:
    """Return what the columns of a table hold."""
    loose = inspector.dialect.name == "sqlite"
    return {name: column(each["type"], loose=loose) for name, each in table.items()}


def column(kind: TypeEngine[Any], *, loose: bool = False) -> Column:
    """Return what a type holds. ``loose``: SQLite, whose texts have no limit and whose dates are texts."""
    kind = getattr(kind, "data_type", kind)  # a domain of PostgreSQL's
    family = _family(kind)
    if loose:
        numbers = (TypeFamily.WHOLE, TypeFamily.DECIMAL, TypeFamily.BINARY, TypeFamily.FLAG)
        return Column(family if family in numbers else TypeFamily.TEXT, padded=_padded(kind), strict=False)
    match family:
        case TypeFamily.TEXT:
            return Column(
                family, None if isinstance(kind, sa.Enum) else getattr(kind, "length", None), padded=_padded(kind)
            )
        case TypeFamily.DECIMAL:
            return _decimal(kind)
        case TypeFamily.BINARY:
            return Column(family, wide=not _is_single(kind))
        case TypeFamily.LOCAL | TypeFamily.INSTANT:
            return Column(family, decimals=_fraction(kind))
    return Column(family)


_FAMILIES = (
    (sa.Boolean, TypeFamily.FLAG),
    (sa.Integer, TypeFamily.WHOLE),
    (sa.Float, TypeFamily.BINARY),
    (sa.Numeric, TypeFamily.DECIMAL),
    (sa.Date, TypeFamily.DAY),
    (sa.Uuid, TypeFamily.IDENTIFIER),
    (sa.String, TypeFamily.TEXT),
)


def _family(kind: TypeEngine[Any]) -> TypeFamily:
    if isinstance(kind, sa.DateTime):
        return TypeFamily.INSTANT if kind.timezone else TypeFamily.LOCAL
    return next((family for type_, family in _FAMILIES if isinstance(kind, type_)), TypeFamily.OTHER)


def as_kept(value: Any, column: Column) -> Sequence[Any]:
    """Return every form in which the column may keep a value that is looked up; none where it cannot hold it."""
    if value is None or isinstance(value, bytes):
        return (value,)
    match column.family:
        case TypeFamily.TEXT:
            found = linked(value, "")
            return (found,) if column.padded is None else tuple({found: None, found.ljust(column.padded): None})
        case TypeFamily.WHOLE | TypeFamily.DECIMAL | TypeFamily.BINARY if column.strict:
            found = linked(value, 0)
            return () if isinstance(found, str) else (found,)
        case TypeFamily.IDENTIFIER:
            found = linked(value, UUID(int=0))
            return (found,) if isinstance(found, UUID) else ()
    return (value,)


def _padded(kind: TypeEngine[Any]) -> int | None:
    return kind.length if isinstance(kind, sa.CHAR) else None


def _decimal(kind: Any) -> Column:
    if kind.precision is None:
        return Column(TypeFamily.DECIMAL)
    decimals = kind.scale or 0
    return Column(TypeFamily.DECIMAL, whole=kind.precision - decimals, decimals=decimals)


def _is_single(kind: Any) -> bool:
    return isinstance(kind, sa.REAL) or (getattr(kind, "precision", None) or 53) <= 24


def _fraction(kind: Any) -> int:
    """Return the digits of a second: those of the type, PostgreSQL's six by default, none where that is unknown."""
    precision = next(
        (digits for name in ("precision", "fsp") if (digits := getattr(kind, name, None)) is not None), None
    )
    if precision is not None:
        return int(precision)
    return 6 if ".postgresql" in type(kind).__module__ else 0
