"""Docstrings say what a caller needs: arguments, returns and errors in Google's sections (ruff checks the form)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = ("kranhub", "connectors", "streams", "deploy", "tools")
GENERATED = {Path("kranhub/wire/messages.py")}
OBVIOUS = {"self", "cls"}


def functions(tree: ast.AST, *, public: bool = True) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the public functions of a module, and the public methods of its public classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node, public=public and not node.name.startswith("_"))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and public and not hidden(node.name):
            yield node


def hidden(name: str) -> bool:
    """Return whether nobody calls the function by its name: a private one, or a test of the contract suite."""
    return name.startswith(("_", "test_"))


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the names of what a caller gives."""
    given = function.args
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs) if one.arg not in OBVIOUS]


def is_command(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether the function is a command: its options' help says what they are."""
    return any("command" in ast.unparse(one) or "option" in ast.unparse(one) for one in function.decorator_list)


def missing(path: Path) -> Iterator[str]:
    """Yield what the docstrings of a file leave out."""
    for function in functions(ast.parse(path.read_text(encoding="utf-8"))):
        text = ast.get_docstring(function) or ""
        place = f"{path}:{function.lineno} {function.name}"
        if len(arguments(function)) > 2 and not is_command(function) and "Args:" not in text:
            yield f"{place}: Args"
        if "Raises" in text and "Raises:" not in text:
            yield f"{place}: Raises"


@pytest.mark.parametrize("room", ROOMS)
def test_public_functions_tell_their_arguments_and_errors_in_sections(room: str) -> None:
    files = sorted(path for path in Path(room).rglob("*.py") if path not in GENERATED)
    assert [line for path in files for line in missing(path)] == []
