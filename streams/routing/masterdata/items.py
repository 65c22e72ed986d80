"""The shared nomenclature: every item once, with its unit, each member's codes for it, and what it is built of."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from kranhub.configuration.checks import mistake
from kranhub.parties import units
from kranhub.parties.members import MemberId, Name, Positive, UnitCode
from kranhub.text import Text

ItemId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
Code = Annotated[str, Field(min_length=1, max_length=200)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Supply(StrEnum):
    """Where an item comes from: made by members, or bought as it is (never exploded)."""

    MAKE = "make"
    BUY = "buy"


class Component(_Model):
    """One entry of a bill of materials.

    Attributes:
        item: The component's item.
        quantity: How much of it, in its base unit, one base unit of the parent needs.
        feeds: The sibling that it goes into; None for the parent itself.
    """

    item: str
    quantity: Positive
    feeds: str | None = None


class Rounding(StrEnum):
    """What becomes of an ordered quantity that is no multiple of the step, or below the minimum."""

    REFUSE = "refuse"
    UP = "up"
    DOWN = "down"
    NEAREST = "nearest"


class OrderQuantity(_Model):
    """In which quantities an item is ordered, made and delivered; all in its base unit.

    Attributes:
        step: Every quantity is a multiple of it, as UBL's OrderQuantityIncrementNumeric; None: 1 where the base unit
            counts pieces, sets and the like, else any quantity.
        minimum: The least that may be ordered, as UBL's MinimumOrderQuantity; None for no minimum.
        rounding: What becomes of an order that does not fit.
    """

    step: Positive | None = None
    minimum: Positive | None = None
    rounding: Rounding = Rounding.REFUSE


class Item(_Model):
    """One item of the nomenclature.

    Attributes:
        item: Its canonical id.
        okpd2: Its code of the classification OKPD2.
        name: Its name.
        unit: Its base unit, a code of UN/CEFACT Recommendation 20.
        conversions: How many base units one of another unit is.
        codes: Each member's own code.
        more_codes: Further codes that mean the same item to that member.
        supply: Whether members make it, or it is bought.
        components: What one base unit is built of.
        order_quantity: In which quantities it is ordered.
        plausible_quantity: A larger quantity in a line waits for a person's approval; in the base unit.
        plausible_quantities: The same for single buyers.
        safety_stock: How much each member keeps in stock and promises to nobody; in the base unit.
    """

    item: ItemId
    okpd2: str = Field(pattern=r"^\d{2}(\.\d{1,3}){0,4}$")
    name: Name
    unit: UnitCode
    conversions: dict[UnitCode, Positive] = {}
    codes: dict[MemberId, Code] = {}
    more_codes: dict[MemberId, tuple[Code, ...]] = {}
    supply: Supply = Supply.MAKE
    components: tuple[Component, ...] = ()
    order_quantity: OrderQuantity = OrderQuantity()
    plausible_quantity: Positive | None = None
    plausible_quantities: dict[MemberId, Positive] = {}
    safety_stock: dict[MemberId, Positive] = {}

    @property
    def step(self) -> Decimal | None:
        """The quantity, in the base unit, of which every quantity is a multiple; None where any quantity will do."""
        return self.order_quantity.step or (_ONE if units.is_counted(self.unit) else None)

    def in_base(self, quantity: Decimal, unit: str) -> Decimal | None:
        """Return the quantity in the base unit, exactly; None when the unit has no mapping for this item."""
        if unit in self.conversions:
            return quantity * self.conversions[unit]
        return units.convert(quantity, unit, self.unit)

    def all_codes(self) -> Iterator[tuple[str, str]]:
        """Yield (member, code) of every code that means this item."""
        yield from self.codes.items()
        yield from ((member, code) for member, codes in self.more_codes.items() for code in codes)

    @property
    def bill(self) -> tuple[Component, ...]:
        """What one base unit is made of; empty for what is bought or made whole."""
        return self.components if self.supply is Supply.MAKE else ()


class Nomenclature(_Model):
    """All items. ``version`` is that of the master data as a whole: raise it with a change of any of their files."""

    version: int = Field(ge=1)
    items: tuple[Item, ...] = Field(min_length=1)

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """The items by their canonical id."""
        return {item.item: item for item in self.items}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        mistakes = [*_repeats(self.items), *_bad_components(self.items)] or [*_circles(self.items)]
        if mistakes:
            raise ValidationError.from_exception_data("Nomenclature", mistakes)
        return self


_ONE = Decimal(1)

YamlPath = tuple[str | int, ...]


def _repeats(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    seen: set[str] = set()
    owned: set[tuple[str, str]] = set()
    for at, item in enumerate(items):
        if item.item in seen:
            twice = Text(
                en=f"item {item.item!r} stands twice; give every item one entry",
                ru=f"позиция {item.item!r} указана дважды; оставьте одну запись",
            )
            yield mistake(("items", at, "item"), twice)
        seen.add(item.item)
        for member, code in item.all_codes():
            if (member, code) in owned:
                field = "codes" if item.codes.get(member) == code else "more_codes"
                taken = Text(
                    en=f"{code!r} names another item already; change one",
                    ru=f"{code!r} уже обозначает другую позицию; измените один из кодов",
                )
                yield mistake(("items", at, field, member), taken)
            owned.add((member, code))


def _bad_components(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    known = {item.item for item in items}
    parents = {part.item: item.item for item in reversed(items) for part in item.components}
    for at, item in enumerate(items):
        place: YamlPath = ("items", at, "components")
        for number, part in enumerate(item.components):
            if part.item not in known:
                path = " -> ".join((*_way_to(item.item, parents), part.item))
                unknown = Text(
                    en=f"{path}: {part.item!r} is no item here; add or correct it",
                    ru=f"{path}: позиции {part.item!r} здесь нет; добавьте или исправьте её",
                )
                yield mistake((*place, number, "item"), unknown)
        yield from _bad_feeds(item, place)


def _way_to(item: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """Return one way from an item that nothing contains down to this one, or round a circle back to it."""
    way = [item]
    while way[0] in parents and parents[way[0]] not in way:
        way.insert(0, parents[way[0]])
    return tuple(way)


def _bad_feeds(item: Item, place: YamlPath) -> Iterator[InitErrorDetails]:
    feeds: dict[str, str | None] = {}
    for number, part in enumerate(item.components):
        if part.item in feeds:
            twice = Text(
                en=f"{part.item!r} stands twice in the bill of {item.item!r}; add up its quantities",
                ru=f"{part.item!r} дважды в спецификации {item.item!r}; сложите количества",
            )
            yield mistake((*place, number, "item"), twice)
        feeds[part.item] = part.feeds
    siblings = {part.item for part in item.components}
    for number, part in enumerate(item.components):
        loc = (*place, number, "feeds")
        if part.feeds is not None and part.feeds not in siblings - {part.item}:
            foreign = Text(
                en=f"{part.feeds!r} is no other component of {item.item!r}",
                ru=f"{part.feeds!r} не другая составляющая {item.item!r}",
            )
            yield mistake(loc, foreign)
        elif circle := _circle(part.item, {name: (into,) for name, into in feeds.items() if into}):
            around = Text(
                en=f"{' -> '.join(circle)}: these feed each other in a circle; break it",
                ru=f"{' -> '.join(circle)}: питают друг друга по кругу; разорвите его",
            )
            yield mistake(loc, around)


def _circles(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    below = {item.item: tuple(part.item for part in item.components) for item in items}
    try:
        TopologicalSorter(below).prepare()
    except CycleError:  # names one circle, from wherever it was met; a person wants each, by the item's own entry
        yield from _each_circle(items, below)


def _each_circle(items: Sequence[Item], below: Mapping[str, Sequence[str]]) -> Iterator[InitErrorDetails]:
    for at, item in enumerate(items):
        if circle := _circle(item.item, below):
            itself = Text(
                en=f"{' -> '.join(circle)}: the bill of {item.item!r} contains itself; break the circle",
                ru=f"{' -> '.join(circle)}: спецификация {item.item!r} содержит саму себя; разорвите круг",
            )
            yield mistake(("items", at, "components"), itself)


def _circle(start: str, below: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return a way from the start back to it, both ends included; empty when there is none."""
    seen: set[str] = set()
    waiting: list[tuple[str, ...]] = [(start,)]
    while waiting:
        way = waiting.pop()
        for name in below.get(way[-1], ()):
            if name == start:
                return (*way, start)
            if name not in seen:
                seen.add(name)
                waiting.append((*way, name))
    return ()
