"""Orders that the hub refused: each waits for a person until another version of it is taken. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kranhub import identifiers
from kranhub.reading import Message
from streams.router.documents import TWO
from streams.router.effects import OWNER
from streams.router.normalise import UNMAPPED

Value = Mapping[str, Any]

SHOWN = timedelta(days=30)
"""For how long a refused order is listed that nobody corrects."""


def waiting(letters: Iterable[Message], orders: Mapping[str, Sequence[Message]], now: datetime) -> list[Value]:
    """Return the newest refusal of each order of which no later version was taken, as Alert values.

    ``letters`` are the records of hub.dead-letters in their order, ``orders`` the Order records of hub.work by key. A
    line without a mapping has an alert of its own.
    """
    newest = {letter.key: letter for letter in letters if _is_an_orders(letter)}
    return [
        _alert(letter)
        for letter in newest.values()
        if letter.time > now - SHOWN and not any(_is_next(taken, letter) for taken in orders.get(letter.key, ()))
    ]


def keys(letters: Iterable[Message]) -> set[str]:
    """Return the keys of the orders that the letters are about."""
    return {letter.key for letter in letters if _is_an_orders(letter)}


def _is_an_orders(letter: Message) -> bool:
    value = letter.value
    if value is None or value["code"] in UNMAPPED or ":" not in letter.key:
        return False
    return bool(value["topic"].endswith(".orders") or value["headers"].get("ce_type") == "kranhub.Order")


def _is_next(taken: Message, letter: Message) -> bool:
    """Return whether the order came again after it was refused; another document under its key is not that order."""
    value = letter.value or {}
    if value["code"] == TWO and _document(taken.envelope.id) != _document(value["event_id"]):
        return False
    return bool(taken.time > value["failed_at"])


def _document(event_id: str) -> str | None:
    return identifiers.document_of(event_id)


def _alert(letter: Message) -> Value:
    value = letter.value or {}
    return {
        "alert_id": f"{value['code']}/{letter.key}/{value['dead_letter_id']}",
        "severity": "WARNING",
        "code": value["code"],
        "owner": OWNER,
        "order_key": letter.key,
        "text": value["reason"],
        "deadline": None,
        "raised_at": value["failed_at"],
        "order_number": value["order_number"],
    }
