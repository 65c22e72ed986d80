"""Single values, pure: what a column holds to what a record holds, and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from kranhub.errors import InvalidDocument
from kranhub.text import Text

Row = Mapping[str, Any]
SCALE = Decimal("0.000001")
"""Quantities and prices are decimal(28,6) in the hub's schemas; more digits are an error."""
LIMIT = Decimal(10) ** 22
FIRST_YEAR, LAST_YEAR = 1990, 2199
EMPTY_LOCKS = (None, "", 0, "0", False)


@dataclass(frozen=True, slots=True)
class Values:
    """How this database writes dates, numbers and units.

    ``native``: the database has types of its own for dates and decimals; SQLite has not, so they are text there.
    """

    zone: ZoneInfo
    units: Mapping[str, str]
    currencies: Mapping[str, str] = field(default_factory=dict)
    date_format: str = "yyyy-mm-dd"
    decimal_mark: str = "."
    native: bool = False

    def text(self, row: Row, column: str | None) -> str | None:
        """Return the text without outer spaces; None where it is empty. Raises `InvalidDocument` ``bad-text``."""
        raw = row[column] if column else None
        if isinstance(raw, bytes):
            raise invalid("bad-text", column, raw, "text in UTF-8", "текст в UTF-8")
        if isinstance(raw, float) and raw.is_integer():
            raw = int(raw)
        return (str(raw).strip() or None) if raw is not None else None

    def required(self, row: Row, column: str) -> str:
        """Return the text. Raises `InvalidDocument` ``missing-value`` where it is empty."""
        value = self.text(row, column)
        if value is None:
            raise invalid("missing-value", column, None, "a value", "значение")
        return value

    def number(self, row: Row, column: str | None) -> Decimal | None:
        """Return the number, at most 6 digits behind the mark; None where it is empty.

        Raises `InvalidDocument` ``bad-number`` or ``too-many-digits``.
        """
        raw = row[column] if column else None
        if raw is None or raw == "":
            return None
        value = self._decimal(raw)
        if value is None or not value.is_finite() or abs(value) >= LIMIT:
            raise invalid("bad-number", column, raw, "a number such as 12.5", "число, например 12.5")
        rounded = value.quantize(SCALE)
        noise = isinstance(raw, float) and abs(rounded - value) <= abs(value) * Decimal("1e-14")
        if rounded != value and not noise:
            raise invalid("too-many-digits", column, raw, "at most 6 decimals", "не более 6 знаков после запятой")
        return rounded

    def quantity(self, row: Row, column: str) -> Decimal:
        """Return a quantity of zero or more. Raises as `number` does, and ``missing-value``, ``negative-quantity``."""
        value = self.number(row, column)
        if value is None:
            raise invalid("missing-value", column, None, "a number", "число")
        if value < 0:
            raise invalid("negative-quantity", column, value, "zero or more", "ноль или больше")
        return value

    def integer(self, row: Row, column: str | None) -> int:
        """Return a whole number, 0 where it is empty. Raises `InvalidDocument` ``bad-number``."""
        value = self.number(row, column) or Decimal(0)
        if value != int(value):
            raise invalid("bad-number", column, value, "a whole number", "целое число")
        return int(value)

    def day(self, row: Row, column: str | None) -> date | None:
        """Return the date, None where it is empty. Raises `InvalidDocument` ``bad-date`` or ``date-out-of-range``."""
        raw = row[column] if column else None
        if raw is None or raw == "":
            return None
        value = raw if isinstance(raw, date) else self._moment(raw, column)
        value = value.date() if isinstance(value, datetime) else value
        return in_range(value, column, raw)

    def instant(self, row: Row, column: str | None, zone: ZoneInfo | None = None) -> datetime | None:
        """Return the instant in UTC; a time without a zone is read in ``zone``, the plant's by default.

        Raises `InvalidDocument` ``bad-date`` or ``date-out-of-range``.
        """
        raw = row[column] if column else None
        if raw is None or raw == "":
            return None
        value = raw if isinstance(raw, datetime) else self._moment(raw, column)
        in_range(value.date(), column, raw)
        aware = value if value.tzinfo else value.replace(tzinfo=zone or self.zone)
        return aware.astimezone(UTC)

    def unit(self, row: Row, column: str) -> str:
        """Return the Recommendation 20 code. Raises `InvalidDocument` ``unmapped-unit``."""
        return _mapped(self.required(row, column), self.units, column, "unit")

    def currency(self, row: Row, column: str) -> str:
        """Return the ISO 4217 code. Raises `InvalidDocument` ``unmapped-currency``."""
        spelled = self.required(row, column)
        if not self.currencies and len(spelled) == 3 and spelled.isascii() and spelled.isupper():
            return spelled
        return _mapped(spelled, self.currencies, column, "currency")

    def spelled_unit(self, code: str) -> str:
        """Return how the plant writes this unit. Raises `InvalidDocument` ``unmapped-unit``."""
        return _spelled(code, self.units, "unit")

    def spelled_currency(self, code: str) -> str:
        """Return how the plant writes this currency. Raises `InvalidDocument` ``unmapped-currency``."""
        return _spelled(code, self.currencies, "currency") if self.currencies else code

    def stored(self, value: Any) -> Any:
        """Return the value as this database's column takes it."""
        if self.native:
            return value
        match value:
            case Decimal():
                return f"{value.normalize():f}".replace(".", self.decimal_mark)
            case datetime():
                return value.astimezone(self.zone).strftime(f"{self._day_pattern} %H:%M:%S")
            case date():
                return value.strftime(self._day_pattern)
        return value

    def same(self, row: Row, column: str, wanted: Any) -> bool:
        """Tell whether the column holds the wanted value, whatever its spelling."""
        try:
            match wanted:
                case bool() | int() | Decimal():
                    return self.number(row, column) == Decimal(wanted)
                case datetime():
                    held = self.instant(row, column)
                    return held is not None and held.replace(microsecond=0) == wanted.replace(microsecond=0)
                case date():
                    return self.day(row, column) == wanted
            return self.text(row, column) == str(wanted).strip()
        except InvalidDocument:
            return False

    @property
    def _day_pattern(self) -> str:
        return "%d.%m.%Y" if self.date_format == "dd.mm.yyyy" else "%Y-%m-%d"

    def _decimal(self, raw: Any) -> Decimal | None:
        if isinstance(raw, str):
            compact = raw.strip().replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
            raw = compact.replace(",", ".") if self.decimal_mark == "," else compact
        elif not isinstance(raw, int | float | Decimal):
            return None
        try:
            return Decimal(str(raw))
        except InvalidOperation:
            return None

    def _moment(self, raw: Any, column: str | None) -> datetime:
        text = str(raw).strip()
        try:
            if self.date_format == "dd.mm.yyyy" and text[2:3] == ".":
                return _russian(text)
            if text[4:5] == "-":
                return datetime.fromisoformat(text)
        except ValueError:
            pass
        raise invalid("bad-date", column, raw, f"a date as {self.date_format}", f"дата вида {self.date_format}")


def _russian(text: str) -> datetime:
    day, _, time = text.partition(" ")
    return datetime.fromisoformat(f"{day[6:]}-{day[3:5]}-{day[:2]} {time or '00:00'}")


def in_range(value: date, column: str | None, raw: Any) -> date:
    """Return the date if it lies in this age. Raises `InvalidDocument` ``date-out-of-range`` (1C's empty year 0001)."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        years = f"{FIRST_YEAR}-{LAST_YEAR}"
        raise invalid("date-out-of-range", column, raw, f"a year of {years}", f"год из {years}")
    return value


def invalid(code: str, column: str | None, raw: Any, en: str, ru: str) -> InvalidDocument:
    """Return the error that names the column, what stands there and what should."""
    return InvalidDocument(
        code,
        Text(
            en=f"Column {column} holds {raw!r}; it should hold {en}. Correct the row in the ERP.",
            ru=f"В столбце {column} стоит {raw!r}; должно быть: {ru}. Исправьте строку в учётной системе.",
        ),
    )


def _mapped(spelled: str, codes: Mapping[str, str], column: str, what: str) -> str:
    folded = {name.strip().casefold(): code for name, code in codes.items()}
    code = folded.get(spelled.casefold())
    if code is None:
        raise InvalidDocument(
            f"unmapped-{what}",
            Text(
                en=f"Column {column}: {what} {spelled!r} has no code. Add it to the connector's {what} list.",
                ru=f"Столбец {column}: для {spelled!r} не задан код. Добавьте его в список коннектора ({what}).",
            ),
        )
    return code


def _spelled(code: str, codes: Mapping[str, str], what: str) -> str:
    for name, known in codes.items():
        if known == code:
            return name
    raise InvalidDocument(
        f"unmapped-{what}",
        Text(
            en=f"{what} {code} has no spelling in this ERP. Add it to the connector's {what} list.",
            ru=f"Для {code} не задано написание в учётной системе. Добавьте его в список коннектора ({what}).",
        ),
    )
