"""A plant order in the plant's own ERP: how far it is, and the document that the ERP writes at each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tools.simulation.stock import ZERO

Value = Mapping[str, Any]


@dataclass(slots=True)
class Job:
    """One plant order: the latest revision that the ERP has read, and what the plant has done for it.

    Attributes:
        order: The latest revision.
        reserved: What is kept for it of the stock, and has not left.
        quantity: How much the plant has agreed to, in the line's unit.
        promised: The day that the plant has promised; None before that.
        accepted: Whether the plant has accepted it.
        begun: Whether anything was done for it.
        working: Whether a production order is under way.
        productions: How many production orders it has had.
        reports: How many states of these were reported.
        planned: How much the last production order is to make.
        completed: How much that one has made.
        scrapped: How much of that one was lost.
        ready: What was made and has not left.
        shipped: What has left.
        legs: How many shipments have left.
        cancelled: Whether its latest revision is cancelled.
    """

    order: Value
    reserved: Decimal = ZERO
    quantity: Decimal = ZERO
    promised: date | None = None
    accepted: bool = False
    begun: bool = False
    working: bool = False
    productions: int = 0
    reports: int = 0
    planned: Decimal = ZERO
    completed: Decimal = ZERO
    scrapped: Decimal = ZERO
    ready: Decimal = ZERO
    shipped: Decimal = ZERO
    legs: int = 0
    cancelled: bool = False

    @property
    def number(self) -> str:
        """The plant order's id."""
        return str(self.order["plant_order_id"])

    @property
    def line(self) -> Value:
        """The one line of a plant order."""
        line: Value = self.order["lines"][0]
        return line

    @property
    def to_make(self) -> Decimal:
        """What is neither taken from stock nor made."""
        return max(ZERO, self.quantity - self.reserved - self.made)

    @property
    def made(self) -> Decimal:
        """What was made, or has left."""
        return self.ready + self.shipped

    def wants_another(self, order: Value) -> bool:
        """Return whether a revision requests another quantity or day, so that the plant must answer again."""
        known = self.line["quantity"], self.order["requested_date"]
        return bool(known != (order["lines"][0]["quantity"], order["requested_date"]))


def receipt(job: Job, event_id: str, at: datetime) -> dict[str, Any]:
    """Return the receipt of a plant order that is in the ERP.

    Args:
        job: The plant order in the ERP.
        event_id: The id of the event that brought it.
        at: When it was taken.
    """
    return {
        "event_id": event_id,
        "member": job.order["plant"],
        "subject": "PlantOrder",
        "key": job.number,
        "revision": job.order["revision"],
        "outcome": "APPLIED",
        "delivered_at": at,
    }


def answer(order: Value, code: str, at: datetime, quantity: Decimal, promised: date | None) -> dict[str, Any]:
    """Return the plant's response.

    Args:
        order: The revision of the plant order that is answered.
        code: AP for as requested, CA for with changes, RE for refused.
        at: When it was issued.
        quantity: The quantity of the response, in the line's unit.
        promised: The promised day; None for none.
    """
    status = {"AP": "ACCEPTED", "CA": "CHANGED", "RE": "NOT_ACCEPTED"}[code]
    (asked,) = order["lines"]
    line = {"line_id": asked["line_id"], "status": status, "quantity": quantity, "unit": asked["unit"]}
    return {
        "plant_order_id": order["plant_order_id"],
        "plant": order["plant"],
        "plant_order_revision": order["revision"],
        "response_code": code,
        "issued_at": at,
        "lines": [{**line, "promised_date": promised}],
    }


def production(job: Job, state: str, at: datetime, estimated: date | None) -> dict[str, Any]:
    """Return how far the plant is with the last production order.

    Args:
        job: The plant order in the ERP.
        state: The production's state.
        at: The time of this report.
        estimated: The day by which all is expected; None for none.
    """
    return {
        "production_order_id": f"{job.number}/P{job.productions}",
        "plant": job.order["plant"],
        "plant_order_id": job.number,
        "item_code": job.line["item_code"],
        "planned": job.planned,
        "completed": job.completed,
        "scrapped": job.scrapped,
        "unit": job.line["unit"],
        "state": state,
        "estimated_completion": estimated,
        "as_of": at,
    }


def shipment(job: Job, leg: int, quantity: Decimal, departed: datetime, arrived: datetime | None) -> dict[str, Any]:
    """Return a shipment of goods that have left the plant.

    Args:
        job: The plant order in the ERP.
        leg: The shipment's number among the plant order's.
        quantity: How much was sent, in the line's unit.
        departed: When it left.
        arrived: When it arrived; None while under way.
    """
    line = {"line_id": "1", "plant_order_id": job.number, "item_code": job.line["item_code"]}
    return {
        "shipment_id": f"{job.number}/S{leg}",
        "shipper": job.order["plant"],
        "consignee": job.order["consignee"] or job.order["buyer"],
        "from_site": job.order["plant"],
        "transport_mode": "ROAD",
        "actual_departure": departed,
        "estimated_arrival": None,
        "actual_arrival": arrived,
        "document_status": "ACTIVE",
        "lines": [{**line, "quantity": quantity, "unit": job.line["unit"]}],
    }


def level(plant: str, goods: Any, at: datetime) -> dict[str, Any]:
    """Return the stock level of one item.

    Args:
        plant: The plant.
        goods: The item in its stock.
        at: The time of the level.
    """
    return {
        "company": plant,
        "site": f"{plant}-store",
        "item_code": goods.code,
        "on_hand": goods.on_hand,
        "reserved": goods.reserved,
        "blocked": ZERO,
        "unit": goods.unit,
        "as_of": at,
    }
