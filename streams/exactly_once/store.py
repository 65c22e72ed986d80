"""State in memory: encoded bytes by key, with layers that are dropped on abort and merged on commit."""

from collections.abc import Mapping

Changes = dict[str, bytes | None]
"""Key to its new value; None forgets the key."""


class Store:
    """One partition's committed state."""

    def __init__(self, values: dict[str, bytes] | None = None) -> None:
        """Take over the values that were restored."""
        self.values = values if values is not None else {}

    def get(self, key: str) -> bytes | None:
        """Return the committed value, or None."""
        return self.values.get(key)

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Make changes part of the state: they are committed."""
        for key, value in changes.items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = value


class Layer:
    """Uncommitted changes over a store or another layer: a batch over the store, a record over the batch."""

    def __init__(self, below: "Store | Layer") -> None:
        """Start without changes."""
        self._below = below
        self.changes: Changes = {}

    def get(self, key: str) -> bytes | None:
        """Return the value as this layer sees it."""
        return self.changes[key] if key in self.changes else self._below.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Set the value in this layer."""
        self.changes[key] = value

    def delete(self, key: str) -> None:
        """Forget the key in this layer."""
        self.changes[key] = None

    def merge(self, layer: "Layer") -> None:
        """Take over the changes of a layer above."""
        self.changes.update(layer.changes)
