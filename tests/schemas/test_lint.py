"""Every schema of the shared language keeps our rules; the lint sees each forbidden change."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kranhub.broker import topics
from kranhub.wire import schema_baseline, schema_files, schema_lint

RECORDS = schema_files.load_all()


@pytest.mark.parametrize("record", RECORDS)
def test_every_schema_is_clean(record: str) -> None:
    assert schema_lint.lint(RECORDS[record]) == []


def names(node: Any) -> Iterator[str]:
    """The names of a schema's records and enums."""
    for branch in node if isinstance(node, list) else [node]:
        if isinstance(branch, dict):
            if "name" in branch:
                yield branch["name"]
            inner = [branch.get("items"), branch.get("values"), *(field["type"] for field in branch.get("fields", ()))]
            yield from (name for part in inner for name in names(part))


def test_a_types_name_stands_in_one_schema_only() -> None:
    found = [name for schema in RECORDS.values() for name in names(schema)]
    assert sorted(found) == sorted(set(found))


def test_every_document_topic_has_its_record() -> None:
    assert {*topics.WRITTEN, *topics.IN_KINDS.values()} <= set(RECORDS)


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in schema["fields"] if entry["name"] == name)


def changed(record: str, change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    schema = copy.deepcopy(RECORDS[record])
    change(schema)
    return schema


def scale(schema: dict[str, Any]) -> None:
    field(schema, "on_hand")["type"]["scale"] = 4


def drop_logical(schema: dict[str, Any]) -> None:
    field(schema, "on_hand")["type"] = "bytes"


def millis(schema: dict[str, Any]) -> None:
    field(schema, "as_of")["type"]["logicalType"] = "timestamp-millis"


def plain_long(schema: dict[str, Any]) -> None:
    field(schema, "as_of")["type"] = "long"


@pytest.mark.parametrize("change", [scale, drop_logical, millis, plain_long])
def test_a_changed_meaning_of_stored_bytes_is_found(change: Callable[[dict[str, Any]], Any]) -> None:
    found = schema_lint.compare(RECORDS["InventoryLevel"], changed("InventoryLevel", change))
    assert len(found) == 1
    assert found[0].startswith("InventoryLevel.")


def test_the_scale_inside_a_line_is_compared_too() -> None:
    def inner(schema: dict[str, Any]) -> None:
        field(field(schema, "lines")["type"]["items"], "quantity")["type"]["scale"] = 4

    assert schema_lint.compare(RECORDS["Order"], changed("Order", inner)) != []


def test_making_a_field_optional_is_no_change_of_meaning() -> None:
    def optional(schema: dict[str, Any]) -> None:
        entry = field(schema, "as_of")
        entry["type"] = ["null", entry["type"]]

    assert schema_lint.compare(RECORDS["InventoryLevel"], changed("InventoryLevel", optional)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda schema: field(schema, "unit").pop("doc"), "no doc"),
        (lambda schema: field(schema, "unit").update(type="double"), "floating"),
        (lambda schema: field(schema, "on_hand")["type"].update(scale=2), "decimals are"),
    ],
)
def test_a_careless_field_is_found(change: Callable[[dict[str, Any]], Any], words: str) -> None:
    assert any(words in found for found in schema_lint.lint(changed("InventoryLevel", change)))


def test_an_enum_without_default_is_found() -> None:
    schema = changed("Order", lambda schema: field(schema, "kind")["type"].pop("default"))
    assert any("no default" in found for found in schema_lint.lint(schema))


Schema = dict[str, Any]
Change = Callable[[Schema], Any]


def kind(schema: Schema) -> Schema:
    """The enum of an order's field ``kind``."""
    found: Schema = field(schema, "kind")["type"]
    return found


def line_field(schema: Schema, name: str) -> Schema:
    return field(field(schema, "lines")["type"]["items"], name)


def optional(schema: Schema) -> Schema:
    """Some field of null or string."""
    return next(entry for entry in schema["fields"] if entry["type"] == ["null", "string"])


def rename_symbol(schema: Schema) -> None:
    symbols = kind(schema)["symbols"]
    symbols[symbols.index("UNKNOWN") - 1] += "_RENAMED"


def remove_symbol(schema: Schema) -> None:
    kind(schema)["symbols"] = [name for name in kind(schema)["symbols"] if name != last_symbol(schema)]


def last_symbol(schema: Schema) -> str:
    return str(next(name for name in reversed(kind(schema)["symbols"]) if name != "UNKNOWN"))


def rename(schema: Schema) -> None:
    schema["fields"].append({**optional(schema), "name": "another", "aliases": [optional(schema)["name"]]})
    schema["fields"].remove(optional(schema))


REFUSED: dict[str, Change] = {
    "a symbol was removed": remove_symbol,
    "a symbol was renamed": rename_symbol,
    "an optional field was removed": lambda schema: schema["fields"].remove(optional(schema)),
    "an optional field of a line was removed": lambda schema: field(schema, "lines")["type"]["items"]["fields"].remove(
        line_field(schema, "description")
    ),
    "a field was renamed by alias": rename,
    "a field got an alias": lambda schema: optional(schema).update(aliases=["former"]),
    "a record got an alias": lambda schema: schema.update(aliases=["Purchase"]),
    "an enum got an alias": lambda schema: kind(schema).update(aliases=["Sort"]),
    "a field's default changed": lambda schema: field(schema, "kind").update(default=last_symbol(schema)),
    "a field's default went": lambda schema: optional(schema).pop("default"),
    "null became a text": lambda schema: optional(schema).update(type=["string", "null"], default=""),
    "an enum's default changed": lambda schema: kind(schema).update(default=last_symbol(schema)),
    "an enum's default went": lambda schema: kind(schema).pop("default"),
    "the record was renamed": lambda schema: schema.update(name="Purchase"),
    "the namespace changed": lambda schema: schema.update(namespace="kranhub.v2"),
    "the enum was renamed": lambda schema: kind(schema).update(name="Sort"),
    "the line was renamed": lambda schema: field(schema, "lines")["type"]["items"].update(name="Row"),
    "the union's order changed": lambda schema: optional(schema).update(type=["string", "null"]),
    "the union was narrowed": lambda schema: optional(schema).update(type="string"),
    "the union was narrowed to null": lambda schema: optional(schema).update(type=["null"]),
    "a text became bytes": lambda schema: field(schema, "order_id").update(type="bytes"),
    "a text became an id": lambda schema: field(schema, "order_id").update(
        type={"type": "string", "logicalType": "uuid"}
    ),
    "a list became a map": lambda schema: field(schema, "lines").update(
        type={"type": "map", "values": field(schema, "lines")["type"]["items"]}
    ),
    "a field without default was added": lambda schema: schema["fields"].append(
        {"name": "batch", "type": "string", "doc": "Batch. ISA-95"}
    ),
    "a field was added under another's name": lambda schema: schema["fields"].append(
        {"name": "batch", "aliases": ["order_id"], "type": ["null", "string"], "default": None, "doc": "Batch."}
    ),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED)
def test_what_an_older_or_a_newer_reader_would_misread_is_refused(change: Change) -> None:
    assert schema_lint.compare(RECORDS["Order"], changed("Order", change)) != []


ALLOWED: dict[str, Change] = {
    "other words": lambda schema: (schema.update(doc="Other."), field(schema, "order_id").update(doc="Other.")),
    "an optional field at the end": lambda schema: schema["fields"].append(
        {"name": "batch", "type": ["null", "string"], "default": None, "doc": "Batch. ISA-95"}
    ),
    "an optional field in between": lambda schema: schema["fields"].insert(
        1, {"name": "batch", "type": {"type": "array", "items": "string"}, "default": [], "doc": "Batches. ISA-95"}
    ),
    "another symbol": lambda schema: kind(schema)["symbols"].append("ANOTHER"),
}


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_what_every_reader_takes_is_allowed(change: Change) -> None:
    assert schema_lint.compare(RECORDS["Order"], changed("Order", change)) == []


def test_a_type_that_is_used_again_by_its_name_is_compared_as_well() -> None:
    inner = {"type": "enum", "name": "Unit", "symbols": ["UNKNOWN", "KGM"], "default": "UNKNOWN"}
    old: Schema = {"type": "record", "name": "R", "namespace": "k", "fields": [{"name": "a", "type": inner}]}
    old["fields"].append({"name": "b", "type": "k.Unit"})
    new: Schema = copy.deepcopy(old)
    new["fields"] = [{"name": "b", "type": inner}, {"name": "a", "type": "Unit"}]
    assert schema_lint.compare(old, new) == []
    assert schema_lint.compare(old, {**new, "fields": new["fields"][:1]}) != []


def test_the_schemas_are_what_the_releases_published_or_more() -> None:
    assert schema_baseline.mistakes(schema_baseline.load(), RECORDS) == []


def test_a_record_that_is_gone_is_a_mistake() -> None:
    left = {name: schema for name, schema in RECORDS.items() if name != "Order"}
    assert schema_baseline.mistakes(schema_baseline.load(), left) == ["Order: the record was removed"]


def test_every_version_that_was_published_counts() -> None:
    """A field that a release added must not go either when the one before did not have it."""
    more = changed("Order", ALLOWED["an optional field at the end"])
    published = schema_baseline.extended(schema_baseline.load(), {**RECORDS, "Order": more})
    assert published["Order"][-1] == more
    assert schema_baseline.mistakes(published, RECORDS) == ["Order.batch: the field was removed"]
    assert schema_baseline.extended(published, {**RECORDS, "Order": more}) == published


def test_the_file_reads_as_it_was_written(tmp_path: Path) -> None:
    published = schema_baseline.load()
    (tmp_path / "published.json").write_text(schema_baseline.dump(published), encoding="utf-8")
    assert schema_baseline.load(tmp_path / "published.json") == published


def test_a_new_list_of_days_or_instants_is_found_as_avro_for_java_cannot_read_it() -> None:
    def days(schema: Schema) -> None:
        items = {"type": "int", "logicalType": "date"}
        added = {"name": "days", "type": {"type": "array", "items": items}, "default": [], "doc": "Days. RFC 5545"}
        schema["fields"].append(added)

    assert any("Java" in found for found in schema_lint.lint(changed("Order", days)))
