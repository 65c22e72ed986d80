"""The planner's state of one order: facts only. States, promises and notifications are derived from them.

Kept as JSON by msgspec, made small by `compression`: decimals and dates are exact, and a new optional fact needs
no migration. It never leaves the planner, so the shared language (Avro) does not bind it.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Struct

from streams.routing.model import compression
from streams.routing.model.codes import HoldReason, PlanState
from streams.routing.model.copying import replace
from streams.routing.model.portion import Portion
from streams.routing.model.quantity import ZERO
from streams.routing.model.terms import NO_SPECIFICATION, NO_TERMS, Specification, Terms


class Delivery(Struct, frozen=True, omit_defaults=True):
    """A part of a line's quantity that is wanted on a day of its own.

    Attributes:
        requested_date: When it is wanted.
        quantity: In the line's unit.
    """

    requested_date: date
    quantity: Decimal


class Line(Struct, frozen=True, omit_defaults=True):
    """One line of the order, in canonical items and base units.

    It is as the buyer wrote it while ``hold_reason`` is one of `NOT_NORMALISED`.

    Attributes:
        line_id: The line's id in the buyer's document.
        item_code: The buyer's code of the item.
        item: The item's id; None while the code has no mapping.
        quantity: In the base unit; in the buyer's unit while the line is as the buyer wrote it.
        unit: The unit of the quantity.
        requested_date: When the buyer wants it; the order's date where the line has none.
        description: The buyer's text.
        price: The price of one unit, in the order's currency.
        hold_reason: Why the line is on hold; None where it is not.
        specification: What the line says of its goods beside item and quantity.
        opening_plant: The plant that has had the line since before the hub (`opening`).
        deliveries: Its delivery schedule, by date; empty where all of it is wanted on ``requested_date``.
        rounded_from: What was ordered, in the base unit, where the item's rule has rounded it.
    """

    line_id: str
    item_code: str
    item: str | None
    quantity: Decimal
    unit: str
    requested_date: date
    description: str | None = None
    price: Decimal | None = None
    hold_reason: HoldReason | None = None
    specification: Specification = NO_SPECIFICATION
    opening_plant: str | None = None
    deliveries: tuple[Delivery, ...] = ()
    rounded_from: Decimal | None = None

    def requested_for(self, node: str) -> date:
        """Return when the buyer wants what a portion at this place (`Portion.node`) goes into."""
        number = delivery_number(node)
        return self.deliveries[number].requested_date if number < len(self.deliveries) else self.requested_date


def delivery_node(number: int) -> str:
    """Return the place (`Portion.node`) of the line's own item in a delivery of its schedule, counted from 0."""
    return f"#{number + 1}" if number else ""


def delivery_number(node: str) -> int:
    """Return the delivery, counted from 0, for which a portion at this place is: `delivery_node`, inverted."""
    root = node.partition("/")[0]
    return int(root[1:]) - 1 if root.startswith("#") else 0


def is_own_node(node: str) -> bool:
    """Return whether a place (`Portion.node`) is that of a line's own item, not of a part of it."""
    return node == delivery_node(delivery_number(node))


class Order(Struct, frozen=True, omit_defaults=True):
    """The order as its buyer last sent it. Equal content is a repeat.

    Attributes:
        order_id: Its key in the buyer's ERP.
        buyer: The member who ordered.
        kind: The kind of order, such as SALE.
        currency: An ISO 4217 code.
        requested_date: When the buyer wants it; a line may say otherwise.
        lines: Its lines.
        payer: The member who pays, such as a lessor.
        user: The member who will use the goods, such as a lessee.
        consignee: The member who receives the goods.
        programme: The state programme under which it is built.
        delivery_place: Where the goods go, as the buyer wrote it.
        complete_delivery: All lines or none: an unmapped line then holds the whole order.
        cancelled: The buyer has cancelled it.
        terms: Money and law.
        opening: It was placed before the hub (`opening`).
        number: The number that people read; None where that is the key.
        alternatives_allowed: Whether the buyer consents to alternative items; None where it does not say.
    """

    order_id: str
    buyer: str
    kind: str
    currency: str
    requested_date: date
    lines: tuple[Line, ...]
    payer: str | None = None
    user: str | None = None
    consignee: str | None = None
    programme: str | None = None
    delivery_place: str | None = None
    complete_delivery: bool = False
    cancelled: bool = False
    terms: Terms = NO_TERMS
    opening: bool = False
    number: str | None = None
    alternatives_allowed: bool | None = None

    def line(self, line_id: str) -> Line | None:
        """Return the line of this id; None where the order has none."""
        return next((line for line in self.lines if line.line_id == line_id), None)


class DeliveryStatus(Struct, frozen=True, omit_defaults=True):
    """A part of a line that comes on a day of its own, as the customer was last notified of it.

    Attributes:
        quantity: In the item's base unit.
        requested_date: When it is wanted.
        promised_date: When it is at the customer; None where nothing is promised.
        arrived: How much of it has arrived.
    """

    quantity: Decimal
    requested_date: date
    promised_date: date | None = None
    arrived: Decimal = ZERO


class ApprovedQuantity(Struct, frozen=True, omit_defaults=True):
    """A quantity of a line that a person has approved although it is implausible.

    Attributes:
        line_id: The id of the order's line.
        item: The item's id.
        quantity: In the base unit; less of the item is approved as well.
    """

    line_id: str
    item: str
    quantity: Decimal


class TriedItem(Struct, frozen=True, omit_defaults=True):
    """An item that was tried for a line.

    Attributes:
        item: The item's id.
        arrival: When all of it could be there; None where no plant can deliver it.
    """

    item: str
    arrival: date | None = None


class Substitution(Struct, frozen=True, omit_defaults=True):
    """Which item a line is planned with, where its own item has alternatives.

    Attributes:
        line_id: The id of the order's line.
        ordered: The item that the line orders.
        item: The item that it is planned with.
        tried: The items that were tried before, in their order.
        decided: No other one is tried while a plant can deliver this one.
    """

    line_id: str
    ordered: str
    item: str
    tried: tuple[TriedItem, ...] = ()
    decided: bool = False


class Validity(Struct, frozen=True, omit_defaults=True):
    """How long a quotation is valid.

    Attributes:
        until: The last day, at the buyer.
        ends_at: The end of that day.
    """

    until: date
    ends_at: datetime


class LineStatus(Struct, frozen=True, omit_defaults=True):
    """The state of a line of which the customer was last notified.

    Attributes:
        line_id: The id of the order's line.
        item_code: The buyer's code of the item.
        state: How far the line is.
        promised_date: When all of it is at the customer; None where nothing is promised.
        code: Why it is on hold, or closed without a delivery; None where it is neither.
        arrived: How much has arrived, in the base unit.
        assumed: An arrival is assumed, as nobody reports it.
        deliveries: The parts in which it comes; empty where it comes at once.
        alternative: The item that comes in place of the ordered one; None where that comes itself.
    """

    line_id: str
    item_code: str
    state: PlanState
    promised_date: date | None = None
    code: HoldReason | None = None
    arrived: Decimal = ZERO
    assumed: bool = False
    deliveries: tuple[DeliveryStatus, ...] = ()
    alternative: str | None = None


class Status(Struct, frozen=True, omit_defaults=True):
    """The state of the order of which the customer was last notified.

    Attributes:
        state: How far the order is.
        order_revision: The revision of the order that it is about.
        promised_date: When all of it is at the customer; None where nothing is promised.
        lines: The state of each line.
        earliest_date: The earliest day that can be promised. A change of it alone is news for a quotation, and for an
            order where it exceeds the rule's tolerance.
    """

    state: PlanState
    order_revision: int
    promised_date: date | None
    lines: tuple[LineStatus, ...]
    earliest_date: date | None = None


class PartyStatus(Struct, frozen=True, omit_defaults=True):
    """The state of the order of which a member beside the buyer was last notified.

    Attributes:
        member: The member.
        role: What the member is in the order, such as payer.
        revision: Counts the statuses to this member.
        state: How far the order is.
        promised_date: When all of it is at the customer.
        lines: A digest of what the lines showed.
    """

    member: str
    role: str
    revision: int
    state: PlanState
    promised_date: date | None = None
    lines: str = ""


class HeldStatus(Struct, frozen=True, omit_defaults=True):
    """News of a large order of which the customer is yet to be notified (`notify.status`).

    Attributes:
        due: When the customer is notified at the latest.
        code: The code of the last cause; None where no event has said why.
        text: Its text by language.
    """

    due: datetime
    code: str | None = None
    text: dict[str, str] = {}


class OrderState(Struct, frozen=True, omit_defaults=True):
    """Everything the planner knows of one order.

    Attributes:
        key: ``buyer:order_id``, the key of all that follows from the order.
        order: The order as its buyer last sent it.
        revision: Counts the order's changes.
        seen_events: The event ids of its latest versions.
        portions: What the order is divided into.
        status: What the customer was last notified of; None before that.
        status_revision: Counts the statuses to the customer.
        frozen: A person has stopped the routing.
        cancelled_by_hand: A person has cancelled the order, not its buyer.
        seen_actions: The ids of the latest actions of people.
        due: When time alone next changes something; None where it does not.
        final_since: Since when nothing is left to do; None while something is.
        closed: The order has ended, and little of it is kept (`closing`).
        party_statuses: What the members beside the buyer were last notified of.
        awaited_members: The members for whose return or next cutover mode the order waits (`resume`).
        reported_disruptions: The latest disruptions (plant and its own number of them) of which operators were alerted
            that they endanger a promise.
        document: The buyer's document that the order comes from (`document_identity`).
        remind_at: When operators are reminded of what is on hold; None while nothing is.
        reminders: How often they were reminded of it.
        plan_revision: Counts the plans that were sent.
        plan_digest: A digest of the last of them.
        approved_quantities: The implausible quantities that a person has approved.
        validity: How long the quotation is valid; None for an order, and where no release has stored it yet.
        expired: The quotation is over: nothing is planned until it is asked for again, or ordered.
        notified_at: When the customer of a large order was last notified.
        held_status: News of a large order of which the customer is yet to be notified; None where there is none.
        substitutions: The lines for which alternative items were tried.
        format: The version of this class.
    """

    key: str
    order: Order
    revision: int = 0
    seen_events: tuple[str, ...] = ()
    portions: tuple[Portion, ...] = ()
    status: Status | None = None
    status_revision: int = 0
    frozen: bool = False
    cancelled_by_hand: bool = False
    seen_actions: tuple[str, ...] = ()
    due: datetime | None = None
    final_since: datetime | None = None
    closed: bool = False
    party_statuses: tuple[PartyStatus, ...] = ()
    awaited_members: tuple[str, ...] = ()
    reported_disruptions: tuple[str, ...] = ()
    document: str | None = None
    remind_at: datetime | None = None
    reminders: int = 0
    plan_revision: int = 0
    plan_digest: str = ""
    approved_quantities: tuple[ApprovedQuantity, ...] = ()
    validity: Validity | None = None
    expired: bool = False
    notified_at: datetime | None = None
    held_status: HeldStatus | None = None
    substitutions: tuple[Substitution, ...] = ()
    format: Literal[2] = 2

    @property
    def is_expired(self) -> bool:
        """Whether it is a quotation that is over, and was not cancelled besides."""
        return self.expired and not self.order.cancelled

    def by_line(self, lines: Collection[str] | None = None) -> "dict[str, OrderState]":
        """Return each line by its id as if the order had no other, those last that only portions are left of.

        Args:
            lines: The ids of the lines that are wanted; None for all.
        """
        own = {line.line_id: (line,) for line in self.order.lines if lines is None or line.line_id in lines}
        portions: dict[str, list[Portion]] = {line_id: [] for line_id in own}
        for portion in self.portions:
            if lines is None or portion.line_id in lines:
                portions.setdefault(portion.line_id, []).append(portion)
        if lines is None and len(portions) == 1:
            return dict.fromkeys(portions, self)
        return {
            line_id: replace(self, order=replace(self.order, lines=own.get(line_id, ())), portions=tuple(found))
            for line_id, found in portions.items()
        }

    def substitution(self, line_id: str) -> Substitution | None:
        """Return which item the line is planned with; None where that is its own."""
        return next((known for known in self.substitutions if known.line_id == line_id), None)

    def with_substitutions(self, found: Mapping[str, Substitution | None]) -> "OrderState":
        """Return the state with lines planned with other items, by their ids; with their own where that is None."""
        others = [known for known in self.substitutions if known.line_id not in found]
        return replace(self, substitutions=(*others, *filter(None, found.values())))

    def with_portion(self, portion: Portion) -> "OrderState":
        """Return the state with this portion in the place of its earlier form, or added."""
        known = self.portions
        for at, old in enumerate(known):
            if old is portion:
                return self
            if old.part == portion.part and old.line_id == portion.line_id:
                return replace(self, portions=(*known[:at], portion, *known[at + 1 :]))
        return replace(self, portions=(*known, portion))


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(OrderState)


def dump(state: OrderState) -> bytes:
    """Return the state's bytes."""
    return compression.compress(_ENCODER.encode(state))


def load(data: bytes) -> OrderState:
    """Return the state of these bytes.

    Raises:
        zlib.error: The bytes are neither compressed nor JSON.
        msgspec.ValidationError: They are no order's state of this format.
    """
    return _DECODER.decode(compression.decompress(data))
