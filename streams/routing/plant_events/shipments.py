"""Takes shipments into the state: goods that left a plant, and goods that arrived."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kranhub.errors import InvalidDocument
from kranhub.parties.members import Role
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.context import DecisionContext
from streams.routing.model.copying import replace
from streams.routing.model.order import ZERO, Attempt, Leg, OrderState
from streams.routing.notify import reasons
from streams.routing.notify.reasons import Cause
from streams.routing.planner import messages
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.plant_events import responses
from streams.routing.plant_events.responses import Place
from streams.routing.validation import document_identity
from streams.routing.validation.normalise import UNMAPPED_UNIT, in_base

Value = Mapping[str, Any]


def shipped(state: OrderState | None, value: Value, context: DecisionContext) -> Step:
    """Take a Shipment's lines of this order.

    Raises `InvalidDocument`: ``unknown-plant-order``, ``not-addressee`` where the shipper is neither the plant nor a
    carrier, ``unmapped-unit``, ``two-documents``. More than was ordered is taken as it is, and an alert says so.
    """
    cause: Cause | None = None
    alerts: list[OutputMessage] = []
    for number, quantity in _quantities(state, value, context.master).items():
        place = _place(state, number, value["shipper"], context.master)
        assert state is not None  # noqa: S101  (_place has checked)
        if place.attempt.knows(context.fingerprint):
            continue
        attempt = _with_leg(place.attempt, _leg(value, quantity), context.event_id).after(context.fingerprint)
        state = responses.put(state, place, attempt)
        if attempt.legs == place.attempt.legs:
            continue
        cause = reasons.shipment(attempt.plant, place.portion.item, value["actual_arrival"] is not None, context.master)
        alerts += _too_much(state, place, attempt, context)
    assert state is not None  # noqa: S101  (a shipment of nothing of ours does not come here)
    return Step(state, cause, alerts)


def _quantities(state: OrderState | None, value: Value, master: MasterData) -> dict[str, Decimal]:
    """Return how much the shipment carries of each of this order's plant orders, in base units."""
    found: dict[str, Decimal] = {}
    for line in value["lines"]:
        number = line["plant_order_id"]
        if number is None or (state and not number.startswith(f"{state.key}/")):
            continue
        place = _place(state, number, value["shipper"], master)
        quantity = in_base(master.items[place.portion.item], line["quantity"], line["unit"])
        if quantity is None:
            raise InvalidDocument(UNMAPPED_UNIT, reasons.unmapped_unit(line["unit"], place.portion.unit))
        found[number] = found.get(number, ZERO) + quantity
    return dict.fromkeys(found, ZERO) if value["document_status"] == "CANCELLED" else found


def _place(state: OrderState | None, number: str, shipper: str, master: MasterData) -> Place:
    member = master.members.by_id.get(shipper)
    if state and member and Role.CARRIER in member.roles:
        place = responses.find(state, number)
        if place is not None and place.attempt.sent is not None:
            return place
    return responses.addressed(state, number, shipper)


def _leg(value: Value, quantity: Decimal) -> Leg:
    expected = value["estimated_arrival"]
    return Leg(
        value["shipment_id"],
        quantity,
        value["actual_departure"],
        value["actual_arrival"],
        expected.date() if expected else None,
        by=value["shipper"],
    )


def _with_leg(attempt: Attempt, leg: Leg, event_id: str) -> Attempt:
    """Return the attempt with the shipment: the last word of its shipper counts.

    Where a plant and a carrier both speak of it, their words come by two topics, in whatever order: what by one of them
    has left, arrived or was cancelled stays so for the other. Raises `InvalidDocument` ``two-documents`` where one
    shipper has two.
    """
    known = {old.number: old for old in attempt.legs}
    old = known.get(leg.number)
    same = old if old is not None and old.by in (None, leg.by) else None
    leg = replace(leg, document=document_identity.heard(same.document if same else None, event_id, leg.number))
    if old is not None and old.by != leg.by:
        if _stage(leg) < _stage(old):
            return attempt
        leg = replace(leg, departed=leg.departed or old.departed, arrived=leg.arrived or old.arrived)
    known[leg.number] = leg
    return replace(attempt, legs=tuple(known[number] for number in sorted(known)))


def _stage(leg: Leg) -> int:
    """Return how far it is: planned, on the way, arrived, cancelled."""
    if leg.quantity <= 0:
        return 3
    return 2 if leg.arrived else 1 if leg.departed else 0


def _too_much(state: OrderState, place: Place, attempt: Attempt, context: DecisionContext) -> list[OutputMessage]:
    """Return the alert where more has left than was ordered; nothing is, where the plant order is cancelled."""
    portion = place.portion
    ordered = ZERO if attempt.closed or portion.cancelled else portion.quantity
    if attempt.shipped <= ordered:
        return []
    words = reasons.over_shipment(attempt.plant, portion.item, attempt.shipped, ordered, context.master)
    where = f"{portion.place}.{attempt.number}/{attempt.shipped.normalize():f}"
    return [messages.alert(state, "over-shipment", where, words, context.time)]
