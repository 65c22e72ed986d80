"""Identifiers: an order's key, and a plant order's id that begins with it, so that no look-up finds the root."""

from urllib.parse import quote, unquote


def order_key(buyer: str, order_id: str) -> str:
    """Return ``buyer:order_id`` with ``%`` and ``/`` of the order number percent-encoded; spaces stay readable.

    Lone surrogates stand for bytes that are not UTF-8 (PEP 383): those bytes are percent-encoded.
    """
    return f"{buyer}:{quote(order_id, safe=_SAFE, errors='surrogateescape')}"


def order_of(key: str) -> tuple[str, str]:
    """Return ``(buyer, order_id)`` of an order key."""
    buyer, _, order_id = key.partition(":")
    return buyer, unquote(order_id)


def plant_order_id(order: str, line_id: str, part: str, attempt: int) -> str:
    """Return ``<order key>/<line>.<part>.<attempt>``; ``attempt`` counts from 1."""
    return f"{order}/{line_id}.{part}.{attempt}"


def order_key_of(plant_order: str) -> str:
    """Return the order key that a plant order's id begins with."""
    return plant_order.partition("/")[0]


_SAFE = "".join(chr(code) for code in range(32, 127) if chr(code) not in "%/") + "№"
