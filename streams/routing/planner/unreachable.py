"""Portions whose plant cannot be reached: it is no member, or has no topic. On hold until that has changed. Pure."""

from collections.abc import Iterator, Sequence

from kranhub.text import Text
from kranhub.wire.messages import DispatchStatus
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.attempt import Attempt
from streams.routing.model.codes import CauseCode, CloseReason, HoldReason
from streams.routing.model.copying import replace
from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion, with_attempt
from streams.routing.reasons import Cause

SHOWN = 5
"""How many plant orders a sentence names."""

PLANT_BACK = Cause(
    CauseCode.PLANT_BACK,
    Text(
        en="The hub reaches the plant again; the order goes on.",
        ru="Связь центра с заводом восстановлена; заказ выполняется дальше.",
    ),
)


def is_gone(member: str, master: MasterData) -> bool:
    """Return whether there is no member of this id."""
    return member not in master.members.by_id


def is_held(portion: Portion, master: MasterData) -> bool:
    """Return whether the portion is on hold at a plant that is no longer a member; what has left the plant is not."""
    attempt = portion.current
    if attempt is None or portion.cancelled or attempt.shadow or attempt.issued is None:
        return False
    return is_gone(attempt.plant, master) and attempt.shipped < portion.quantity


def hold_reason(portion: Portion, master: MasterData) -> HoldReason | None:
    """Return why the plant cannot be reached about the portion, one of `UNREACHABLE`, or None."""
    if is_held(portion, master):
        return HoldReason.PLANT_GONE
    attempt = portion.current
    return HoldReason.NO_TOPIC if attempt is not None and attempt.missing_topic and not portion.cancelled else None


def apply_dispatch_status(state: OrderState, value: DispatchStatus) -> OrderState:
    """Return the state with a DispatchStatus: a plant order waits for its plant's topic, or was written there."""
    for portion in state.portions:
        for attempt in portion.attempts if value["plant_order_id"].startswith(f"{state.key}/{portion.place}.") else ():
            if portion.id_of(state.key, attempt) == value["plant_order_id"]:
                after = replace(attempt, missing_topic=value["topic"] if value["held"] else None)
                return state.with_portion(with_attempt(portion, after))
    return state


def without_unreachable(state: OrderState, master: MasterData) -> OrderState:
    """Return the state in which nothing depends on plants that cannot be reached.

    A plant that is gone and has no plant order yet loses the portion to the next candidate. A plant that has one keeps
    the portion, and owes no answer while nobody can ask for it (`response_deadlines` gives a new time).
    """
    for portion in state.portions:
        attempt = portion.current
        if attempt is not None and not portion.cancelled and is_gone(attempt.plant, master):
            after = (
                attempt.close(CloseReason.PLANT_GONE, withdraw=False)
                if attempt.issued is None
                else replace(attempt, answer_by=None)
            )
        elif attempt is not None and attempt.missing_topic and not portion.cancelled:
            after = replace(attempt, answer_by=None)
        else:
            continue
        if after != attempt:
            state = state.with_portion(with_attempt(portion, after))
    return state


def alert_text(code: HoldReason, portions: Sequence[Portion], order_key: str, master: MasterData) -> Text:
    """Return which plant orders are at which plant, or wait for which topics, and what to do.

    Args:
        code: One of `UNREACHABLE`.
        portions: The portions of the line.
        order_key: ``buyer:order_id``.
        master: The master data.
    """
    return _unwritten(portions, order_key) if code is HoldReason.NO_TOPIC else _left(portions, order_key, master)


def _unwritten(portions: Sequence[Portion], order_key: str) -> Text:
    held = [(p.id_of(order_key, p.current), p.current.missing_topic) for p in portions if p.current]
    found = [(number, topic) for number, topic in held if topic]
    missing = ", ".join(dict.fromkeys(topic for _, topic in found))
    numbers = ", ".join([number for number, _ in found][:SHOWN]) + (", …" if len(found) > SHOWN else "")
    return Text(
        en=f"The topic does not exist: {missing}. Plant orders wait for it: {numbers}. Run `kranhub core publish` or "
        "`kranhub up` at the centre: once it exists, they go by themselves.",
        ru=f"Нет топика: {missing}. Его ждут заказы заводу: {numbers}. Выполните в центре `kranhub core publish` или "
        "`kranhub up`: как только топик появится, они уйдут сами.",
    )


def _left(portions: Sequence[Portion], order_key: str, master: MasterData) -> Text:
    held = list(_held(portions, master))
    plants = ", ".join(dict.fromkeys(attempt.plant for _, attempt in held))
    found = [portion.id_of(order_key, attempt) for portion, attempt in held]
    numbers = ", ".join(found[:SHOWN]) + (", …" if len(found) > SHOWN else "")
    return Text(
        en=f"No longer a member of the hub: {plants}, where plant orders stand: {numbers}. Publish the member again "
        "under this id, and the order goes on by itself; or agree with the plant and move it with `kranhub orders "
        "override-plant` or `reject`.",
        ru=f"Больше не участвует в работе центра: {plants}, а у него заказы: {numbers}. Опубликуйте участника снова "
        "под этим именем, и заказ пойдёт дальше сам; или договоритесь с заводом и передайте заказ командой `kranhub "
        "orders override-plant` или `reject`.",
    )


def _held(portions: Sequence[Portion], master: MasterData) -> Iterator[tuple[Portion, Attempt]]:
    for portion in portions:
        if is_held(portion, master) and portion.current is not None:
            yield portion, portion.current
