"""Takes facts into the state: the allocator's answer, the plants' answers, production and receipts.

Each fact stands under its author's own time and the latest wins, so late, repeated and out-of-order events end in the
same state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from kranhub.errors import InvalidDocument
from streams.router import reasons
from streams.router.masterdata import MasterData
from streams.router.model import Answer, Attempt, OrderState, Portion, Production, with_attempt
from streams.router.normalise import UNMAPPED_UNIT, in_base
from streams.router.plan import Need, add_portion
from streams.router.reasons import Cause

Value = Mapping[str, Any]
Followed = tuple[OrderState, Cause | None]


@dataclass(frozen=True, slots=True)
class _Place:
    portion: Portion
    attempt: Attempt


def find(state: OrderState, plant_order_id: str) -> _Place | None:
    """Return the portion and the attempt that this plant order stands for."""
    for portion in state.portions:
        for attempt in portion.attempts:
            if portion.id_of(state.key, attempt) == plant_order_id:
                return _Place(portion, attempt)
    return None


def addressed(state: OrderState | None, plant_order_id: str, author: str) -> _Place:
    """Return the place of the plant order.

    Raises `InvalidDocument` with ``unknown-plant-order``, or ``not-addressee`` when the author was not asked.
    """
    place = find(state, plant_order_id) if state else None
    if place is None or place.attempt.sent is None:
        raise InvalidDocument("unknown-plant-order", reasons.unknown_plant_order(plant_order_id))
    if place.attempt.plant != author:
        raise InvalidDocument("not-addressee", reasons.not_addressee(plant_order_id, author))
    return place


def allocated(state: OrderState, value: Value) -> OrderState:
    """Take the allocator's answer; one to an older request is dropped."""
    place = find(state, value["request_id"])
    if place is None or value["from_stock"] + value["to_make"] != place.attempt.reserved:
        return state
    return _put(state, place, replace(place.attempt, from_stock=value["from_stock"]))


def answered(state: OrderState | None, value: Value, master: MasterData, time: datetime) -> Followed:
    """Take a plant's OrderResponse. Raises `InvalidDocument` as `addressed` does, or for its lines."""
    place = addressed(state, value["plant_order_id"], value["plant"])
    assert state is not None  # noqa: S101  (addressed has checked)
    line = _line(value)
    verdict = _verdict(value["response_code"], line)
    at = value["issued_at"] or time
    if verdict is None or _stale(place.attempt, value["plant_order_revision"], at):
        return state, None
    if verdict == "rejected":
        return reject(state, place, "rejected", at, master)
    promised = line["promised_date"] if line else None
    return _accept(state, place, Answer(at, True, promised), _quantity(place.portion, line, master), master)


def _line(value: Value) -> Value | None:
    known = [line for line in value["lines"] if line["line_id"] == "1"]
    if value["lines"] and not known:
        raise InvalidDocument("unknown-line", reasons.unknown_line(value["lines"][0]["line_id"]))
    return known[0] if known else None


def _verdict(code: str, line: Value | None) -> str | None:
    status = line["status"] if line else "UNKNOWN"
    if code == "RE" or (code != "AB" and status == "NOT_ACCEPTED"):
        return "rejected"
    accepted = code in ("AP", "CA") or (code == "UNKNOWN" and status in ("ACCEPTED", "CHANGED"))
    return "accepted" if accepted else None


def _stale(attempt: Attempt, revision: int, at: datetime) -> bool:
    if revision and revision < attempt.answers_from:
        return True
    return attempt.answer is not None and at < attempt.answer.at


def _quantity(portion: Portion, line: Value | None, master: MasterData) -> Decimal:
    if line is None:
        return portion.quantity
    quantity = in_base(master.items[portion.item], line["quantity"], line["unit"])
    if quantity is None:
        raise InvalidDocument(UNMAPPED_UNIT, reasons.unmapped_unit(line["unit"], portion.unit))
    return quantity


def _accept(state: OrderState, place: _Place, answer: Answer, quantity: Decimal, master: MasterData) -> Followed:
    portion, attempt = place.portion, place.attempt
    if attempt.closed is not None:
        return _put(state, place, replace(attempt, answer=answer, withdraw=True)), None
    cause = reasons.accepted(attempt.plant, portion.item, answer.promised, master)
    if quantity >= portion.quantity or portion.cancelled or attempt.sent is None:
        return _put(state, place, replace(attempt, answer=answer)), cause
    rest = Need(portion.line_id, portion.item, portion.unit, portion.quantity - quantity, portion.feeds)
    kept = replace(attempt, answer=answer, sent=replace(attempt.sent, quantity=quantity))
    state = state.with_portion(with_attempt(replace(portion, quantity=quantity), kept))
    tried = (*portion.excluded, *(other.plant for other in portion.attempts))
    return add_portion(state, rest, excluded=tried), reasons.partly(attempt.plant, portion.item, master)


def reject(state: OrderState, place: _Place, why: str, at: datetime, master: MasterData) -> Followed:
    """Take the portion from the plant, which said no at this time."""
    if place.attempt.closed is not None:
        return state, None
    closed = replace(place.attempt, closed=why, answer=Answer(at, False))
    return _put(state, place, closed), reasons.rejected(place.attempt.plant, place.portion.item, master)


def produced(state: OrderState | None, value: Value, master: MasterData) -> Followed:
    """Take a ProductionStatus. Raises `InvalidDocument` as `addressed` does."""
    place = addressed(state, value["plant_order_id"], value["plant"])
    assert state is not None  # noqa: S101  (addressed has checked)
    new = Production(value["production_order_id"], value["as_of"], value["state"], value["estimated_completion"])
    known = {production.number: production for production in place.attempt.productions}
    if new.number in known and new.at < known[new.number].at:
        return state, None
    known[new.number] = new
    ordered = tuple(known[number] for number in sorted(known))
    cause = reasons.production(place.attempt.plant, place.portion.item, new.state, master)
    return _put(state, place, replace(place.attempt, productions=ordered)), cause


def received(state: OrderState | None, value: Value, master: MasterData) -> Followed:
    """Take a plant's Receipt of a plant order. Raises `InvalidDocument` as `addressed` does.

    An ERP that refused the document counts like a plant that said no.
    """
    place = addressed(state, value["key"], value["member"])
    assert state is not None  # noqa: S101  (addressed has checked)
    attempt, revision = place.attempt, value["revision"]
    if value["outcome"] in ("APPLIED", "DUPLICATE"):
        return _put(state, place, replace(attempt, delivered=max(attempt.delivered, revision))), None
    cancelled = attempt.sent is not None and attempt.sent.cancelled
    if value["outcome"] != "REJECTED" or revision < attempt.revision or cancelled or place.portion.cancelled:
        return state, None
    after, cause = reject(state, place, "delivery-refused", value["delivered_at"], master)
    closed = find(after, value["key"])
    if closed is None or revision == 1:
        return after, cause
    return _put(after, closed, replace(closed.attempt, withdraw=True)), cause


def _put(state: OrderState, place: _Place, attempt: Attempt) -> OrderState:
    return state.with_portion(with_attempt(place.portion, attempt))
