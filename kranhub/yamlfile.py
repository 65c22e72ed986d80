"""YAML files validated by pydantic, with errors that name the file, the line and the remedy."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from kranhub.errors import Misconfigured
from kranhub.text import Text

Model = TypeVar("Model", bound=BaseModel)


def load(path: Path, model: type[Model]) -> Model:
    """Read the file into the model.

    Raises `Misconfigured` with one line per mistake: ``file:line: field: what is wrong``.
    """
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(
            Text(
                en=f"{path}: cannot be read ({error.strerror}). Check the path and the rights.",
                ru=f"{path}: не читается ({error.strerror}). Проверьте путь и права доступа.",
            )
        ) from None
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader)
        data = yaml.safe_load(content)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Misconfigured(
            Text(
                en=f"{path}:{line}: this is not YAML: {error.problem}. Check the indentation and the quotes.",
                ru=f"{path}:{line}: это не YAML: {error.problem}. Проверьте отступы и кавычки.",
            )
        ) from None
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as error:
        mistakes = [_mistake(path, root, item["loc"], item["msg"]) for item in error.errors()]
        raise Misconfigured(
            Text(
                en="\n".join(mistakes) + "\nCorrect these lines and try again.",
                ru="\n".join(mistakes) + "\nИсправьте эти строки и повторите.",
            )
        ) from None


def _mistake(path: Path, root: yaml.Node | None, loc: Sequence[str | int], message: str) -> str:
    field = ".".join(str(part) for part in loc) or "file"
    return f"{path}:{_line(root, loc)}: {field}: {message.removeprefix('Value error, ')}"


def _line(root: yaml.Node | None, loc: Sequence[str | int]) -> int:
    """Return the line of the deepest node on the way that the file has."""
    node = root
    line = 1
    for part in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
            continue
        else:
            break
        line = node.start_mark.line + 1
    return line
