"""What a person is asked before a plant gets its plant order: the alert for an attempt whose rule wants an approval."""

from collections.abc import Collection
from datetime import datetime
from typing import cast

from kranhub.text import Text
from kranhub.wire.messages import Alert
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import AlertCode
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion
from streams.routing.planner import alternative_items, messages
from streams.routing.planner.messages import OutputMessage
from streams.routing.planner.reserve import APPROVAL_TIME


def approval_alert(
    state: OrderState, portion: Portion, attempt: Attempt, context: DecisionContext
) -> list[OutputMessage]:
    """Return the alert for a new attempt that waits for a person; none for one that is issued without approval.

    While another item may be tried for the line there is none either: `approval_alerts` follows.

    Its id is the code and the plant order's id, so an attempt has one alert. Its deadline is the end of the
    reservation (`reserve`): nobody keeps stock and capacity for longer.

    Args:
        state: The order.
        portion: The portion of the attempt.
        attempt: The new attempt.
        context: The event and the master data.
    """
    if attempt.approved:
        return []
    line = state.order.line(portion.line_id)
    if line is not None and alternative_items.is_open(state, line, context.master):
        return []
    number = portion.id_of(state.key, attempt)
    place = number.removeprefix(f"{state.key}/")
    alert = messages.alert(
        state, AlertCode.APPROVAL_NEEDED, place, _text(number, portion, attempt, context.master), context.time
    )
    value = cast(Alert, alert.value)
    return [replace(alert, value={**value, "deadline": _deadline(state, context.time)})]


def approval_alerts(state: OrderState, lines: Collection[str], context: DecisionContext) -> list[OutputMessage]:
    """Return the alerts for the attempts of lines of which it is decided that they keep their items.

    Args:
        state: The order.
        lines: The ids of the lines of which that was decided, or that are planned with another item next.
        context: The event and the master data.
    """
    found: list[OutputMessage] = []
    for portion in state.portions:
        attempt = portion.current
        if portion.line_id not in lines or portion.cancelled or attempt is None:
            continue
        known = state.substitution(portion.line_id)
        is_kept = known is None or portion.feeds is not None or portion.item == known.item
        if is_kept and attempt.issued is None:
            found += approval_alert(state, portion, attempt, context)
    return found


def _deadline(state: OrderState, time: datetime) -> datetime | None:
    if not state.order.terms.quotation:
        return time + APPROVAL_TIME
    return state.validity.ends_at if state.validity else None


def _text(number: str, portion: Portion, attempt: Attempt, master: MasterData) -> Text:
    who, what = master.name(attempt.plant), master.items[portion.item].name.text
    amount = f"{portion.quantity.normalize():f} {portion.unit}"
    return Text(
        en=f"{who.en} is chosen for: {what.en}, {amount}. The rule wants a person's approval first: "
        f"`kranhub orders approve` or `reject` with --plant-order {number}. The reservation ends at the deadline.",
        ru=f"{who.ru}: выбран исполнителем, «{what.ru}», {amount}. По правилу нужно утверждение: "
        f"`kranhub orders approve` или `reject` с --plant-order {number}. Резерв действует до срока оповещения.",
    )
