"""After a disruption began, changed or ended: the plant's reservations get the day that is true now. Pure.

They are found by the week in which their work is done, and looked at in portions, a week's last first.
"""

from datetime import date
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from msgspec.structs import replace

from kranhub.wire.messages import AllocationKind
from streams.routing.allocator import capacity, disruptions, reservations, weeks
from streams.routing.allocator.capacity import Work, Workshop, week_of
from streams.routing.allocator.keys import ReservationKey
from streams.routing.allocator.reservations import RESERVATIONS, Reservation
from streams.routing.allocator.results import Result, first_day, ready, result, today
from streams.routing.allocator.weeks import WeekPosition
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.model.quantity import MICRO, ZERO
from streams.routing.schedule.downtime import worked_between
from streams.tables import StateTables, Table


class Remaining(NamedTuple):
    """A plant of which reservations are still to be looked at, from this position in its weeks on."""

    plant: str
    position: WeekPosition


REMAINING: Table[tuple[Remaining, ...]] = Table("reschedule", tuple[Remaining, ...])
"""One entry: the plants whose reservations are still to be rescheduled, in the order of their disruptions."""


def begin(tables: StateTables, plant: str, since: date) -> None:
    """Note to look at the plant's reservations whose work is done in this day's week or later.

    Args:
        tables: The state.
        plant: The plant.
        since: The first day on which its stops have changed.
    """
    remaining = tables.get(REMAINING, ()) or ()
    week = min([week_of(since), *(job.position.week for job in remaining if job.plant == plant)])
    others = (job for job in remaining if job.plant != plant)
    tables.put(REMAINING, (), (*others, Remaining(plant, WeekPosition(week, 0))))


def resume(tables: StateTables, context: DecisionContext, limit: int) -> list[Result]:
    """Look at the next reservations that a changed stop may concern.

    Args:
        tables: The state.
        context: The event and the master data.
        limit: How many reservations at most.

    Returns:
        The results of those that have another day, each once.
    """
    results: dict[ReservationKey, Result] = {}
    while limit > 0 and (remaining := tables.get(REMAINING, ())):
        plant, position = remaining[0]
        this_week = WeekPosition(week_of(today(plant, context)), 0)
        found = weeks.first_from(tables, plant, max(position, this_week))
        if found is None:
            tables.put(REMAINING, (), remaining[1:] or None)
            continue
        position, key = found
        _look(tables, key, context, results)
        limit -= 1
        following = Remaining(plant, WeekPosition(position.week, position.number + 1))
        tables.put(REMAINING, (), (following, *remaining[1:]))
    return list(results.values())


def _look(
    tables: StateTables, key: ReservationKey, context: DecisionContext, results: dict[ReservationKey, Result]
) -> None:
    reservation = tables.get(RESERVATIONS, key)
    if reservation is None:
        return
    after = _rescheduled(tables, key, reservation, context)
    if after == reservation:
        return
    tables.put(RESERVATIONS, key, reservations.in_week(tables, key, after, today(key.plant, context)))
    if after.available_on != reservation.available_on:
        event_id = f"{context.event_id}/moved/{key.request_id}"
        results[key] = result(key, after, AllocationKind.MOVED, event_id)


def _rescheduled(
    tables: StateTables, key: ReservationKey, reservation: Reservation, context: DecisionContext
) -> Reservation:
    """Return the reservation with the day on which it is ready now; its work in other weeks where it cannot stay."""
    stops = disruptions.stops_of(tables, key.plant)
    shop = capacity.workshop(key.plant, key.item, context.master, stops.making)
    if shop is None or reservation.begins is None:
        return reservation
    reservation = _in_free_weeks(tables, key.plant, reservation, shop, context)
    begins = reservation.begins or today(key.plant, context)
    done = ready(reservation, begins, shop, stops)
    if done == reservation.available_on and reservation.disruption is None:
        return reservation
    return replace(reservation, available_on=done, disruption=stops.between(begins, done))


def _in_free_weeks(
    tables: StateTables, plant: str, reservation: Reservation, shop: Workshop, context: DecisionContext
) -> Reservation:
    """Return the reservation with its work anew in the earliest weeks, except work in weeks that are over."""
    day = today(plant, context)
    past, rest = _divided(reservation, day, shop)
    if not rest or not _needs_other_weeks(tables, reservation, rest, shop):
        return reservation
    start = first_day(plant, reservation.not_before, context)
    reservations.book(tables, rest, day, -1, reservation.quota)
    days = _days_left(reservation, day, shop)
    found = capacity.place_again(reservations.load_of(tables, shop.load), shop, _total(rest), start, days)
    reservations.book(tables, found.work if found else rest, day, quota=reservation.quota)
    if found is None or (found.work == rest and reservation.days is None):
        return reservation
    work = capacity.summed(past, found.work)
    done = next((each for each in past if each.week == week_of(day)), None)
    return replace(reservation, work=work, begins=start, last_begins=found.begins, days=days, done=done)


def _divided(reservation: Reservation, day: date, shop: Workshop) -> tuple[tuple[Work, ...], tuple[Work, ...]]:
    """Return the work that is done and the work that is left: of this week's as much as it has days left."""
    this_week, monday = week_of(day), shifted(day, 1 - day.isoweekday())
    first, sunday = max(monday, reservation.begins or monday), shifted(monday, 6)
    days, left = shop.calendar.between(first, sunday), shop.calendar.between(max(first, day), sunday)
    done = reservation.done.quantity if reservation.done and reservation.done.week == this_week else ZERO
    past, rest = [], []
    for work in reservation.work:
        ahead = work.quantity if work.week > this_week else ZERO
        if work.week == this_week:
            open_work = work.quantity - done
            ahead = (open_work * left / days).quantize(MICRO, ROUND_CEILING) if days else open_work
        past.append(work._replace(quantity=work.quantity - ahead))
        rest.append(work._replace(quantity=ahead))
    return tuple(work for work in past if work.quantity > 0), tuple(work for work in rest if work.quantity > 0)


def _days_left(reservation: Reservation, day: date, shop: Workshop) -> int:
    """Return how many days the last of the work takes from today on, of those that it takes in all."""
    if reservation.days is None:
        return shop.capability.working_days
    begins = reservation.last_begins
    if reservation.days == 0 or begins is None or begins >= day:
        return reservation.days
    return max(1, reservation.days - worked_between(shop.calendar, begins, shifted(day, -1), shop.stops))


def _needs_other_weeks(tables: StateTables, reservation: Reservation, work: tuple[Work, ...], shop: Workshop) -> bool:
    """Return whether a week is overbooked, or a disruption has put the work where it is.

    Where the capability itself has changed, the work stays.
    """
    if shop.weekly is None or any(entry.load != shop.load for entry in work):
        return False
    load = reservations.load_of(tables, shop.load)
    return reservation.disruption is not None or any(capacity.overbooked(load, shop, entry) for entry in work)


def _total(work: tuple[Work, ...]) -> Decimal:
    return sum((entry.quantity for entry in work), Decimal(0))
