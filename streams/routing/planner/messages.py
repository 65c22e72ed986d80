"""The messages that the planner sends: records with deterministic ids. The stage knows which topics they go to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from kranhub import identifiers
from kranhub.text import Text
from kranhub.wire.messages import (
    Alert,
    AllocationAction,
    AllocationRequest,
    AuditEntry,
    Message,
    PlannerAction,
    PlantOrder,
    PlantOrderDocumentStatus,
    PlantOrderKind,
    PlantOrderLine,
    RoutingDecision,
    Severity,
    Subject,
)
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model import terms
from streams.routing.model.attempt import Attempt, Issued, Reservation
from streams.routing.model.codes import AlertCode, HoldReason
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, Waiting
from streams.routing.model.terms import NO_SPECIFICATION
from streams.routing.planner import alternatives, source
from streams.routing.planner.cutover import SHADOW_HEADER

OWNER = "operations"
"""The owner of alerts: the hub's operators."""

ANSWER_TIME = timedelta(days=1)
"""How long an alert may wait for a person."""


@dataclass(frozen=True, slots=True)
class OutputMessage:
    """One record to send.

    Attributes:
        subject: The type of the record.
        key: Its natural key.
        id: The event's id, the same whenever the same is decided again.
        value: The record.
        headers: Headers beside those of the envelope.
    """

    subject: Subject
    key: str
    id: str
    value: Message
    headers: tuple[tuple[str, bytes], ...] = ()


def plant_order(state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext) -> OutputMessage:
    """Return the plant order of the attempt, as issued and with its revision, in the plant's own item code.

    Args:
        state: The order.
        portion: The portion of the attempt.
        attempt: An attempt with ``issued`` set.
        context: The event and the master data.
    """
    order, sent = state.order, attempt.issued
    assert sent is not None  # noqa: S101  (callers have just set it)
    number = portion.id_of(state.key, attempt)
    value: PlantOrder = {
        "plant_order_id": number,
        "order_key": state.key,
        "order_id": order.order_id,
        "order_number": order.number,
        "buyer": order.buyer,
        "payer": order.payer,
        "plant": attempt.plant,
        "consignee": sent.consignee,
        "kind": PlantOrderKind(order.kind),
        "programme": order.programme,
        "document_status": PlantOrderDocumentStatus.CANCELLED if sent.cancelled else PlantOrderDocumentStatus.ACTIVE,
        "revision": attempt.revision,
        "currency": order.currency,
        "issued_at": context.time,
        "requested_date": sent.requested_date,
        "feeds_into": sent.feeds_into,
        **terms.to_plant(order.terms),
        "lines": [_plant_line(state, portion, attempt.plant, sent, context.master)],
    }
    rule = source.rule_of(order, portion, context.master)
    named = (rule.rule, str(rule.version)) if rule else (NO_RULE, NO_RULE)
    extra = (("kranhub-rule", named[0].encode()), ("kranhub-rule-version", named[1].encode()))
    shadow = (SHADOW_HEADER,) if attempt.shadow else ()
    return OutputMessage(
        Subject.PLANT_ORDER, number, f"hub/PlantOrder/{number}/{attempt.revision}", value, (*extra, *shadow)
    )


NO_RULE = "none"
"""The rule's name in a decision for which no rule was found."""


def _plant_line(state: OrderState, portion: Portion, plant: str, sent: Issued, master: MasterData) -> PlantOrderLine:
    line = state.order.line(portion.line_id)
    own = line is not None and line.item == portion.item
    return {
        "line_id": "1",
        "order_line_id": portion.line_id,
        "item": portion.item,
        "item_code": master.code_for(plant, portion.item),
        "description": line.description if line and own else None,
        "quantity": sent.quantity,
        "unit": portion.unit,
        "price": sent.price,
        "requested_date": None,
        **terms.line_fields(line.specification if line and own else NO_SPECIFICATION),
    }


def _request(
    state: OrderState, portion: Portion, plant: str, request_id: str, action: AllocationAction
) -> AllocationRequest:
    return {
        "request_id": request_id,
        "order_key": state.key,
        "plant": plant,
        "item": portion.item,
        "quantity": portion.quantity,
        "action": action,
        "generation": 0,
        "not_before": None,
        "at": None,
        "expires_at": None,
        "programme": state.order.programme,
    }


def quote_request(state: OrderState, portion: Portion, plant: str) -> OutputMessage:
    """Return the request to a plant for an offer for the portion, without a reservation.

    Args:
        state: The order.
        portion: The portion, in a round of quotes.
        plant: The candidate.
    """
    number = portion.quote_id(state.key, plant)
    value = _request(state, portion, plant, number, AllocationAction.QUOTE)
    return OutputMessage(Subject.ALLOCATION_REQUEST, plant, f"hub/AllocationRequest/{number}", value)


def reserve_request(
    state: OrderState, portion: Portion, attempt: Attempt, wanted: Reservation, priority: int
) -> OutputMessage:
    """Return the request to keep what the reservation says.

    Args:
        state: The order.
        portion: The portion of the attempt.
        attempt: The attempt, whose plant is asked.
        wanted: The quantity, the first day and the end of the reservation, with its new generation.
        priority: The class of the order, as its rule says: 0 goes first where the plant's orders are promised anew.
    """
    number = portion.id_of(state.key, attempt)
    value = _request(state, portion, attempt.plant, number, AllocationAction.RESERVE)
    value["quantity"], value["generation"] = wanted.quantity, wanted.generation
    value["not_before"], value["expires_at"] = wanted.not_before, wanted.expires_at
    value["priority"] = priority
    return OutputMessage(
        Subject.ALLOCATION_REQUEST, attempt.plant, f"hub/AllocationRequest/{number}/{wanted.generation}", value
    )


def release_request(state: OrderState, portion: Portion, attempt: Attempt) -> OutputMessage:
    """Return the request to give back what the attempt had reserved.

    Args:
        state: The order.
        portion: The portion of the attempt.
        attempt: The attempt, whose plant is asked.
    """
    number = portion.id_of(state.key, attempt)
    value = _of_reserved(state, portion, attempt, AllocationAction.RELEASE)
    place = f"{number}/release/{value['generation']}"
    return OutputMessage(Subject.ALLOCATION_REQUEST, attempt.plant, f"hub/AllocationRequest/{place}", value)


def delivered_requests(state: OrderState, portion: Portion, attempt: Attempt, time: datetime) -> list[OutputMessage]:
    """Return the report that the plant's ERP has taken the plant order.

    People place by themselves what is in shadow, and nobody reports its shipment: it counts as shipped, so that the
    plant's own figures count from its next level on.

    Args:
        state: The order.
        portion: The portion of the attempt.
        attempt: The attempt, whose allocator is informed.
        time: The hub's time of the event.
    """
    taken = _delivered_request(state, portion, attempt)
    return [taken, shipped_request(state, portion, attempt, portion.quantity, time)] if attempt.shadow else [taken]


def _delivered_request(state: OrderState, portion: Portion, attempt: Attempt) -> OutputMessage:
    number = portion.id_of(state.key, attempt)
    value = _of_reserved(state, portion, attempt, AllocationAction.DELIVERED)
    value["at"] = attempt.delivered_at
    return OutputMessage(
        Subject.ALLOCATION_REQUEST,
        attempt.plant,
        f"hub/AllocationRequest/{number}/delivered/{value['generation']}",
        value,
    )


def shipped_request(
    state: OrderState, portion: Portion, attempt: Attempt, quantity: Decimal, time: datetime
) -> OutputMessage:
    """Return the report of how much has left the plant.

    Args:
        state: The order.
        portion: The portion of the attempt.
        attempt: The attempt, whose allocator is informed.
        quantity: How much has left by now, in the item's base unit.
        time: The hub's time of the event that said so: when the goods have left where no shipment says it.
    """
    number = portion.id_of(state.key, attempt)
    value = _of_reserved(state, portion, attempt, AllocationAction.SHIPPED)
    value["quantity"], value["at"] = quantity, attempt.last_departed or time
    return OutputMessage(
        Subject.ALLOCATION_REQUEST,
        attempt.plant,
        f"hub/AllocationRequest/{number}/shipped/{quantity.normalize():f}/{time.isoformat()}",
        value,
    )


def wait_request(
    state: OrderState, portion: Portion, waiting: Waiting, plant: str, not_before: date | None, priority: int
) -> OutputMessage:
    """Return the request to say when the portion can be had, as soon as that is so.

    Args:
        state: The order.
        portion: The portion, on hold.
        waiting: Since when it waits, and for how much.
        plant: The candidate whose allocator is asked.
        not_before: The first day on which the plant may begin; None for at once.
        priority: The class of the order, as its rule says: 0 goes first.
    """
    value = _request(state, portion, plant, portion.wait_id(state.key), AllocationAction.WAIT)
    value["priority"] = priority
    value["generation"], value["not_before"], value["waits_since"] = portion.replans, not_before, waiting.since
    return OutputMessage(
        Subject.ALLOCATION_REQUEST, plant, f"{_wait_place(state, portion, waiting, plant)}/{waiting.quantity:f}", value
    )


def stop_waiting_request(state: OrderState, portion: Portion, waiting: Waiting, plant: str) -> OutputMessage:
    """Return the request to wait no longer.

    Args:
        state: The order.
        portion: The portion.
        waiting: Since when it has waited, and for how much.
        plant: The candidate at which it has waited.
    """
    value = _request(state, portion, plant, portion.wait_id(state.key), AllocationAction.RELEASE)
    value["quantity"], value["generation"] = waiting.quantity, portion.replans
    return OutputMessage(
        Subject.ALLOCATION_REQUEST, plant, f"{_wait_place(state, portion, waiting, plant)}/release", value
    )


def _wait_place(state: OrderState, portion: Portion, waiting: Waiting, plant: str) -> str:
    since = waiting.since.isoformat()
    return f"hub/AllocationRequest/{portion.wait_id(state.key)}/{plant}/{since}/{portion.replans}"


def _of_reserved(state: OrderState, portion: Portion, attempt: Attempt, action: AllocationAction) -> AllocationRequest:
    """Return a request about what the attempt has reserved, if anything."""
    value = _request(state, portion, attempt.plant, portion.id_of(state.key, attempt), action)
    if held := attempt.reservation:
        value["quantity"], value["generation"] = held.quantity, held.generation
    return value


def decision(state: OrderState, portion: Portion, attempt: Attempt | None, context: DecisionContext) -> OutputMessage:
    """Return the decision: why the portion went to the attempt's plant, or why no plant could take it.

    Args:
        state: The order.
        portion: The portion, with its quotes and attempts.
        attempt: The attempt at the chosen plant; None where no plant was found.
        context: The event and the master data.
    """
    number = portion.id_of(state.key, attempt) if attempt else None
    place = number or f"{state.key}/{portion.place}.none.{portion.round}"
    rule = source.rule_of(state.order, portion, context.master)
    reservation = attempt.reservation if attempt else None
    considered = alternatives.alternatives(state.order, portion, attempt, rule, context.master)
    value: RoutingDecision = {
        "order_key": state.key,
        "order_number": state.order.number,
        "order_revision": state.revision,
        "line_id": portion.line_id,
        "plant_order_id": number,
        "item": portion.item,
        "quantity": portion.quantity,
        "unit": portion.unit,
        "rule": rule.rule if rule else NO_RULE,
        "rule_version": str(rule.version) if rule else NO_RULE,
        "mode": str(rule.mode) if rule else "auto",
        "inputs": _inputs(state, portion, attempt, considered.not_asked),
        "chosen": attempt.plant if attempt else None,
        "from_stock": reservation.from_stock if reservation else None,
        "alternatives": considered.alternatives,
        "decided_at": context.time,
    }
    return OutputMessage(Subject.ROUTING_DECISION, place, f"hub/RoutingDecision/{place}", value)


def _inputs(state: OrderState, portion: Portion, attempt: Attempt | None, not_asked: int) -> dict[str, str]:
    """Return what the decision was made from, name to value: for a person and for a comparison."""
    reservation = attempt.reservation if attempt else None
    found = {
        "kind": state.order.kind,
        "node": portion.node,
        "by_hand": "yes" if attempt and attempt.by_hand else None,
        "held": portion.hold_reason,
        "not_asked": str(not_asked) if not_asked else None,
        "cutover": "shadow" if attempt and attempt.shadow else None,
        "available_on": reservation.available_on.isoformat() if reservation and reservation.available_on else None,
        "disruption": reservation.disruption if reservation else None,
        "requested_date": attempt.issued.requested_date.isoformat() if attempt and attempt.issued else None,
    }
    return {name: content for name, content in found.items() if content}


def audit(state: OrderState, action: PlannerAction, time: datetime) -> OutputMessage:
    """Return the audit entry that says who did what by hand, and why.

    Args:
        state: The order as it was before the action.
        action: The action.
        time: The hub's time of it.
    """
    place = action["plant_order_id"] or (
        f"{state.key}/{identifiers.line_place(action['line_id'])}" if action["line_id"] else state.key
    )
    value: AuditEntry = {
        "entry_id": action["action_id"],
        "actor": action["actor"],
        "action": action["action"],
        "subject": place,
        "before": state.status.state if state.status else None,
        "after": action["plant"] or (action["date"].isoformat() if action["date"] else None),
        "reason": action["reason"],
        "at": time,
    }
    return OutputMessage(Subject.AUDIT_ENTRY, state.key, f"hub/AuditEntry/{state.key}/{action['action_id']}", value)


def alert(state: OrderState, code: AlertCode | HoldReason, place: str, text: Text, time: datetime) -> OutputMessage:
    """Return an alert for operators; the same code and place are the same alert.

    Args:
        state: The order that it is about.
        code: The alert's code.
        place: What of the order it is about, as it stands in the alert's id.
        text: What the operators read.
        time: The hub's time of the event that raised it.
    """
    return alert_of(state.key, state.order.number, code, place, text, time)


def alert_of(
    order_key: str, order_number: str | None, code: AlertCode | HoldReason, place: str, text: Text, time: datetime
) -> OutputMessage:
    """Return an alert of an order of which no more than its key and number are known.

    Args:
        order_key: ``buyer:order_id``.
        order_number: The number that people read; None where that is the key's own.
        code: The alert's code.
        place: What of the order it is about, as it stands in the alert's id.
        text: What the operators read.
        time: The hub's time of the event that raised it.
    """
    number = f"{code}/{order_key}/{place}"
    value: Alert = {
        "alert_id": number,
        "severity": Severity.WARNING,
        "code": code,
        "owner": OWNER,
        "order_key": order_key,
        "order_number": order_number,
        "text": text.as_map(),
        "deadline": time + ANSWER_TIME,
        "raised_at": time,
    }
    return OutputMessage(Subject.ALERT, order_key, f"hub/Alert/{number}/{time.isoformat()}", value)
