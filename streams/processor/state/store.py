"""State in memory: encoded bytes by key, with layers that are dropped on abort and merged on commit."""

from collections.abc import Iterator, Mapping

from streams.tables.ordered import OrderedKeys, Range, merged
from streams.tables.table import ReadableState

Changes = dict[str, bytes | None]
"""Key to its new value; None forgets the key."""

ENTRY_BYTES = 200
"""What CPython needs for an entry beside its characters: two objects' heads and a slot of a growing dictionary."""


def size_of(values: Mapping[str, bytes]) -> int:
    """Return how many bytes of memory the values take, estimated."""
    return sum(len(key) + len(value) + ENTRY_BYTES for key, value in values.items())


class Store:
    """One partition's committed state."""

    __slots__ = ("_ordered", "size", "values", "version")

    def __init__(self, values: dict[str, bytes] | None = None, version: int | None = None) -> None:
        """Take over the values that were restored, and the version under which the changelog holds them."""
        self.values = values if values is not None else {}
        self._ordered = OrderedKeys()
        self.version = version
        self.size = size_of(self.values)
        """Estimated bytes of memory."""

    def get(self, key: str) -> bytes | None:
        """Return the committed value, or None."""
        return self.values.get(key)

    def scan(self, wanted: Range) -> Iterator[tuple[str, bytes]]:
        """Yield the committed entries of a range, in the order of their keys."""
        values = self.values
        return ((key, values[key]) for key in self._ordered.within(wanted, values))

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Make changes part of the state: they are committed."""
        values, size, ordered = self.values, self.size, self._ordered
        for key, value in changes.items():
            old = values.get(key)
            if old is not None:
                size -= len(key) + len(old) + ENTRY_BYTES
            if value is None:
                if old is not None:
                    del values[key]
                    ordered.discard(key)
            else:
                values[key] = value
                size += len(key) + len(value) + ENTRY_BYTES
                if old is None:
                    ordered.add(key)
        self.size = size


class Layer:
    """Uncommitted changes over a store or another layer: a batch over the store, a record over the batch."""

    __slots__ = ("_below", "_ordered", "changes")

    def __init__(self, below: ReadableState) -> None:
        """Start without changes."""
        self._below = below
        self._ordered: OrderedKeys | None = None
        self.changes: Changes = {}

    def get(self, key: str) -> bytes | None:
        """Return the value as this layer sees it."""
        changes = self.changes
        return changes[key] if key in changes else self._below.get(key)

    def scan(self, wanted: Range) -> Iterator[tuple[str, bytes]]:
        """Yield the entries of a range as this layer sees them, in the order of their keys."""
        changes = self.changes
        below = self._below.scan(wanted)
        if not changes:
            return below
        if self._ordered is None:
            self._ordered = OrderedKeys()
        return merged(below, self._ordered.within(wanted, changes), changes.__getitem__, reverse=wanted.reverse)

    def put(self, key: str, value: bytes) -> None:
        """Set the value in this layer.

        Raises:
            TypeError: The value is not bytes, or the key no text.
            ValueError: The changelog would not return the key as it is.
        """
        if not isinstance(value, bytes):
            raise TypeError(f"state holds bytes, not {type(value).__name__}")
        if type(key) is not str or not key.isascii():
            _require_one_spelling(key)
        self._set(key, value)

    def delete(self, key: str) -> None:
        """Forget the key in this layer.

        Raises:
            TypeError: The key is no text.
            ValueError: The changelog would not return the key as it is.
        """
        if type(key) is not str or not key.isascii():
            _require_one_spelling(key)
        self._set(key, None)

    def merge(self, layer: "Layer") -> None:
        """Take over the changes of a layer above."""
        if self._ordered is None:
            self.changes.update(layer.changes)
        else:
            for key, value in layer.changes.items():
                self._set(key, value)

    def _set(self, key: str, value: bytes | None) -> None:
        if self._ordered is not None and key not in self.changes:
            self._ordered.add(key)
        self.changes[key] = value


def _require_one_spelling(key: object) -> None:
    """Check that a key comes back from the changelog as it is: see `Record`.

    Raises:
        TypeError: The key is no text.
        ValueError: It has surrogates that are no byte of a key, or that are bytes of a character.
    """
    if not isinstance(key, str):
        raise TypeError(f"a key of the state is text, not {type(key).__name__}")
    if key.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") != key:
        raise ValueError("a key of the state has two spellings of the same bytes")
