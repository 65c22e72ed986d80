"""A plant's availability in short: free stock and free capacity of the items that more members make than are asked.

By it the planner ranks whom to ask for offers (`planner.source`). It is a hint and reserves nothing. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from kranhub.wire.messages import Availability, ItemAvailability
from streams.routing.allocator import disruptions, reservations
from streams.routing.allocator.capacity import WEEKS, Workshop, week_begin, week_of, workshop
from streams.routing.allocator.keys import StockKey
from streams.routing.allocator.stock import ZERO
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import shifted
from streams.routing.masterdata.masterdata import MasterData
from streams.tables import StateTables, Table, keys

ITEMS = 200
"""Of how many items a plant's availability speaks at most."""

PLANTS = 50
"""Of how many plants one tick publishes; the next goes on with the others."""

CHANGED, PUBLISHED = Table("availability-changed", bytes), Table("availability", bytes)
"""The plants of which something has changed since, and what was published last, both by plant."""


class AvailabilityResult(NamedTuple):
    """An Availability for every order; ``id`` is the same whenever it is found again."""

    id: str
    value: Availability


def crowded_items(master: MasterData) -> Mapping[str, tuple[str, ...]]:
    """Return the items, by plant, that more members make than some rule has asked at a time."""
    known = master.worked_out
    if crowded_items not in known:
        found: dict[str, list[str]] = {}
        few = min(rule.maximum_asked for rule in master.rules.rules)
        for item in sorted(master.items):
            makers = master.makers(item)
            for maker in makers if len(makers) > few else ():
                found.setdefault(maker.member, []).append(item)
        known[crowded_items] = {plant: tuple(items[:ITEMS]) for plant, items in found.items()}
    crowded: Mapping[str, tuple[str, ...]] = known[crowded_items]
    return crowded


def note(tables: StateTables, master: MasterData) -> None:
    """Note the plants of whose stock, capacity or disruptions the event has changed something."""
    crowded = crowded_items(master)
    if not crowded:
        return
    changed = [key for key in tables.changed_keys() if key.partition("/")[0] in _BY_PLANT]
    for plant in dict.fromkeys(keys.parts(key)[0].partition("|")[0] for key in changed):
        if plant in crowded:
            tables.put(CHANGED, (plant,), b"1")


_BY_PLANT = (reservations.STOCKS.name, reservations.LOADS.name, disruptions.STOPS.name)
"""The tables whose keys begin with a plant, or with a capability of one."""


def publish(tables: StateTables, context: DecisionContext) -> list[AvailabilityResult]:
    """Return what is to be published with a tick: the plants whose availability has changed, a portion of them.

    Args:
        tables: The state.
        context: The tick and the master data.
    """
    found = []
    crowded = crowded_items(context.master)
    for entry in tables.scan(CHANGED, limit=PLANTS):
        (plant,) = entry.key
        tables.put(CHANGED, entry.key, None)
        value: Availability = {"plant": plant, "items": list(_items(tables, plant, crowded.get(plant, ()), context))}
        data = msgspec.json.encode(value)
        if data != tables.get(PUBLISHED, (plant,)):
            tables.put(PUBLISHED, (plant,), data)
            found.append(AvailabilityResult(f"{context.event_id}/availability/{plant}", value))
    return found


def _items(
    tables: StateTables, plant: str, items: tuple[str, ...], context: DecisionContext
) -> Iterator[ItemAvailability]:
    stops = disruptions.stops_of(tables, plant)
    for item in items:
        shop = workshop(plant, item, context.master, stops.making)
        found: ItemAvailability = {
            "item": item,
            "free_stock": reservations.free_stock(tables, StockKey(plant, item), context.master),
            "capacity_from": None,
            "load": None,
        }
        if shop is not None:
            _add_capacity(found, shop, tables, context)
        yield found


def _add_capacity(found: ItemAvailability, shop: Workshop, tables: StateTables, context: DecisionContext) -> None:
    today = context.time.date()
    if shop.weekly is None:
        found["capacity_from"] = week_begin(week_of(today))
        return
    taken = reservations.load_of(tables, shop.load).weeks
    for number in range(WEEKS + shop.stopped_weeks(today)):
        week = week_of(shifted(today, 7 * number))
        capacity, used = shop.capacity(week_begin(week)), taken.get(week, ZERO)
        if capacity > used:
            found["capacity_from"], found["load"] = week_begin(week), (used / capacity).quantize(_PERCENT)
            return


_PERCENT = ZERO.scaleb(-2)
"""Shares are published in whole percent: what changes less is no news."""
