"""Notifies the parties beside the buyer of what has changed for them; the texts name no other company."""

import hashlib
from collections.abc import Mapping
from datetime import date

from kranhub.text import Text
from kranhub.wire import messages as wire
from streams.routing import reasons
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.codes import CauseCode, PlanState
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState, PartyStatus
from streams.routing.notify.projections import View, projection_for, roles, view_of
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.step import Step
from streams.routing.reasons import Cause


def notify_parties(state: OrderState, value: wire.OrderStatus, master: MasterData) -> Step:
    """Return the step with the statuses of the parties beside the buyer whose view of the order has changed.

    A party that the order no longer names gets a last status, CANCELLED. Each member's revisions count by themselves.

    Args:
        state: The order.
        value: The buyer's OrderStatus.
        master: The master data, which say who is a member and who answers for a programme.

    Returns:
        The state that remembers the new statuses, and the OrderStatus messages.
    """
    named = roles(state.order, master)
    if not named and not state.party_statuses:
        return Step(state)
    known = {status.member: status for status in state.party_statuses}
    found = [view for member, names in named.items() for view in _new_status(value, member, names, known.get(member))]
    left = [old for old in state.party_statuses if old.member not in named and old.state != PlanState.CANCELLED]
    found += [_last(value, old) for old in left if old.member in master.members.by_id]
    known |= {status.member: status for status in map(_party_status, found)}
    return Step(
        replace(state, party_statuses=tuple(known.values())), messages=[_message(state.key, view) for view in found]
    )


def _new_status(
    value: wire.OrderStatus, member: str, names: tuple[str, ...], last: PartyStatus | None
) -> list[wire.OrderStatus]:
    view, projection = view_of(names), projection_for(value, member, names)
    if not _is_new(projection, last, value["state"], view):
        return []
    return [_addressed(projection, last, _why(projection, last, value["cause"]) if view.why else None)]


def _is_new(projection: wire.OrderStatus, last: PartyStatus | None, state: str, view: View) -> bool:
    """Return whether the member is to be notified; one without a status yet needs none that announces nothing."""
    if last is None:
        return state not in (
            (PlanState.CANCELLED,) if view.early else (PlanState.CANCELLED, PlanState.RECEIVED, PlanState.ON_HOLD)
        )
    return (PlanState(projection["state"]), projection["promised_date"], _digest(projection)) != (
        last.state,
        last.promised_date,
        last.lines,
    )


def _addressed(projection: wire.OrderStatus, last: PartyStatus | None, cause: Cause | None) -> wire.OrderStatus:
    addressed: wire.OrderStatus = {**projection, "revision": last.revision + 1 if last else 1}
    if cause:
        addressed["cause"], addressed["reason"] = cause.code, cause.text.as_map()
    return addressed


def _last(value: wire.OrderStatus, before: PartyStatus) -> wire.OrderStatus:
    """Return the last status of a member that is no longer named: without lines, as it may never have seen them."""
    projection: wire.OrderStatus = {
        **projection_for(value, before.member, (before.role,)),
        "state": wire.OrderState.CANCELLED,
        "promised_date": None,
        "lines": [],
    }
    return _addressed(projection, before, LEFT if view_of((before.role,)).why else None)


def _party_status(projection: wire.OrderStatus) -> PartyStatus:
    state, member, role = PlanState(projection["state"]), projection["addressee"], projection["role"]
    assert member is not None and role is not None  # noqa: PT018, S101  (`projection_for` names both)
    return PartyStatus(member, role, projection["revision"], state, projection["promised_date"], _digest(projection))


def _digest(projection: wire.OrderStatus) -> str:
    lines = [
        (line["line_id"], line["item_code"], line["state"], line["promised_date"], *_arrival(line))
        for line in projection["lines"]
    ]
    return hashlib.sha256(repr(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _arrival(line: wire.OrderStatusLine) -> tuple[object, ...]:
    """Return what has arrived of a line and in which parts it comes; empty where there is nothing to say of that."""
    if not line["arrived"] and not line["deliveries"]:
        return ()
    return line["arrived"], tuple(tuple(part.values()) for part in line["deliveries"])


def _message(order_key: str, projection: wire.OrderStatus) -> OutputMessage:
    """Return the status under the order's key: the buyer's number may be an order of the addressee's own, too."""
    place = f"{projection['addressee']}/{order_key}/{projection['revision']}"
    return OutputMessage(wire.Subject.ORDER_STATUS, order_key, f"hub/OrderStatus/{place}", projection)


def _why(projection: wire.OrderStatus, last: PartyStatus | None, code: str | None) -> Cause | None:
    """Return why the order's state or promise has changed, in a text that names no other company."""
    before = last.promised_date if last else None
    date_changed = before != projection["promised_date"]
    if last is not None and last.state is PlanState(projection["state"]):
        return Cause(CauseCode.PROMISE_MOVED, _promise(before, projection["promised_date"])) if date_changed else None
    found = _open(code, projection) or Cause(CauseCode.STATE_CHANGED, _now(projection))
    return Cause(found.code, found.text.then(_promise(before, projection["promised_date"]))) if date_changed else found


def _open(code: str | None, projection: wire.OrderStatus) -> Cause | None:
    """Return the buyer's cause where it is the buyer's or the hub's own doing."""
    if code == CauseCode.ORDER_CHANGED:
        return reasons.changed(projection["order_revision"])
    return _planned(projection) if code == reasons.PLANNED.code else _OPEN.get(code or "")


def _now(projection: wire.OrderStatus) -> Text:
    return (
        _planned(projection).text
        if projection["state"] == wire.OrderState.PLANNED
        else _NOW[PlanState(projection["state"])]
    )


def _planned(projection: wire.OrderStatus) -> Cause:
    return reasons.planned(
        [line["item_code"] for line in projection["lines"] if line["state"] == wire.OrderLineState.ON_HOLD]
    )


def _promise(before: date | None, after: date | None) -> Text:
    if after is None:
        return Text(en="There is no promised date for now.", ru="Обещанной даты пока нет.")
    if before is None:
        return Text(en=f"Promised for {after.isoformat()}.", ru=f"Обещанная дата: {after.isoformat()}.")
    return reasons.promise_changed(before, after)


_OPEN: Mapping[str, Cause] = {
    str(cause.code): cause
    for cause in (
        reasons.RECEIVED,
        reasons.CANCELLED,
        reasons.MAPPED,
        reasons.PARTLY_PLANNED,
        reasons.TOO_LATE,
    )
}

LEFT = Cause(
    CauseCode.LEFT_ORDER,
    Text(
        en="The buyer's order no longer names the company; no more is told of it.",
        ru="Предприятие больше не указано в заказе; сообщений о нём больше не будет.",
    ),
)

_NOW: Mapping[str, Text] = {
    PlanState.RECEIVED: reasons.RECEIVED.text,
    PlanState.CONFIRMED: Text(en="The plants have confirmed the order.", ru="Заводы подтвердили заказ."),
    PlanState.IN_PRODUCTION: Text(en="The order is in production.", ru="Заказ в производстве."),
    PlanState.READY: Text(en="The order is made and ready to leave.", ru="Заказ изготовлен и готов к отгрузке."),
    PlanState.SHIPPED: Text(en="The order has been shipped.", ru="Заказ отгружен."),
    PlanState.DELIVERED: Text(en="The order has arrived.", ru="Заказ доставлен."),
    PlanState.CLOSED: Text(en="The order is closed.", ru="Заказ закрыт."),
    PlanState.ON_HOLD: Text(en="The hub's people are deciding on the order.", ru="По заказу решают сотрудники центра."),
    PlanState.REJECTED: Text(en="The order cannot be made.", ru="Заказ выполнить нельзя."),
    PlanState.CANCELLED: Text(en="The order is cancelled.", ru="Заказ отменён."),
}
