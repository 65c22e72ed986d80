"""What members' ERPs hold of one order, as they reported it after the hub was restored from an older backup."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import TypeAdapter

from kranhub import identifiers
from kranhub.wire.messages import Held, Subject


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """A plant order in its plant's ERP; what the ERP does not report is None.

    Attributes:
        plant: The member whose ERP holds it.
        number: The plant order's id.
        revision: The newest revision there.
        cancelled: Whether it is cancelled there.
        item_code: The plant's code of the item.
        quantity: In ``unit``.
        unit: The unit of the quantity.
        requested_date: The plant order's date.
    """

    plant: str
    number: str
    revision: int
    cancelled: bool = False
    item_code: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    requested_date: date | None = None


@dataclass(frozen=True, slots=True)
class HeldStatus:
    """The status that a member's ERP shows of the order; what the ERP does not report is None.

    Attributes:
        member: The member.
        revision: The status' revision.
        state: The state of the order.
        promised_date: The promised date.
    """

    member: str
    revision: int
    state: str | None = None
    promised_date: date | None = None

    def shows(self, state: str, promised_date: date | None) -> bool:
        """Return whether the ERP is known to show exactly this."""
        return (self.state, self.promised_date) == (state, promised_date)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was reported of one order.

    Attributes:
        orders: The plant orders that plants hold.
        statuses: The statuses that members show.
        plants: The members whose ERPs reported anything as plants.
        customers: The members whose ERPs reported anything as customers.
    """

    orders: tuple[HeldOrder, ...] = ()
    statuses: tuple[HeldStatus, ...] = ()
    plants: frozenset[str] = frozenset()
    customers: frozenset[str] = frozenset()

    def status_of(self, member: str) -> HeldStatus | None:
        """Return the newest status that the member holds, or None."""
        found = [status for status in self.statuses if status.member == member]
        return max(found, key=lambda status: status.revision, default=None)


class AttemptRef(NamedTuple):
    """The attempt that a plant order's id names.

    Attributes:
        line_id: The order's line.
        part: The portion's number in the line.
        attempt: The attempt's number.
    """

    line_id: str
    part: int
    attempt: int


def attempt_ref(order_key: str, number: str) -> AttemptRef | None:
    """Return the attempt that a plant order's id names; None for one that is not of this order."""
    key, _, rest = number.rpartition("/")
    parts = rest.rsplit(".", 2)  # a line's id may have points of its own
    if key != order_key or len(parts) < 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    return AttemptRef(identifiers.line_of(parts[0]), int(parts[1]), int(parts[2]))


def from_record(value: Held) -> HeldOrder | HeldStatus:
    """Return the content of a Held record."""
    if value["subject"] == Subject.ORDER_STATUS:
        return HeldStatus(value["member"], value["revision"], value["state"], value["promised_date"])
    line = next((line for line in value["lines"] if line["line_id"] == "1"), None)
    return HeldOrder(
        value["member"],
        value["key"],
        value["revision"],
        cancelled=value["cancelled"],
        item_code=line["item_code"] if line else None,
        quantity=line["quantity"] if line else None,
        unit=line["unit"] if line else None,
        requested_date=value["requested_date"],
    )


def order_key(value: Held, members: Container[str]) -> str | None:
    """Return the key of the order that a Held record is of, None where it is of none.

    A status of a member's own order has the order's number as its key, one of another's order that order's key
    (`Dispatch`).

    Args:
        value: The Held record.
        members: The ids of all members.
    """
    key, member = value["key"], value["member"]
    if value["subject"] == Subject.PLANT_ORDER:
        return identifiers.order_key_of(key) if identifiers.is_plant_order_id(key) else None
    buyer, colon, _ = key.partition(":")
    return key if colon and buyer != member and buyer in members else identifiers.order_key(member, key)


_ADAPTER = TypeAdapter(Evidence)


def dump(evidence: Evidence) -> bytes:
    """Return the evidence's bytes."""
    return _ADAPTER.dump_json(evidence, exclude_defaults=True)


def load(data: bytes) -> Evidence:
    """Return the evidence of these bytes."""
    return _ADAPTER.validate_json(data)


def merged(evidence: Evidence, more: HeldOrder | HeldStatus) -> Evidence:
    """Return the evidence with one more document; what is reported again counts once, at its newest revision."""
    if isinstance(more, HeldStatus):
        rest = tuple(one for one in evidence.statuses if one.member != more.member)
        old = evidence.status_of(more.member)
        newest = old if old is not None and old.revision > more.revision else more
        return Evidence(evidence.orders, (*rest, newest), evidence.plants, evidence.customers)
    same = [one for one in evidence.orders if (one.plant, one.number) == (more.plant, more.number)]
    newest_order = max([*same, more], key=lambda one: one.revision)
    others = tuple(one for one in evidence.orders if one not in same)
    return Evidence((*others, newest_order), evidence.statuses, evidence.plants, evidence.customers)
