"""Takes plants' answers to plant orders into the state of an order.

Of two answers the one that comes last counts (`timestamps`); one that comes again changes nothing.
"""

from datetime import date
from decimal import Decimal

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.wire import messages
from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Answer, Attempt
from streams.routing.model.codes import CloseReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.planner import source
from streams.routing.planner.step import Step
from streams.routing.plant_events import production
from streams.routing.plant_events.assignments import (
    Assignment,
    addressed,
    current_portion,
    in_base_unit,
    known_order,
    reject,
    split_portion,
    with_attempt_at,
)
from streams.routing.validation import document_identity


def apply_response(state: OrderState | None, value: messages.OrderResponse, context: DecisionContext) -> Step:
    """Apply a plant's answer to a plant order.

    An answer to an older revision of the plant order than the one that asked for it last is ignored. A plant order that
    was deleted in the ERP comes anew with its next revision: the document that answers that one first counts from then
    on.

    Args:
        state: The order; None where the hub does not know it.
        value: The OrderResponse.
        context: The event and the master data.

    Raises:
        InvalidDocument: ``unknown-plant-order`` or ``not-addressee`` as `addressed` does, ``unknown-line`` where it has
            only lines that the plant order does not have, ``unmapped-unit`` where its unit does not convert,
            ``too-many-digits`` where its quantity does not fit, ``two-documents`` where another document has answered.
    """
    state = known_order(state, value["plant_order_id"])
    assignment = addressed(state, value["plant_order_id"], value["plant"])
    line = _line(value)
    verdict = _verdict(value["response_code"], line)
    at = value["issued_at"] or context.time
    if _is_old(assignment.attempt, value["plant_order_revision"]) or assignment.attempt.has_seen(context.fingerprint):
        return Step(state)
    state, assignment = _with_document(state, assignment, value, context)
    if verdict is None:
        return Step(state)
    if verdict == "rejected":
        return reject(state, assignment, CloseReason.REJECTED, at, context.master)
    promised = (line["promised_date"] if line else None) or _as_asked(assignment.attempt, value)
    quantity = _quantity(assignment.portion, line, context.master)
    accepted = _accept(state, assignment, Answer(at, True, promised), quantity, context.master)
    return _with_shortfall(accepted, current_portion(accepted.state, assignment.portion), context)


def _with_shortfall(accepted: Step, portion: Portion, context: DecisionContext) -> Step:
    """Return the step with what the plant has closed short already planned again, now that it has accepted."""
    attempt = portion.current
    again = production.planned_again(accepted.state, portion, attempt, context) if attempt else None
    return again._replace(messages=[*accepted.messages, *again.messages]) if again else accepted


def _with_document(
    state: OrderState, assignment: Assignment, value: messages.OrderResponse, context: DecisionContext
) -> tuple[OrderState, Assignment]:
    """Return the state that remembers the answer and its document, and the assignment as it is now.

    Raises:
        InvalidDocument: ``two-documents``.
    """
    attempt, revision = assignment.attempt.with_seen(context.fingerprint), value["plant_order_revision"]
    known = None if revision > attempt.answered_revision else attempt.answering_document
    document = (
        document_identity.accept_document(known, context.event_id, value["plant_order_id"])
        or attempt.answering_document
    )
    revision = max(revision, attempt.answered_revision)
    attempt = replace(attempt, answering_document=document, answered_revision=revision)
    state = with_attempt_at(state, assignment, attempt)
    return state, Assignment(current_portion(state, assignment.portion), attempt)


def _as_asked(attempt: Attempt, value: messages.OrderResponse) -> date | None:
    """Return the day that a plant agrees to without naming it: AP accepts the plant order as it stands."""
    return attempt.issued.requested_date if attempt.issued and value["response_code"] == "AP" else None


def _line(value: messages.OrderResponse) -> messages.OrderResponseLine | None:
    known = [line for line in value["lines"] if line["line_id"] == "1"]
    if value["lines"] and not known:
        raise InvalidDocument(DocumentCode.UNKNOWN_LINE, reasons.unknown_line(value["lines"][0]["line_id"]))
    return known[0] if known else None


def _verdict(code: str, line: messages.OrderResponseLine | None) -> str | None:
    status = line["status"] if line else "UNKNOWN"
    if code == "RE" or (code != "AB" and status == "NOT_ACCEPTED"):
        return "rejected"
    accepted = code in ("AP", "CA") or (code == "UNKNOWN" and status in ("ACCEPTED", "CHANGED"))
    return "accepted" if accepted else None


def _is_old(attempt: Attempt, revision: int) -> bool:
    return bool(revision) and revision < attempt.answers_from


def _quantity(portion: Portion, line: messages.OrderResponseLine | None, master: MasterData) -> Decimal:
    if line is None:
        return portion.quantity
    return in_base_unit(portion, line["quantity"], line["unit"], master)


def _reopened(state: OrderState, assignment: Assignment) -> tuple[OrderState, Assignment] | None:
    """Return the state in which a plant that was silent for too long has its portion again; None where it may not.

    A late yes is better than none: it counts while no other plant has a plant order for the portion.
    """
    portion, late = assignment.portion, assignment.attempt
    current = portion.current
    if late.close_reason is not CloseReason.NO_ANSWER or portion.cancelled:
        return None
    if current is not None:
        if current.issued is not None:
            return None
        portion = with_attempt(portion, current.close(CloseReason.LATE_ACCEPTANCE, withdraw=False))
    late = replace(late, closing=None)
    others = tuple(attempt for attempt in portion.attempts if attempt.number != late.number)
    quotes = portion.quote_round and replace(portion.quote_round, superseded=True)
    portion = replace(portion, attempts=(*others, late), hold_reason=None, quote_round=quotes)
    return state.with_portion(portion), Assignment(portion, late)


def _accept(state: OrderState, assignment: Assignment, answer: Answer, quantity: Decimal, master: MasterData) -> Step:
    """Apply an acceptance. A plant that took less and now wants all gets a revision: the rest has gone elsewhere.

    Of a part, the whole steps of the item count: the plant gets a revision with these, and none at all is a refusal.
    """
    if assignment.attempt.close_reason is not None:
        reopened = _reopened(state, assignment)
        if reopened is None:
            return Step(with_attempt_at(state, assignment, assignment.attempt.to_withdraw(answer)))
        state, assignment = reopened
    portion, attempt = assignment.portion, assignment.attempt
    cause = reasons.accepted(attempt.plant, portion.item, answer.promised, master)
    if attempt.issued and attempt.issued.quantity < attempt.asked_quantity and quantity > portion.quantity:
        accepted = replace(attempt, answer=answer, issued=replace(attempt.issued, quantity=attempt.asked_quantity))
        return Step(with_attempt_at(state, assignment, accepted))
    if quantity >= portion.quantity or portion.cancelled or attempt.issued is None:
        return Step(with_attempt_at(state, assignment, replace(attempt, answer=answer)), cause)
    whole = source.whole(portion.item, quantity, master)
    if whole <= 0:
        closed = replace(attempt.close(CloseReason.REJECTED, withdraw=True), answer=answer)
        return Step(with_attempt_at(state, assignment, closed), reasons.rejected(attempt.plant, portion.item, master))
    kept = replace(attempt, answer=answer, issued=replace(attempt.issued, quantity=quantity))
    state = state.with_portion(with_attempt(portion, kept))
    cause = reasons.partly(attempt.plant, portion.item, master)
    return Step(split_portion(state, current_portion(state, portion), whole), cause)
