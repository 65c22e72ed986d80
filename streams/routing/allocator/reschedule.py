"""After a disruption began, changed or ended: the plant's reservations get the day that is true now. Pure.

They are found by the week in which their work is done, and looked at in portions, a week's last first.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from streams.routing.allocator import capacity, disruptions, reservations, weeks
from streams.routing.allocator.capacity import Work, Workshop, week_of
from streams.routing.allocator.reservations import HOLDS, Hold, Place
from streams.routing.allocator.results import Result, first_day, ready, result
from streams.routing.allocator.weeks import Listed
from streams.routing.model.context import DecisionContext
from streams.routing.model.copying import replace
from streams.routing.tables import Ledger, Table


class Left(NamedTuple):
    """A plant of which reservations are still to be looked at: from this week on, of which so many are left.

    All of the week's where ``number`` is None.
    """

    plant: str
    week: str
    number: int | None = None


LEFT: Table[tuple[Left, ...]] = Table("redate", tuple[Left, ...])
_LEFT = "left"
"""The one place of the table."""


def begin(ledger: Ledger, plant: str, since: date) -> None:
    """Remember to look at the plant's reservations whose work is done in this day's week or later."""
    left = ledger.get(LEFT, _LEFT) or ()
    week = min([week_of(since), *(job.week for job in left if job.plant == plant)])
    ledger.put(LEFT, _LEFT, (*(job for job in left if job.plant != plant), Left(plant, week)))


def go_on(ledger: Ledger, context: DecisionContext, limit: int) -> list[Result]:
    """Look at the next reservations, at most so many; return those that have another day, each once."""
    said: dict[Place, Result] = {}
    while limit > 0 and (left := ledger.get(LEFT, _LEFT)):
        rest: tuple[Left, ...] = left[1:]
        for listed in _next(ledger, left[0], context.time.date()):
            _look(ledger, left[0].plant, listed, context, said)
            limit -= 1
            if limit <= 0:
                rest = (Left(left[0].plant, *listed), *rest)
                break
        ledger.put(LEFT, _LEFT, rest or None)
    return list(said.values())


def _next(ledger: Ledger, job: Left, today: date) -> Iterator[Listed]:
    """Yield where the plant's reservations stand, as the lists are meanwhile; weeks that are over have none."""
    week: str | None = max(job.week, week_of(today))
    number = job.number if week == job.week else None
    while week is not None:
        length = weeks.lengths(ledger, job.plant).get(week, 0)
        at = length if number is None else min(number, length)
        while at > 0:
            at -= 1
            yield Listed(week, at)
        week = min((later for later in weeks.lengths(ledger, job.plant) if later > week), default=None)
        number = None


def _look(ledger: Ledger, plant: str, listed: Listed, context: DecisionContext, said: dict[Place, Result]) -> None:
    entry = weeks.entry(ledger, plant, listed)
    where = Place(plant, *entry) if entry else None
    hold = ledger.get(HOLDS, where.hold) if where else None
    if where is None or hold is None:
        return
    after = _dated(ledger, where, hold, context)
    if after == hold:
        return
    ledger.put(HOLDS, where.hold, reservations.enlist(ledger, where, after, context.time.date()))
    if after.available_on != hold.available_on:
        said[where] = result(where, after, "MOVED", f"{context.event_id}/moved/{where.request_id}")


def _dated(ledger: Ledger, where: Place, hold: Hold, context: DecisionContext) -> Hold:
    """Return the hold with the day on which it is ready now; its work in other weeks where it cannot stay."""
    stops = disruptions.stops_of(ledger, where.plant)
    shop = capacity.workshop(where.plant, where.item, context.master, stops.making)
    if shop is None or hold.begins is None:
        return hold
    hold = _placed(ledger, hold, shop, context)
    begins = hold.begins or context.time.date()
    done = ready(hold, begins, shop, stops)
    if done == hold.available_on and hold.disruption is None:
        return hold
    return replace(hold, available_on=done, disruption=stops.between(begins, done))


def _placed(ledger: Ledger, hold: Hold, shop: Workshop, context: DecisionContext) -> Hold:
    """Return the hold with its work anew in the earliest weeks, but for weeks that are over."""
    today = context.time.date()
    past = tuple(work for work in hold.work if work.week < week_of(today))
    rest = tuple(work for work in hold.work if work.week >= week_of(today))
    if not rest or not _must_go(ledger, hold, rest, shop):
        return hold
    start = first_day(hold.not_before, context)
    reservations.book(ledger, rest, today, -1)
    found = capacity.place_again(reservations.load_of(ledger, shop.load), shop, _total(rest), start) or rest
    reservations.book(ledger, found, today)
    return hold if found == rest else replace(hold, work=(*past, *found), begins=start)


def _must_go(ledger: Ledger, hold: Hold, work: tuple[Work, ...], shop: Workshop) -> bool:
    """Say whether a week is overbooked, or a disruption has put it where it is; not where the capability changed."""
    if shop.weekly is None or any(entry.load != shop.load for entry in work):
        return False
    load = reservations.load_of(ledger, shop.load)
    return hold.disruption is not None or any(capacity.overbooked(load, shop, entry) for entry in work)


def _total(work: tuple[Work, ...]) -> Decimal:
    return sum((entry.quantity for entry in work), Decimal(0))
