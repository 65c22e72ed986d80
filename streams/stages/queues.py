"""Lists in a stage's state, which can neither be searched nor listed: counted entries under one name."""

from collections.abc import Iterator

from streams.exactly_once import State


def append(state: State, name: str, value: bytes) -> None:
    """Add a value to the end of the list."""
    count = length(state, name)
    state.put(f"{name}/{count}", value)
    state.put(f"{name}/count", str(count + 1).encode())


def length(state: State, name: str) -> int:
    """Return how many values the list has."""
    return int(state.get(f"{name}/count") or b"0")


def drain(state: State, name: str) -> Iterator[bytes]:
    """Yield the list's values, oldest first, and leave it empty. Use it up: a list half drained is lost."""
    for number in range(length(state, name)):
        value = state.get(f"{name}/{number}")
        state.delete(f"{name}/{number}")
        if value is not None:
            yield value
    state.delete(f"{name}/count")
