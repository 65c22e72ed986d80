"""One company's codes: units, parties and sites, in Tryton and in the hub. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from connectors.tryton.config import Config
from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.parties.members import Member
from kranhub.text import Text
from kranhub.values import confusables, numbers, texts, times
from kranhub.values.spellings import Spellings
from kranhub.values.texts import Strange

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Codes:
    """Translates between the two."""

    config: Config
    member: Member

    def unit(self, symbol: str | None) -> str:
        """Return the Rec 20 code.

        Raises:
            InvalidDocument: ``unmapped-unit``.
        """
        code = Spellings(self.config.units).get(symbol or "")
        if code is not None:
            return code
        text = Text(
            en=f"The unit {symbol!r} has no UN/CEFACT code. Add it to `units` in the connector's configuration.",
            ru=f"Для единицы {symbol!r} нет кода UN/CEFACT. Добавьте её в `units` в настройках коннектора.",
        )
        looks = confusables.hint(symbol or "", confusables.skeletons(self.config.units))
        raise InvalidDocument(DocumentCode.UNMAPPED_UNIT, text.then(looks) if looks else text)

    def day(self, raw: Any) -> date | None:
        """Return the day in the member's own zone, None where there is none.

        Raises:
            InvalidDocument: ``bad-date`` or ``date-out-of-range``.
        """
        return _read(raw, lambda value: times.day(value, ZoneInfo(self.member.time_zone)))

    def symbols(self, unit: str) -> list[str]:
        """Return the symbols that a Rec 20 code may have in Tryton."""
        return [symbol for symbol, code in self.config.units.items() if code == unit]

    def party(self, member: str) -> str:
        """Return the code of the member's party, the hub's where it has none of its own."""
        return self.config.parties.get(member, self.config.hub_party)

    def member_of(self, party: str | None) -> str | None:
        """Return the member whose party this is, or None."""
        return next((member for member, code in self.config.parties.items() if code == party), None)

    def site(self, warehouse: str | None) -> str | None:
        """Return the site of a warehouse: the configured one, else the member's only one."""
        site = Spellings(self.config.sites).get(warehouse or "")
        if site is not None:
            return site
        return self.member.sites[0].id if len(self.member.sites) == 1 else None


def inner(record: Mapping[str, Any], path: str) -> Any:
    """Return a dotted field of a record as Tryton nests it, None where a reference is empty."""
    head, _, rest = path.partition(".")
    if not rest:
        return record.get(head)
    below = record.get(f"{head}.")
    return inner(below, rest) if below else None


def text_of(raw: Any) -> str | None:
    """Return the text without blanks around it, None where nothing is left.

    Raises:
        InvalidDocument: ``bad-text``.
    """
    return _read(raw, texts.text)


def quantity(raw: Any) -> Decimal:
    """Return a quantity or price with six digits after the point, without what binary floats add to it.

    Raises:
        InvalidDocument: ``bad-number`` or ``too-many-digits``.
    """
    return _read(raw, numbers.number) or Decimal(0)


def _read(raw: Any, rule: Callable[[Any], Value]) -> Value:
    try:
        return rule(raw)
    except Strange as error:
        held = repr(raw)[:60]
        raise InvalidDocument(
            error.code,
            Text(
                en=f"Tryton holds {held} where {error.expected.en} should stand. Correct it in Tryton.",
                ru=f"В Tryton стоит {held}, а должно быть: {error.expected.ru}. Исправьте это в Tryton.",
            ),
        ) from None


def without_zeros(value: Decimal) -> Decimal:
    """Return the number with no more digits than it needs: Tryton counts zeros after the point as digits."""
    return Decimal(f"{value.normalize():f}")
