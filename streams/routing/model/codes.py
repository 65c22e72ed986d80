"""The codes that routing gives: states, reasons and alerts. Their texts are in `routing.reasons`, ru and en.

A code never changes once it was published: decisions, statuses and alerts of the past name it.
"""

from kranhub.errors import Code
from kranhub.wire.messages import OrderState


class PlanState(Code):
    """How far an order or a line is; the symbols of OrderStatus."""

    RECEIVED = "RECEIVED"
    PLANNED = "PLANNED"
    CONFIRMED = "CONFIRMED"
    IN_PRODUCTION = "IN_PRODUCTION"
    READY = "READY"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    ON_HOLD = "ON_HOLD"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


FINAL_STATES = (OrderState.DELIVERED, OrderState.CLOSED, OrderState.CANCELLED, OrderState.REJECTED)
"""The states of an order that waits for nothing any more."""


class CloseReason(Code):
    """Why a plant no longer has a portion that it was chosen for."""

    REJECTED = "rejected"
    DELIVERY_REFUSED = "delivery-refused"
    NO_ANSWER = "no-answer"
    NO_CAPACITY = "no-capacity"
    REJECTED_BY_HAND = "rejected-by-hand"
    OVERRIDDEN_BY_HAND = "overridden-by-hand"
    NOT_APPROVED = "not-approved"
    EXPIRED = "expired"
    PLANT_GONE = "plant-gone"
    BEFORE_HUB = "before-hub"
    """The order stands at a plant since before the hub, so what was decided in shadow gives way."""
    MOVED = "moved"
    """After a restore: the plants' ERPs show that another plant was asked since."""
    NOT_MADE = "not-made"
    """The plant has ended its production without having made any of it."""
    LATE_ACCEPTANCE = "late-acceptance"
    """A plant that was asked before has accepted after its deadline, while this one knew of nothing yet."""
    WITHDRAWN = "withdrawn"
    """After a restore: the plant's ERP holds the plant order as cancelled."""


class HoldReason(Code):
    """Why a line or a portion stands still until a person acts or the master data change; also an alert's code."""

    NO_CANDIDATE = "no-candidate"
    NO_RULE = "no-rule"
    NO_CAPACITY = "no-capacity"
    NO_OFFER = "no-offer"
    TOO_MANY_PORTIONS = "too-many-portions"
    NOT_APPROVED = "not-approved"
    EXPIRED = "expired"
    RECOVERY = "recovery"
    FROZEN = "frozen"
    UNMAPPED_ITEM = "unmapped-item"
    UNMAPPED_UNIT = "unmapped-unit"
    COMPLETE_DELIVERY = "complete-delivery"
    PLANT_GONE = "plant-gone"
    NO_TOPIC = "no-topic"
    QUANTITY_STEP = "quantity-step"
    BELOW_MINIMUM_QUANTITY = "below-minimum-quantity"
    PRICE_TOO_SMALL = "price-too-small"
    IMPLAUSIBLE_QUANTITY = "implausible-quantity"


NO_PLANT = (
    HoldReason.NO_CANDIDATE,
    HoldReason.NO_RULE,
    HoldReason.NO_CAPACITY,
    HoldReason.NO_OFFER,
    HoldReason.TOO_MANY_PORTIONS,
)
"""Why no plant was found for a portion."""

UNREACHABLE = (HoldReason.PLANT_GONE, HoldReason.NO_TOPIC)
"""Why a plant cannot be notified of what it has."""

UNMAPPED = (HoldReason.UNMAPPED_ITEM, HoldReason.UNMAPPED_UNIT)
"""Codes for what the nomenclature does not have."""

BAD_AMOUNT = (HoldReason.QUANTITY_STEP, HoldReason.BELOW_MINIMUM_QUANTITY, HoldReason.PRICE_TOO_SMALL)
"""Codes for a quantity or a price that the item does not allow."""

CORRECTABLE = (*BAD_AMOUNT, HoldReason.IMPLAUSIBLE_QUANTITY)
"""Codes for what may well be a slip of the buyer's: it takes nothing back from a plant."""

NOT_NORMALISED = (*UNMAPPED, *BAD_AMOUNT)
"""Why a line stays as the buyer wrote it, until the buyer corrects it or the nomenclature changes."""


class ExpectedFact(Code):
    """What a plant is next expected to report of a portion that it has been given."""

    DELIVERY = "delivery"
    """Its ERP takes the plant order."""
    PRODUCTION_START = "production-start"
    READINESS = "readiness"
    SHIPMENT = "shipment"
    ARRIVAL = "arrival"


class CandidateReason(Code):
    """Why a candidate was not chosen, where it was not asked for the portion before (`CloseReason`)."""

    NOT_ALLOWED = "not-allowed"
    REGION = "region"
    CURRENCY = "currency"
    BELOW_MINIMUM_LOT = "below-minimum-lot"
    STOPPED = "stopped"
    NO_RULE = "no-rule"
    LOWER_RANK = "lower-rank"
    LATER_DATE = "later-date"
    HIGHER_COST = "higher-cost"
    HIGHER_LOAD = "higher-load"
    NO_EXCHANGE_RATE = "no-exchange-rate"
    NOT_ASKED = "not-asked"
    NO_OFFER = "no-offer"
    OFFERS_LESS = "offers-less"
    DISRUPTED = "disrupted"
    PARTLY_ACCEPTED = "partly-accepted"
    OVERRIDDEN_BY_HAND = "overridden-by-hand"


class CostKind(Code):
    """What a part of a portion's cost is for."""

    GOODS = "goods"
    LOT = "lot"
    TRANSPORT = "transport"
    CUSTOMS = "customs"


class CauseCode(Code):
    """Why a status changed, where it is no `HoldReason`."""

    ORDER_RECEIVED = "order-received"
    ORDER_CHANGED = "order-changed"
    ORDER_CANCELLED = "order-cancelled"
    ORDER_CLOSED = "order-closed"
    CANCEL_TOO_LATE = "cancel-too-late"
    ITEM_MAPPED = "item-mapped"
    PLANNED = "planned"
    PARTLY_PLANNED = "partly-planned"
    OFFERED = "offered"
    PLANT_ACCEPTED = "plant-accepted"
    PLANT_ACCEPTED_IN_PART = "plant-accepted-in-part"
    PLANT_REJECTED = "plant-rejected"
    PLANT_BACK = "plant-back"
    NO_ANSWER = "no-answer"
    PRODUCTION_PROGRESS = "production-progress"
    PRODUCTION_COMPLETED = "production-completed"
    PRODUCTION_SHORT = "production-short"
    PRODUCTION_ABORTED = "production-aborted"
    OVERDUE = "overdue"
    ARRIVAL_ASSUMED = "arrival-assumed"
    EARLIEST_DATE_CHANGED = "earliest-date-changed"
    SHIPPED = "shipped"
    ARRIVED = "arrived"
    SHORTAGE = "shortage"
    DISRUPTION = "disruption"
    RECEIPT_MOVED = "receipt-moved"
    RE_PROMISED = "re-promised"
    RECOVERED = "recovered"
    BY_HAND_APPROVE = "by-hand-approve"
    BY_HAND_REJECT = "by-hand-reject"
    BY_HAND_OVERRIDE_PLANT = "by-hand-override-plant"
    BY_HAND_OVERRIDE_DATE = "by-hand-override-date"
    BY_HAND_FREEZE = "by-hand-freeze"
    BY_HAND_RELEASE = "by-hand-release"
    BY_HAND_CANCEL = "by-hand-cancel"
    PROMISE_MOVED = "promise-moved"
    """A cause for a party beside the buyer, as the next two are."""
    STATE_CHANGED = "state-changed"
    LEFT_ORDER = "left-order"


class AlertCode(Code):
    """What operators are alerted to, where it is no `HoldReason`."""

    APPROVAL_NEEDED = "approval-needed"
    NO_ANSWER = "no-answer"
    OVER_SHIPMENT = "over-shipment"
    SHORTAGE = "shortage"
    DISRUPTION = "disruption"
    RECEIPT_MOVED = "receipt-moved"
    PRODUCTION_SHORT = "production-short"
    PRODUCTION_ABORTED = "production-aborted"
    DELIVERY_OVERDUE = "delivery-overdue"
    PRODUCTION_START_OVERDUE = "production-start-overdue"
    READINESS_OVERDUE = "readiness-overdue"
    SHIPMENT_OVERDUE = "shipment-overdue"
    ARRIVAL_OVERDUE = "arrival-overdue"
    PROMISE_LATE = "promise-late"
    STILL_ON_HOLD = "still-on-hold"
    FROZEN_ZONE = "frozen-zone"
    SURPLUS = "surplus"
    CLOCK_AHEAD = "clock-ahead"
    UNMAPPED_STOCK = "unmapped-stock"
    RECOVERY_UNREAD = "recovery-unread"
    RECOVERY_TWO_PLANTS = "recovery-two-plants"
    RECOVERY_MISSING = "recovery-missing"
    RECOVERY_CANCELLED = "recovery-cancelled"
    RECOVERY_NO_PARTS = "recovery-no-parts"
    RECOVERY_TOLD_MORE = "recovery-told-more"
    RECOVERY_NO_ORDER = "recovery-no-order"
