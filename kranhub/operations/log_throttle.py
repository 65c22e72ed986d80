"""Limits how often the same thing is logged, and counts what was left out."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

EVERY_S = 30.0


@dataclass
class _Window:
    began: float
    texts: set[Hashable] = field(default_factory=set)
    left_out: int = 0


class Repeats:
    """Lets each speaker log the same thing once in `EVERY_S`, and at most ``most`` different things. Thread-safe."""

    def __init__(self, most: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing logged."""
        self._most, self._clock = most, clock
        self._windows: dict[Hashable, _Window] = {}
        self._lock = threading.Lock()

    def take(self, source: Hashable, text: Hashable = None) -> int | None:
        """Return how many messages of this speaker were left out since its last; None where this is left out, too."""
        with self._lock:
            now = self._clock()
            window = self._windows.get(source)
            left_out = 0
            if window is None or now - window.began >= EVERY_S:
                left_out = window.left_out if window else 0
                window = self._windows[source] = _Window(now)
            elif text in window.texts or len(window.texts) >= self._most:
                window.left_out += 1
                return None
            window.texts.add(text)
            return left_out
