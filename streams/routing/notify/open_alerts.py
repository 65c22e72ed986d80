"""Which alerts still wait for a person: an alert is never taken back, so what has happened since decides. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from kranhub.identifiers import line_of, line_place
from kranhub.wire import messages
from streams.routing.model.codes import FINAL_STATES, NO_PLANT, NOT_NORMALISED, UNREACHABLE, AlertCode, HoldReason
from streams.routing.notify import unmapped_stock

HOLDING = (
    *NO_PLANT,
    HoldReason.NOT_APPROVED,
    HoldReason.EXPIRED,
    *NOT_NORMALISED,
    HoldReason.IMPLAUSIBLE_QUANTITY,
    HoldReason.COMPLETE_DELIVERY,
    *UNREACHABLE,
)
"""The codes of alerts about a line that cannot go on."""

LATE = timedelta(days=7)
"""For how long after its deadline an alert is still shown where nothing waits for it."""


class AlertSubject(NamedTuple):
    """What an alert is about.

    Attributes:
        line: The id of the order's line.
        portion: ``line.part``, where it is about a portion.
        attempt: A plant order's id, where it is about one.
    """

    line: str
    portion: str | None = None
    attempt: str | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """What the hub has recorded of one order, each list in its order.

    Attributes:
        plant_orders: PlantOrder values.
        statuses: OrderStatus values to the buyer.
        audit: AuditEntry values.
    """

    plant_orders: list[messages.PlantOrder] = field(default_factory=list)
    statuses: list[messages.OrderStatus] = field(default_factory=list)
    audit: list[messages.AuditEntry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Order:
    alerts: Sequence[messages.Alert]
    since: Since
    now: datetime
    raised: dict[str, datetime] = field(default_factory=dict)
    """The time of the newest alert of each portion."""


def waiting(alerts: Iterable[messages.Alert], since: Mapping[str, Since], now: datetime) -> list[messages.Alert]:
    """Return the Alert values that still wait, newest first.

    - a line on hold: until its status says otherwise, or the portion has a plant order or a newer alert;
    - a reminder of what is on hold: as long as any line of the order is;
    - an approval: until the plant order is issued, a person has acted on it, or its deadline (the reservation) is over;
    - a member's stock of codes that the nomenclature does not have: as long as there is any;
    - a clock that is ahead, which is alerted again and again: until its deadline;
    - any other: until a week after its deadline, or until a person has acted on the order.

    None waits once its order is over. What is not known any more counts as still waiting.

    Args:
        alerts: Alert values in the order in which they were raised.
        since: What is known of the orders, by order key.
        now: The time now, with its zone.
    """
    latest = {alert["alert_id"]: alert for alert in alerts}
    by_order: dict[str | None, list[messages.Alert]] = {}
    for alert in latest.values():
        by_order.setdefault(alert["order_key"], []).append(alert)
    orders = [_Order(found, since.get(key or "", Since()), now, _newest(found)) for key, found in by_order.items()]
    still = [alert for order in orders for alert in order.alerts if _waits(alert, order)]
    return sorted(still, key=lambda alert: (alert["raised_at"], alert["alert_id"]), reverse=True)


def _newest(alerts: Sequence[messages.Alert]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for alert in alerts:
        portion = subject_of(alert).portion
        if portion is not None:
            found[portion] = max(alert["raised_at"], found.get(portion, alert["raised_at"]))
    return found


def subject_of(alert: messages.Alert) -> AlertSubject:
    """Return what the alert is about, as its id says (`messages.alert`)."""
    place = alert["alert_id"].removeprefix(f"{alert['code']}/{alert['order_key']}/")
    if alert["code"] == AlertCode.APPROVAL_NEEDED:
        portion = place.rpartition(".")[0]
        return AlertSubject(line_of(portion.rpartition(".")[0]), portion, f"{alert['order_key']}/{place}")
    within = place.rpartition("/")[0]
    return (
        AlertSubject(line_of(within.rpartition(".")[0]), within)
        if alert["code"] in NO_PLANT
        else AlertSubject(line_of(within))
    )


def _waits(alert: messages.Alert, order: _Order) -> bool:
    if alert["code"] == AlertCode.UNMAPPED_STOCK:
        return bool(alert["severity"] != unmapped_stock.OVER)
    statuses = order.since.statuses
    if statuses and statuses[-1]["state"] in FINAL_STATES:
        return False
    place = subject_of(alert)
    if place.portion is not None and order.raised[place.portion] > alert["raised_at"]:
        return False
    if alert["code"] == AlertCode.STILL_ON_HOLD:
        return not statuses or any(line["state"] == "ON_HOLD" for line in statuses[-1]["lines"])
    if alert["code"] in HOLDING:
        return _stands(alert, place, order)
    if _is_past(alert, order.now):
        return False
    issued = [value["plant_order_id"] for value in order.since.plant_orders]
    return place.attempt not in issued and not any(_concerns(entry, alert, place) for entry in order.since.audit)


def _is_past(alert: messages.Alert, now: datetime) -> bool:
    grace = timedelta(0) if alert["code"] in (AlertCode.APPROVAL_NEEDED, AlertCode.CLOCK_AHEAD) else LATE
    return alert["deadline"] is not None and now >= alert["deadline"] + grace


def _stands(alert: messages.Alert, place: AlertSubject, order: _Order) -> bool:
    """Return whether the line is still on hold, as far as is known."""
    key, raised = alert["order_key"], alert["raised_at"]
    for value in order.since.plant_orders:
        portion = value["plant_order_id"].removeprefix(f"{key}/").rpartition(".")[0]
        if portion == place.portion and value["issued_at"] > raised:
            return False
    known = [value for value in order.since.statuses if value["changed_at"] >= raised]
    if not known:
        return True
    return any(line["line_id"] == place.line and line["state"] == "ON_HOLD" for line in known[-1]["lines"])


def _concerns(entry: messages.AuditEntry, alert: messages.Alert, place: AlertSubject) -> bool:
    """Return whether a person has acted, after the alert, on the order or on the part that it is about."""
    key = alert["order_key"]
    subjects = (key, f"{key}/{line_place(place.line)}", place.attempt) if place.attempt else (entry["subject"],)
    return entry["at"] > alert["raised_at"] and entry["subject"] in subjects
