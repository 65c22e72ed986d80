"""What every engine does with an order: decode it, group its lines by plant, encode one part per plant.

Avro in the Confluent wire format. Quantities stay bytes: routing needs no Decimal (`kafka_streams/` does the same in
Java with Apache Avro). Imports fastavro only, so that an engine's own environment needs no more.
"""

import io
import json
from pathlib import Path
from typing import Any

import fastavro

SCHEMAS = Path(__file__).parent / "schemas"
ORDER_HEAD, PART_HEAD = b"\0\0\0\0\1", b"\0\0\0\0\2"
"""The zero byte and the schema's id; the two ids are fixed, so that no engine asks a registry."""

PLANTS: dict[str, str] = json.loads((SCHEMAS / "plants.json").read_text(encoding="utf-8"))
"""The plants by the first two letters of an item's code."""


def load(name: str) -> Any:
    """Return a schema as fastavro wants it, its logical types left out: they would cost every engine a Decimal."""
    raw = json.loads((SCHEMAS / f"{name}.avsc").read_text(encoding="utf-8"), object_hook=_without_logical_type)
    return fastavro.parse_schema(raw)


def _without_logical_type(node: dict[str, Any]) -> Any:
    return node["type"] if "logicalType" in node else node


ORDER, PART = load("Order"), load("PlantOrder")


def encode(head: bytes, schema: Any, value: dict[str, Any]) -> bytes:
    """Return the record's bytes."""
    out = io.BytesIO()
    out.write(head)
    fastavro.schemaless_writer(out, schema, value)
    return out.getvalue()


def parts(order: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one PlantOrder per plant, in the order in which the lines name the plants."""
    lines: dict[str, list[Any]] = {}
    for line in order["lines"]:
        lines.setdefault(PLANTS[line["item"][:2]], []).append(line)
    shared = {name: order[name] for name in ("order_id", "buyer", "sent_ns")}
    return [{**shared, "plant": plant, "lines": found} for plant, found in lines.items()]


def split(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return the order id (every output key) and the parts as bytes. Raises `ValueError` for another schema."""
    if data[:5] != ORDER_HEAD:
        raise ValueError("not an order of the benchmark")
    order: Any = fastavro.schemaless_reader(io.BytesIO(data[5:]), ORDER, None)
    return order["order_id"].encode(), [encode(PART_HEAD, PART, part) for part in parts(order)]
