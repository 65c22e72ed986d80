"""Single values: what a column holds to what a record holds, and back. Pure. The rules are `kranhub.values`'."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from connectors.sql.columns import ANY, Column, TypeFamily
from connectors.sql.error_codes import SqlCode
from kranhub.errors import Code, DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.values import numbers, texts, times
from kranhub.values.spellings import Spellings
from kranhub.values.texts import Strange

Row = Mapping[str, Any]
Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Values:
    """How this ERP writes dates, numbers and units: in every column that is a text, whatever the database."""

    zone: ZoneInfo
    units: Mapping[str, str]
    currencies: Mapping[str, str] = field(default_factory=dict)
    date_format: times.Format = "yyyy-mm-dd"
    decimal_mark: numbers.Mark = "."
    _units: Spellings[str] = field(init=False, repr=False, compare=False)
    _currencies: Spellings[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the plant's own names for look-ups."""
        object.__setattr__(self, "_units", Spellings(self.units))
        object.__setattr__(self, "_currencies", Spellings(self.currencies))

    def text(self, row: Row, column: str | None) -> str | None:
        """Return the text without outer spaces; None where it is empty.

        Raises:
            InvalidDocument: ``bad-text``.
        """
        return _read(row, column, texts.text)

    def required(self, row: Row, column: str) -> str:
        """Return the text.

        Raises:
            InvalidDocument: ``bad-text``, or ``missing-value`` where it is empty.
        """
        value = self.text(row, column)
        if value is None:
            raise missing(column, "a value", "значение")
        return value

    def number(self, row: Row, column: str | None) -> Decimal | None:
        """Return the number, at most 6 digits behind the mark; None where it is empty.

        Raises:
            InvalidDocument: ``bad-number`` or ``too-many-digits``.
        """
        return _read(row, column, lambda raw: numbers.number(raw, self.decimal_mark))

    def quantity(self, row: Row, column: str) -> Decimal:
        """Return a quantity of zero or more.

        Raises:
            InvalidDocument: ``missing-value`` where it is empty, ``bad-number``, ``too-many-digits`` or
                ``negative-quantity``.
        """
        value = self.number(row, column)
        if value is None:
            raise missing(column, "a number", "число")
        if value < 0:
            raise invalid(SqlCode.NEGATIVE_QUANTITY, column, value, "zero or more", "ноль или больше")
        return value

    def integer(self, row: Row, column: str | None) -> int:
        """Return a whole number, 0 where it is empty.

        Raises:
            InvalidDocument: ``bad-number`` or ``too-many-digits``.
        """
        value = self.number(row, column) or Decimal(0)
        if value != int(value):
            raise invalid(DocumentCode.BAD_NUMBER, column, value, "a whole number", "целое число")
        return int(value)

    def day(self, row: Row, column: str | None) -> date | None:
        """Return the day in the site's zone, None where it is empty.

        Raises:
            InvalidDocument: ``bad-date`` or ``date-out-of-range``.
        """
        return _read(row, column, lambda raw: times.day(raw, self.zone, self.date_format))

    def required_day(self, row: Row, column: str) -> date:
        """Return the day in the site's zone.

        Raises:
            InvalidDocument: ``bad-date``, ``date-out-of-range``, or ``missing-value`` where it is empty.
        """
        value = self.day(row, column)
        if value is None:
            raise missing(column, f"a date as {self.date_format}", f"дата вида {self.date_format}")
        return value

    def instant(self, row: Row, column: str | None, zone: ZoneInfo | None = None) -> datetime | None:
        """Return the instant in UTC, None where it is empty.

        Args:
            row: The row.
            column: The column; None for none, which is empty.
            zone: The zone of a time without one; None for the plant's.

        Raises:
            InvalidDocument: ``bad-date`` or ``date-out-of-range``.
        """
        return _read(row, column, lambda raw: times.instant(raw, zone or self.zone, self.date_format))

    def is_unset(self, row: Row, column: str | None) -> bool:
        """Return whether a flag or a reference means "nobody"; so does a column that is not named."""
        return column is None or texts.is_unset(row[column])

    def unit(self, row: Row, column: str) -> str:
        """Return the Recommendation 20 code.

        Raises:
            InvalidDocument: ``unmapped-unit``, or ``missing-value`` where it is empty.
        """
        return _mapped(self.required(row, column), self._units, column, "unit")

    def currency(self, row: Row, column: str) -> str:
        """Return the ISO 4217 code.

        Raises:
            InvalidDocument: ``unmapped-currency``, or ``missing-value`` where it is empty.
        """
        spelled = self.required(row, column)
        if not self.currencies and len(spelled) == 3 and spelled.isascii() and spelled.isalpha():
            return spelled.upper()
        return _mapped(spelled, self._currencies, column, "currency")

    def spelled_unit(self, code: str) -> str:
        """Return how the plant writes this unit.

        Raises:
            InvalidDocument: ``unmapped-unit``.
        """
        return _spelled(code, self.units, "unit")

    def spelled_currency(self, code: str) -> str:
        """Return how the plant writes this currency.

        Raises:
            InvalidDocument: ``unmapped-currency``.
        """
        return _spelled(code, self.currencies, "currency") if self.currencies else code

    def stored(self, value: Any, column: Column = ANY, name: str | None = None) -> Any:
        """Return the value as the column takes it: a text in the ERP's form, or a value of the column's own type.

        Args:
            value: The value of the document; None for empty.
            column: What the column can hold.
            name: The column's name, for the error's text.

        Raises:
            InvalidDocument: ``does-not-fit`` where the column holds another type of value, is too short or has too few
                digits; ``bad-text`` where no database could keep the text.
        """
        if value is None:
            return None
        try:
            return self._typed(value, column)
        except (ValueError, OverflowError):
            raise _does_not_fit(value, column, name) from None

    def same(self, row: Row, name: str, wanted: Any, column: Column = ANY) -> bool:
        """Return whether the column holds the wanted value, in whatever form, as exactly as the column can.

        Args:
            row: The row.
            name: The column's name.
            wanted: The value.
            column: What the column can hold.
        """
        try:
            return self._is_same(row, name, wanted, column)
        except (InvalidDocument, ValueError, OverflowError):
            return False

    def _typed(self, value: Any, column: Column) -> Any:
        match column.family:
            case TypeFamily.WHOLE | TypeFamily.DECIMAL | TypeFamily.BINARY:
                return self._number(value, column)
            case TypeFamily.FLAG if column.strict:
                return not texts.is_unset(value)
            case TypeFamily.DAY | TypeFamily.LOCAL | TypeFamily.INSTANT:
                return self._time(value, column)
            case TypeFamily.IDENTIFIER:
                return uuid.UUID(str(value).strip())
            case TypeFamily.OTHER if isinstance(value, bool | int | float):
                return value
        found = self._spelled(value)
        if column.size is not None and len(found) > column.size:
            raise ValueError(found)
        return found

    def _spelled(self, value: Any) -> str:
        match value:
            case Decimal():
                return numbers.spelled(value, self.decimal_mark)
            case date():
                return times.spelled(value, self.zone, self.date_format)
            case bool():
                return str(int(value))
        found = str(value)
        found.encode("utf-8")  # a lone surrogate is no text
        if "\0" in found:
            raise ValueError(found)
        return found

    def _number(self, value: Any, column: Column) -> Any:
        found = Decimal(int(value)) if isinstance(value, bool) else None
        try:
            found = numbers.number(value, ".") if found is None else found
        except Strange:
            found = None
        if found is None or (column.family is TypeFamily.WHOLE and found != int(found)):
            if column.strict:
                raise ValueError(value)
            return self._spelled(value) if found is None else numbers.spelled(found)
        if not _fits(found, column):
            raise ValueError(value)
        if column.family is TypeFamily.WHOLE:
            return int(found)
        if not column.strict:
            return numbers.spelled(found)  # as text, so that SQLite itself decides whether a binary fraction loses any
        return found if column.family is TypeFamily.DECIMAL else float(found)

    def _time(self, value: Any, column: Column) -> Any:
        if isinstance(value, str):
            read = times.day if column.family is TypeFamily.DAY else times.instant
            value = _tried(read, value, self.zone, self.date_format)
        if not isinstance(value, date):
            raise ValueError(value)
        if not isinstance(value, datetime):
            if column.family is TypeFamily.DAY:
                return value
            value = datetime(value.year, value.month, value.day, tzinfo=self.zone)
        local = times.cut(value.astimezone(self.zone), column.decimals or 0)
        if column.family is TypeFamily.DAY:
            return local.date()
        return local if column.family is TypeFamily.INSTANT else local.replace(tzinfo=None)

    def _is_same(self, row: Row, name: str, wanted: Any, column: Column) -> bool:
        match wanted:
            case datetime():
                return self._same_time(row, name, wanted, column)
            case date():
                return self.day(row, name) == wanted
            case bool() if column.family is TypeFamily.FLAG:
                return texts.is_unset(row[name]) is not wanted
            case bool() | int() | float() | Decimal():
                return self._same_number(row, name, wanted, column)
        kept, wanted_text = texts.text(row[name]), texts.text(self.stored(wanted, column, name))
        return kept == wanted_text

    def _same_number(self, row: Row, name: str, wanted: Any, column: Column) -> bool:
        held = self.number(row, name)
        if held is None or column.family is not TypeFamily.BINARY or column.wide or not column.strict:
            return held == numbers.number(int(wanted) if isinstance(wanted, bool) else wanted)
        return numbers.single(held) == numbers.single(wanted)

    def _same_time(self, row: Row, name: str, wanted: datetime, column: Column) -> bool:
        """Compare what the column shows: a day, or the clock of the site where it has no zone."""
        if column.family is TypeFamily.DAY:
            return self.day(row, name) == wanted.astimezone(self.zone).date()
        held = self.instant(row, name)
        if held is None:
            return False
        if column.family is TypeFamily.INSTANT:
            return times.cut(held, column.decimals or 0) == times.cut(wanted.astimezone(UTC), column.decimals or 0)
        return self._clock(held, column) == self._clock(wanted, column)

    def _clock(self, moment: datetime, column: Column) -> datetime:
        return times.cut(moment.astimezone(self.zone), column.decimals or 0).replace(tzinfo=None, fold=0)


def _tried(read: Callable[..., Read], *arguments: Any) -> Read:
    try:
        return read(*arguments)
    except Strange as error:
        raise ValueError(error.code) from None


def _fits(value: Decimal, column: Column) -> bool:
    if column.decimals is not None and value != round(value, column.decimals):
        return False
    return column.whole is None or abs(value) < Decimal(10) ** column.whole


def _read(row: Row, column: str | None, rule: Callable[[Any], Read]) -> Read | None:
    if column is None:
        return None
    try:
        return rule(row[column])
    except Strange as error:
        raise invalid(error.code, column, row[column], error.expected.en, error.expected.ru) from None


def missing(column: str, en: str, ru: str) -> InvalidDocument:
    """Return the error about an empty column.

    Args:
        column: The column.
        en: What it should hold, in English.
        ru: What it should hold, in Russian.
    """
    return invalid(SqlCode.MISSING_VALUE, column, None, en, ru)


def invalid(code: Code, column: str | None, raw: Any, en: str, ru: str) -> InvalidDocument:
    """Return the error that names the column, what it holds and what it should.

    Args:
        code: The error's code.
        column: The column; None where it is not named.
        raw: What it holds; None for empty.
        en: What it should hold, in English.
        ru: What it should hold, in Russian.
    """
    held = repr(raw) if isinstance(raw, str | bytes) else str(raw)
    if isinstance(raw, Decimal) and raw.is_finite():
        held = numbers.spelled(raw)
    en_held, ru_held = (f"holds {held}", f"стоит {held}") if raw is not None else ("is empty", "ничего нет")
    return InvalidDocument(
        code,
        Text(
            en=f"Column {column} {en_held}; it should hold {en}. Correct the row in the ERP.",
            ru=f"В столбце {column} {ru_held}; должно быть: {ru}. Исправьте строку в учётной системе.",
        ),
    )


def _does_not_fit(value: Any, column: Column, name: str | None) -> InvalidDocument:
    if isinstance(value, str) and column.size is not None and len(value) > column.size:
        limits = Text(en=f"at most {column.size} characters", ru=f"не больше {column.size} знаков")
    elif column.decimals is not None and column.family is TypeFamily.DECIMAL:
        limits = Text(
            en=f"at most {column.whole} digits before the decimal mark and {column.decimals} behind it",
            ru=f"не больше {column.whole} цифр до запятой и {column.decimals} после неё",
        )
    elif column.family in (TypeFamily.TEXT, TypeFamily.OTHER):
        limits = Text(en="text without NUL characters, in Unicode", ru="текст Юникода без символов NUL")
    else:
        limits = Text(en=column.family.value, ru=_RUSSIAN[column.family])
    return InvalidDocument(
        SqlCode.DOES_NOT_FIT,
        Text(
            en=f"The order has {value!s:.80} for column {name}, which can hold {limits.en}. Ask your database "
            "administrator to widen the column or change its type, or name another column.",
            ru=f"В заказе для столбца {name} стоит {value!s:.80}, а столбец вмещает: {limits.ru}. Попросите "
            "администратора базы расширить столбец или сменить его тип либо укажите другой столбец.",
        ),
    )


_RUSSIAN = {
    TypeFamily.WHOLE: "целые числа",
    TypeFamily.DECIMAL: "десятичные числа",
    TypeFamily.BINARY: "двоичные дроби",
    TypeFamily.FLAG: "да или нет",
    TypeFamily.DAY: "даты",
    TypeFamily.LOCAL: "время без часового пояса",
    TypeFamily.INSTANT: "время с часовым поясом",
    TypeFamily.IDENTIFIER: "UUID",
}


_UNMAPPED: Mapping[str, Code] = {"unit": DocumentCode.UNMAPPED_UNIT, "currency": SqlCode.UNMAPPED_CURRENCY}


def _mapped(spelled: str, codes: Spellings[str], column: str, what: str) -> str:
    code = codes.get(spelled)
    if code is None:
        text = Text(
            en=f"Column {column}: {what} {spelled!r} has no code. Add it to the connector's {what} list.",
            ru=f"Столбец {column}: для {spelled!r} не задан код. Добавьте его в список коннектора ({what}).",
        )
        raise InvalidDocument(_UNMAPPED[what], codes.hinted(text, spelled))
    return code


def _spelled(code: str, codes: Mapping[str, str], what: str) -> str:
    for name, known in codes.items():
        if known == code:
            return name
    raise InvalidDocument(
        _UNMAPPED[what],
        Text(
            en=f"{what} {code} has no spelling in this ERP. Add it to the connector's {what} list.",
            ru=f"Для {code} не задано написание в учётной системе. Добавьте его в список коннектора ({what}).",
        ),
    )
