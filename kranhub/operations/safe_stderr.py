"""Standard error that never ends a process: on a full disk, or once its terminal is closed, lines are lost instead."""

import io
import sys
from contextlib import suppress


class Unfailing(io.TextIOWrapper):
    """A text stream whose writes do not fail; what waits in its buffer is written once there is room again."""

    def write(self, text: str, /) -> int:
        """Write the text, or lose it."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, or keep it."""
        with suppress(OSError):
            super().flush()


def standard_error() -> None:
    """Make this process' standard error one that does not fail, in UTF-8."""
    if isinstance(sys.stderr, io.TextIOWrapper) and not isinstance(sys.stderr, Unfailing):
        errors = sys.stderr.errors or "backslashreplace"
        buffer = sys.stderr.detach()
        sys.stderr = Unfailing(buffer, encoding="utf-8", errors=errors, line_buffering=True, write_through=True)
