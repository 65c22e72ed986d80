"""Master data of any shape for property tests, and its entries as the records that stages read."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from kranhub.parties.members import (
    Capability,
    Contact,
    CutoverMode,
    Leg,
    Member,
    Members,
    Money,
    Name,
    Quantity,
    Role,
    Transport,
)
from kranhub.wire.envelope import Envelope, headers
from kranhub.wire.messages import Subject
from streams.processor import Record
from streams.processor.outputs import ProducerRecord
from streams.routing.masterdata import entries
from streams.routing.masterdata.calendars import Calendar, Calendars, Covers
from streams.routing.masterdata.entries import Entry
from streams.routing.masterdata.items import Component, Item, Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rates import Rate, Rates
from streams.routing.masterdata.rules import Mode, Rank, Rule, Rules, When
from tests.support import batches
from tests.support.batches import CODEC
from tests.support.fields import fields

PEOPLE = ("aa", "bb", "cc", "dd")
PARTS = ("a", "b", "c", "d", "e")
TOPIC = "t.hub.masterdata"

NAMES = st.builds(Name, en=st.sampled_from(["x", "y"]), ru=st.sampled_from(["х", "у"]))
AMOUNTS = st.decimals("0.000001", "99999", places=6)
CODES = st.sampled_from(["28.22", "28.22.14", "25.11.23.119"])

CAPABILITIES = st.builds(
    Capability,
    okpd2=CODES,
    working_days=st.integers(0, 99),
    capacity=st.none() | st.builds(Quantity, quantity=AMOUNTS, unit=st.sampled_from(["H87", "KGM"])),
    cost=st.none() | st.builds(Money, amount=st.decimals(0, 999, places=2), currency=st.just("CNY")),
)


@st.composite
def member(draw: st.DrawFn, name: str) -> Member:
    return Member(
        id=name,
        name=draw(NAMES),
        roles=draw(st.frozensets(st.sampled_from([Role.PARTNER, Role.CUSTOMER, Role.LESSOR]), min_size=1)),
        country="RU",
        time_zone=draw(st.sampled_from(["Asia/Omsk", "Europe/Moscow"])),
        calendar=draw(st.sampled_from(["ru-5x2", "other"])),
        capabilities=tuple(draw(st.lists(CAPABILITIES, max_size=3))),
        cutover=draw(st.sampled_from(CutoverMode)),
        contacts=draw(st.sampled_from([(), (Contact(id="sales", name="sales"),)])),
    )


@st.composite
def item(draw: st.DrawFn, name: str, below: Sequence[str], people: Sequence[str]) -> Item:
    parts = draw(st.lists(st.sampled_from(below), unique=True, max_size=3)) if below else []
    feeds = [draw(st.sampled_from([None, *parts[at + 1 :]])) for at in range(len(parts))]
    coded = draw(st.lists(st.sampled_from(people), unique=True))
    return Item(
        item=name,
        okpd2=draw(CODES),
        name=draw(NAMES),
        unit=draw(st.sampled_from(["H87", "KGM"])),
        conversions=draw(st.sampled_from([{}, {"SET": Decimal(2)}])),
        codes={who: f"{who}-{name}" for who in coded},
        components=tuple(
            Component(item=part, quantity=draw(AMOUNTS), feeds=into) for part, into in zip(parts, feeds, strict=True)
        ),
    )


@st.composite
def rule(draw: st.DrawFn, name: str, people: Sequence[str]) -> Rule:
    return Rule(
        rule=name,
        version=draw(st.integers(1, 3)),
        when=When(kind=("SALE",), okpd2=tuple(draw(st.lists(CODES, max_size=2)))),
        rank=draw(st.sampled_from(Rank)),
        mode=draw(st.sampled_from(Mode)),
        deny=tuple(draw(st.lists(st.sampled_from(people), max_size=1))),
    )


@st.composite
def calendar(draw: st.DrawFn, name: str) -> Calendar:
    days = draw(st.lists(st.dates(date(2026, 1, 1), date(2026, 1, 31)), unique=True, max_size=3))
    return Calendar(
        calendar=name, name=draw(NAMES), covers=Covers(first_year=2026, last_year=2027), days_off=tuple(days)
    )


RATES = st.builds(
    Rate,
    source=st.sampled_from(["CNY", "KZT"]),
    target=st.just("RUB"),
    rate=AMOUNTS,
    nominal=st.sampled_from([1, 100]),
    valid_on=st.dates(date(2026, 1, 1), date(2026, 1, 5)),
    published_by=st.sampled_from([None, "CBR"]),
)


@st.composite
def masters(draw: st.DrawFn, version: int = 1) -> MasterData:
    """Any consistent master data."""
    people = draw(st.lists(st.sampled_from(PEOPLE), unique=True, min_size=2))
    parts = draw(st.lists(st.sampled_from(PARTS), unique=True, min_size=1))
    leg = Leg.model_validate({"from": people[0], "to": people[1], "days": draw(st.integers(0, 9))})
    items = [draw(item(name, parts[at + 1 :], people)) for at, name in enumerate(parts)]
    names = draw(st.permutations(["r1", "r2", "r3"]))[: draw(st.integers(1, 3))]
    return MasterData(
        Members(
            members=tuple(draw(member(name)) for name in people),
            transport=Transport(default_days=draw(st.integers(0, 3)), days=draw(st.sampled_from([(), (leg,)]))),
        ),
        Nomenclature(version=version, items=tuple(items)),
        Rules(rules=tuple(draw(rule(name, people)) for name in names)),
        Calendars(calendars=tuple(draw(calendar(name)) for name in ("ru-5x2", "other"))),
        Rates(rates=tuple(draw(st.lists(RATES, max_size=2, unique_by=lambda rate: rate.key)))),
    )


def record(offset: int, entry: Entry, topic: str = TOPIC) -> Record:
    """Return the entry as a record of partition 0."""
    data = CODEC.encode(Subject.MASTER_DATA_ENTRY, entries.record(entry))
    head = headers(Envelope(f"event-{offset}", "/hub/publish", "kranhub.MasterDataEntry"))
    return batches.record(offset, entry.record_key, data, topic, head)


def entry_of(said: ProducerRecord) -> Entry:
    """Return the entry that was said."""
    return entries.of_record(fields(CODEC.decode(said.value or b"")))


def same(one: MasterData | None, other: MasterData | None) -> bool:
    """Say whether two values mean the same: the order of items, calendars and rates means nothing."""
    return bool(_canonical(one) == _canonical(other))


def _canonical(master: MasterData | None) -> Any:
    if master is None:
        return None
    calendars = {each.calendar: each for each in master.calendars.calendars}
    return master.version, master.members, master.items, master.rules, calendars, {*master.rates.rates}
