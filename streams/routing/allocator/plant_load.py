"""How much of a plant's weekly capacity is reserved, for people. Pure.

One record for each capability with a limit of its own, and for each work centre.
"""

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import NamedTuple

from kranhub.parties.members import Quantity
from kranhub.wire.messages import PlantLoad, PlantLoadWeek
from streams.routing.allocator import disruptions, reservations
from streams.routing.allocator.capacity import WEEKS, Load, load_name, week_capacity, week_of, work_centre_load
from streams.routing.allocator.results import today
from streams.routing.allocator.stock import ZERO
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.schedule.downtime import Stop
from streams.tables import StateTables
from streams.tables.table import ReadableState

_MICRO = Decimal("0.000001")


def plant_loads(state: ReadableState, plant: str, context: DecisionContext) -> dict[str, PlantLoad]:
    """Return the load of each capability of the plant that has a limit, and of each work centre, by the name of it.

    Args:
        state: The state of the allocator's partition that has the plant.
        plant: The plant; one that is no member has none.
        context: The hub's time and the master data.
    """
    tables = StateTables(state)
    stops = disruptions.stops_of(tables, plant).making
    with localcontext(prec=60):
        return {
            limit.load: {
                "plant": plant,
                "capability": limit.name,
                "unit": limit.capacity.unit,
                "weeks": list(_weeks(reservations.load_of(tables, limit.load), limit, plant, stops, context)),
                "as_of": context.time,
            }
            for limit in _limits(plant, context.master)
        }


class _Limit(NamedTuple):
    """What limits a plant: the OKPD2 code of a capability or the id of a work centre, its load and its capacity."""

    name: str
    load: str
    capacity: Quantity


def _limits(plant: str, master: MasterData) -> Iterator[_Limit]:
    member = master.members.by_id.get(plant)
    if member is None or not member.makes:
        return
    for capability in member.capabilities:
        if capability.capacity is not None:
            yield _Limit(capability.okpd2, load_name(plant, capability), capability.capacity)
    for centre in member.work_centres:
        yield _Limit(centre.id, work_centre_load(plant, centre), centre.capacity)


def _weeks(
    load: Load, limit: _Limit, plant: str, stops: tuple[Stop, ...], context: DecisionContext
) -> Iterator[PlantLoadWeek]:
    calendar = context.master.calendar(plant)
    for number in range(WEEKS):
        day = shifted(today(plant, context), 7 * number)
        week = week_of(day)
        capacity = week_capacity(limit.capacity.quantity, calendar, day, stops).quantize(_MICRO, ROUND_FLOOR)
        reserved = load.weeks.get(week, ZERO)
        yield {"week": week, "capacity": capacity, "reserved": reserved, "free": max(ZERO, capacity - reserved)}
