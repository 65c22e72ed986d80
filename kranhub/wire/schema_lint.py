"""The hub's own check of schemas, in addition to the registry's FULL_TRANSITIVE.

Apicurio accepts a changed decimal scale, a dropped logical type and micros turned into millis, although each changes
the meaning of stored bytes. It also accepts that a symbol or an optional field is removed or gets another name or
default, although readers then find something else than what was written. This check refuses all of them, and requires
a doc with its source for every field.
"""

from collections.abc import Iterator
from typing import Any

from kranhub.wire.schema_files import Schema

_ALLOWED_DECIMALS = {(28, 6), (28, 4)}
_FROZEN = ("logicalType", "precision", "scale", "size")
_NAMED = ("record", "error", "enum", "fixed")
_ALWAYS_EMPTY = ("Calendar.days_off", "Calendar.working_days")
"""Lists of dates that were published before it was known; nobody writes into them any more."""

_NONE = object()
"""Stands for a default that is not there; null is one."""


def lint(schema: Schema) -> list[str]:
    """Return what is wrong with one schema by itself: missing docs, enums without a default, unusual decimals."""
    return [*_lint_record(schema, schema["name"])]


def compare(old: Schema, new: Schema) -> list[str]:
    """Return every change from the old version to the new one that a reader of either would misread, with its path.

    Allowed are another ``doc``, a new field with a default, a new symbol, and a default where there was none. Whether
    null may be added to a type is left to the registry.
    """
    return [*_Comparison(old, new).types(old, new, old["name"])]


class _Comparison:
    """Two versions side by side; a named type that is used again is looked up, and compared only once."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = dict(_definitions(old)), dict(_definitions(new))
        self._seen: set[tuple[str, str]] = set()

    def types(self, old: Any, new: Any, path: str) -> Iterator[str]:
        before = {_kind(branch): branch for branch in map(self._old_type, _branches(old))}
        after = {_kind(branch): branch for branch in map(self._new_type, _branches(new))}
        if gone := [kind for kind in before if kind not in after]:
            yield _became(path, gone, [kind for kind in after if kind not in before])
            return
        kept = [kind for kind in after if kind in before]
        if kept != list(before):
            yield f"{path}: the union's order {', '.join(before)} became {', '.join(kept)}"
        for kind, branch in before.items():
            yield from self._branch(branch, after[kind], path)

    def _old_type(self, branch: Any) -> Any:
        return self._old.get(branch, branch) if isinstance(branch, str) else branch

    def _new_type(self, branch: Any) -> Any:
        return self._new.get(branch, branch) if isinstance(branch, str) else branch

    def _branch(self, old: Any, new: Any, path: str) -> Iterator[str]:
        old, new = _whole(old), _whole(new)
        before, after = [tuple(node.get(name) for name in _FROZEN) for node in (old, new)]
        if before != after:
            yield f"{path}: {_say(before)} became {_say(after)}"
        if new["type"] in _NAMED:
            yield from self._named(old, new, path)
        elif new["type"] in ("array", "map"):
            inner = "items" if new["type"] == "array" else "values"
            yield from self.types(old[inner], new[inner], f"{path}[]")

    def _named(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        pair = old["name"], new["name"]
        if pair in self._seen:
            return
        self._seen.add(pair)
        yield from _renamed(old, new, path)
        if new["type"] == "enum":
            yield from _symbols(old, new, path)
        elif new["type"] in ("record", "error"):
            yield from self._fields(old, new, path)

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = ({field["name"]: field for field in schema["fields"]} for schema in (old, new))
        for name, field in before.items():
            if name not in after:
                yield f"{path}.{name}: the field was removed"
            else:
                yield from self._field(field, after[name], f"{path}.{name}")
        for name, field in after.items():
            if name not in before and "default" not in field:
                yield f"{path}.{name}: the new field has no default"
            if name not in before:
                yield from _aliases({}, field, f"{path}.{name}")

    def _field(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        yield from _aliases(old, new, path)
        yield from _default(old, new, path, "default")
        yield from self.types(old["type"], new["type"], path)


def _definitions(node: Any, namespace: str = "") -> Iterator[tuple[str, Schema]]:
    """Yield every named type that a schema defines, by its name and by its full name."""
    for branch in _branches(node):
        if not isinstance(branch, dict):
            continue
        space = branch.get("namespace", namespace)
        if branch["type"] in _NAMED:
            yield branch["name"], branch
            yield f"{space}.{branch['name']}", branch
        for inner in (branch.get("items"), branch.get("values"), *(f["type"] for f in branch.get("fields", ()))):
            yield from _definitions(inner, space)


def _kind(branch: Any) -> str:
    """Return what distinguishes one branch of a union from the others: a named type's name, else the type."""
    if not isinstance(branch, dict):
        return str(branch)
    return str(branch["name"] if branch["type"] in _NAMED else branch["type"])


def _whole(branch: Any) -> Schema:
    return branch if isinstance(branch, dict) else {"type": branch}


def _became(path: str, gone: list[str], come: list[str]) -> str:
    return f"{path}: {', '.join(gone)} became {', '.join(come)}" if come else f"{path}: {', '.join(gone)} was removed"


def _renamed(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for word in ("name", "namespace", "type"):
        if old.get(word) != new.get(word):
            yield f"{path}: the {word} {old.get(word)} became {new.get(word)}"
    yield from _aliases(old, new, path)


def _aliases(old: Schema, new: Schema, path: str) -> Iterator[str]:
    """Yield a change of aliases: an alias makes some readers take one name for another; most ignore it."""
    if old.get("aliases", []) != new.get("aliases", []):
        yield f"{path}: the aliases {old.get('aliases', [])} became {new.get('aliases', [])}"


def _symbols(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for symbol in old["symbols"]:
        if symbol not in new["symbols"]:
            yield f"{path}: the symbol {symbol} was removed"
    yield from _default(old, new, path, "enum's default")


def _default(old: Schema, new: Schema, path: str, what: str) -> Iterator[str]:
    before, after = old.get("default", _NONE), new.get("default", _NONE)
    if before is not _NONE and (before != after or type(before) is not type(after)):
        yield f"{path}: the {what} {before!r} became {'nothing' if after is _NONE else repr(after)}"


def _say(logical: tuple[Any, ...]) -> str:
    return (
        " ".join(f"{name}={value}" for name, value in zip(_FROZEN, logical, strict=True) if value is not None)
        or "plain"
    )


def _branches(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node]


def _lint_record(record: Schema, path: str) -> Iterator[str]:
    if not record.get("doc"):
        yield f"{path}: the record has no doc"
    yield from _aliases({}, record, path)
    for field in record["fields"]:
        where = f"{path}.{field['name']}"
        if not field.get("doc"):
            yield f"{where}: the field has no doc with its source standard"
        yield from _aliases({}, field, where)
        yield from _lint_type(field["type"], where)


def _lint_type(node: Any, path: str) -> Iterator[str]:
    for branch in _branches(node):
        if not isinstance(branch, dict):
            if branch in ("float", "double"):
                yield f"{path}: binary floating point; use a decimal"
        elif branch["type"] == "record":
            yield from _lint_record(branch, path)
        elif branch["type"] == "enum":
            yield from _lint_enum(branch, path)
        elif branch["type"] in ("array", "map"):
            yield from _lint_type(branch.get("items", branch.get("values")), f"{path}[]")
            if path not in _ALWAYS_EMPTY and any(map(_is_number_with_meaning, _branches(branch.get("items")))):
                yield f"{path}: Avro for Java 1.12.0 cannot read a list of dates or instants; use texts or records"
        elif _is_foreign_decimal(branch):
            yield f"{path}: decimals are (28,6) for quantities and unit prices, (28,4) for amounts"


def _lint_enum(enum: Schema, path: str) -> Iterator[str]:
    yield from _aliases({}, enum, path)
    if "default" not in enum:
        yield f"{path}: the enum has no default, so no symbol can ever be added"


def _is_number_with_meaning(items: Any) -> bool:
    return isinstance(items, dict) and items["type"] in ("int", "long") and "logicalType" in items


def _is_foreign_decimal(leaf: Schema) -> bool:
    allowed = (leaf.get("precision"), leaf.get("scale", 0)) in _ALLOWED_DECIMALS
    return leaf.get("logicalType") == "decimal" and not allowed
