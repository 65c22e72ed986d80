"""Takes shipments into the state: goods that left a plant, and goods that arrived."""

from datetime import date, datetime
from decimal import Decimal

from kranhub.parties.members import Role
from kranhub.wire import messages as wire
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt, Shipment
from streams.routing.model.codes import AlertCode
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.quantity import ZERO
from streams.routing.planner import messages
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.plant_events import assignments
from streams.routing.plant_events.assignments import Assignment
from streams.routing.reasons import Cause
from streams.routing.schedule import dates
from streams.routing.validation import document_identity


def apply_shipment(state: OrderState | None, value: wire.Shipment, context: DecisionContext) -> Step:
    """Apply a shipment's lines of this order. More than was ordered is taken as it is, and an alert says so.

    Args:
        state: The order; None where the hub does not know it.
        value: The Shipment.
        context: The event and the master data.

    Raises:
        InvalidDocument: ``unknown-plant-order``, ``not-addressee`` where the shipper is neither the plant nor a
            carrier, ``unmapped-unit`` where a unit does not convert, ``too-many-digits`` where a quantity does not fit,
            ``two-documents`` where another document of the shipper reports the same shipment.
    """
    numbers = (line["plant_order_id"] for line in value["lines"] if line["plant_order_id"])
    state = assignments.known_order(state, next(numbers, ""))
    cause: Cause | None = None
    alerts: list[OutputMessage] = []
    for number, quantity in _quantities(state, value, context.master).items():
        assignment = _assignment(state, number, value["shipper"], context.master)
        if assignment.attempt.has_seen(context.fingerprint):
            continue
        attempt = _with_shipment(assignment.attempt, _shipment(value, quantity, context), context.event_id).with_seen(
            context.fingerprint
        )
        state = assignments.with_attempt_at(state, assignment, attempt)
        if attempt.shipments == assignment.attempt.shipments:
            continue
        cause = reasons.shipment(
            attempt.plant, assignment.portion.item, value["actual_arrival"] is not None, context.master
        )
        alerts += _too_much(state, assignment, attempt, context)
    return Step(state, cause, alerts)


def _quantities(state: OrderState, value: wire.Shipment, master: MasterData) -> dict[str, Decimal]:
    """Return how much the shipment carries of each of this order's plant orders, in base units.

    Raises:
        InvalidDocument: As `apply_shipment` does.
    """
    found: dict[str, Decimal] = {}
    for line in value["lines"]:
        number = line["plant_order_id"]
        if number is None or not number.startswith(f"{state.key}/"):
            continue
        assignment = _assignment(state, number, value["shipper"], master)
        quantity = assignments.in_base_unit(assignment.portion, line["quantity"], line["unit"], master)
        found[number] = found.get(number, ZERO) + quantity
    return dict.fromkeys(found, ZERO) if value["document_status"] == "CANCELLED" else found


def _assignment(state: OrderState, number: str, shipper: str, master: MasterData) -> Assignment:
    member = master.members.by_id.get(shipper)
    if member and Role.CARRIER in member.roles:
        assignment = assignments.find(state, number)
        if assignment is not None and assignment.attempt.issued is not None:
            return assignment
    return assignments.addressed(state, number, shipper)


def _shipment(value: wire.Shipment, quantity: Decimal, context: DecisionContext) -> Shipment:
    """Return the shipment with the days of its facts at the sites where they happened."""
    departed, arrived, expected = value["actual_departure"], value["actual_arrival"], value["estimated_arrival"]
    start, end = value["shipper"], value["consignee"]

    def left(time: datetime) -> date:
        return dates.day_at(start, time, context.master, value["from_site"])

    def came(time: datetime) -> date:
        return dates.day_at(end, time, context.master, value["to_site"])

    return Shipment(
        value["shipment_id"],
        quantity,
        departed,
        arrived,
        came(expected) if expected else None,
        by=value["shipper"],
        departed_on=left(departed) if departed else None,
        arrived_on=came(arrived) if arrived else None,
    )


def _with_shipment(attempt: Attempt, shipment: Shipment, event_id: str) -> Attempt:
    """Return the attempt with the shipment: the last event of its shipper counts.

    Where a plant and a carrier both report it, their events come by two topics, in any order: what by one of them has
    left, arrived or was cancelled stays so for the other.

    Raises:
        InvalidDocument: ``two-documents`` where one shipper has two.
    """
    known = {old.number: old for old in attempt.shipments}
    old = known.get(shipment.number)
    same = old if old is not None and old.by in (None, shipment.by) else None
    shipment = replace(
        shipment, document=document_identity.accept_document(same.document if same else None, event_id, shipment.number)
    )
    if old is not None and old.assumed and shipment.departed and not shipment.arrived and shipment.quantity > 0:
        shipment = replace(shipment, arrived=old.arrived, arrived_on=old.arrived_on, assumed=True)
    if old is not None and old.by != shipment.by:
        if _stage(shipment) < _stage(old):
            return attempt
        shipment = replace(
            shipment,
            departed=shipment.departed or old.departed,
            departed_on=shipment.departed_on or old.departed_on,
            arrived=shipment.arrived or old.arrived,
            arrived_on=shipment.arrived_on or old.arrived_on,
        )
    known[shipment.number] = shipment
    return replace(attempt, shipments=tuple(known[number] for number in sorted(known)))


def _stage(shipment: Shipment) -> int:
    """Return how far it is: planned, on the way, arrived, cancelled."""
    if shipment.quantity <= 0:
        return 3
    return 2 if shipment.arrived else 1 if shipment.departed else 0


def _too_much(
    state: OrderState, assignment: Assignment, attempt: Attempt, context: DecisionContext
) -> list[OutputMessage]:
    """Return the alert where more has left than was ordered; of a cancelled plant order nothing is ordered."""
    portion = assignment.portion
    ordered = ZERO if attempt.close_reason or portion.cancelled else portion.quantity
    if attempt.shipped <= ordered:
        return []
    text = reasons.over_shipment(attempt.plant, portion.item, attempt.shipped, ordered, context.master)
    where = f"{portion.place}.{attempt.number}/{attempt.shipped.normalize():f}"
    return [messages.alert(state, AlertCode.OVER_SHIPMENT, where, text, context.time)]
