"""What allocators have published of their plants' free stock and capacity: by it the planner chooses whom to ask."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from kranhub.wire import messages
from streams.routing.model.quantity import ZERO


class ItemAvailability(NamedTuple):
    """What a plant has free of an item.

    Attributes:
        free_stock: Stock that may still be promised, in the item's base unit.
        capacity_from: The first day of the first week with free capacity; None where there is none.
        load: The share of that week's capacity that is taken, 0 to 1; None without a capacity.
    """

    free_stock: Decimal = ZERO
    capacity_from: date | None = None
    load: Decimal | None = None


@dataclass(frozen=True)
class Availabilities:
    """What is known of all plants. It never changes; what comes later is another value.

    Attributes:
        plants: What each plant has free, by item. Of a plant that is missing nothing is taken.
        worked_out: A cache for what others derive from the value, each under keys of its own.
    """

    plants: Mapping[str, Mapping[str, ItemAvailability]]
    worked_out: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def of(self, plant: str, item: str) -> ItemAvailability | None:
        """Return what the plant has free of the item; None where nothing was published of it."""
        return self.plants.get(plant, {}).get(item)

    def with_plant(self, value: messages.Availability) -> "Availabilities":
        """Return the same with what was published last of a plant."""
        items = {
            entry["item"]: ItemAvailability(entry["free_stock"], entry["capacity_from"], entry["load"])
            for entry in value["items"]
        }
        return Availabilities({**self.plants, value["plant"]: items})


UNKNOWN = Availabilities({})
"""Nothing was published yet."""
