"""The shared language as files: ``schemas/*.avsc``, one record each; the subject is the record's full name."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

NAMESPACE = "kranhub"

Schema = dict[str, Any]


@cache
def load_all() -> dict[str, Schema]:
    """Return every record's schema by its short name, such as ``Order``."""
    found = (entry for entry in files("schemas").iterdir() if entry.name.endswith(".avsc"))
    loaded = (json.loads(entry.read_text(encoding="utf-8")) for entry in found)
    return {schema["name"]: schema for schema in sorted(loaded, key=lambda schema: str(schema["name"]))}


def subject(record: str) -> str:
    """Return the registry subject of a record (RecordNameStrategy), such as ``kranhub.Order``."""
    return f"{NAMESPACE}.{record}"
