"""Identifiers: an order's key, and a plant order's id, which begins with that key, so no look-up is needed to find it.

Both are text as people write it, in UTF-8; nothing is encoded except ``%`` and ``/`` in a line's id
(docs/architecture.md, "Keys and ids").
"""

import re

_PLANT_ORDER = re.compile(r"[a-z][a-z0-9-]{1,39}:.+/[^/]+\.[^/.]+\.[0-9]+")


def order_key(buyer: str, order_id: str) -> str:
    """Return ``buyer:order_id``, both unchanged."""
    return f"{buyer}:{order_id}"


def order_of(key: str) -> tuple[str, str]:
    """Return ``(buyer, order_id)`` of an order key; a member's id contains no colon."""
    buyer, _, order_id = key.partition(":")
    return buyer, order_id


def line_place(line_id: str) -> str:
    """Return a line's id as it is written in a plant order's id: ``%`` becomes ``%25``, ``/`` becomes ``%2F``."""
    return line_id.replace("%", "%25").replace("/", "%2F")


def line_of(place: str) -> str:
    """Return the line's id from which `line_place` made this."""
    return place.replace("%2F", "/").replace("%25", "%")


def plant_order_id(order: str, line_id: str, part: str, attempt: int) -> str:
    """Return ``<order key>/<line>.<part>.<attempt>``; the last slash ends the order key.

    Args:
        order: The order's key, ``buyer:order_id``.
        line_id: The line's id, not encoded.
        part: The portion's number within the line; contains no dot.
        attempt: The attempt, counted from 1.
    """
    return f"{order}/{line_place(line_id)}.{part}.{attempt}"


def order_key_of(plant_order: str) -> str:
    """Return the order key with which a plant order's id begins; a text without a slash is returned as the key."""
    key, slash, _ = plant_order.rpartition("/")
    return key if slash else plant_order


def document_of(event_id: str) -> str | None:
    """Return ``member/type/native key`` of an event id ``member/type/native key/epoch/native version``.

    This names the ERP's document and is the same in every version and epoch.

    Returns:
        The name; None for an id of another form, such as a third party's.
    """
    member, *rest = event_id.split("/")
    if len(rest) != 4 or not all((member, *rest)) or not rest[2].isdecimal():
        return None
    return f"{member}/{rest[0]}/{rest[1]}"


def keys_named(text: str) -> frozenset[str]:
    """Return the order keys that the text may mean: itself, and the key in it if it looks like a plant order's id."""
    return frozenset((text, order_key_of(text)) if is_plant_order_id(text) else (text,))


def is_plant_order_id(text: str) -> bool:
    """Return whether the text has the form of a plant order's id, which only the hub assigns."""
    return _PLANT_ORDER.fullmatch(text) is not None
