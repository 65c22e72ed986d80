"""A sound simulated day as the checker reads it: orders of four motors each, all of them on stock. Tests spoil it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.simulation.consumer import ConsumedRecord
from tools.simulation.verify.files import Files
from tools.simulation.verify.record import DayRecord

REPOSITORY = Path(__file__).parents[2]
FILES = Files.load(
    *(REPOSITORY / f"deploy/{name}/omsk.yaml" for name in ("members", "nomenclature", "calendars")),
)
NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
BUYER, PLANT, ITEM = "sibir-terminal", "oemz", "motor-crane-7kw5"
ORDERS, QUANTITY, STOCK = 6, 4, 24
READY = date(2026, 12, 28)
"""When motors are ready that are made in the week of NOW: oemz needs 25 working days."""


def seen(
    topic: str, offset: int, event_id: str, kind: str, value: Mapping[str, Any], at: datetime = NOW
) -> ConsumedRecord:
    return ConsumedRecord(topic, 0, offset, "", event_id, kind, recorded=at, value=value)


def order(number: int) -> ConsumedRecord:
    line = {"line_id": "1", "item_code": "ДВ-7.5", "quantity": Decimal(QUANTITY), "unit": "H87"}
    value = {"order_id": str(number), "buyer": BUYER, "document_status": "ACTIVE", "lines": [line]}
    return seen(f"out.{BUYER}.orders", number, f"{BUYER}/Order/{number}/0/1", "Order", value)


def plant_order(
    number: int, revision: int = 1, quantity: int = QUANTITY, attempt: int = 1, **changes: Any
) -> ConsumedRecord:
    name = f"{BUYER}:{number}/1.1.{attempt}"
    value = {
        "plant_order_id": name,
        "order_key": f"{BUYER}:{number}",
        "plant": PLANT,
        "revision": revision,
        "document_status": "ACTIVE",
        "requested_date": READY,
        "feeds_into": None,
        "issued_at": NOW,
        "lines": [{"order_line_id": "1", "item": ITEM, "quantity": Decimal(quantity)}],
        **changes,
    }
    return seen(f"in.{PLANT}.orders", number, f"hub/PlantOrder/{name}/{revision}", "PlantOrder", value)


def status(number: int, state: str = "PLANNED", promised: date | None = None, revision: int = 1) -> ConsumedRecord:
    key = f"{BUYER}:{number}"
    value = {
        "order_key": key,
        "order_id": str(number),
        "buyer": BUYER,
        "addressee": BUYER,
        "revision": revision,
        "state": state,
        "promised_date": promised,
        "lines": [{"line_id": "1", "state": state, "promised_date": promised}],
    }
    return seen(f"in.{BUYER}.statuses", number, f"hub/OrderStatus/{key}/{revision}", "OrderStatus", value)


def response(number: int, promised: date, code: str = "AP", revision: int = 1) -> ConsumedRecord:
    name = f"{BUYER}:{number}/1.1.1"
    line = {"quantity": Decimal(QUANTITY), "promised_date": promised}
    value = {"plant_order_id": name, "plant_order_revision": revision, "response_code": code, "lines": [line]}
    return seen(f"out.{PLANT}.responses", number, f"{PLANT}/OrderResponse/{number}/{promised}", "OrderResponse", value)


def production(number: int, state: str, completed: int, at: datetime, **changes: Any) -> ConsumedRecord:
    name = f"{BUYER}:{number}/1.1.1"
    value = {
        "production_order_id": f"{name}/P1",
        "plant": PLANT,
        "plant_order_id": name,
        "planned": Decimal(QUANTITY),
        "completed": Decimal(completed),
        "state": state,
        "estimated_completion": None,
        "as_of": at,
        **changes,
    }
    event_id = f"{PLANT}/ProductionStatus/{value['production_order_id']}/{state}/{at.isoformat()}"
    return seen(f"out.{PLANT}.production", number, event_id, "ProductionStatus", value)


def shipment(number: int, quantity: int, departed: datetime, leg: int = 1) -> ConsumedRecord:
    name = f"{BUYER}:{number}/1.1.1"
    value = {
        "shipment_id": f"{name}/S{leg}",
        "shipper": PLANT,
        "actual_departure": departed,
        "lines": [{"plant_order_id": name, "quantity": Decimal(quantity)}],
    }
    return seen(f"out.{PLANT}.shipments", number, f"{PLANT}/Shipment/{name}/S{leg}", "Shipment", value)


def alert(number: int, code: str, at: datetime = NOW, **changes: Any) -> ConsumedRecord:
    key = f"{BUYER}:{number}"
    value = {
        "alert_id": f"{code}/{key}/1.1.1/2026-12-28",
        "code": code,
        "owner": "operations",
        "order_key": key,
        "deadline": at,
        "raised_at": at,
        **changes,
    }
    return seen("hub.alerts", number, f"hub/Alert/{value['alert_id']}", "Alert", value, at)


def tick(at: datetime) -> ConsumedRecord:
    return seen("hub.allocation", 999, f"hub/Tick/{at.isoformat()}", "Tick", {"time": at}, at)


def level(available: int = STOCK, offset: int = 0, as_of: datetime = NOW) -> ConsumedRecord:
    zero = Decimal(0)
    value = {"company": PLANT, "site": "store", "item_code": "EM-MTF-75", "on_hand": Decimal(available), "unit": "H87"}
    value |= {"reserved": zero, "blocked": zero, "as_of": as_of}
    return seen("hub.allocation", offset, f"{PLANT}/InventoryLevel/{offset}", "InventoryLevel", value)


def request(
    number: int, action: str = "RESERVE", offset: int | None = None, at: datetime | None = None
) -> ConsumedRecord:
    name = f"{BUYER}:{number}/1.1.1"
    value = {"request_id": name, "plant": PLANT, "item": ITEM, "action": action, "not_before": None, "at": at}
    event_id = f"hub/AllocationRequest/{name}/{action}"
    return seen("hub.allocation", number if offset is None else offset, event_id, "AllocationRequest", value)


def result(
    number: int, from_stock: int = QUANTITY, to_make: int = 0, ready: date = READY, cause: str = ""
) -> ConsumedRecord:
    name = f"{BUYER}:{number}/1.1.1"
    value = {
        "request_id": name,
        "plant": PLANT,
        "kind": "SHORTAGE" if cause else "RESERVED",
        "from_stock": Decimal(from_stock),
        "to_make": Decimal(to_make),
        "available_on": ready,
    }
    event_id = f"{cause}/shortage/{name}" if cause else f"hub/AllocationRequest/{name}/RESERVE/result"
    return seen("hub.work", 1000 + number, event_id, "AllocationResult", value)


def a_day(**changes: Any) -> DayRecord:
    numbers = range(1, ORDERS + 1)
    orders = [order(number) for number in numbers]
    nothing: dict[str, list[ConsumedRecord]] = {kind: [] for kind in ("responses", "production", "shipments", "items")}
    sound = DayRecord(
        out={"orders": orders, **nothing},
        addressed={"orders": [plant_order(number) for number in numbers], "statuses": [status(one) for one in numbers]},
        work=[*(one._replace(topic="hub.work") for one in orders), *(result(number) for number in numbers)],
        allocation=[level(), *(request(number) for number in numbers)],
    )
    return replace(sound, **changes)


def happened(*records: ConsumedRecord, end: datetime, **changes: Any) -> DayRecord:
    """The day at a later end, with what has been sent since; a record that is there already is replaced."""
    day = a_day(**changes)

    def more(known: Sequence[ConsumedRecord], name: str) -> list[ConsumedRecord]:
        new = [one for one in records if one.topic.endswith(f".{name}")]
        return [*(one for one in known if one.id not in {new_one.id for new_one in new}), *new]

    own = [one for one in records if one.topic.startswith("out.")]
    return replace(
        day,
        out={kind: more(known, kind) if kind != "orders" else known for kind, known in day.out.items()},
        addressed={
            "orders": more(day.addressed["orders"], "orders"),
            "statuses": more(day.addressed["statuses"], "statuses"),
        },
        work=[*day.work, *(one._replace(topic="hub.work") for one in own)],
        allocation=[*day.allocation, tick(end)],
        alerts=more(day.alerts, "alerts"),
    )
