"""Counts before decoding: walks Avro bytes by their schema, so that five bytes cannot become thirty million elements.

The encoding is Avro 1.12's specification, "Binary Encoding". Nothing is built; only lengths and counts are looked at.
"""

from collections.abc import Callable
from typing import Any

MAX_ELEMENTS = 10_000
"""Elements of all arrays and maps of one document together."""

_FIXED_SIZE = {"null": 0, "boolean": 1, "float": 4, "double": 8}


class Oversized(ValueError):
    """The bytes claim more elements than a document may have."""


class Truncated(ValueError):
    """The bytes end before the schema does, or go on after it."""


Skip = Callable[["_Walk"], None]


def check(schema: Any, data: bytes, offset: int = 0, limit: int = MAX_ELEMENTS) -> None:
    """Walk one datum from ``offset`` to the end of the bytes. Raises `Oversized` or `Truncated`."""
    walk = _Walk(data, offset, limit)
    walk.skip(schema)
    if walk.position != len(data):
        raise Truncated(f"{len(data) - walk.position} bytes are left after the document")


class _Walk:
    def __init__(self, data: bytes, position: int, limit: int) -> None:
        self.data, self.position, self.left = data, position, limit
        self.named: dict[str, Any] = {}

    def skip(self, schema: Any) -> None:
        if isinstance(schema, list):
            branch = self._long()
            if not 0 <= branch < len(schema):
                raise Truncated(f"union branch {branch} does not exist")
            self.skip(schema[branch])
        elif isinstance(schema, dict):
            self._complex(schema)
        elif schema in self.named:
            self._complex(self.named[schema])
        else:
            self._primitive(schema)

    def _complex(self, schema: dict[str, Any]) -> None:
        kind = schema["type"]
        if "name" in schema:
            self.named[schema["name"]] = schema
        if kind == "record":
            for field in schema["fields"]:
                self.skip(field["type"])
        elif kind == "array":
            self._blocks(lambda: self.skip(schema["items"]))
        elif kind == "map":
            self._blocks(lambda: self._entry(schema["values"]))
        elif kind == "enum":
            self._long()
        elif kind == "fixed":
            self._forward(schema["size"])
        else:
            self.skip(kind)

    def _entry(self, values: Any) -> None:
        self._bytes()
        self.skip(values)

    def _primitive(self, kind: str) -> None:
        if kind in ("int", "long"):
            self._long()
        elif kind in ("string", "bytes"):
            self._bytes()
        else:
            self._forward(_FIXED_SIZE[kind])

    def _blocks(self, skip_one: Callable[[], Any]) -> None:
        while (count := self._long()) != 0:
            if count < 0:
                count = -count
                self._long()
            self.left -= count
            if self.left < 0:
                raise Oversized(f"more than {MAX_ELEMENTS} elements are claimed")
            for _ in range(count):
                skip_one()

    def _bytes(self) -> None:
        self._forward(self._long())

    def _forward(self, size: int) -> None:
        if size < 0 or self.position + size > len(self.data):
            raise Truncated("a length reaches beyond the end")
        self.position += size

    def _long(self) -> int:
        value = shift = 0
        while True:
            if self.position >= len(self.data) or shift > 63:
                raise Truncated("a number reaches beyond the end")
            byte = self.data[self.position]
            self.position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7
