"""Orders that the hub refused: each waits for a person until another version of it is taken. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import unquote

from kranhub import identifiers
from kranhub.broker.reading import Message
from kranhub.wire import messages
from kranhub.wire.messages import Severity, Subject
from streams.routing.model.codes import NOT_NORMALISED
from streams.routing.planner.messages import OWNER
from streams.routing.validation.document_identity import TWO_DOCUMENTS

SOURCE = "source"
"""The stage of a dead letter that a connector wrote: the row could not become an order."""

SHOWN = timedelta(days=30)
"""For how long a refused order is listed if nobody corrects it."""


def waiting(
    dead_letters: Iterable[Message], orders: Mapping[str, Sequence[Message]], now: datetime
) -> list[messages.Alert]:
    """Return the newest refusal of each order of which no later version was taken, as Alert values.

    A line without a mapping has an alert of its own.

    Args:
        dead_letters: The dead letters of the hub and of connectors.
        orders: The Order records of hub.work by key.
        now: The present time; old refusals are left out.
    """
    newest: dict[str, Message] = {}
    for dead_letter in sorted(dead_letters, key=lambda dead_letter: dead_letter.time):
        if key := order_of(dead_letter):
            newest[key] = dead_letter
    return [
        _alert(key, dead_letter)
        for key, dead_letter in newest.items()
        if dead_letter.time > now - SHOWN and not any(_is_next(taken, dead_letter) for taken in orders.get(key, ()))
    ]


def order_of(dead_letter: Message) -> str | None:
    """Return the key of the order that was refused; None where it is none, or where its lines have alerts.

    Where a connector could not make an order of it, its document's own key in the ERP is taken for the order's id.
    """
    value = dead_letter.value_as(messages.DeadLetter)
    if value is None:
        return None
    if value["stage"] == SOURCE:
        member, kind, native = (identifiers.document_of(value["event_id"]) or "//").split("/")
        return identifiers.order_key(member, unquote(native)) if kind == Subject.ORDER else None
    is_order = value["topic"].endswith(".orders") or value["headers"].get("ce_type") == "kranhub.Order"
    return dead_letter.key if is_order and value["code"] not in NOT_NORMALISED and ":" in dead_letter.key else None


def _is_next(taken: Message, dead_letter: Message) -> bool:
    """Return whether the order came again after it was refused; another document under its key is not that order."""
    value = _value(dead_letter)
    documents = {identifiers.document_of(event_id) for event_id in (taken.envelope.id, value["event_id"])}
    if value["code"] == TWO_DOCUMENTS and len(documents) > 1:
        return False
    return taken.time > dead_letter.time


def _value(dead_letter: Message) -> messages.DeadLetter:
    value = dead_letter.value_as(messages.DeadLetter)
    assert value is not None  # noqa: S101  (only dead letters are listed)
    return value


def _alert(key: str, dead_letter: Message) -> messages.Alert:
    value = _value(dead_letter)
    return {
        "alert_id": f"{value['code']}/{key}/{value['dead_letter_id']}",
        "severity": Severity.WARNING,
        "code": value["code"],
        "owner": OWNER,
        "order_key": key,
        "text": value["reason"],
        "deadline": None,
        "raised_at": dead_letter.time,
        "order_number": value["order_number"],
    }
