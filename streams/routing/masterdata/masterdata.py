"""Master data as one value: members, nomenclature, rules, calendars and rates, with the look-ups routing needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from kranhub.configuration import yaml_file
from kranhub.parties import members as memberfile
from kranhub.parties.members import Capability, CutoverMode, Member, Members, Name, Role
from kranhub.text import Text
from kranhub.values import confusables
from kranhub.values.times import FIRST_YEAR, LAST_YEAR
from streams.routing.masterdata import calendars as calendarfile
from streams.routing.masterdata import cross_check
from streams.routing.masterdata import rates as ratesfile
from streams.routing.masterdata import rules as rulesfile
from streams.routing.masterdata.calendars import Calendar, Calendars, Covers
from streams.routing.masterdata.items import Component, Item, Nomenclature, Supply
from streams.routing.masterdata.rates import Rates
from streams.routing.masterdata.rules import Rule, Rules

__all__ = ["Component", "Item", "Maker", "MasterData", "Nomenclature", "Supply", "gaps", "load"]

FIVE_DAYS = Calendar(
    calendar="five-days",
    name=Name(en="Five days a week, no holidays", ru="Пятидневная неделя без праздников"),
    covers=Covers(first_year=FIRST_YEAR, last_year=LAST_YEAR),
)
"""The calendar of a member that has none."""

PLAIN_CALENDARS = Calendars(calendars=(FIVE_DAYS,))
"""The calendars where there is no calendars file."""


class Maker(NamedTuple):
    """A member who can make an item, and the capability that covers it."""

    member: str
    capability: Capability


@dataclass(frozen=True)
class MasterData:
    """Everything that routing depends on beside the documents. It never changes; another version is another value.

    Attributes:
        members: The members, with their capabilities and the transport days between them.
        nomenclature: The items.
        rules: The routing rules, in their order.
        calendars: The calendars by which members work.
        rates: The exchange rates.
    """

    members: Members
    nomenclature: Nomenclature
    rules: Rules = rulesfile.PLAIN
    calendars: Calendars = PLAIN_CALENDARS
    rates: Rates = ratesfile.NONE

    @property
    def version(self) -> int:
        """The number of its publication: rises with every change."""
        return self.nomenclature.version

    @property
    def items(self) -> dict[str, Item]:
        """The items by their canonical id."""
        return self.nomenclature.by_id

    @cached_property
    def cutover(self) -> Mapping[str, CutoverMode]:
        """The cutover modes of the members that are not live."""
        members = self.members.members
        return {member.id: member.cutover for member in members if member.cutover is not CutoverMode.LIVE}

    @cached_property
    def _by_code(self) -> dict[tuple[str, str], Item]:
        return {owned: item for item in self.nomenclature.items for owned in item.all_codes()}

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """A cache for what others derive from the value, each under keys of its own; it lives as long as the value."""
        return {}

    @cached_property
    def _makers(self) -> dict[str, tuple[Maker, ...]]:
        return {}

    def item_of(self, member: str, code: str) -> Item | None:
        """Return the item that the member means by its code, or None."""
        return self._by_code.get((member, code))

    def looks(self, member: str) -> Mapping[str, str]:
        """Return the member's own codes by how they look to a person (`confusables`)."""
        known = self.worked_out
        place = (MasterData.looks, member)
        if place not in known:
            known[place] = confusables.skeletons(code for owner, code in self._by_code if owner == member)
        found: Mapping[str, str] = known[place]
        return found

    def code_for(self, member: str, item: str) -> str:
        """Return the member's own code for the item; its canonical id where the member has none."""
        return self.items[item].codes.get(member, item) if item in self.items else item

    def makers(self, item: str) -> tuple[Maker, ...]:
        """Return the members who can make the item, best capability first; the same order every time."""
        if item not in self._makers and item in self.items:
            self._makers[item] = _ranked(self.items[item].okpd2, self.members.members)
        return self._makers.get(item, ())

    def candidates(self, item: str) -> tuple[str, ...]:
        """Return the ids of the item's makers."""
        return tuple(maker.member for maker in self.makers(item))

    def calendar(self, member: str) -> Calendar:
        """Return the calendar by which the member works; five days a week where none is known."""
        found = self.members.by_id.get(member)
        return self.calendars.by_id.get(found.calendar if found else "", FIVE_DAYS)

    def transport_days(self, origin: str, destination: str) -> int:
        """Return the calendar days that goods travel from one member to another; 0 within one."""
        return self.members.transport.between(origin, destination)

    def duty(self, origin: str, destination: str, okpd2: str) -> Decimal:
        """Return the customs duty in percent on goods that go from one member's country to another's.

        Args:
            origin: The member that sends them.
            destination: The member that receives them.
            okpd2: The OKPD2 code of the goods.
        """
        ends = [self.members.by_id.get(member) for member in (origin, destination)]
        countries = [member.country for member in ends if member]
        return self.members.transport.duty(countries[0], countries[1], okpd2) if len(countries) > 1 else Decimal(0)

    def rule_for(self, kind: str, okpd2: str, buyer: str, programme: str | None) -> Rule | None:
        """Return the first rule that matches a line of such an order and item, or None.

        Args:
            kind: The order's kind.
            okpd2: The OKPD2 code of the line's item.
            buyer: The member who ordered.
            programme: The order's programme; None where it has none.
        """
        return self.rules.first(kind, okpd2, buyer, programme)

    def name(self, member: str) -> Text:
        """Return the member's name; its id where it is unknown."""
        found = self.members.by_id.get(member)
        return found.name.text if found else Text(en=member, ru=member)

    def item_name(self, item: str) -> Text:
        """Return the item's name; its id where it is unknown."""
        found = self.items.get(item)
        return found.name.text if found else Text(en=item, ru=item)


def _ranked(okpd2: str, members: Iterable[Member]) -> tuple[Maker, ...]:
    """Rank by the longest matching capability, plants before others, the capability's place, the file's order."""
    found = []
    for position, member in enumerate(members):
        fits = [
            (-len(capability.okpd2), place)
            for place, capability in enumerate(member.capabilities)
            if capability.covers(okpd2)
        ]
        if fits and member.makes:
            length, place = min(fits)
            rank = length, Role.PLANT not in member.roles, place, position
            found.append((rank, Maker(member.id, member.capabilities[place])))
    return tuple(maker for _, maker in sorted(found, key=lambda entry: entry[0]))


def gaps(master: MasterData) -> list[Text]:
    """Return what a person should look at although it is no error: items that nobody makes and that are not bought."""
    return [
        Text(
            en=f"Nobody makes {item.item} (OKPD2 {item.okpd2}), and it is not bought. Add the capability to a member, "
            "or `supply: buy` to the item.",
            ru=f"Позицию {item.item} (ОКПД2 {item.okpd2}) никто не изготавливает и не закупает. Добавьте участнику "
            "возможность или укажите у позиции `supply: buy`.",
        )
        for item in master.nomenclature.items
        if item.supply is Supply.MAKE and not master.makers(item.item)
    ]


def load(
    members_file: Path,
    nomenclature_file: Path,
    rules_file: Path | None = None,
    calendars_file: Path | None = None,
    rates_file: Path | None = None,
) -> MasterData:
    """Read the files; without one of the last three, its plain default.

    Args:
        members_file: The members.
        nomenclature_file: The items.
        rules_file: The routing rules; None for `rules.PLAIN`.
        calendars_file: The calendars; None for `PLAIN_CALENDARS`.
        rates_file: The exchange rates; None for none.

    Raises:
        Misconfigured: A file is wrong, or names what another does not have; it names file, line and remedy.
    """
    master = MasterData(
        memberfile.load(members_file),
        yaml_file.load(nomenclature_file, Nomenclature, "KRANHUB_NOMENCLATURE_FILE"),
        rulesfile.load(rules_file) if rules_file else rulesfile.PLAIN,
        calendarfile.load(calendars_file) if calendars_file else PLAIN_CALENDARS,
        ratesfile.load(rates_file) if rates_file else ratesfile.NONE,
    )
    cross_check.codes(master.nomenclature, nomenclature_file, master.members, members_file)
    cross_check.lead_times(master.members, members_file, master.nomenclature, nomenclature_file)
    if rules_file:
        cross_check.rules(master.rules, rules_file, master.members, members_file)
    if calendars_file:
        cross_check.calendars(master.members, members_file, {*master.calendars.by_id}, calendars_file)
    if rates_file:
        cross_check.rates(master.rates, rates_file)
    return master
