"""Queues in a stage's state: first in, first out, taken in portions."""

from collections.abc import Iterator

from streams.processor import State
from streams.tables import Table

QUEUE = Table("queue", bytes)
"""The values by the queue's name and their number."""


class RecordQueue:
    """The values under one name."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        """Take the name, which may be any text."""
        self._name = name

    def length(self, state: State) -> int:
        """Return how many values there are. Values leave at the front only, so their numbers are a row."""
        first = QUEUE.scan(state, (self._name,), limit=1)
        return self._end(state) - int(first[0].key[1]) if first else 0

    def is_empty(self, state: State) -> bool:
        """Return whether there is no value."""
        return not QUEUE.scan(state, (self._name,), limit=1)

    def values(self, state: State) -> Iterator[bytes]:
        """Yield the values that there are now."""
        for entry in QUEUE.scan(state, (self._name,)):
            yield entry.value

    def put(self, state: State, value: bytes) -> None:
        """Add a value at the end."""
        QUEUE.put(state, (self._name, self._end(state)), value)

    def take(self, state: State, limit: int | None = None) -> Iterator[bytes]:
        """Yield the first values that there are now, at most so many (None: all), and forget each."""
        for entry in QUEUE.scan(state, (self._name,), limit=limit):
            QUEUE.delete(state, entry.key)
            yield entry.value

    def _end(self, state: State) -> int:
        last = QUEUE.scan(state, (self._name,), limit=1, reverse=True)
        return int(last[0].key[1]) + 1 if last else 0
