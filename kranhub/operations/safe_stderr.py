"""A standard error that never ends a process: lines are lost when the disk is full or the terminal was closed."""

import io
import sys
from contextlib import suppress


class Unfailing(io.TextIOWrapper):
    """A text stream whose writes do not fail; what is in its buffer is written once there is room again."""

    def write(self, text: str, /) -> int:
        """Write the text; where that fails, it is lost."""
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered; where that fails, it stays in the buffer."""
        with suppress(OSError):
            super().flush()


def standard_error() -> None:
    """Replace this process's standard error by one that does not fail, in UTF-8."""
    if isinstance(sys.stderr, io.TextIOWrapper) and not isinstance(sys.stderr, Unfailing):
        errors = sys.stderr.errors or "backslashreplace"
        buffer = sys.stderr.detach()
        sys.stderr = Unfailing(buffer, encoding="utf-8", errors=errors, line_buffering=True, write_through=True)
