"""What one event reads and changes of a partition's keyed state: many small values, as JSON, each under its own key."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter

Value = TypeVar("Value")
Get = Callable[[str], bytes | None]
"""Returns the bytes under a key of the state, or None."""

Changes = Mapping[str, bytes | None]
"""Key to its new bytes; None forgets the key."""


class Table(Generic[Value]):
    """Values of one type, under keys that begin with the table's name and a slash."""

    __slots__ = ("_adapter", "_name")

    def __init__(self, name: str, kind: type[Value]) -> None:
        """Take the name, and the type: anything that pydantic reads from JSON."""
        self._name, self._adapter = name, TypeAdapter[Value](kind)

    def key(self, place: str) -> str:
        """Return the state's key of a place in the table."""
        return f"{self._name}/{place}"

    def load(self, data: bytes) -> Value:
        """Return the value of its bytes. Raises `pydantic.ValidationError` for what is no such value."""
        return self._adapter.validate_json(data)

    def dump(self, value: Value) -> bytes:
        """Return the value's bytes; fields that have their defaults are left out."""
        return self._adapter.dump_json(value, exclude_defaults=True)


class Ledger:
    """A view of the state that remembers what was read, and collects what was changed."""

    __slots__ = ("_changed", "_get", "_known")

    def __init__(self, get: Get) -> None:
        """Take the look-up in the state as it is before the event."""
        self._get = get
        self._known: dict[str, Any] = {}
        self._changed: dict[str, Table[Any]] = {}

    def get(self, table: Table[Value], place: str) -> Value | None:
        """Return the value as this event sees it, or None."""
        key = table.key(place)
        if key not in self._known:
            data = self._get(key)
            self._known[key] = None if data is None else table.load(data)
        return cast("Value | None", self._known[key])

    def put(self, table: Table[Value], place: str, value: Value | None) -> None:
        """Set the value; None forgets it."""
        if self.get(table, place) != value:
            key = table.key(place)
            self._known[key], self._changed[key] = value, table

    def changes(self) -> Changes:
        """Return what is to be written, in the order in which it was first changed."""
        known = self._known
        return {key: None if known[key] is None else table.dump(known[key]) for key, table in self._changed.items()}
