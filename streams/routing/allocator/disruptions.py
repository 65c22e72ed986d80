"""What keeps a plant from making or sending: its disruptions, and the stops that follow from them. Pure.

A notification (CX-0146) names no quantity: what reduces capacity counts as a stop of all of it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.wire.messages import Disruption, DisruptionCause, DisruptionEffect, DisruptionStatus
from streams.routing.allocator.capacity import WEEKS
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.schedule import dates
from streams.routing.schedule.downtime import NO_STOPS, Stop, Stops, merged
from streams.tables import StateTables, Table

REMEMBERED = 8
"""How many events of one disruption are known by their fingerprints, so that a repeat changes nothing."""

LIMIT = 1_000
"""How many disruptions of one plant are kept, past ones included."""

OPEN_DAYS = 7 * WEEKS
"""How long a disruption without a known end lasts: the horizon, unless it is resolved or changed before."""


class Stopped(StrEnum):
    """What a disruption stops. With NOTHING it is information for people only."""

    CAPACITY = "capacity"
    SHIPMENTS = "shipments"
    NOTHING = "nothing"


class Span(NamedTuple):
    """Days that are stopped, both included."""

    begins: date
    ends: date


class KnownDisruption(Struct, frozen=True, omit_defaults=True):
    """A disruption as its member last changed it.

    Attributes:
        as_of: The member's time of that change.
        resolved: It is over.
        begins: Its first day.
        ends: Its last day; None where nobody knows it.
        stopped: What it stops.
        seen: The fingerprints of its latest events.
    """

    as_of: datetime
    resolved: bool
    begins: date
    ends: date | None
    stopped: Stopped
    seen: tuple[str, ...] = ()

    @property
    def span(self) -> Span | None:
        """The days that it stops; from the day on which it is resolved on, none."""
        ends = self.ends or shifted(self.begins, OPEN_DAYS - 1)
        if self.resolved:
            ends = min(ends, shifted(self.as_of.date(), -1))
        return Span(self.begins, ends) if self.stopped != Stopped.NOTHING and ends >= self.begins else None

    @property
    def content(self) -> tuple[Any, ...]:
        """What it is about, apart from the time of the report."""
        return self.resolved, self.begins, self.ends or date.max, self.stopped


DISRUPTIONS: Table[dict[str, KnownDisruption]] = Table("disruption", dict[str, KnownDisruption])
"""Each plant's disruptions, by the plant's own numbers."""

STOPS = Table("stop", Stops)
"""Each plant's stops that follow from its disruptions, so that a reservation need not look through all of these."""


def stops_of(tables: StateTables, plant: str) -> Stops:
    """Return the plant's stops."""
    return tables.get(STOPS, (plant,)) or NO_STOPS


def take(tables: StateTables, value: Disruption, context: DecisionContext) -> date | None:
    """Take up a Disruption. The last that comes counts; one that has nothing new changes nothing.

    Args:
        tables: The state.
        value: The Disruption.
        context: The event and the master data.

    Returns:
        The first day on which the plant's stops may have changed; None where they have not.

    Raises:
        InvalidDocument: ``too-many-disruptions`` where the plant has `LIMIT` open ones.
    """
    plant, number = value["member"], value["disruption_id"]
    known = tables.get(DISRUPTIONS, (plant,)) or {}
    old, new = known.get(number), _known(value, context)
    seen = old.seen if old else ()
    if old is not None and (new.content == old.content or (context.fingerprint and context.fingerprint in seen)):
        return None
    if context.fingerprint:
        new = replace(new, seen=(*seen, context.fingerprint)[-REMEMBERED:])
    today = dates.day_at(plant, context.time, context.master)
    kept = _bounded({**known, number: new}, today)
    stops = _stops(kept, today)
    tables.put(DISRUPTIONS, (plant,), kept)
    tables.put(STOPS, (plant,), stops if stops else None)
    return _changed(old, new)


def stopped_by(value: Disruption, master: MasterData) -> Stopped:
    """Return what the disruption stops.

    CAPACITY_REDUCTION stops the making; with the cause LOGISTICS_DISRUPTION it stops what leaves. Every other effect is
    information. So is a disruption of some sites only: capacity is known of the plant, not of its sites.
    """
    member = master.members.by_id.get(value["member"])
    sites = {site.id for site in member.sites} if member else set()
    if value["effect"] != DisruptionEffect.CAPACITY_REDUCTION or (value["sites"] and not sites <= set(value["sites"])):
        return Stopped.NOTHING
    return Stopped.SHIPMENTS if value["cause"] == DisruptionCause.LOGISTICS_DISRUPTION else Stopped.CAPACITY


def _known(value: Disruption, context: DecisionContext) -> KnownDisruption:
    resolved = value["status"] == DisruptionStatus.RESOLVED
    stopped = stopped_by(value, context.master)
    return KnownDisruption(value["as_of"] or context.time, resolved, value["begins"], value["ends"], stopped)


def _changed(old: KnownDisruption | None, new: KnownDisruption) -> date | None:
    """Return the first day of what is stopped now or was before, or None where that is the same."""
    before, after = [(one.span, one.stopped) if one and one.span else None for one in (old, new)]
    return None if before == after else min(span.begins for span, _ in filter(None, (before, after)))


def _stops(known: Mapping[str, KnownDisruption], today: date) -> Stops:
    """Return the stops, those of the last year included: work that had begun before may still go on."""
    kinds: dict[Stopped, list[Stop]] = {Stopped.CAPACITY: [], Stopped.SHIPMENTS: []}
    for number, one in known.items():
        if one.span and one.span.ends >= today - timedelta(days=OPEN_DAYS):
            kinds[one.stopped].append(Stop(*one.span, number))
    return Stops(merged(kinds[Stopped.CAPACITY]), merged(kinds[Stopped.SHIPMENTS]))


def _bounded(known: dict[str, KnownDisruption], today: date) -> dict[str, KnownDisruption]:
    """Forget what has been over for longest where there are too many.

    Raises:
        InvalidDocument: ``too-many-disruptions`` where none is over.
    """
    if len(known) <= LIMIT:
        return known
    over = [number for number, one in known.items() if one.resolved or (one.ends and one.ends < today)]
    if not over:
        raise InvalidDocument(DocumentCode.TOO_MANY_DISRUPTIONS, _too_many())
    oldest = min(over, key=lambda number: (known[number].as_of, number))
    return {number: one for number, one in known.items() if number != oldest}


def _too_many() -> Text:
    return Text(
        en=f"The plant has {LIMIT} open disruptions already. Resolve those that are over (status RESOLVED), then send "
        "this one again.",
        ru=f"У завода уже {LIMIT} открытых сбоев. Закройте завершённые (статус RESOLVED) и отправьте документ ещё раз.",
    )
