"""No test imports another test: what two of them need stands in tests/support, under a name of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path("tests")


def imported(file: Path) -> Iterator[str]:
    """Yield the names that a file imports; those that are relative to its package begin with a dot."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_test_imports_another_one() -> None:
    files = {file.as_posix(): list(imported(file)) for file in TESTS.rglob("*.py")}
    found = {
        file: tests
        for file, names in files.items()
        if (tests := [name for name in names if name.startswith(("tests.", ".")) and ".test_" in name])
    }
    assert not found
