"""Which members and items a publication removes, and which open orders name them, before it is written. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from kranhub.wire.messages import AnyDecoded, OrderResponseCode, PlantOrderDocumentStatus, Subject
from streams.routing.masterdata.entries import Entry, Kind
from streams.routing.model.codes import FINAL_STATES

AT_ONCE = 1
"""How many members one publication may remove without a confirmation: more of them mean a file that was cut, or the
wrong one."""

SUBJECTS = frozenset(
    (Subject.ORDER, Subject.ORDER_STATUS, Subject.ROUTING_DECISION, Subject.PLANT_ORDER, Subject.ORDER_RESPONSE)
)
"""The records of hub.events that show which orders are open, and what they name."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """The ids of members and items that are published and that the next publication removes."""

    members: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything is removed."""
        return bool(self.members or self.items)


@dataclass(frozen=True, slots=True)
class Concern:
    """What a publication removes although open orders name it.

    Attributes:
        kind: PARTY or ITEM.
        key: The id of the member or the item.
        orders: The keys of the open orders that name the member as buyer, payer, user or consignee, or need the item.
        plant_orders: The ids of the plant orders that the member has.
    """

    kind: str
    key: str
    orders: tuple[str, ...] = ()
    plant_orders: tuple[str, ...] = ()


def leaving(changed: Iterable[Entry]) -> Leaving:
    """Return which members and items these entries remove (`publish.changes`)."""
    gone = [entry for entry in changed if entry.content is None]
    return Leaving(
        tuple(entry.key for entry in gone if entry.kind == Kind.PARTY),
        tuple(entry.key for entry in gone if entry.kind == Kind.ITEM),
    )


@dataclass(slots=True)
class _Order:
    named: frozenset[str] = frozenset()
    state: str = ""
    items: set[str] = field(default_factory=set)
    plant_orders: dict[str, str] = field(default_factory=dict)


class Orders:
    """What hub.events has of orders so far; an order's records come in their order."""

    def __init__(self) -> None:
        """Start without any order."""
        self._orders: dict[str, _Order] = {}

    def take(self, key: str, came: AnyDecoded, *, shadow: bool = False) -> None:
        """Take up the next record.

        Args:
            key: The key of the order that it is about.
            came: A record of one of `SUBJECTS`.
            shadow: Whether it is a plant order in shadow, which no plant has.
        """
        order = self._orders.setdefault(key, _Order())
        match came.subject:
            case Subject.ORDER:
                value = came.value
                found = (value["buyer"], value["payer"], value["user"], value["consignee"])
                order.named = frozenset(member for member in found if member)
            case Subject.ORDER_STATUS:
                if came.value["role"] in (None, "buyer"):
                    order.state = came.value["state"]
                    order.named |= {came.value["buyer"]}
            case Subject.ROUTING_DECISION:
                order.items.add(came.value["item"])
            case Subject.PLANT_ORDER:
                if not shadow and came.value["document_status"] == PlantOrderDocumentStatus.ACTIVE:
                    order.plant_orders[came.value["plant_order_id"]] = came.value["plant"]
                else:
                    order.plant_orders.pop(came.value["plant_order_id"], None)
            case Subject.ORDER_RESPONSE:
                if came.value["response_code"] == OrderResponseCode.RE:
                    order.plant_orders.pop(came.value["plant_order_id"], None)

    def concerned(self, gone: Leaving) -> list[Concern]:
        """Return what is removed although open orders name it, members first."""
        known = sorted(self._orders.items())
        still = {key: order for key, order in known if order.state and order.state not in FINAL_STATES}
        found = [
            Concern(
                str(Kind.PARTY),
                member,
                tuple(key for key, order in still.items() if member in order.named),
                tuple(number for order in still.values() for number, at in order.plant_orders.items() if at == member),
            )
            for member in gone.members
        ]
        found += [
            Concern(str(Kind.ITEM), item, tuple(key for key, order in still.items() if item in order.items))
            for item in gone.items
        ]
        return [concern for concern in found if concern.orders or concern.plant_orders]
