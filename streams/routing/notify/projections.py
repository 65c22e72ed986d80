"""What members beside the buyer see of an order: each its own view of the buyer's status, and no more.

Reasons are left out: those to the buyer may name plants and quote them (`audiences` has its own).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from kranhub.parties.members import Role
from kranhub.wire import messages
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import PlanState
from streams.routing.model.order import Order


@dataclass(frozen=True, slots=True)
class View:
    """What a role may see.

    Attributes:
        codes: The buyer's item codes.
        early: States before the goods are ready.
        why: Why something has changed.
    """

    codes: bool
    early: bool
    why: bool

    def __or__(self, other: "View") -> "View":
        """Return what both together may see."""
        return View(self.codes or other.codes, self.early or other.early, self.why or other.why)


VIEWS: Mapping[str, View] = {
    "payer": View(codes=True, early=True, why=True),
    "user": View(codes=True, early=True, why=True),
    "consignee": View(codes=True, early=False, why=False),
    "programme": View(codes=False, early=True, why=False),
}
"""The views of the roles beside the buyer's. A company with several is notified in the first of them, and sees what all
of them together may see."""

_LATE: Mapping[PlanState, PlanState] = {
    **dict.fromkeys((PlanState.CONFIRMED, PlanState.IN_PRODUCTION), PlanState.CONFIRMED),
    **{
        state: state
        for state in (
            PlanState.READY,
            PlanState.SHIPPED,
            PlanState.DELIVERED,
            PlanState.CLOSED,
            PlanState.REJECTED,
            PlanState.CANCELLED,
        )
    },
}
"""The states that somebody sees who waits for the goods; any other is shown as PLANNED."""


def roles(order: Order, master: MasterData) -> dict[str, tuple[str, ...]]:
    """Return the members beside the buyer that the order concerns, with their roles; none while it is a quotation."""
    if order.terms.quotation:
        return {}
    found: dict[str, list[str]] = {}
    for role, member in (("payer", order.payer), ("user", order.user), ("consignee", order.consignee)):
        if member is not None and member in master.members.by_id:
            found.setdefault(member, []).append(role)
    for member in _followers(order.programme, master):
        found.setdefault(member, []).append("programme")
    return {member: tuple(names) for member, names in found.items() if member != order.buyer}


def _followers(programme: str | None, master: MasterData) -> list[str]:
    """Return the members who answer for the programme: it is their own id, or one of their `programmes`."""
    if programme is None:
        return []
    members = (member for member in master.members.members if Role.PROGRAMME in member.roles)
    return [m.id for m in members if m.id == programme or programme in m.programmes]


def project(value: messages.OrderStatus, order: Order, master: MasterData) -> list[messages.OrderStatus]:
    """Return, from the buyer's OrderStatus, those of all others, without revision, cause and reason.

    Args:
        value: The buyer's OrderStatus.
        order: The order, which names the others.
        master: The master data.
    """
    return [projection_for(value, member, names) for member, names in roles(order, master).items()]


def projection_for(value: messages.OrderStatus, member: str, names: tuple[str, ...]) -> messages.OrderStatus:
    """Return the buyer's OrderStatus as a member with these roles may see it.

    Args:
        value: The buyer's OrderStatus.
        member: The member.
        names: Its roles, keys of `VIEWS`; the first stands in the status.
    """
    view = view_of(names)
    state, promised = _stage(value, view)
    return {
        **value,
        "state": messages.OrderState(state),
        "promised_date": promised,
        "addressee": member,
        "role": names[0],
        "revision": 0,
        "earliest_date": None,
        "quotation": False,
        "valid_until": None,
        "cause": None,
        "reason": {},
        "lines": [_line(line, view) for line in value["lines"]],
    }


def _line(line: messages.OrderStatusLine, view: View) -> messages.OrderStatusLine:
    state, promised = _stage(line, view)
    return {
        **line,
        "state": messages.OrderLineState(state),
        "promised_date": promised,
        "item_code": line["item_code"] if view.codes else "",
        "deliveries": line["deliveries"] if promised is not None or view.early else [],
        "reason": {},
    }


def view_of(names: tuple[str, ...]) -> View:
    """Return what these roles together may see."""
    return reduce(or_, (VIEWS[name] for name in names))


def _stage(status: messages.OrderStatus | messages.OrderStatusLine, view: View) -> tuple[PlanState, date | None]:
    """Return the state and the promise of an order or a line as the view shows them."""
    state = PlanState(status["state"])
    if view.early:
        return state, status["promised_date"]
    state = _LATE.get(state, PlanState.PLANNED)
    return state, None if state is PlanState.PLANNED else status["promised_date"]
