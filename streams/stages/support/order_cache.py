"""The orders that the planner has handled last, as values: what it has just written need not be read again."""

from streams.routing.model.order import OrderState, dump, load

LIMIT = 1_000
"""How many orders are kept: as many as a worker handles in turn within a few transactions."""


class OrderCache:
    """Orders as values. One counts as known only by the very bytes that the stage's state holds.

    After an abort or a restore these are others, and the bytes are read: so nothing but the state decides.
    """

    __slots__ = ("_known",)

    def __init__(self) -> None:
        """Start without orders."""
        self._known: dict[str, tuple[bytes, OrderState]] = {}

    def load(self, key: str, data: bytes) -> OrderState:
        """Return the order of these bytes, which the stage's state holds under the key."""
        known = self._known.get(key)
        return known[1] if known is not None and known[0] is data else load(data)

    def dump(self, key: str, order: OrderState) -> bytes:
        """Return the order's bytes, and keep it by its key and them."""
        known, data = self._known, dump(order)
        known.pop(key, None)
        if len(known) >= LIMIT:
            del known[next(iter(known))]
        known[key] = data, order
        return data
