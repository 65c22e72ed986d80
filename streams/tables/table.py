"""Tables of a keyed state, and a view of them that collects what one event changes."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

import msgspec

from streams.tables import keys
from streams.tables.keys import Key
from streams.tables.ordered import OrderedKeys, Range, merged

Value = TypeVar("Value")

Changes = Mapping[str, bytes | None]
"""A state's keys to their new bytes; None deletes the key."""


_ENCODER = msgspec.json.Encoder()


class ReadableState(Protocol):
    """A keyed state that can be read and scanned."""

    def get(self, key: str) -> bytes | None:
        """Return the value, or None."""

    def scan(self, wanted: Range) -> Iterator[tuple[str, bytes]]:
        """Yield the entries of a range, in order. The state must not change meanwhile."""


class KeyedState(ReadableState, Protocol):
    """A keyed state that can be changed as well."""

    def put(self, key: str, value: bytes) -> None:
        """Set the value."""

    def delete(self, key: str) -> None:
        """Delete the key."""


class Entry(NamedTuple, Generic[Value]):
    """One entry of a table: the parts of its key as texts, and its value."""

    key: tuple[str, ...]
    value: Value


class Table(Generic[Value]):
    """Values of one type under keys that begin with the table's name.

    Declare it once, at the top of a module. It keeps nothing itself: all is in the state.
    """

    __slots__ = ("_decoder", "name")

    def __init__(self, name: str, kind: type[Value]) -> None:
        """Declare a table.

        Args:
            name: Unique within a stage, without a slash. It is part of the state.
            kind: The type of the values: anything that msgspec reads from JSON, or bytes, which are kept as they are.
                Decimals and dates are exact; a `msgspec.Struct` may leave out the fields that have their defaults.
        """
        self.name = name
        self._decoder = None if kind is bytes else msgspec.json.Decoder(kind)

    def load(self, data: bytes) -> Value:
        """Return the value of its bytes.

        Raises:
            msgspec.DecodeError: The bytes are no such value.
        """
        return cast("Value", data) if self._decoder is None else self._decoder.decode(data)

    def dump(self, value: Value) -> bytes:
        """Return the value's bytes."""
        return cast("bytes", value) if self._decoder is None else _ENCODER.encode(value)

    def get(self, state: ReadableState, key: Key) -> Value | None:
        """Return the value under the key, or None."""
        data = state.get(keys.written(self.name, key))
        return None if data is None else self.load(data)

    def put(self, state: KeyedState, key: Key, value: Value) -> None:
        """Set the value under the key.

        Args:
            state: The state that holds the table.
            key: The parts of the key.
            value: The value.
        """
        state.put(keys.written(self.name, key), self.dump(value))

    def delete(self, state: KeyedState, key: Key) -> None:
        """Delete the key."""
        state.delete(keys.written(self.name, key))

    def scan(
        self,
        state: ReadableState,
        prefix: Key = (),
        *,
        start: Key = (),
        end: Key = (),
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[Entry[Value]]:
        """Return entries in the order of their keys, as they are now.

        Args:
            state: The state that holds the table.
            prefix: The first parts of the wanted keys.
            start: The first key that counts, itself included, with the prefix; empty for the first of all.
            end: The key before which the scan ends, with the prefix; empty for the last of all.
            limit: How many entries at most; None for all.
            reverse: Whether to begin at the last key.
        """
        wanted = self.range(prefix, start, end, reverse=reverse)
        found = islice(state.scan(wanted), limit)
        return [Entry(keys.parts(key), self.load(data)) for key, data in found]

    def range(self, prefix: Key, start: Key, end: Key, *, reverse: bool) -> Range:
        """Return the range of the state's keys.

        Args:
            prefix: The first parts of the wanted keys.
            start: The first key that counts, itself included, with the prefix; empty for the first of all.
            end: The key before which the scan ends, with the prefix; empty for the last of all.
            reverse: Whether to begin at the last key.
        """
        return Range(
            keys.prefix(self.name, prefix),
            keys.written(self.name, start) if start else "",
            keys.written(self.name, end) if end else "",
            reverse,
        )


class StateTables:
    """A view of a state's tables: it keeps the values that were read, and collects what is changed.

    Several small steps of one event see each other's changes without encoding a value twice.
    """

    __slots__ = ("_changed", "_known", "_ordered", "_state")

    def __init__(self, state: ReadableState) -> None:
        """Take the state as it is before the event."""
        self._state = state
        self._known: dict[str, Any] = {}
        self._changed: dict[str, Table[Any]] = {}
        self._ordered = OrderedKeys()

    def copy(self) -> "StateTables":
        """Return a view of its own: what is changed in it is not changed here."""
        other = StateTables(self._state)
        other._known, other._changed = dict(self._known), dict(self._changed)
        return other

    def get(self, table: Table[Value], key: Key) -> Value | None:
        """Return the value as this event sees it, or None."""
        return self._get(table, keys.written(table.name, key))

    def put(self, table: Table[Value], key: Key, value: Value | None) -> None:
        """Set the value under the key, for this event.

        Args:
            table: The table.
            key: The parts of the key.
            value: The value; None deletes the key.
        """
        text = keys.written(table.name, key)
        if self._get(table, text) != value:
            self._known[text] = value
            if text not in self._changed:
                self._changed[text] = table
                self._ordered.add(text)

    def scan(
        self,
        table: Table[Value],
        prefix: Key = (),
        *,
        start: Key = (),
        end: Key = (),
        limit: int | None = None,
        reverse: bool = False,
    ) -> list[Entry[Value]]:
        """Return entries as this event sees them, in the order of their keys.

        Args:
            table: The table.
            prefix: The first parts of the wanted keys.
            start: The first key that counts, itself included, with the prefix; empty for the first of all.
            end: The key before which the scan ends, with the prefix; empty for the last of all.
            limit: How many entries at most; None for all.
            reverse: Whether to begin at the last key.
        """
        wanted = table.range(prefix, start, end, reverse=reverse)
        below = ((key, True) for key, _ in self._state.scan(wanted))
        own = self._ordered.within(wanted, self._changed)
        known = self._known
        found = merged(below, own, lambda key: None if known[key] is None else True, reverse=reverse)
        return [Entry(keys.parts(key), cast("Value", self._get(table, key))) for key, _ in islice(found, limit)]

    def changed_keys(self) -> list[str]:
        """Return the state's keys of what is to be written, in the order in which it was first changed."""
        return list(self._changed)

    def changes(self) -> Changes:
        """Return what is to be written, in the order in which it was first changed."""
        known = self._known
        return {key: None if known[key] is None else table.dump(known[key]) for key, table in self._changed.items()}

    def _get(self, table: Table[Value], text: str) -> Value | None:
        if text not in self._known:
            data = self._state.get(text)
            self._known[text] = None if data is None else table.load(data)
        return cast("Value | None", self._known[text])
