"""An order's plan as text: its head, its parts as cells of a table, and the part that decides. Pure."""

from collections.abc import Mapping

from kranhub.readmodel import order_name
from kranhub.readmodel.names import Names
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.messages import DateBasis
from kranhub.wire.plain_json import plain

NONE = "-"
"""What stands for something unknown."""

MARK = "*"
"""What marks a part of the critical path."""

HEADINGS = (
    Text(en="part", ru="часть"),
    Text(en="quantity", ru="количество"),
    Text(en="plant", ru="завод"),
    Text(en="start", ru="начало"),
    Text(en="ready", ru="готово"),
    Text(en="latest", ru="крайний день"),
    Text(en="slack, days", ru="запас, дней"),
    Text(en="state", ru="состояние"),
    Text(en="day by", ru="день по"),
)
"""The headings of the table of parts."""

STATES: Mapping[str, Text] = {
    "RECEIVED": Text(en="received", ru="получено"),
    "PLANNED": Text(en="planned", ru="запланировано"),
    "CONFIRMED": Text(en="confirmed", ru="подтверждено"),
    "IN_PRODUCTION": Text(en="in production", ru="в производстве"),
    "READY": Text(en="ready", ru="готово"),
    "SHIPPED": Text(en="shipped", ru="отгружено"),
    "DELIVERED": Text(en="delivered", ru="доставлено"),
    "CLOSED": Text(en="closed", ru="закрыто"),
    "ON_HOLD": Text(en="on hold", ru="остановлено"),
    "REJECTED": Text(en="rejected", ru="отклонено"),
    "CANCELLED": Text(en="cancelled", ru="отменено"),
}

_BASES = {
    DateBasis.FACT: Text(en="made", ru="факту"),
    DateBasis.PROMISE: Text(en="plant's promise", ru="обещанию завода"),
    DateBasis.COUNT: Text(en="hub's count", ru="расчёту центра"),
}

LEGEND = Text(
    en=f"{MARK} decides the day (critical path). latest: the last day to be ready so that the line is there when it is "
    "wanted.",
    ru=f"{MARK} решает срок (критический путь). Крайний день: когда часть должна быть готова, чтобы строка была у "
    "получателя к желаемому дню.",
)


def head(value: messages.OrderPlan) -> Text:
    """Return the line about the whole order: how far it is, wanted, promised, slack."""
    key, state = order_name.shown(value["order_key"], value["order_number"]), state_of(value["state"])
    wanted, promised, earliest = value["requested_date"], value["promised_date"], value["earliest_date"]
    slack = NONE if value["slack"] is None else value["slack"]
    return Text(
        en=f"{key}: {state.en}; wanted on {wanted}, promised for {promised or NONE}, earliest {earliest or NONE}, "
        f"slack {slack} days; plan {value['revision']} of {value['planned_at']:%Y-%m-%d %H:%M} UTC",
        ru=f"{key}: {state.ru}; нужен {wanted}, обещан {promised or NONE}, возможен {earliest or NONE}, запас дней: "
        f"{slack}; план {value['revision']} от {value['planned_at']:%Y-%m-%d %H:%M} UTC",
    )


def decided(value: messages.OrderPlan, names: Names) -> Text | None:
    """Return the line about what decides the day; None where nothing is known to."""
    part = deciding(value)
    if part is None:
        return None
    what = part_and_plant(part, names)
    return Text(en=f"The day is decided by {what.en}.", ru=f"Срок решает {what.ru}.")


def deciding(value: messages.OrderPlan) -> messages.OrderPlanPart | None:
    """Return the part to act upon: the first of the critical path that is not made yet, else its last."""
    known = {part["place"]: part for part in value["parts"]}
    path = [known[place] for place in value["critical_path"] if place in known]
    return next((part for part in path if part["date_basis"] != DateBasis.FACT), path[-1] if path else None)


def part_and_plant(part: messages.OrderPlanPart, names: Names) -> Text:
    """Return a part's place and item, and its plant, or why it has none."""
    item, plant = names.item(part["item"]), part["plant"]
    if plant:
        who = names.member(plant)
        return Text(en=f"{part['place']} {item.en}, {who.en}", ru=f"{part['place']} {item.ru}, {who.ru}")
    why = f" ({part['hold_reason']})" if part["hold_reason"] else ""
    return Text(en=f"{part['place']} {item.en}, without a plant{why}", ru=f"{part['place']} {item.ru}, без завода{why}")


def state_of(state: str) -> Text:
    """Return the words for a state; an unknown one as it is."""
    return STATES.get(state) or Text(en=state, ru=state)


def row(part: messages.OrderPlanPart, depth: int, names: Names) -> tuple[str, ...]:
    """Return the part as the cells under `HEADINGS`.

    Args:
        part: The part.
        depth: How many parts it goes into, one into the other.
        names: The names of members and items.
    """
    mark = MARK if part["on_critical_path"] else " "
    basis = _BASES.get(part["date_basis"])
    why = f" ({part['hold_reason']})" if part["hold_reason"] else ""
    return (
        f"{mark} {'  ' * depth}{part['place']} {names.item(part['item'])}",
        f"{plain(part['quantity'])} {part['unit']}",
        str(names.member(part["plant"])) if part["plant"] else NONE,
        str(part["start"] or NONE),
        str(part["finish"] or NONE),
        str(part["latest_finish"] or NONE),
        NONE if part["slack"] is None else str(part["slack"]),
        f"{state_of(part['state'])}{why}",
        str(basis) if basis else NONE,
    )


def left_out(count: int) -> Text:
    """Say how many parts the record has no room for."""
    return Text(en=f"{count} more parts are not shown.", ru=f"Ещё частей, которые не показаны: {count}.")
