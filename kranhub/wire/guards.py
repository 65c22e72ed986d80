"""Counts elements before decoding, so that five bytes cannot become thirty million elements."""

from typing import Any

from kranhub.wire import walk
from kranhub.wire.walk import Oversized, Truncated

MAX_ELEMENTS = 10_000
"""The most elements of all arrays and maps of one document together."""

__all__ = ["MAX_ELEMENTS", "Guard", "Oversized", "Truncated"]


class Guard:
    """Checks only lengths and counts of one schema's documents, and builds nothing."""

    def __init__(self, schema: Any) -> None:
        """Take the writer's schema, parsed."""
        self._skip = walk.skipper(schema)

    def check(self, data: bytes, offset: int = 0, limit: int = MAX_ELEMENTS) -> None:
        """Walk over one datum, which must end with the bytes.

        Args:
            data: The bytes.
            offset: Where the datum begins.
            limit: The most elements that all arrays and maps may have together.

        Raises:
            Oversized: The datum claims more elements.
            Truncated: The datum does not end where the bytes do.
        """
        try:
            end = self._skip(data, offset, [limit])
        except IndexError:
            raise Truncated("the document reaches beyond the end") from None
        if end != len(data):
            raise Truncated(f"the document ends at byte {end} of {len(data)}")
