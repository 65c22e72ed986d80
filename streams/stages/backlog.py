"""First in, first out, in a stage's state, taken in portions: a state can neither be searched nor listed."""

from collections.abc import Iterator

from streams.exactly_once import State


class Backlog:
    """Values under one name. Only those that were put before the last `seal` can be taken."""

    def __init__(self, name: str) -> None:
        """Take the name: ``<name>`` says where the values begin, are sealed and end, ``<name>/<number>`` is a value."""
        self._name = name

    def length(self, state: State) -> int:
        """Return how many values there are."""
        first, _, end = self._bounds(state)
        return end - first

    def put(self, state: State, value: bytes) -> None:
        """Add a value at the end."""
        first, sealed, end = self._bounds(state)
        state.put(f"{self._name}/{end}", value)
        self._set(state, first, sealed, end + 1)

    def seal(self, state: State) -> None:
        """Let all that was put be taken."""
        first, _, end = self._bounds(state)
        self._set(state, first, end, end)

    def take(self, state: State, limit: int) -> Iterator[bytes]:
        """Yield the first values that can be taken, at most so many, and forget each."""
        first, sealed, _ = self._bounds(state)
        for number in range(first, min(sealed, first + limit)):
            key = f"{self._name}/{number}"
            value = state.get(key)
            state.delete(key)
            _, sealed, end = self._bounds(state)
            self._set(state, number + 1, sealed, end)
            if value is not None:
                yield value

    def drain(self, state: State) -> Iterator[bytes]:
        """Yield all values, first in, first out, and forget each."""
        self.seal(state)
        yield from self.take(state, self.length(state))

    def _bounds(self, state: State) -> tuple[int, int, int]:
        known = state.get(self._name)
        first, sealed, end = (int(number) for number in (known or b"0 0 0").split())
        return first, sealed, end

    def _set(self, state: State, first: int, sealed: int, end: int) -> None:
        if first == end:
            state.delete(self._name)
        else:
            state.put(self._name, b"%d %d %d" % (first, sealed, end))
