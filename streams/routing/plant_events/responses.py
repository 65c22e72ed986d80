"""Takes facts into the state: the plants' answers, production and receipts.

The last word on a fact wins, in the order in which the words come (`timestamps`); one that comes again says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kranhub.errors import InvalidDocument
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.context import DecisionContext
from streams.routing.model.copying import replace
from streams.routing.model.order import ZERO, Answer, Attempt, OrderState, Portion, Production, with_attempt
from streams.routing.notify import reasons
from streams.routing.planner import source
from streams.routing.planner.explode import Need, add_portion
from streams.routing.planner.step import Step
from streams.routing.validation import document_identity
from streams.routing.validation.normalise import UNMAPPED_UNIT, in_base

Value = Mapping[str, Any]

UNKNOWN = "unknown-plant-order"
"""The code of a word on a plant order that was never sent: it waits, as the plant order may yet come."""


@dataclass(frozen=True, slots=True)
class Place:
    """A portion, and the attempt of it that a plant order stands for."""

    portion: Portion
    attempt: Attempt


def find(state: OrderState, plant_order_id: str) -> Place | None:
    """Return the portion and the attempt that this plant order stands for."""
    for portion in state.portions:
        for attempt in portion.attempts:
            if portion.id_of(state.key, attempt) == plant_order_id:
                return Place(portion, attempt)
    return None


def addressed(state: OrderState | None, plant_order_id: str, author: str) -> Place:
    """Return the place of the plant order.

    Raises `InvalidDocument` with ``unknown-plant-order``, or ``not-addressee`` when the author was not asked.
    """
    place = find(state, plant_order_id) if state else None
    if place is None or place.attempt.sent is None:
        raise InvalidDocument(UNKNOWN, reasons.unknown_plant_order(plant_order_id))
    if place.attempt.plant != author:
        raise InvalidDocument("not-addressee", reasons.not_addressee(plant_order_id, author))
    return place


MOVED = "moved"
"""Why a plant no longer has a portion, where the hub has forgotten more: another one was asked after it (`adopt`)."""


def sent(state: OrderState) -> frozenset[str]:
    """Return the ids of the plant orders that their plants were told of."""
    attempts = ((portion, attempt) for portion in state.portions for attempt in portion.attempts)
    return frozenset(portion.id_of(state.key, attempt) for portion, attempt in attempts if attempt.sent is not None)


def answered(state: OrderState | None, value: Value, context: DecisionContext) -> Step:
    """Take a plant's OrderResponse. Raises `InvalidDocument` as `addressed` does, for its lines, or ``two-documents``.

    An answer to an older revision of the plant order than the one that asked for it last says nothing. A plant order
    that was deleted in the ERP comes anew with its next revision: whatever document answers that one first, is heard
    from then on.
    """
    place = addressed(state, value["plant_order_id"], value["plant"])
    assert state is not None  # noqa: S101  (addressed has checked)
    line = _line(value)
    verdict = _verdict(value["response_code"], line)
    at = value["issued_at"] or context.time
    if _is_old(place.attempt, value["plant_order_revision"]) or place.attempt.knows(context.fingerprint):
        return Step(state)
    state, place = _heard(state, place, value, context)
    if verdict is None:
        return Step(state)
    if verdict == "rejected":
        return reject(state, place, "rejected", at, context.master)
    promised = (line["promised_date"] if line else None) or _as_asked(place.attempt, value)
    return _accept(
        state, place, Answer(at, True, promised), _quantity(place.portion, line, context.master), context.master
    )


def _heard(state: OrderState, place: Place, value: Value, context: DecisionContext) -> tuple[OrderState, Place]:
    """Return the state in which the attempt has heard the answer, and the place as it is now.

    Raises `InvalidDocument` ``two-documents``.
    """
    attempt, revision = place.attempt.after(context.fingerprint), value["plant_order_revision"]
    known = None if revision > attempt.answered_revision else attempt.answered_by
    document = document_identity.heard(known, context.event_id, value["plant_order_id"]) or attempt.answered_by
    revision = max(revision, attempt.answered_revision)
    attempt = replace(attempt, answered_by=document, answered_revision=revision)
    state = put(state, place, attempt)
    return state, Place(find_again(state, place.portion), attempt)


def _as_asked(attempt: Attempt, value: Value) -> date | None:
    """Return the day that a plant has agreed to without a word of its own: AP accepts the plant order as it stands."""
    return attempt.sent.requested_date if attempt.sent and value["response_code"] == "AP" else None


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


def _is_old(attempt: Attempt, revision: int) -> bool:
    return bool(revision) and revision < attempt.answers_from


def _quantity(portion: Portion, line: Value | None, master: MasterData) -> Decimal:
    if line is None:
        return portion.quantity
    quantity = in_base(master.items[portion.item], line["quantity"], line["unit"])
    if quantity is None:
        raise InvalidDocument(UNMAPPED_UNIT, reasons.unmapped_unit(line["unit"], portion.unit))
    return quantity


def _accept(state: OrderState, place: Place, answer: Answer, quantity: Decimal, master: MasterData) -> Step:
    """Take an acceptance. A plant that took less and now wants all is told that the rest has gone elsewhere."""
    portion, attempt = place.portion, place.attempt
    if attempt.closed is not None:
        return Step(put(state, place, replace(attempt, answer=answer, withdraw=True)))
    cause = reasons.accepted(attempt.plant, portion.item, answer.promised, master)
    if attempt.sent and attempt.sent.quantity < attempt.told and quantity > portion.quantity:
        again = replace(attempt, answer=answer, sent=replace(attempt.sent, quantity=attempt.told))
        return Step(put(state, place, again))
    if quantity >= portion.quantity or portion.cancelled or attempt.sent is None:
        return Step(put(state, place, replace(attempt, answer=answer)), cause)
    kept = replace(attempt, answer=answer, sent=replace(attempt.sent, quantity=quantity))
    state = state.with_portion(with_attempt(portion, kept))
    cause = reasons.partly(attempt.plant, portion.item, master)
    return Step(split(state, find_again(state, portion), quantity), cause)


def find_again(state: OrderState, portion: Portion) -> Portion:
    """Return the portion as the state has it now."""
    return next(p for p in state.portions if (p.line_id, p.part) == (portion.line_id, portion.part))


def split(state: OrderState, portion: Portion, quantity: Decimal) -> OrderState:
    """Leave this much to the portion's plant; the rest becomes a portion that whoever was tried is not asked for.

    What is on stock stays with the plant, so components are needed for as much as before.
    """
    rest = Need(portion.line_id, portion.item, portion.unit, portion.quantity - quantity, portion.node, portion.feeds)
    kept = left = portion.to_make
    if portion.to_make is not None:
        made = min(portion.to_make, portion.quantity)
        kept = max(ZERO, quantity - (portion.quantity - made))
        left = made - kept
    state = state.with_portion(replace(portion, quantity=quantity, to_make=kept))
    return add_portion(state, rest, tuple(sorted(source.tried(portion))), left)


def reject(state: OrderState, place: Place, why: str, at: datetime, master: MasterData) -> Step:
    """Take the portion from the plant, which said no at this time."""
    if place.attempt.closed == MOVED:
        return Step(put(state, place, replace(place.attempt, closed=why, withdraw=False)))
    if place.attempt.closed is not None:
        return Step(state)
    closed = replace(place.attempt, closed=why, answer=Answer(at, False))
    return Step(put(state, place, closed), reasons.rejected(place.attempt.plant, place.portion.item, master))


def produced(state: OrderState | None, value: Value, context: DecisionContext) -> Step:
    """Take a ProductionStatus. Raises `InvalidDocument` as `addressed` does, ``unmapped-unit`` or ``two-documents``."""
    place = addressed(state, value["plant_order_id"], value["plant"])
    assert state is not None  # noqa: S101  (addressed has checked)
    new = Production(
        value["production_order_id"],
        value["as_of"],
        value["state"],
        value["estimated_completion"],
        _completed(place.portion, value, context.master),
    )
    if place.attempt.knows(context.fingerprint):
        return Step(state)
    known = {production.number: production for production in place.attempt.productions}
    before = known[new.number].document if new.number in known else None
    new = replace(new, document=document_identity.heard(before, context.event_id, f"{value['plant']}: {new.number}"))
    known[new.number] = new
    ordered = tuple(known[number] for number in sorted(known))
    cause = reasons.production(place.attempt.plant, place.portion.item, new.state, context.master)
    return Step(put(state, place, replace(place.attempt.after(context.fingerprint), productions=ordered)), cause)


def _completed(portion: Portion, value: Value, master: MasterData) -> Decimal:
    completed = in_base(master.items[portion.item], value["completed"], value["unit"])
    if completed is None:
        raise InvalidDocument(UNMAPPED_UNIT, reasons.unmapped_unit(value["unit"], portion.unit))
    return completed


def received(state: OrderState | None, value: Value, master: MasterData) -> Step:
    """Take a plant's Receipt of a plant order. Raises `InvalidDocument` as `addressed` does.

    An ERP that refused the document counts like a plant that said no.
    """
    place = addressed(state, value["key"], value["member"])
    assert state is not None  # noqa: S101  (addressed has checked)
    attempt, revision = place.attempt, value["revision"]
    if value["outcome"] in ("APPLIED", "DUPLICATE"):
        if revision < attempt.delivered or (revision == attempt.delivered and attempt.delivered_at):
            return Step(state)
        return Step(put(state, place, replace(attempt, delivered=revision, delivered_at=value["delivered_at"])))
    cancelled = attempt.sent is not None and attempt.sent.cancelled
    if value["outcome"] != "REJECTED" or revision < attempt.revision or cancelled or place.portion.cancelled:
        return Step(state)
    refused = reject(state, place, "delivery-refused", value["delivered_at"], master)
    closed = find(refused.state, value["key"])
    if closed is None or revision == 1:
        return refused
    return refused._replace(state=put(refused.state, closed, replace(closed.attempt, withdraw=True)))


def put(state: OrderState, place: Place, attempt: Attempt) -> OrderState:
    """Return the state with this attempt at the place."""
    return state.with_portion(with_attempt(place.portion, attempt))
