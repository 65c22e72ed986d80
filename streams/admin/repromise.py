"""Asks the allocator of a plant who gains and who loses if its orders are promised anew, and has it done."""

import time
import uuid
from dataclasses import dataclass
from decimal import Decimal

from kranhub.broker import reading, topics
from kranhub.errors import Failed, Unavailable
from kranhub.settings import Settings
from kranhub.text import Text
from kranhub.wire import messages
from kranhub.wire.codec import Codec
from kranhub.wire.messages import AllocationAction, AllocationRequest, Repromising, RepromisingState, Subject
from streams.admin import producing
from streams.admin.producing import Row

PATIENCE_S = 60.0
"""How long the running core may take to answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is promised anew.

    Attributes:
        plant: The plant.
        item: Only this item; None for all.
        include_sent: Whether what the plant's ERP has may move as well.
    """

    plant: str
    item: str | None
    include_sent: bool


def propose(settings: Settings, codec: Codec, wanted: Wanted) -> Repromising:
    """Return who would gain and who would lose; nothing is changed.

    Args:
        settings: The installation's settings.
        codec: What encodes and decodes the hub's records.
        wanted: What is promised anew.

    Raises:
        Unavailable: Kafka or the registry is away, or the core does not answer.
        Failed: There is no topic for the answer.
    """
    return _ask(settings, codec, _request(wanted, AllocationAction.PROPOSE))


def carry_out(settings: Settings, codec: Codec, seen: Repromising, wanted: Wanted, *, actor: str, reason: str) -> None:
    """Have a proposal carried out, exactly as a person has seen it.

    Args:
        settings: The installation's settings.
        codec: What encodes and decodes the hub's records.
        seen: The proposal.
        wanted: What it was asked with.
        actor: Who has decided.
        reason: Why; may be empty.

    Raises:
        Unavailable: Kafka or the registry is away, or the core does not answer.
        Failed: The plant's reservations have changed since the proposal, so nothing was done; or there is no topic for
            the answer.
    """
    request = _request(wanted, AllocationAction.REPROMISE)
    request["fingerprint"], request["actor"], request["reason"] = seen["fingerprint"], actor, reason
    if _ask(settings, codec, request)["state"] != RepromisingState.DONE:
        raise Failed(_changed_since(wanted.plant))


def _request(wanted: Wanted, action: AllocationAction) -> AllocationRequest:
    return {
        "request_id": str(uuid.uuid4()),
        "order_key": "",
        "plant": wanted.plant,
        "item": wanted.item or "",
        "quantity": Decimal(0),
        "action": action,
        "include_sent": wanted.include_sent,
    }


def _ask(settings: Settings, codec: Codec, request: AllocationRequest) -> Repromising:
    plant, number = request["plant"], request["request_id"]
    row = Row("allocation", plant, Subject.ALLOCATION_REQUEST, request, f"hub/AllocationRequest/{plant}/{number}")
    producing.send(settings, codec, [row], "repromise")
    end = time.monotonic() + PATIENCE_S
    topic = topics.hub(settings.namespace, "repromisings")
    found = reading.messages(
        settings, codec, topic, follow=lambda: time.monotonic() < end, wanted=lambda key: key == plant.encode()
    )
    for each in found:
        made = each.value_as(messages.Repromising)
        if made is not None and made["request_id"] == number:
            return made
    raise Unavailable(_no_answer())


def _changed_since(plant: str) -> Text:
    return Text(
        en=f"Nothing was changed: the reservations at {plant} have changed since the proposal. Run the command again "
        "and look at who gains and who loses now.",
        ru=f"Ничего не изменено: резервы завода {plant} изменились после расчёта. Выполните команду ещё раз и "
        "посмотрите, кто выигрывает и кто теряет теперь.",
    )


def _no_answer() -> Text:
    return Text(
        en="The core has not answered. Look with `kranhub status` whether it runs; if a person had agreed already, it "
        "may still be done: run the command again to see.",
        ru="Ядро не ответило. Проверьте командой `kranhub status`, работает ли оно; если согласие уже было дано, "
        "изменение ещё может произойти: выполните команду ещё раз, чтобы увидеть.",
    )
