"""Every schema of the shared language keeps our rules; the lint sees each forbidden change."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kranhub import schemafiles, schemalint, topics

RECORDS = schemafiles.load_all()


@pytest.mark.parametrize("record", RECORDS)
def test_every_schema_is_clean(record: str) -> None:
    assert schemalint.lint(RECORDS[record]) == []


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
    assert {*topics.OUT_KINDS.values(), *topics.IN_KINDS.values()} <= set(RECORDS)


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
    found = schemalint.compare(RECORDS["InventoryLevel"], changed("InventoryLevel", change))
    assert len(found) == 1
    assert found[0].startswith("InventoryLevel.")


def test_the_scale_inside_a_line_is_compared_too() -> None:
    def inner(schema: dict[str, Any]) -> None:
        field(field(schema, "lines")["type"]["items"], "quantity")["type"]["scale"] = 4

    assert schemalint.compare(RECORDS["Order"], changed("Order", inner)) != []


def test_making_a_field_optional_is_no_change_of_meaning() -> None:
    def optional(schema: dict[str, Any]) -> None:
        entry = field(schema, "as_of")
        entry["type"] = ["null", entry["type"]]

    assert schemalint.compare(RECORDS["InventoryLevel"], changed("InventoryLevel", optional)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda schema: field(schema, "unit").pop("doc"), "no doc"),
        (lambda schema: field(schema, "unit").update(type="double"), "floating"),
        (lambda schema: field(schema, "on_hand")["type"].update(scale=2), "decimals are"),
    ],
)
def test_a_careless_field_is_found(change: Callable[[dict[str, Any]], Any], words: str) -> None:
    assert any(words in found for found in schemalint.lint(changed("InventoryLevel", change)))


def test_an_enum_without_default_is_found() -> None:
    schema = changed("Order", lambda schema: field(schema, "kind")["type"].pop("default"))
    assert any("no default" in found for found in schemalint.lint(schema))
