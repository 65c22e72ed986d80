"""How much of a plant's weekly capacity is reserved, for people: one record for each capability with a limit. Pure."""

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal, localcontext

from kranhub.wire.messages import PlantLoad, PlantLoadWeek
from streams.routing.allocator import disruptions, reservations
from streams.routing.allocator.capacity import WEEKS, Load, Workshop, load_name, week_of
from streams.routing.allocator.stock import ZERO
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.schedule.downtime import Stop
from streams.tables import StateTables
from streams.tables.table import ReadableState

_MICRO = Decimal("0.000001")


def plant_loads(state: ReadableState, plant: str, context: DecisionContext) -> dict[str, PlantLoad]:
    """Return the load of each of the plant's capabilities that has a limit, from this week on, by the load's name.

    Args:
        state: The state of the allocator's partition that has the plant.
        plant: The plant; one that is no member has none.
        context: The hub's time and the master data.
    """
    tables = StateTables(state)
    stops = disruptions.stops_of(tables, plant).making
    with localcontext(prec=60):
        return {
            shop.load: {
                "plant": plant,
                "capability": capability,
                "unit": unit,
                "weeks": list(_weeks(reservations.load_of(tables, shop.load), shop, context)),
                "as_of": context.time,
            }
            for capability, unit, shop in _workshops(plant, context.master, stops)
        }


def _workshops(plant: str, master: MasterData, stops: tuple[Stop, ...]) -> Iterator[tuple[str, str, Workshop]]:
    """Yield what makes things at the plant, with the name and the unit of its capacity."""
    member = master.members.by_id.get(plant)
    for capability in member.capabilities if member and member.makes else ():
        capacity = capability.capacity
        if capacity is not None:
            name, calendar = load_name(plant, capability), master.calendar(plant)
            shop = Workshop(
                name, calendar, capability.working_days, capacity.quantity, Decimal(1), whole=False, stops=stops
            )
            yield capability.okpd2, capacity.unit, shop


def _weeks(load: Load, shop: Workshop, context: DecisionContext) -> Iterator[PlantLoadWeek]:
    for number in range(WEEKS):
        day = shifted(context.time.date(), 7 * number)
        week = week_of(day)
        capacity = shop.capacity(day).quantize(_MICRO, ROUND_FLOOR)
        reserved = load.weeks.get(week, ZERO)
        yield {"week": week, "capacity": capacity, "reserved": reserved, "free": max(ZERO, capacity - reserved)}
