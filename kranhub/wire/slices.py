"""Reads a record's bytes in place: it finds where each field is, so a part can be read or passed on without decoding.

It is for bytes that the hub itself wrote, or that `guards` has accepted: nothing is checked again.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kranhub.wire import walk
from kranhub.wire.guards import MAX_ELEMENTS


class Slices:
    """The places of a record's fields, by the writer's schema (parsed by fastavro)."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Take a record's schema, parsed."""
        skips = walk.field_skippers(schema)
        self.index = {name: position for position, name in enumerate(skips)}
        """Field name to its number."""
        self._skips = list(skips.values())

    def places(self, data: bytes, offset: int) -> list[int]:
        """Return where each field begins, and at last where the record ends: field n is ``data[p[n]:p[n + 1]]``."""
        left, places = [MAX_ELEMENTS], [offset]
        for skip in self._skips:
            offset = skip(data, offset, left)
            places.append(offset)
        return places

    def items(self, data: bytes, offset: int) -> Iterator[list[int]]:
        """Yield the `places` of each record of the array of such records that begins at ``offset``."""
        left = [MAX_ELEMENTS]
        while True:
            count, offset = walk.block(data, offset, left)
            if not count:
                return
            for _ in range(count):
                places = self.places(data, offset)
                yield places
                offset = places[-1]

    def text(self, data: bytes, offset: int, name: str) -> str:
        """Return a string field; what comes after it in the record is not read.

        Args:
            data: The bytes.
            offset: Where the record begins.
            name: The field's name.
        """
        return string(data, self._at(data, offset, name))

    def optional_text(self, data: bytes, offset: int, name: str) -> str | None:
        """Return a field of null or string; what comes after it in the record is not read.

        Args:
            data: The bytes.
            offset: Where the record begins.
            name: The field's name.

        Returns:
            The field; None also where the writer's schema has no such field.
        """
        if name not in self.index:
            return None
        branch, offset = walk.long(data, self._at(data, offset, name))
        return string(data, offset) if branch else None

    def _at(self, data: bytes, offset: int, name: str) -> int:
        left = [MAX_ELEMENTS]
        for skip in self._skips[: self.index[name]]:
            offset = skip(data, offset, left)
        return offset


def string(data: bytes, offset: int) -> str:
    """Return the string that begins at ``offset``."""
    length, begin = walk.long(data, offset)
    return data[begin : begin + length].decode()


def array(items: list[bytes]) -> bytes:
    """Return the encoding of an array of items that are encoded already."""
    return b"".join((_zigzag(len(items)), *items, b"\0")) if items else b"\0"


def _zigzag(number: int) -> bytes:
    """Return the Avro encoding of a count, which must not be negative."""
    number <<= 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
