"""What the planner wants said: records with deterministic ids, without a word on topics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kranhub.text import Text
from streams.router.masterdata import MasterData
from streams.router.model import Attempt, OrderState, Portion, Sent

RULE, RULE_VERSION = "capability-rank", "1"
"""The one rule of version one: the longest matching capability first (`masterdata`)."""

OWNER = "operations"
"""Who acts on alerts: the hub's own people."""

ANSWER_TIME = timedelta(days=1)
"""How long an alert may wait."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One record to send. ``key`` is its natural key, ``id`` the same whenever it is decided again."""

    subject: str
    key: str
    id: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Now:
    """The event that is being handled: its id and its stamp, the only clock there is."""

    event_id: str
    time: datetime


def plant_order(state: OrderState, portion: Portion, attempt: Attempt, now: Now) -> Effect:
    """Return the plant order as the attempt's ``sent`` and ``revision`` say."""
    order, sent = state.order, attempt.sent
    assert sent is not None  # noqa: S101  (callers have just set it)
    number = portion.id_of(state.key, attempt)
    value = {
        "plant_order_id": number,
        "order_key": state.key,
        "order_id": order.order_id,
        "buyer": order.buyer,
        "payer": order.payer,
        "plant": attempt.plant,
        "consignee": sent.consignee,
        "kind": order.kind,
        "programme": order.programme,
        "document_status": "CANCELLED" if sent.cancelled else "ACTIVE",
        "revision": attempt.revision,
        "currency": order.currency,
        "issued_at": now.time,
        "requested_date": sent.requested_date,
        "feeds_into": sent.feeds_into,
        "lines": [_plant_line(state, portion, sent)],
    }
    return Effect("PlantOrder", number, f"hub/PlantOrder/{number}/{attempt.revision}", value)


def _plant_line(state: OrderState, portion: Portion, sent: Sent) -> dict[str, Any]:
    words = {line.line_id: line.description for line in state.order.lines if line.item == portion.item}
    return {
        "line_id": "1",
        "order_line_id": portion.line_id,
        "item": portion.item,
        "item_code": portion.item,
        "description": words.get(portion.line_id),
        "quantity": sent.quantity,
        "unit": portion.unit,
        "price": sent.price,
        "requested_date": None,
    }


def request(state: OrderState, portion: Portion, attempt: Attempt, action: str, quantity: Decimal) -> Effect:
    """Return a request to the plant's allocator."""
    number = portion.id_of(state.key, attempt)
    value = {
        "request_id": number,
        "order_key": state.key,
        "plant": attempt.plant,
        "item": portion.item,
        "quantity": quantity,
        "action": action,
    }
    amount = f"{quantity.normalize():f}"
    return Effect("AllocationRequest", attempt.plant, f"hub/AllocationRequest/{number}/{action}/{amount}", value)


def decision(state: OrderState, portion: Portion, attempt: Attempt | None, master: MasterData, now: Now) -> Effect:
    """Return why the portion went to the attempt's plant, or, without an attempt, why nobody could take it."""
    number = portion.id_of(state.key, attempt) if attempt else None
    place = number or f"{state.key}/{portion.line_id}.{portion.part}.none.{len(portion.attempts)}"
    value = {
        "order_key": state.key,
        "order_revision": state.revision,
        "line_id": portion.line_id,
        "plant_order_id": number,
        "item": portion.item,
        "quantity": portion.quantity,
        "unit": portion.unit,
        "rule": RULE,
        "rule_version": RULE_VERSION,
        "chosen": attempt.plant if attempt else None,
        "from_stock": attempt.from_stock if attempt else None,
        "alternatives": [
            {"member": member, "rank": rank, "why_not": _why_not(member, portion, attempt)}
            for rank, member in enumerate(master.candidates(portion.item), 1)
        ],
        "decided_at": now.time,
    }
    return Effect("RoutingDecision", place, f"hub/RoutingDecision/{place}", value)


def _why_not(member: str, portion: Portion, chosen: Attempt | None) -> str | None:
    if chosen and member == chosen.plant:
        return None
    if member in portion.excluded:
        return "partly-accepted"
    tried = {attempt.plant: attempt.closed for attempt in portion.attempts}
    return tried.get(member) or "lower-rank"


def alert(state: OrderState, code: str, place: str, text: Text, now: Now) -> Effect:
    """Return an alert for the hub's people; the same ``code`` and ``place`` are the same alert."""
    number = f"{code}/{state.key}/{place}"
    value = {
        "alert_id": number,
        "severity": "WARNING",
        "code": code,
        "owner": OWNER,
        "order_key": state.key,
        "text": text.as_map(),
        "deadline": now.time + ANSWER_TIME,
        "raised_at": now.time,
    }
    return Effect("Alert", state.key, f"hub/Alert/{number}", value)
