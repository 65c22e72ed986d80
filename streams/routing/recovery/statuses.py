"""The statuses to an order's parties after a restore: they go on behind what the members' ERPs show."""

from streams.routing import reasons
from streams.routing.context import DecisionContext
from streams.routing.model.codes import PlanState
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState, Status
from streams.routing.notify import status
from streams.routing.planner import messages
from streams.routing.planner.step import Step
from streams.routing.recovery import texts
from streams.routing.recovery.evidence import Evidence, HeldStatus

LEAP = 100
"""What is added to the revision of a status after a restore where its reader's ERP cannot tell which one it has."""


def notify_after_restore(state: OrderState, evidence: Evidence, context: DecisionContext) -> Step:
    """Return the state and the statuses after a restore: where it differs from what the customer's ERP shows.

    Revisions go on behind those that the ERPs have seen. A customer never gets a status that is behind the one shown
    there because something could not be read again: that is an alert.

    Args:
        state: The order as it was read again.
        evidence: What the members' ERPs hold of it.
        context: The event and the master data.
    """
    buyer, held = state.order.buyer, evidence.status_of(state.order.buyer)
    is_new = state.status is None and held is None
    others = tuple(
        replace(party, revision=_last_seen_revision(party.revision, party.member, evidence))
        for party in state.party_statuses
    )
    state = replace(
        state, status_revision=_last_seen_revision(state.status_revision, buyer, evidence), party_statuses=others
    )
    new = status.derive(state, context)
    if held is not None and not state.frozen and _is_behind(new, held):
        finding = texts.shown_more(state.key, str(held.state), new.state)
        alert = messages.alert(state, finding.code, finding.place, finding.text, context.time)
        return Step(replace(state, status=new), messages=[alert])
    if state.frozen or (held.shows(new.state, new.promised_date) if held is not None else new == state.status):
        return Step(replace(state, status=new))
    cause = status.cause_of(state, new, reasons.RECEIVED, context.master) if is_new else texts.RECOVERED
    return status.notify_new_status(state, new, cause, context)


def _last_seen_revision(revision: int, member: str, evidence: Evidence) -> int:
    """Return the last revision that the member may have seen."""
    held = evidence.status_of(member)
    if held is not None:
        return max(revision, held.revision)
    return revision if member in evidence.customers else revision + LEAP


def _is_behind(new: Status, held: HeldStatus) -> bool:
    """Return whether the order is behind what the customer's ERP shows, and no event explains it."""
    ranks: dict[str, int] = {state: rank for rank, state in enumerate((*status.PROGRESS, PlanState.CLOSED))}
    return new.state in ranks and held.state in ranks and ranks[new.state] < ranks[held.state]
