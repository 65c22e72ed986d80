"""``python -m kranhub.wire.schema_baseline``: adds a release's schemas to ``schemas/published.json``.

That file holds every version of every record that a release has published, oldest first. The tests compare the schemas
with it, as an installation compares them with its registry when it starts (`kranhub.wire.registry`).
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
    """Return the schemas that the releases have published."""
    found: Versions = json.loads(path.read_text(encoding="utf-8"))
    return found


def mistakes(published: Versions, schemas: Mapping[str, Schema]) -> list[str]:
    """Return the changes that no release may publish: what `schema_lint.compare` finds, and removed records."""
    gone = [f"{record}: the record was removed" for record in published if record not in schemas]
    versions = [(old, schemas[record]) for record, olds in published.items() if record in schemas for old in olds]
    return gone + [found for old, new in versions for found in schema_lint.compare(old, new)]


def extended(published: Versions, schemas: Mapping[str, Schema]) -> Versions:
    """Return the published schemas with these added: each new one after its older versions."""
    return {
        record: [*(old for old in published.get(record, ()) if old != schema), schema]
        for record, schema in schemas.items()
    }


def dump(versions: Versions) -> str:
    """Return the file's text, with one line for each version, so that a diff shows what was added."""
    records = [_entry(record, found) for record, found in sorted(versions.items())]
    return "{\n" + ",\n".join(records) + "\n}\n"


def _entry(record: str, versions: Sequence[Schema]) -> str:
    lines = ",\n".join(json.dumps(version, ensure_ascii=False) for version in versions)
    return f"{json.dumps(record)}: [\n{lines}\n]"


def main() -> None:
    """Write the file with the present schemas added.

    Raises:
        SystemExit: A schema was changed in a way that is not allowed; with the mistakes.
    """
    published, schemas = load(), schema_files.load_all()
    if found := mistakes(published, schemas):
        raise SystemExit("\n".join(found))
    FILE.write_text(dump(extended(published, schemas)), encoding="utf-8")


if __name__ == "__main__":
    main()
