"""The real registry and our lint: what readers could not take is refused, what they can is accepted."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from kranhub.errors import Misconfigured
from kranhub.wire import schema_files
from kranhub.wire.registry import Registry, publish
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def registry(stack: Stack) -> Iterator[Registry]:
    with Registry(stack.registry_url) as found:
        publish(found)
        yield found


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in schema["fields"] if entry["name"] == name)


def changed(change: Change) -> dict[str, Any]:
    schema = copy.deepcopy(schema_files.load_all()["InventoryLevel"])
    change(schema)
    return schema


def add(default: Any) -> Change:
    added = {"name": "batch", "type": ["null", "string"], "doc": "Batch. ISA-95 MaterialLot", **default}
    return lambda schema: schema["fields"].append(added)


def remove(schema: dict[str, Any]) -> None:
    schema["fields"].remove(field(schema, "site"))


def retype(schema: dict[str, Any]) -> None:
    field(schema, "unit")["type"] = "long"


def scale(schema: dict[str, Any]) -> None:
    field(schema, "on_hand")["type"]["scale"] = 4


def drop_logical(schema: dict[str, Any]) -> None:
    field(schema, "on_hand")["type"] = "bytes"


def millis(schema: dict[str, Any]) -> None:
    field(schema, "as_of")["type"]["logicalType"] = "timestamp-millis"


def test_publishing_again_changes_nothing(registry: Registry) -> None:
    before = {record: registry.id_of(record) for record in schema_files.load_all()}
    publish(registry)
    with Registry(registry.url) as fresh:
        assert {record: fresh.id_of(record) for record in before} == before
        assert all(len(fresh.versions(record)) == 1 for record in before)


def test_the_registry_enforces_full_transitive(registry: Registry) -> None:
    assert httpx.get(f"{registry.url}/config").json()["compatibilityLevel"] == "FULL_TRANSITIVE"


@pytest.mark.parametrize("change", [remove, retype, add({})])
def test_an_incompatible_change_is_refused_by_the_registry(registry: Registry, change: Change) -> None:
    """Whoever writes it: our own lint is not asked."""
    body = {"schema": json.dumps(changed(change))}
    assert httpx.post(f"{registry.url}/subjects/kranhub.InventoryLevel/versions", json=body).status_code == 409


@pytest.mark.parametrize("change", [scale, drop_logical, millis, remove, retype, add({})])
def test_a_changed_meaning_is_refused_by_our_lint(registry: Registry, change: Change) -> None:
    with pytest.raises(Misconfigured, match=r"became|was removed|has no default"):
        registry.register(changed(change))


def test_an_optional_field_is_accepted_and_old_bytes_still_read(registry: Registry) -> None:
    schema = copy.deepcopy(schema_files.load_all()["Alert"])
    schema["name"] = "EvolutionProbe"
    first = registry.register(schema)
    add({"default": None})(schema)
    assert registry.register(schema) != first
    assert len(registry.versions("EvolutionProbe")) == 2
