"""No test imports another test: what two of them need stands in tests/support, under a name of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path("tests")

YET_TO_MEND = frozenset(
    {
        "tests/unit/streams/routing/validation/test_document_identity.py",
        "tests/unit/streams/routing/validation/test_timestamps.py",
    }
)
"""Tests that import from others still. Take a file out when it no longer does; put none in."""


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_test_imports_another_one() -> None:
    files = {file.as_posix(): list(imported(file)) for file in TESTS.rglob("*.py")}
    found = {
        file for file, names in files.items() if any(name.startswith("tests.") and ".test_" in name for name in names)
    }
    assert found <= YET_TO_MEND, sorted(found - YET_TO_MEND)
