"""What members beside the buyer see of an order: each its own view of the buyer's status, and no more.

Reasons are left out: what the buyer is told may name plants and their words (`audiences` has its own).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from kranhub.parties.members import Role
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.order import Order

Value = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """What a role lets see: the buyer's item codes, states before the goods are ready, why something changed."""

    codes: bool
    early: bool
    why: bool

    def __or__(self, other: "View") -> "View":
        """Return what both together let see."""
        return View(self.codes or other.codes, self.early or other.early, self.why or other.why)


VIEWS: Mapping[str, View] = {
    "payer": View(codes=True, early=True, why=True),
    "user": View(codes=True, early=True, why=True),
    "consignee": View(codes=True, early=False, why=False),
    "programme": View(codes=False, early=True, why=False),
}
"""The roles beside the buyer's. A company with several is told as the first of them, and sees what all together let."""

_LATE = {
    **dict.fromkeys(("CONFIRMED", "IN_PRODUCTION"), "CONFIRMED"),
    **{state: state for state in ("READY", "SHIPPED", "DELIVERED", "CLOSED", "REJECTED", "CANCELLED")},
}
"""States as somebody sees them who waits for the goods; any other is PLANNED."""


def roles(order: Order, master: MasterData) -> dict[str, tuple[str, ...]]:
    """Return the members beside the buyer whom the order concerns, and as what; nobody while it is a quotation."""
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


def project(value: Value, order: Order, master: MasterData) -> list[dict[str, Any]]:
    """Return, from the buyer's OrderStatus, those of all others, without revision, cause and reason."""
    return [seen_by(value, member, names) for member, names in roles(order, master).items()]


def seen_by(value: Value, member: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the buyer's OrderStatus as a member with these roles may see it."""
    view = view_of(names)
    return {
        **value,
        **_stage(value, view),
        "addressee": member,
        "role": names[0],
        "revision": 0,
        "earliest_date": None,
        "quotation": False,
        "valid_until": None,
        "cause": None,
        "reason": {},
        "lines": [
            {**line, **_stage(line, view), "item_code": line["item_code"] if view.codes else "", "reason": {}}
            for line in value["lines"]
        ],
    }


def view_of(names: tuple[str, ...]) -> View:
    """Return what these roles together let see."""
    return reduce(or_, (VIEWS[name] for name in names))


def _stage(status: Value, view: View) -> dict[str, Any]:
    """Return the state and the promise of an order or a line as the view lets see them."""
    if view.early:
        return {"state": status["state"], "promised_date": status["promised_date"]}
    state = _LATE.get(status["state"], "PLANNED")
    return {"state": state, "promised_date": None if state == "PLANNED" else status["promised_date"]}
