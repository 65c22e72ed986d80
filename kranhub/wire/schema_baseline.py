"""``python -m kranhub.wire.schema_baseline``: notes the schemas of a release in ``schemas/published.json``.

That file holds every version of every record that a release has published, oldest first: what the tests compare the
schemas with, as the registry of an installation does when it starts (`kranhub.wire.registry`).
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from kranhub.wire import schema_files, schema_lint
from kranhub.wire.schema_files import Schema

FILE = Path(__file__).parents[2] / "schemas" / "published.json"

Versions = Mapping[str, Sequence[Schema]]
"""By record, oldest first."""


def load(path: Path = FILE) -> Versions:
    """Return what the releases have published."""
    found: Versions = json.loads(path.read_text(encoding="utf-8"))
    return found


def mistakes(published: Versions, schemas: Mapping[str, Schema]) -> list[str]:
    """Return every change that no release may publish: what `schema_lint.compare` finds, and records that are gone."""
    gone = [f"{record}: the record was removed" for record in published if record not in schemas]
    versions = [(old, schemas[record]) for record, olds in published.items() if record in schemas for old in olds]
    return gone + [found for old, new in versions for found in schema_lint.compare(old, new)]


def extended(published: Versions, schemas: Mapping[str, Schema]) -> Versions:
    """Return what is published once these schemas are: each one that is new behind its older versions."""
    return {
        record: [*(old for old in published.get(record, ()) if old != schema), schema]
        for record, schema in schemas.items()
    }


def dump(versions: Versions) -> str:
    """Return the file's text: a line for each version, so that a change shows what was added."""
    records = [_entry(record, found) for record, found in sorted(versions.items())]
    return "{\n" + ",\n".join(records) + "\n}\n"


def _entry(record: str, versions: Sequence[Schema]) -> str:
    lines = ",\n".join(json.dumps(version, ensure_ascii=False) for version in versions)
    return f"{json.dumps(record)}: [\n{lines}\n]"


def main() -> None:
    """Write the file anew. Ends with the mistakes where a schema was changed as none may be."""
    published, schemas = load(), schema_files.load_all()
    if found := mistakes(published, schemas):
        raise SystemExit("\n".join(found))
    FILE.write_text(dump(extended(published, schemas)), encoding="utf-8")


if __name__ == "__main__":
    main()
