"""State in memory: encoded bytes by key, with layers that are dropped on abort and merged on commit."""

from collections.abc import Mapping
from typing import Protocol

Changes = dict[str, bytes | None]
"""Key to its new value; None forgets the key."""

ENTRY_BYTES = 200
"""What CPython needs for an entry beside its characters: two objects' heads and a slot of a growing dictionary."""


def size_of(values: Mapping[str, bytes]) -> int:
    """Return how many bytes of memory the values take, estimated."""
    return sum(len(key) + len(value) + ENTRY_BYTES for key, value in values.items())


class Store:
    """One partition's committed state."""

    __slots__ = ("size", "values", "version")

    def __init__(self, values: dict[str, bytes] | None = None, version: int | None = None) -> None:
        """Take over the values that were restored, and the version under which the changelog holds them."""
        self.values = values if values is not None else {}
        self.version = version
        self.size = size_of(self.values)
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


class Readable(Protocol):
    """What a layer may lie over."""

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""


class Layer:
    """Uncommitted changes over a store or another layer: a batch over the store, a record over the batch."""

    __slots__ = ("_below", "changes")

    def __init__(self, below: "Readable") -> None:
        """Start without changes."""
        self._below = below
        self.changes: Changes = {}

    def get(self, key: str) -> bytes | None:
        """Return the value as this layer sees it."""
        changes = self.changes
        return changes[key] if key in changes else self._below.get(key)

    def put(self, key: str, value: bytes) -> None:
        """Set the value in this layer. Raises as `delete`, and `TypeError` for a value other than bytes."""
        if not isinstance(value, bytes):
            raise TypeError(f"state holds bytes, not {type(value).__name__}")
        if type(key) is not str or not key.isascii():
            _require_one_spelling(key)
        self.changes[key] = value

    def delete(self, key: str) -> None:
        """Forget the key in this layer. Raises `ValueError` for a key that the changelog would not return as it is."""
        if type(key) is not str or not key.isascii():
            _require_one_spelling(key)
        self.changes[key] = None

    def merge(self, layer: "Layer") -> None:
        """Take over the changes of a layer above."""
        self.changes.update(layer.changes)


def _require_one_spelling(key: object) -> None:
    """Raise `ValueError` for surrogates that are no byte of a key, or that are bytes of a character: see `Record`."""
    if not isinstance(key, str):
        raise TypeError(f"a key of the state is text, not {type(key).__name__}")
    if key.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") != key:
        raise ValueError("a key of the state has two spellings of the same bytes")
