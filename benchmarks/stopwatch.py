"""Times what is spent in functions, wherever they are called from; for a process of its own, as it never stops."""

from functools import wraps
from time import perf_counter
from types import ModuleType
from typing import Any


class Stopwatch:
    """The seconds so far in all watched functions together; one must not call another."""

    def __init__(self) -> None:
        """Start at zero, without functions."""
        self.seconds = 0.0

    def watch(self, module: ModuleType, name: str) -> None:
        """Time this function of the module from now on, for everybody who looks it up there."""
        function = getattr(module, name)

        @wraps(function)
        def timed(*given: Any, **named: Any) -> Any:
            began = perf_counter()
            try:
                return function(*given, **named)
            finally:
                self.seconds += perf_counter() - began

        setattr(module, name, timed)
