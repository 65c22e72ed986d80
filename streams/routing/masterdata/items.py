"""The shared nomenclature: every item once, with its unit, each member's codes for it, and what it is built of."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from kranhub.configuration.checks import Mistake, mistake
from kranhub.parties import units
from kranhub.parties.members import MemberId, Name, Positive, UnitCode
from kranhub.text import Text
from streams.routing.model.terms import NO_SPECIFICATION, Specification

ItemId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
Code = Annotated[str, Field(min_length=1, max_length=200)]
YamlPath = tuple[str | int, ...]


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


class _Valid(_Model):
    """What counts for lines that are wanted within a span of days.

    Attributes:
        valid_from: The first requested date of the lines; None for any.
        valid_until: The last requested date of the lines; None for any.
    """

    valid_from: date | None = None
    valid_until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            raise Mistake(_ENDS_FIRST)
        return self

    def is_valid(self, day: date | None) -> bool:
        """Return whether it counts for a line that is wanted on this day; without a day, whether it counts for any."""
        if day is None:
            return self.valid_from is None and self.valid_until is None
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


_ENDS_FIRST = Text(
    en="valid_until is before valid_from; exchange them, or leave one out",
    ru="valid_until раньше valid_from; поменяйте их местами или уберите одно",
)


class AlternativeItem(_Valid):
    """An item that may be delivered in place of another, one base unit for one.

    Attributes:
        item: Its id.
    """

    item: str


class AlternativeBill(_Valid):
    """A bill of materials that counts for some lines only.

    Attributes:
        bill: Its id among the item's bills.
        characteristics: The characteristics of the lines; empty for any, as the next two.
        drawings: The drawings of the lines.
        drawing_revisions: The revisions of the drawings of the lines.
        components: What one base unit is built of.
    """

    bill: ItemId
    characteristics: tuple[str, ...] = ()
    drawings: tuple[str, ...] = ()
    drawing_revisions: tuple[str, ...] = ()
    components: tuple[Component, ...] = Field(min_length=1)

    def is_for(self, specification: Specification, day: date | None) -> bool:
        """Return whether it counts for a line with this specification that is wanted on this day."""
        return self.is_valid(day) and all(
            not wanted or (told is not None and told.strip() in wanted)
            for wanted, told in (
                (self.characteristics, specification.characteristic),
                (self.drawings, specification.drawing),
                (self.drawing_revisions, specification.drawing_revision),
            )
        )


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
        components: What one base unit is built of where none of ``bills`` counts.
        bills: Bills that count for some lines only; the first that a line meets does.
        alternative_items: What may be delivered in its place, the best first.
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
    bills: tuple[AlternativeBill, ...] = ()
    alternative_items: tuple[AlternativeItem, ...] = ()
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

    def bill(self, specification: Specification = NO_SPECIFICATION, day: date | None = None) -> tuple[Component, ...]:
        """Return what one base unit is made of; empty for what is bought or made whole.

        Args:
            specification: What the line says of its goods, where the item is the line's own.
            day: When the line is wanted; None where that is not known.
        """
        if self.supply is not Supply.MAKE:
            return ()
        return next((bill.components for bill in self.bills if bill.is_for(specification, day)), self.components)

    @property
    def all_components(self) -> Iterator[tuple[YamlPath, tuple[Component, ...]]]:
        """Each list of components with its path in the item: ``components``, then those of ``bills``."""
        yield ("components",), self.components
        yield from ((("bills", at, "components"), bill.components) for at, bill in enumerate(self.bills))


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
        mistakes = [
            *_repeats(self.items),
            *_bad_components(self.items),
            *_repeated_bills(self.items),
            *_bad_alternatives(self.items),
        ] or [*_circles(self.items)]
        if mistakes:
            raise ValidationError.from_exception_data("Nomenclature", mistakes)
        return self


_ONE = Decimal(1)


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
    parents = {part: item.item for item in reversed(items) for part in _parts(item)}
    for at, item in enumerate(items):
        for path, components in item.all_components:
            place: YamlPath = ("items", at, *path)
            for number, part in enumerate(components):
                if part.item not in known:
                    way = " -> ".join((*_way_to(item.item, parents), part.item))
                    unknown = Text(
                        en=f"{way}: {part.item!r} is no item here; add or correct it",
                        ru=f"{way}: позиции {part.item!r} здесь нет; добавьте или исправьте её",
                    )
                    yield mistake((*place, number, "item"), unknown)
            yield from _bad_feeds(item.item, components, place)


def _parts(item: Item) -> tuple[str, ...]:
    """Return what any bill of the item names, each once."""
    return tuple(dict.fromkeys(part.item for _, components in item.all_components for part in components))


def _repeated_bills(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    for at, item in enumerate(items):
        names = [bill.bill for bill in item.bills]
        for number, name in enumerate(names):
            if name in names[:number]:
                twice = Text(
                    en=f"bill {name!r} of {item.item!r} stands twice; give every bill its own id",
                    ru=f"спецификация {name!r} позиции {item.item!r} указана дважды; дайте каждой свой идентификатор",
                )
                yield mistake(("items", at, "bills", number, "bill"), twice)


def _bad_alternatives(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    known = {item.item: item for item in items}
    for at, item in enumerate(items):
        named = [entry.item for entry in item.alternative_items]
        for number, name in enumerate(named):
            place: YamlPath = ("items", at, "alternative_items", number, "item")
            if name not in known or name == item.item or name in named[:number]:
                yield mistake(place, _no_alternative(item.item, name))
            elif known[name].unit != item.unit:
                yield mistake(place, _other_unit(item, known[name]))


def _no_alternative(item: str, name: str) -> Text:
    return Text(
        en=f"{name!r} is no other item here, or stands twice among the alternatives of {item!r}; correct it",
        ru=f"{name!r} не другая позиция или указана дважды среди замен для {item!r}; исправьте",
    )


def _other_unit(item: Item, other: Item) -> Text:
    return Text(
        en=f"{other.item!r} is counted in {other.unit} and {item.item!r} in {item.unit}: an alternative needs the same "
        "base unit",
        ru=f"{other.item!r} учитывается в {other.unit}, а {item.item!r} в {item.unit}: у замены должна быть та же "
        "базовая единица",
    )


def _way_to(item: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """Return one way from an item that nothing contains down to this one, or round a circle back to it."""
    way = [item]
    while way[0] in parents and parents[way[0]] not in way:
        way.insert(0, parents[way[0]])
    return tuple(way)


def _bad_feeds(item: str, components: Sequence[Component], place: YamlPath) -> Iterator[InitErrorDetails]:
    feeds: dict[str, str | None] = {}
    for number, part in enumerate(components):
        if part.item in feeds:
            twice = Text(
                en=f"{part.item!r} stands twice in the bill of {item!r}; add up its quantities",
                ru=f"{part.item!r} дважды в спецификации {item!r}; сложите количества",
            )
            yield mistake((*place, number, "item"), twice)
        feeds[part.item] = part.feeds
    siblings = {part.item for part in components}
    for number, part in enumerate(components):
        loc = (*place, number, "feeds")
        if part.feeds is not None and part.feeds not in siblings - {part.item}:
            foreign = Text(
                en=f"{part.feeds!r} is no other component of {item!r}",
                ru=f"{part.feeds!r} не другая составляющая {item!r}",
            )
            yield mistake(loc, foreign)
        elif circle := _circle(part.item, {name: (into,) for name, into in feeds.items() if into}):
            around = Text(
                en=f"{' -> '.join(circle)}: these feed each other in a circle; break it",
                ru=f"{' -> '.join(circle)}: питают друг друга по кругу; разорвите его",
            )
            yield mistake(loc, around)


def _circles(items: Sequence[Item]) -> Iterator[InitErrorDetails]:
    below = {item.item: _parts(item) for item in items}
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
