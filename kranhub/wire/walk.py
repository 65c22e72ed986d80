"""Walks over Avro bytes without building anything: a schema becomes a function that finds a datum's end.

The encoding is Avro 1.12's specification, "Binary Encoding". The functions check no lengths: for a datum that is cut
short they raise IndexError or return a place after the end of the bytes, which the caller must check (see `guards`).
"""

from collections.abc import Callable, Mapping
from typing import Any

Skip = Callable[[bytes, int, list[int]], int]
"""(bytes, where the datum begins, [elements that arrays and maps may still have]) to where the datum ends."""


class Oversized(ValueError):
    """The bytes claim more elements than a document may have."""


class Truncated(ValueError):
    """The bytes end before the schema does, or go on after it."""


def skipper(schema: Any) -> Skip:
    """Return the function for one datum of this schema (parsed by fastavro: names are full names).

    The function raises `Oversized`, `Truncated`, or IndexError where the bytes end too early.
    """
    return _compile(schema, {})


def field_skippers(schema: Mapping[str, Any]) -> dict[str, Skip]:
    """Return the functions for the fields of a record, in their order."""
    named: dict[str, Skip] = {}
    return {field["name"]: _compile(field["type"], named) for field in schema["fields"]}


def long(data: bytes, position: int) -> tuple[int, int]:
    """Return the zig-zag number at this place, and where it ends.

    Raises:
        Truncated: The number has more than 64 bits.
        IndexError: The bytes end too early.
    """
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), position
        shift += 7
        if shift > 63:
            raise Truncated("a number has more than 64 bits")


def _compile(schema: Any, named: dict[str, Skip]) -> Skip:
    if isinstance(schema, list):
        return _union([_compile(branch, named) for branch in schema])
    if isinstance(schema, str):
        return _PRIMITIVE.get(schema) or _named(schema, named)
    skip = _complex(schema, named)
    if "name" in schema:
        named[schema["name"]] = skip
    return skip


def _named(name: str, named: dict[str, Skip]) -> Skip:
    """Return the function for a named type, which may not be compiled yet where a type contains itself."""

    def skip(data: bytes, position: int, left: list[int]) -> int:
        return named[name](data, position, left)

    return skip


def _complex(schema: Mapping[str, Any], named: dict[str, Skip]) -> Skip:
    kind = schema["type"]
    if kind == "record":
        return _record([_compile(field["type"], named) for field in schema["fields"]])
    if kind == "array":
        return _blocks(_compile(schema["items"], named))
    if kind == "map":
        return _blocks(_record([_skip_bytes, _compile(schema["values"], named)]))
    if kind == "enum":
        return _skip_long
    if kind == "fixed":
        return _fixed(schema["size"])
    return _compile(kind, named)


def _record(fields: list[Skip]) -> Skip:
    def skip(data: bytes, position: int, left: list[int]) -> int:
        for field in fields:
            position = field(data, position, left)
        return position

    return skip


def _union(branches: list[Skip]) -> Skip:
    def skip(data: bytes, position: int, left: list[int]) -> int:
        branch, position = long(data, position)
        if not 0 <= branch < len(branches):
            raise Truncated(f"union branch {branch} does not exist")
        return branches[branch](data, position, left)

    return skip


def _blocks(item: Skip) -> Skip:
    def skip(data: bytes, position: int, left: list[int]) -> int:
        while True:
            count, position = block(data, position, left)
            if not count:
                return position
            for _ in range(count):
                position = item(data, position, left)

    return skip


def block(data: bytes, position: int, left: list[int]) -> tuple[int, int]:
    """Return how many items the block at this place has, and where they begin; 0 items mean that the array ends.

    Args:
        data: The bytes.
        position: Where the block begins.
        left: One number: how many elements there may still be. The block's items are subtracted from it.

    Raises:
        Oversized: The block has more items than are left.
        Truncated: A number has more than 64 bits.
        IndexError: The bytes end too early.
    """
    count, position = long(data, position)
    if count < 0:
        count = -count
        _, position = long(data, position)
    left[0] -= count
    if left[0] < 0:
        raise Oversized("more elements are claimed than a document may have")
    return count, position


def _fixed(size: int) -> Skip:
    return lambda _data, position, _left: position + size


def _skip_long(data: bytes, position: int, _left: list[int]) -> int:
    return long(data, position)[1]


def _skip_bytes(data: bytes, position: int, _left: list[int]) -> int:
    size = data[position]
    if size < 0x80 and not size & 1:  # one byte, not negative: nearly every string
        return position + 1 + (size >> 1)
    length, position = long(data, position)
    if length < 0:
        raise Truncated("a length is negative")
    return position + length


_PRIMITIVE: dict[str, Skip] = {
    "null": _fixed(0),
    "boolean": _fixed(1),
    "float": _fixed(4),
    "double": _fixed(8),
    "int": _skip_long,
    "long": _skip_long,
    "string": _skip_bytes,
    "bytes": _skip_bytes,
}
