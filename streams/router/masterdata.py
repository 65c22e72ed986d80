"""Master data: the members, and the shared nomenclature with each member's codes, units and bills of materials."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from kranhub import members as memberfile
from kranhub import units, yamlfile
from kranhub.errors import Misconfigured
from kranhub.members import Member, Members, Role
from kranhub.text import Text


def _known_unit(code: str) -> str:
    if code not in units.UNITS:
        raise ValueError(f"unit {code!r} is not in the table of UN/CEFACT Recommendation 20; use a code such as KGM")
    return code


UnitCode = Annotated[str, AfterValidator(_known_unit)]
Positive = Annotated[Decimal, Field(gt=0, max_digits=28, decimal_places=6)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Component(_Model):
    """One entry of a bill: how much of an item one base unit of the parent needs, and what it goes into first."""

    item: str
    quantity: Positive
    feeds: str | None = None


class Item(_Model):
    """One item of the nomenclature. ``conversions`` say how many base units one of another unit is."""

    item: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")
    okpd2: str = Field(pattern=r"^\d{2}(\.\d{1,3}){0,4}$")
    name: memberfile.Name
    unit: UnitCode
    conversions: dict[UnitCode, Positive] = {}
    codes: dict[str, str] = {}
    components: tuple[Component, ...] = ()

    def in_base(self, quantity: Decimal, unit: str) -> Decimal | None:
        """Return the quantity in the base unit, exactly; None when the unit has no mapping for this item."""
        if unit in self.conversions:
            return quantity * self.conversions[unit]
        return units.convert(quantity, unit, self.unit)


class Nomenclature(_Model):
    """All items. ``version`` goes into what is published."""

    version: int = Field(ge=1)
    items: tuple[Item, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        mistakes = [*_repeats(self.items), *_bad_components(self.items)] or [*_circles(self.items)]
        if mistakes:
            raise ValidationError.from_exception_data("Nomenclature", mistakes)
        return self


def _mistake(loc: tuple[str | int, ...], text: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("nomenclature", "{text}", {"text": text}), loc=loc, input=None)


def _repeats(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    seen: set[str] = set()
    owned: set[tuple[str, str]] = set()
    for at, item in enumerate(items):
        if item.item in seen:
            yield _mistake(("items", at, "item"), f"item {item.item!r} stands twice; give every item one entry")
        seen.add(item.item)
        for member, code in item.codes.items():
            if (member, code) in owned:
                yield _mistake(("items", at, "codes", member), f"{code!r} names another item already; change one")
            owned.add((member, code))


def _bad_components(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    known = {item.item for item in items}
    for at, item in enumerate(items):
        siblings = {component.item for component in item.components}
        for number, component in enumerate(item.components):
            loc = ("items", at, "components", number)
            if component.item not in known:
                yield _mistake((*loc, "item"), f"{component.item!r} is no item here; add it or correct the id")
            if component.feeds is not None and component.feeds not in siblings - {component.item}:
                yield _mistake((*loc, "feeds"), f"{component.feeds!r} is no other component of {item.item!r}")


def _circles(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    by_name = {item.item: item for item in items}
    for at, item in enumerate(items):
        if item.item in _below(item, by_name):
            yield _mistake(("items", at, "components"), f"the bill of {item.item!r} contains itself; break the circle")


def _below(item: Item, by_name: Mapping[str, Item]) -> set[str]:
    below: set[str] = set()
    waiting = [item]
    while waiting:
        for component in waiting.pop().components:
            if component.item not in below:
                below.add(component.item)
                waiting.append(by_name[component.item])
    return below


@dataclass(frozen=True)
class MasterData:
    """Members and nomenclature together, with the look-ups that routing needs."""

    members: Members
    nomenclature: Nomenclature

    @cached_property
    def items(self) -> dict[str, Item]:
        """The items by their canonical id."""
        return {item.item: item for item in self.nomenclature.items}

    @cached_property
    def _by_code(self) -> dict[tuple[str, str], Item]:
        return {(member, code): item for item in self.nomenclature.items for member, code in item.codes.items()}

    @cached_property
    def _candidates(self) -> dict[str, tuple[str, ...]]:
        return {name: _ranked(item.okpd2, self.members.members) for name, item in self.items.items()}

    def item_of(self, member: str, code: str) -> Item | None:
        """Return the item that the member means by its code."""
        return self._by_code.get((member, code))

    def code_for(self, member: str, item: str) -> str:
        """Return the member's own code for the item; its canonical id where the member has none."""
        return self.items[item].codes.get(member, item) if item in self.items else item

    def candidates(self, item: str) -> tuple[str, ...]:
        """Return the members who can make the item, best first; the same order every time."""
        return self._candidates.get(item, ())

    def name(self, member: str) -> Text:
        """Return the member's name; its id where it is unknown."""
        found = self.members.by_id.get(member)
        return found.name.text if found else Text(en=member, ru=member)


def _ranked(okpd2: str, members: Iterable[Member]) -> tuple[str, ...]:
    """Rank by the longest matching capability, plants before partners, the capability's place, the file's order."""
    found = []
    for position, member in enumerate(members):
        fits = [(-len(code), place) for place, code in enumerate(member.capabilities) if _covers(code, okpd2)]
        if fits and member.makes:
            length, place = min(fits)
            found.append((length, Role.PLANT not in member.roles, place, position, member.id))
    return tuple(entry[-1] for entry in sorted(found))


def _covers(capability: str, okpd2: str) -> bool:
    return okpd2 == capability or okpd2.startswith(f"{capability}.")


def load(members_file: Path, nomenclature_file: Path) -> MasterData:
    """Read both files. Raises `Misconfigured` naming file, line and remedy."""
    members = memberfile.load(members_file)
    nomenclature = yamlfile.load(nomenclature_file, Nomenclature)
    for item in nomenclature.items:
        for member in item.codes:
            if member not in members.by_id:
                raise Misconfigured(_unknown_member(nomenclature_file, item.item, member, members_file))
    return MasterData(members, nomenclature)


def _unknown_member(path: Path, item: str, member: str, members_file: Path) -> Text:
    line = _line_of_code(path, item, member)
    return Text(
        en=f"{path}:{line}: item {item!r} has a code of {member!r}, who is no member. "
        f"Add the member to {members_file} or correct the id.",
        ru=f"{path}:{line}: у позиции {item!r} есть код участника {member!r}, которого нет. "
        f"Добавьте участника в {members_file} или исправьте имя.",
    )


def _line_of_code(path: Path, item: str, member: str) -> int:
    root: Any = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    fields = {key.value: value for key, value in root.value}
    for entry in fields["items"].value:
        known = {key.value: value for key, value in entry.value}
        if known["item"].value == item:
            return next(int(key.start_mark.line) + 1 for key, _ in known["codes"].value if key.value == member)
    return 1
