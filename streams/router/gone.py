"""Portions at a plant that is no longer a member: on hold until it is published again, or a person moves them. Pure."""

from collections.abc import Iterator, Sequence

from kranhub.text import Text
from streams.router.copying import replace
from streams.router.masterdata import MasterData
from streams.router.model import Attempt, OrderState, Portion, with_attempt
from streams.router.reasons import Cause

GONE = "plant-gone"
"""Why a line is on hold, and the code of its alert; also why a plant that knew of nothing has lost a portion."""

SHOWN = 5
"""Plant orders that a sentence names."""

BACK = Cause(
    "plant-back",
    Text(
        en="The plant takes part in the hub again; the order goes on.",
        ru="Завод снова участвует в работе центра; заказ выполняется дальше.",
    ),
)


def is_gone(member: str, master: MasterData) -> bool:
    """Return whether nobody of this id is a member."""
    return member not in master.members.by_id


def is_held(portion: Portion, master: MasterData) -> bool:
    """Return whether the portion stands still with a plant that is no member; what has left the plant does not."""
    attempt = portion.current
    if attempt is None or portion.cancelled or attempt.shadow or attempt.sent is None:
        return False
    return is_gone(attempt.plant, master) and attempt.shipped < portion.quantity


def noted(state: OrderState, master: MasterData) -> OrderState:
    """Return the state as it is without the plants that are gone.

    Who was told nothing yet loses the portion to the next candidate. Whoever knows of it keeps it, and owes no answer
    while nobody can ask for it (`deadlines.awaited` gives a new time).
    """
    for portion in state.portions:
        attempt = portion.current
        if attempt is not None and not portion.cancelled and is_gone(attempt.plant, master):
            after = replace(attempt, closed=GONE) if attempt.sent is None else replace(attempt, answer_by=None)
            state = state.with_portion(with_attempt(portion, after)) if after != attempt else state
    return state


def alert_text(portions: Sequence[Portion], order_key: str, master: MasterData) -> Text:
    """Say which plant orders stand at whom, and what to do."""
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
