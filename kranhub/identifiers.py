"""Identifiers: an order's key, and a plant order's id that begins with it, so that no look-up finds the root.

Both are text as people write it, in UTF-8; nothing but a line's own ``%`` and ``/`` is encoded (docs/architecture.md,
"Keys and ids").
"""

import re

_PLANT_ORDER = re.compile(r"[a-z][a-z0-9-]{1,39}:.+/[^/]+\.[^/.]+\.[0-9]+")


def order_key(buyer: str, order_id: str) -> str:
    """Return ``buyer:order_id``, both as they are."""
    return f"{buyer}:{order_id}"


def order_of(key: str) -> tuple[str, str]:
    """Return ``(buyer, order_id)`` of an order key; a member's id holds no colon."""
    buyer, _, order_id = key.partition(":")
    return buyer, order_id


def line_place(line_id: str) -> str:
    """Return a line's id as it stands in a plant order's id: ``%`` is ``%25``, ``/`` is ``%2F``."""
    return line_id.replace("%", "%25").replace("/", "%2F")


def line_of(place: str) -> str:
    """Return the line's id that `line_place` has made this of."""
    return place.replace("%2F", "/").replace("%25", "%")


def plant_order_id(order: str, line_id: str, part: str, attempt: int) -> str:
    """Return ``<order key>/<line>.<part>.<attempt>``; ``attempt`` counts from 1. The last slash ends the key."""
    return f"{order}/{line_place(line_id)}.{part}.{attempt}"


def order_key_of(plant_order: str) -> str:
    """Return the order key that a plant order's id begins with; a text without a slash is taken for a key."""
    key, slash, _ = plant_order.rpartition("/")
    return key if slash else plant_order


def document_of(event_id: str) -> str | None:
    """Return ``member/type/native key`` of an event id ``member/type/native key/epoch/native version``.

    That is the ERP's document, the same in every version and epoch. None for an id of another form: a third party's.
    """
    member, *rest = event_id.split("/")
    if len(rest) != 4 or not all((member, *rest)) or not rest[2].isdecimal():
        return None
    return f"{member}/{rest[0]}/{rest[1]}"


def keys_named(text: str) -> frozenset[str]:
    """Return the order keys that the text may be: itself, and where it may be a plant order's id, its order's."""
    return frozenset((text, order_key_of(text)) if is_plant_order_id(text) else (text,))


def is_plant_order_id(text: str) -> bool:
    """Return whether the text has the form of a plant order's id: a reference that the hub has given."""
    return _PLANT_ORDER.fullmatch(text) is not None
