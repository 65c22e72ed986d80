"""One company's codes: units, parties and sites, as Tryton and as the hub say them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.tryton.config import Config
from kranhub import lookalikes
from kranhub.errors import InvalidDocument
from kranhub.members import Member
from kranhub.text import Text

SIX_DIGITS = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Codes:
    """Translates between the two."""

    config: Config
    member: Member

    def unit(self, symbol: str | None) -> str:
        """Return the Rec 20 code. Raises `InvalidDocument` ``unmapped-unit``."""
        if symbol in self.config.units:
            return self.config.units[symbol]
        text = Text(
            en=f"The unit {symbol!r} has no UN/CEFACT code. Add it to `units` in the connector's configuration.",
            ru=f"Для единицы {symbol!r} нет кода UN/CEFACT. Добавьте её в `units` в настройках коннектора.",
        )
        looks = lookalikes.hint(symbol or "", lookalikes.skeletons(self.config.units))
        raise InvalidDocument("unmapped-unit", text.then(looks) if looks else text)

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
        if warehouse in self.config.sites:
            return self.config.sites[warehouse]
        return self.member.sites[0].id if len(self.member.sites) == 1 else None


def inner(record: Mapping[str, Any], path: str) -> Any:
    """Return a dotted field of a record as Tryton nests it, None where a reference is empty."""
    head, _, rest = path.partition(".")
    if not rest:
        return record.get(head)
    below = record.get(f"{head}.")
    return inner(below, rest) if below else None


def quantity(value: Any) -> Decimal:
    """Return a quantity without the noise of Tryton's binary floats: six digits after the point."""
    return Decimal(value or 0).quantize(SIX_DIGITS)


def without_zeros(value: Decimal) -> Decimal:
    """Return the number with no more digits than it needs: Tryton counts zeros after the point as digits."""
    return Decimal(f"{value.normalize():f}")
