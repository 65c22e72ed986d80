"""Documents of the hub for a sink under test, complete as the runtime decodes them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

from kranhub import identifiers
from kranhub.connector import Event
from kranhub.testing.content import codec
from kranhub.wire import messages
from kranhub.wire.messages import Message, OrderState, PlantOrderDocumentStatus, Subject

ORDER_ID = "З-1"
ISSUED = datetime(2026, 1, 15, 8, 30, tzinfo=UTC)


def plant_order_id(reference: str, buyer: str = "irtysh-stroy") -> str:
    """Return the id that `plant_order` makes of a reference; it is the external reference in the plant's ERP."""
    return identifiers.plant_order_id(identifiers.order_key(buyer, ORDER_ID), reference, "part", 1)


def plant_order(
    plant: str,
    reference: str,
    revision: int = 1,
    *,
    items: Sequence[tuple[str, str]],
    buyer: str = "irtysh-stroy",
    **changes: Any,
) -> Event:
    """Return a plant order with one line per item.

    Line n asks for a quantity of ``10 n + revision``; the requested date is ``revision`` days after 31 March of next
    year.

    Args:
        plant: The plant's member id.
        reference: Goes into the plant order's id, so that each reference is a plant order of its own.
        revision: The revision.
        items: For each line the plant's item code, and a unit of UN/CEFACT Recommendation 20.
        buyer: The buyer's member id.
        **changes: Fields of the record to replace.
    """
    name = plant_order_id(reference, buyer)
    value: messages.PlantOrder = {
        "plant_order_id": name,
        "order_key": identifiers.order_key(buyer, ORDER_ID),
        "order_id": ORDER_ID,
        "order_number": "З-1/2026",
        "buyer": buyer,
        "plant": plant,
        "document_status": PlantOrderDocumentStatus.ACTIVE,
        "revision": revision,
        "currency": "RUB",
        "issued_at": ISSUED,
        "requested_date": _wanted(revision),
        "lines": [_line(number, revision, *item) for number, item in enumerate(items, start=1)],
    }
    subject = Subject.PLANT_ORDER
    return Event(f"hub/PlantOrder/{name}/{revision}", name, subject, "hub", _complete(subject, value, changes))


def order_status(buyer: str, order_id: str, revision: int, **changes: Any) -> Event:
    """Return the status of one of the buyer's orders: CONFIRMED, with the date that `plant_order` requests as promised.

    Args:
        buyer: The buyer's member id.
        order_id: The order's id.
        revision: The revision; it also sets the promised date.
        **changes: Fields of the record to replace.
    """
    key = identifiers.order_key(buyer, order_id)
    value: messages.OrderStatus = {
        "order_key": key,
        "order_id": order_id,
        "buyer": buyer,
        "revision": revision,
        "order_revision": 1,
        "state": OrderState.CONFIRMED,
        "promised_date": _wanted(revision),
        "reason": {"en": "All plants have said yes.", "ru": "Все заводы согласились."},
        "changed_at": ISSUED,
        "lines": [],
    }
    subject = Subject.ORDER_STATUS
    return Event(f"hub/OrderStatus/{key}/{revision}", order_id, subject, "hub", _complete(subject, value, changes))


def _complete(subject: Subject, value: Message, changes: Mapping[str, Any]) -> Message:
    """Return the record with these fields replaced, as it is after encoding and decoding."""
    changed = cast(Message, {**value, **changes})
    return codec().decode(codec().encode(subject, changed)).value


def _wanted(revision: int) -> date:
    return date(datetime.now(UTC).year + 1, 3, 31) + timedelta(days=revision)


def _line(number: int, revision: int, item_code: str, unit: str) -> messages.PlantOrderLine:
    return {
        "line_id": str(number),
        "order_line_id": str(number),
        "item": f"item-{number}",
        "item_code": item_code,
        "description": f"Позиция {number}",
        "quantity": Decimal(10 * number + revision),
        "unit": unit,
        "price": Decimal(100),
        "requested_date": None,
    }
