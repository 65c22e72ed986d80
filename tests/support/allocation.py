"""A partition of the allocator in memory: its state as bytes, its clock, and a small world of plants and items."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kranhub.parties.members import Members
from kranhub.wire.messages import Subject
from streams.processor.state.store import Store
from streams.routing.allocator import allocator
from streams.routing.context import DecisionContext
from streams.routing.masterdata.calendars import Calendars
from streams.routing.masterdata.items import Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Rule, Rules
from streams.routing.model.copying import replace

START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TODAY = START.date()
"""A Tuesday, in the ISO week 2026-W48."""

NAME = {"en": "x", "ru": "х"}
CALENDARS = Calendars.model_validate(
    {
        "calendars": [
            {
                "calendar": "ru-5x2",
                "name": NAME,
                "covers": {"first_year": 2026, "last_year": 2027},
                "days_off": ["2026-12-02"],
            }
        ]
    }
)
"""Five days a week; the Wednesday of 2026-W49 is off."""

ITEMS = [
    {"item": "motor", "okpd2": "27.11.24", "unit": "H87", "codes": {"oemz": "ДВ"}, "more_codes": {"oemz": ["ДВ-2"]}},
    {"item": "girder", "okpd2": "25.11.21", "unit": "KGM", "codes": {"zmk": "Б", "oemz": "Б"}},
    {"item": "paint", "okpd2": "20.30.11", "unit": "LTR", "codes": {"oemz": "К"}},
]


def world(items: Any = ITEMS, **capacities: Any) -> MasterData:
    """Return two plants with these items; ``motor`` and ``girder`` are a week's quantity and unit, or None.

    What the plants' ERPs have reserved contains the hub's orders, unless ``contains`` is something else. A motor takes
    three working days, or ``days``.
    """
    motor, girder = capacities.get("motor", (Decimal(10), "H87")), capacities.get("girder", (Decimal(5), "TNE"))
    contains = capacities.get("contains", True)
    plants = [
        _plant("oemz", "27.11", capacities.get("days", 3), motor, contains),
        _plant("zmk", "25.11", 20, girder, contains),
    ]
    return MasterData(
        Members.model_validate({"members": plants}),
        Nomenclature.model_validate({"version": 1, "items": [{"name": NAME, **item} for item in items]}),
        calendars=CALENDARS,
    )


def crowded(most: int = 1, **capacities: Any) -> MasterData:
    """Return a world in which two members make motors, and no more than ``most`` are asked at a time."""
    known = world(**capacities)
    first = known.members.members[0]
    twin = first.model_copy(update={"id": "twin"})
    members = Members(members=(*known.members.members, twin), transport=known.members.transport)
    return replace(known, members=members, rules=Rules(rules=(Rule(rule="one", maximum_asked=most),)))


def _plant(name: str, okpd2: str, days: int, capacity: Any, contains: bool | None) -> Any:
    able = {"okpd2": okpd2, "working_days": days}
    if capacity:
        able["capacity"] = dict(zip(("quantity", "unit"), capacity, strict=True))
    site = {"name": NAME, "time_zone": "Asia/Omsk", "reserved_contains_hub_orders": contains}
    return {
        "id": name,
        "name": NAME,
        "roles": ["plant"],
        "country": "RU",
        "time_zone": "Asia/Omsk",
        "sites": [{"id": f"{name}-a", **site}, {"id": f"{name}-b", **site}],
        "capabilities": [able],
    }


@dataclass
class Allocations:
    """The allocator of one partition. Every event is at ``time``; what it says is returned.

    What is reported as of a later time comes then, unless a clock is wrong (``ahead``).
    """

    master: MasterData = field(default_factory=world)
    store: Store = field(default_factory=Store)
    time: datetime = START
    events: int = 0
    mark: str = ""

    @property
    def state(self) -> dict[str, bytes]:
        """What the partition's state holds."""
        return self.store.values

    def take(self, subject: str, value: Any) -> list[Any]:
        """Handle one event; return the results' values."""
        self.events += 1
        context = DecisionContext(f"e{self.events}", self.time, self.master, self.mark)
        outcome = allocator.handle(self.store, Subject(subject), value, context)
        self.store.apply(outcome.changes)
        assert len({result.id for result in outcome.results}) == len(outcome.results)
        return [dict(result.value) for result in outcome.results]

    def level(
        self, available: Any, after: float = 0, plant: str = "oemz", *, ahead: bool = False, **fields: Any
    ) -> list[Any]:
        """Report stock as of so many minutes after the start."""
        value: Any = {
            "company": plant,
            "site": f"{plant}-a",
            "item": "motor",
            "item_code": "ДВ",
            "on_hand": Decimal(available) + 3,
            "reserved": Decimal(2),
            "blocked": Decimal(1),
            "as_of": START + timedelta(minutes=after),
            **fields,
        }
        self.time = self.time if ahead else max(self.time, value["as_of"])
        return self.take("InventoryLevel", value)

    def receipt(self, quantity: Any, day: date, receipt_id: str = "PO-1", **fields: Any) -> list[Any]:
        """Report that so much is still to come on a day."""
        value: Any = {
            "company": "oemz",
            "site": "oemz-a",
            "receipt_id": receipt_id,
            "source": "PURCHASE",
            "item": "motor",
            "item_code": "ДВ",
            "quantity": Decimal(quantity),
            "unit": "H87",
            "expected_date": day,
            "document_status": "ACTIVE",
            "as_of": self.time,
            **fields,
        }
        return self.take("PlannedReceipt", value)

    def ask(self, action: str, request_id: str, quantity: Any = 0, **fields: Any) -> list[Any]:
        """Send a request."""
        value: Any = {
            "request_id": request_id,
            "order_key": request_id.rpartition("/")[0],
            "plant": "oemz",
            "item": "motor",
            "quantity": Decimal(quantity),
            "action": action,
            "generation": 0,
            "not_before": None,
            "at": None,
            "expires_at": None,
            **fields,
        }
        self.time = max(self.time, value["at"] or self.time)
        return self.take("AllocationRequest", value)

    def reserve(self, request_id: str, quantity: Any, **fields: Any) -> Any:
        """Reserve; return the result's value."""
        (answer,) = self.ask("RESERVE", request_id, quantity, **fields)
        return answer

    def disrupt(self, number: str = "D-1", minutes: float = 0, *, ahead: bool = False, **fields: Any) -> list[Any]:
        """Have the plant say, so many minutes after the start, that it makes nothing from the 25th on for a week."""
        value = disruption(number, minutes, **fields)
        self.time = self.time if ahead else max(self.time, value["as_of"] or self.time)
        return self.take("Disruption", value)

    def tick(self, minutes: float) -> list[Any]:
        """Let it be so many minutes after the start."""
        self.time = START + timedelta(minutes=minutes)
        return self.take("Tick", {"time": self.time})


def disruption(number: str = "D-1", minutes: float = 0, **fields: Any) -> Any:
    """Return a Disruption of so many minutes after the start: the plant makes nothing from the 25th on for a week."""
    return {
        "disruption_id": number,
        "member": "oemz",
        "cause": "STRIKE",
        "effect": "CAPACITY_REDUCTION",
        "sites": [],
        "status": "OPEN",
        "begins": TODAY + timedelta(days=1),
        "ends": TODAY + timedelta(days=7),
        "text": {},
        "as_of": START + timedelta(minutes=minutes),
        **fields,
    }


def offer(result: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a result offers: from stock, to make, and the day."""
    return result["from_stock"], result["to_make"], result["available_on"]
