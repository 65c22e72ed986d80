"""First in, first out, in a stage's state, taken in portions: a state can neither be searched nor listed."""

from collections.abc import Iterator

from streams.processor import State


class Backlog:
    """Values under one name."""

    def __init__(self, name: str) -> None:
        """Take the name. ``<name>`` says where the values begin and end; ``<number>/<name>`` is a value.

        The number stands first, so that no name, whatever it ends with, meets another's values; none begins with one.
        """
        self._name = name

    def length(self, state: State) -> int:
        """Return how many values there are."""
        first, end = self._bounds(state)
        return end - first

    def put(self, state: State, value: bytes) -> None:
        """Add a value at the end."""
        first, end = self._bounds(state)
        state.put(self._key(end), value)
        self._set(state, first, end + 1)

    def take(self, state: State, limit: int) -> Iterator[bytes]:
        """Yield the first values that there are now, at most so many, and forget each."""
        first, end = self._bounds(state)
        for number in range(first, min(end, first + limit)):
            value = state.get(self._key(number))
            state.delete(self._key(number))
            self._set(state, number + 1, self._bounds(state)[1])
            if value is not None:
                yield value

    def drain(self, state: State) -> Iterator[bytes]:
        """Yield all values that there are now, first in, first out, and forget each."""
        yield from self.take(state, self.length(state))

    def _key(self, number: int) -> str:
        return f"{number}/{self._name}"

    def _bounds(self, state: State) -> tuple[int, int]:
        first, end = (int(number) for number in (state.get(self._name) or b"0 0").split())
        return first, end

    def _set(self, state: State, first: int, end: int) -> None:
        if first == end:
            state.delete(self._name)
        else:
            state.put(self._name, b"%d %d" % (first, end))
