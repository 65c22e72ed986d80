"""Master data as entries, one per calendar, member, item, bill, rule, and back: the form in which it is a record."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

from kranhub.parties.members import Contact, CutoverMode, Member, Members, Transport
from kranhub.wire import messages
from kranhub.wire.messages import MasterDataKind
from streams.routing.masterdata.calendars import Calendar, Calendars
from streams.routing.masterdata.cutover import Cutover
from streams.routing.masterdata.items import AlternativeBill, Component, Item, Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rates import Rate, Rates
from streams.routing.masterdata.rules import Rule, Rules


class Kind(StrEnum):
    """What an entry describes, in the order in which they are written: what is named stands before what names it."""

    CALENDAR = "CALENDAR"
    PARTY = "PARTY"
    CUTOVER = "CUTOVER"
    ITEM = "ITEM"
    BILL = "BILL"
    TRANSPORT = "TRANSPORT"
    RULE = "RULE"
    RATE = "RATE"
    MAPPING = "MAPPING"
    PUBLICATION = "PUBLICATION"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the master data.

    Attributes:
        kind: A `Kind` as text: a newer release may write kinds that this one does not know and ignores.
        key: What it is about among its kind.
        version: A rule's own version, else that of the master data.
        content: The value as JSON; None once it is no longer part of the master data.
    """

    kind: str
    key: str
    version: int
    content: str | None

    @property
    def place(self) -> tuple[str, str]:
        """What the entry is about: another with the same place replaces it."""
        return self.kind, self.key

    @property
    def record_key(self) -> str:
        """The key under which hub.masterdata is compacted."""
        return f"{self.kind}|{self.key}"

    def codes(self) -> tuple[tuple[str, str], ...]:
        """Return (member, code) of every code of an item; empty for what is no item.

        Raises:
            ValueError: As `parse`.
        """
        item = parse(self) if self.kind == Kind.ITEM else None
        return tuple(item.all_codes()) if item else ()


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bill(_Model):
    """What one base unit of an item is made of.

    Attributes:
        item: The item's id.
        components: What it is built of where none of ``bills`` counts.
        bills: Bills that count for some lines only.
    """

    item: str
    components: tuple[Component, ...]
    bills: tuple[AlternativeBill, ...] = ()


class Publication(_Model):
    """Closes a set of entries: they count from here.

    Attributes:
        version: The version of the master data.
        members: The ids of all members, in the order on which routing depends.
        rules: The ids of all rules, in the order on which routing depends.
    """

    version: int
    members: tuple[str, ...]
    rules: tuple[str, ...]


class CodeMapping(_Model):
    """A member's proposal that one of its own codes means an item.

    Attributes:
        member: The member.
        item_code: Its own code.
        item: The item's id.
        unit: The unit in which the member counts it; None where it does not say.
    """

    member: str
    item_code: str
    item: str
    unit: str | None = None


MODELS: Mapping[str, type[BaseModel]] = {
    Kind.CALENDAR: Calendar,
    Kind.PARTY: Member,
    Kind.CUTOVER: Cutover,
    Kind.ITEM: Item,
    Kind.BILL: Bill,
    Kind.TRANSPORT: Transport,
    Kind.RULE: Rule,
    Kind.RATE: Rate,
    Kind.MAPPING: CodeMapping,
    Kind.PUBLICATION: Publication,
}
"""The model of the content of each kind of entry."""

PROPOSED = "/entry"
"""The suffix of a proposal's id, behind the id of the member's document."""

PUBLICATION = (str(Kind.PUBLICATION), "publication")
TRANSPORT = (str(Kind.TRANSPORT), "transport")
"""The places of the two kinds of which there is only one entry."""


def record(entry: Entry) -> messages.MasterDataEntry:
    """Return the entry as a MasterDataEntry; `of_record` is the way back."""
    return {"kind": MasterDataKind(entry.kind), "key": entry.key, "version": entry.version, "content": entry.content}


def of_record(value: messages.MasterDataEntry) -> Entry:
    """Return the entry of a MasterDataEntry."""
    return Entry(value["kind"], value["key"], value["version"], value["content"])


def content(model: BaseModel) -> str:
    """Return the value as JSON: equal values give equal text, and what is as by default is left out."""
    plain = model.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def parse(entry: Entry) -> Any:
    """Return the value that the entry holds.

    Returns:
        None where it is no longer part of the master data, or of an unknown kind.

    Raises:
        ValueError: The content does not fit the kind (pydantic's `ValidationError`).
    """
    if entry.content is None or entry.kind not in MODELS:
        return None
    return MODELS[entry.kind].model_validate_json(entry.content)


def entries(master: MasterData) -> list[Entry]:
    """Return all entries of the master data in the order of `Kind`, the publication last; no names of contacts."""
    return [
        Entry(str(kind), key, value.version if isinstance(value, Rule) else master.version, content(value))
        for kind, key, value in _values(master)
    ]


def _values(master: MasterData) -> Iterator[tuple[Kind, str, BaseModel]]:
    items = master.nomenclature.items
    yield from ((Kind.CALENDAR, calendar.calendar, calendar) for calendar in master.calendars.calendars)
    yield from ((Kind.PARTY, member.id, _party(member)) for member in master.members.members)
    yield from ((Kind.CUTOVER, member, Cutover(member=member, mode=mode)) for member, mode in master.cutover.items())
    yield from ((Kind.ITEM, item.item, item.model_copy(update={"components": (), "bills": ()})) for item in items)
    for item in items:
        if item.components or item.bills:
            yield Kind.BILL, item.item, Bill(item=item.item, components=item.components, bills=item.bills)
    yield Kind.TRANSPORT, TRANSPORT[1], master.members.transport
    yield from ((Kind.RULE, rule.rule, rule) for rule in master.rules.rules)
    yield from ((Kind.RATE, rate.key, rate) for rate in master.rates.rates)
    yield Kind.PUBLICATION, PUBLICATION[1], publication(master)


def _party(member: Member) -> Member:
    """Return the member with its contacts' ids only: names and addresses of people are on no event.

    Its cutover is an entry of its own: a change of that must not wake what waits for the member.
    """
    contacts = tuple(Contact(id=contact.id, name=contact.id) for contact in member.contacts)
    return member.model_copy(update={"contacts": contacts, "cutover": CutoverMode.LIVE})


def publication(master: MasterData) -> Publication:
    """Return what closes the entries of this master data."""
    return Publication(
        version=master.version,
        members=tuple(member.id for member in master.members.members),
        rules=tuple(rule.rule for rule in master.rules.rules),
    )


def mapping(member: str, item_code: str, item: str, unit: str | None) -> Entry:
    """Return the entry of a member's proposal that its own code means this item.

    Args:
        member: The member.
        item_code: Its own code.
        item: The item's id.
        unit: The unit in which the member counts it; None where it does not say.
    """
    proposed = CodeMapping(member=member, item_code=item_code, item=item, unit=unit)
    return Entry(str(Kind.MAPPING), f"{member}|{item_code}", 1, content(proposed))


def of(found: Iterable[Entry]) -> MasterData:
    """Return the master data that the entries make up; of several with one place the last counts.

    Raises:
        ValueError: They contradict each other, or no publication closes them.
    """
    return assemble({entry.place: parse(entry) for entry in found})


def assemble(values: Mapping[tuple[str, str], Any]) -> MasterData:
    """Return the master data of these values.

    Args:
        values: The parsed values by the place of their entries; None for what is no longer part.

    Raises:
        ValueError: They contradict each other, or no publication closes them.
    """
    closing: Publication | None = values.get(PUBLICATION)
    if closing is None:
        raise ValueError("no publication closes the entries")
    transport: Transport = values.get(TRANSPORT) or Transport()
    return MasterData(
        Members(members=tuple(_members(values, closing.members)), transport=transport),
        Nomenclature(version=closing.version, items=tuple(_items(values))),
        Rules(rules=_listed(values, Kind.RULE, closing.rules)),
        Calendars(calendars=tuple(_all(values, Kind.CALENDAR))),
        Rates(rates=tuple(_all(values, Kind.RATE))),
    )


def _all(values: Mapping[tuple[str, str], Any], kind: Kind) -> Iterator[Any]:
    return (value for (found, _), value in values.items() if found == kind and value is not None)


def _listed(values: Mapping[tuple[str, str], Any], kind: Kind, names: Iterable[str]) -> tuple[Any, ...]:
    listed = {name: values.get((kind, name)) for name in names}
    if missing := [name for name, value in listed.items() if value is None]:
        raise ValueError(f"the publication names {kind} {missing[0]!r}, of which there is no entry")
    return tuple(listed.values())


def _members(values: Mapping[tuple[str, str], Any], names: Iterable[str]) -> Iterator[Member]:
    for member in _listed(values, Kind.PARTY, names):
        cutover: Cutover | None = values.get((Kind.CUTOVER, member.id))
        yield member.model_copy(update={"cutover": cutover.mode}) if cutover else member


def _items(values: Mapping[tuple[str, str], Any]) -> Iterator[Item]:
    for item in _all(values, Kind.ITEM):
        bill: Bill | None = values.get((Kind.BILL, item.item))
        yield item.model_copy(update={"components": bill.components, "bills": bill.bills}) if bill else item
