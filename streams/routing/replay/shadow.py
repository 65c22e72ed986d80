"""What the hub decided for members in shadow, beside what people placed in the old way. Pure.

What people placed comes with the opening snapshot: an order whose lines name their plants (docs/cutover.md).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from kranhub.identifiers import order_key
from kranhub.wire.messages import Message, Order, OrderStatus, PlantOrder, PlantOrderDocumentStatus, Subject, narrowed


class Verdict(StrEnum):
    """How a line of the hub's and of people's compares."""

    SAME_PLANT = "same-plant"
    OTHER_PLANT = "other-plant"
    NOT_DECIDED = "not-decided"
    NOT_PLACED = "not-placed"


class HubEvent(NamedTuple):
    """A record of hub.events.

    Attributes:
        subject: Its type.
        value: The record.
        shadow: Whether it is a plant order in shadow.
    """

    subject: Subject
    value: Message
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """One line, as the hub decided it and as people placed it.

    Attributes:
        order_key: The key of its order.
        line_id: The line.
        item: The buyer's code of the item, or the item's id where people have not placed the line.
        verdict: How the two compare.
        hub: The hub's plants, and how much each was to make, in the item's base unit.
        placed_at: The plant that people chose; None where they have not placed the line.
        possible_on: The day by which the hub could have had the whole order at the customer.
        agreed_for: The day that people agreed on for the line.
    """

    order_key: str
    line_id: str
    item: str
    verdict: Verdict
    hub: Mapping[str, Decimal]
    placed_at: str | None = None
    possible_on: date | None = None
    agreed_for: date | None = None

    @property
    def is_later(self) -> bool:
        """Whether the hub could not have kept the agreed day."""
        return bool(self.possible_on and self.agreed_for and self.possible_on > self.agreed_for)


@dataclass(slots=True)
class _Order:
    """One order so far.

    Attributes:
        plant_orders: Its plant orders in shadow, by id.
        possible_on: The day by which all could be at the customer.
        compared: The lines that have been compared.
    """

    plant_orders: dict[str, PlantOrder] = field(default_factory=dict)
    possible_on: date | None = None
    compared: dict[str, Compared] = field(default_factory=dict)


def compare(events: Iterable[HubEvent]) -> list[Compared]:
    """Return each line that was decided in shadow or placed by people, by order and line.

    The events of one order come in their order. A line is compared as the hub had decided it when the opening snapshot
    arrived; what came after that is the hub's own.
    """
    orders: dict[str, _Order] = {}
    for event in events:
        if plant_order := narrowed(PlantOrder, event.subject, event.value):
            if event.shadow:
                _decided(orders.setdefault(plant_order["order_key"], _Order()), plant_order)
        elif status := narrowed(OrderStatus, event.subject, event.value):
            if status["order_key"] in orders and status["role"] == "buyer":
                orders[status["order_key"]].possible_on = status["earliest_date"]
        elif (placed := narrowed(Order, event.subject, event.value)) and placed.get("opening"):
            key = order_key(placed["buyer"], placed["order_id"])
            _placed(orders.setdefault(key, _Order()), key, placed)
    found = [each for key, order in orders.items() for each in (*order.compared.values(), *_left(order, key))]
    return sorted(found, key=lambda each: (each.order_key, each.line_id))


def totals(found: Iterable[Compared]) -> Mapping[Verdict, int]:
    """Return how many lines there are of each verdict."""
    counted = Counter(each.verdict for each in found)
    return {verdict: counted[verdict] for verdict in Verdict}


def _decided(order: _Order, value: PlantOrder) -> None:
    """Keep a version of a plant order for a line's own item; its parts are not compared."""
    if value["document_status"] == PlantOrderDocumentStatus.CANCELLED:
        order.plant_orders.pop(value["plant_order_id"], None)
    elif value["feeds_into"] is None:
        order.plant_orders[value["plant_order_id"]] = value


def _placed(order: _Order, key: str, value: Order) -> None:
    """Compare each line that names its plant, once."""
    for line in value["lines"]:
        plant, number = line.get("opening_plant"), line["line_id"]
        if plant is None or number in order.compared:
            continue
        hub, _ = _shares(order, number)
        verdict = _verdict(hub, plant)
        agreed = line["requested_date"] or value["requested_date"]
        order.compared[number] = Compared(
            key, number, line["item_code"], verdict, hub, plant, order.possible_on if hub else None, agreed
        )


def _verdict(hub: Mapping[str, Decimal], plant: str) -> Verdict:
    if not hub:
        return Verdict.NOT_DECIDED
    return Verdict.SAME_PLANT if set(hub) == {plant} else Verdict.OTHER_PLANT


def _left(order: _Order, key: str) -> Iterable[Compared]:
    """Yield the lines that no opening snapshot has named so far."""
    lines = {value["lines"][0]["order_line_id"] for value in order.plant_orders.values()}
    for number in sorted(lines - set(order.compared)):
        hub, item = _shares(order, number)
        yield Compared(key, number, item, Verdict.NOT_PLACED, hub, possible_on=order.possible_on)


def _shares(order: _Order, number: str) -> tuple[dict[str, Decimal], str]:
    """Return how much each plant was to make of the line, and the item."""
    shares: dict[str, Decimal] = {}
    item = ""
    for value in order.plant_orders.values():
        line = value["lines"][0]
        if line["order_line_id"] == number:
            shares[value["plant"]] = shares.get(value["plant"], Decimal(0)) + line["quantity"]
            item = line["item"]
    return shares, item
