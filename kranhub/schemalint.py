"""Our own lint beside the registry's FULL_TRANSITIVE.

Apicurio accepts a changed decimal scale, a dropped logical type and micros turned into millis, although each changes
what stored bytes mean. Here logicalType, precision and scale never change, and every field has a doc with its source.
"""

from collections.abc import Iterator
from typing import Any

from kranhub.schemafiles import Schema

_ALLOWED_DECIMALS = {(28, 6), (28, 4)}
_FROZEN = ("logicalType", "precision", "scale")


def lint(schema: Schema) -> list[str]:
    """Return what is wrong with one schema by itself: missing docs, enums without default, foreign decimals."""
    return [*_lint_record(schema, schema["name"])]


def compare(old: Schema, new: Schema) -> list[str]:
    """Return every change of a logical type, precision or scale from the old version to the new one."""
    before, after = dict(_logical(old, old["name"])), dict(_logical(new, new["name"]))
    return [
        f"{path}: {_say(before[path])} became {_say(after[path])}"
        for path in sorted(before.keys() & after.keys())
        if before[path] != after[path]
    ]


def _say(logical: tuple[Any, ...]) -> str:
    return (
        " ".join(f"{name}={value}" for name, value in zip(_FROZEN, logical, strict=True) if value is not None)
        or "plain"
    )


def _branches(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node]


def _logical(node: Any, path: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield (path, frozen attributes) of every leaf; unions are flattened, since null may join and leave."""
    for branch in _branches(node):
        if not isinstance(branch, dict):
            if branch != "null":
                yield path, (None, None, None)
        elif branch["type"] == "record":
            for field in branch["fields"]:
                yield from _logical(field["type"], f"{path}.{field['name']}")
        elif branch["type"] in ("array", "map"):
            yield from _logical(branch["items" if branch["type"] == "array" else "values"], f"{path}[]")
        elif branch["type"] != "enum":
            yield path, tuple(branch.get(name) for name in _FROZEN)


def _lint_record(record: Schema, path: str) -> Iterator[str]:
    if not record.get("doc"):
        yield f"{path}: the record has no doc"
    for field in record["fields"]:
        where = f"{path}.{field['name']}"
        if not field.get("doc"):
            yield f"{where}: the field has no doc with its source standard"
        yield from _lint_type(field["type"], where)


def _lint_type(node: Any, path: str) -> Iterator[str]:
    for branch in _branches(node):
        if not isinstance(branch, dict):
            if branch in ("float", "double"):
                yield f"{path}: binary floating point; use a decimal"
        elif branch["type"] == "record":
            yield from _lint_record(branch, path)
        elif branch["type"] == "enum" and "default" not in branch:
            yield f"{path}: the enum has no default, so no symbol can ever be added"
        elif branch["type"] in ("array", "map"):
            yield from _lint_type(branch.get("items", branch.get("values")), f"{path}[]")
        elif _is_foreign_decimal(branch):
            yield f"{path}: decimals are (28,6) for quantities and unit prices, (28,4) for amounts"


def _is_foreign_decimal(leaf: Schema) -> bool:
    allowed = (leaf.get("precision"), leaf.get("scale", 0)) in _ALLOWED_DECIMALS
    return leaf.get("logicalType") == "decimal" and not allowed
