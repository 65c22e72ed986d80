"""State in memory: encoded bytes by key, with layers that are dropped on abort and merged on commit."""

from collections.abc import Mapping

Changes = dict[str, bytes | None]
"""Key to its new value; None forgets the key."""

ENTRY_BYTES = 200
"""What CPython needs for an entry beside its characters: two objects' heads and a slot of a growing dictionary."""


class Store:
    """One partition's committed state."""

    __slots__ = ("size", "values", "version")

    def __init__(self, values: dict[str, bytes] | None = None, version: int | None = None) -> None:
        """Take over the values that were restored, and the version under which the changelog holds them."""
        self.values = values if values is not None else {}
        self.version = version
        self.size = sum(len(key) + len(value) + ENTRY_BYTES for key, value in self.values.items())
        """Estimated bytes of memory."""

    def get(self, key: str) -> bytes | None:
        """Return the committed value, or None."""
        return self.values.get(key)

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Make changes part of the state: they are committed."""
        values, size = self.values, self.size
        for key, value in changes.items():
            old = values.get(key)
            if old is not None:
                size -= len(key) + len(old) + ENTRY_BYTES
            if value is None:
                values.pop(key, None)
            else:
                values[key] = value
                size += len(key) + len(value) + ENTRY_BYTES
        self.size = size


class Layer:
    """Uncommitted changes over a store or another layer: a batch over the store, a record over the batch."""

    __slots__ = ("_below", "changes")

    def __init__(self, below: "Store | Layer") -> None:
        """Start without changes."""
        self._below = below
        self.changes: Changes = {}

    def get(self, key: str) -> bytes | None:
        """Return the value as this layer sees it."""
        changes = self.changes
        return changes[key] if key in changes else self._below.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Set the value in this layer."""
        self.changes[key] = value

    def delete(self, key: str) -> None:
        """Forget the key in this layer."""
        self.changes[key] = None

    def merge(self, layer: "Layer") -> None:
        """Take over the changes of a layer above."""
        self.changes.update(layer.changes)
