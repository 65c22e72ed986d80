"""YAML files validated by pydantic, with errors that name the file, the line and the remedy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from kranhub.configuration import text_file, validation_texts
from kranhub.errors import Misconfigured
from kranhub.text import Text

Model = TypeVar("Model", bound=BaseModel)

_MERGE = "tag:yaml.org,2002:merge"


def load(path: Path, model: type[Model], variable: str = "") -> Model:
    """Read a YAML file into a model.

    Args:
        path: The file.
        model: The pydantic model that validates it.
        variable: The setting that names the file, to be named where the file does not exist; empty for none.

    Raises:
        Misconfigured: The file cannot be read or is wrong: one line per mistake, ``file:line: field: what is wrong``.
    """
    root, data = parse(path, variable)
    try:
        return model.model_validate(data if data is not None else {})
    except ValidationError as error:
        found = [_mistake(path, root, item["loc"], validation_texts.text(item)) for item in error.errors()]
        raise Misconfigured(
            Text(
                en="\n".join(each.en for each in found) + "\nCorrect these lines and try again.",
                ru="\n".join(each.ru for each in found) + "\nИсправьте эти строки и повторите.",
            )
        ) from None


def parse(path: Path, variable: str = "") -> tuple[yaml.Node | None, Any]:
    """Return the file's nodes, which have line numbers, and its data.

    Args:
        path: The file.
        variable: The setting that names the file, to be named where the file does not exist; empty for none.

    Returns:
        The root node and the data; both None for an empty file.

    Raises:
        Misconfigured: The file cannot be read, is not UTF-8 text or not YAML, or a mapping in it has a key twice.
    """
    content = text_file.read(path, variable)
    loader = None
    try:
        loader = _Loader(content)
        root = loader.get_single_node()
        if root is None:
            return None, None
        loader.refuse_repeats(root)
        return root, loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        raise Misconfigured(_no_yaml(path, error)) from None
    except yaml.reader.ReaderError as error:
        raise Misconfigured(_bad_character(path, content, error)) from None
    except RecursionError:
        raise Misconfigured(
            Text(
                en=f"{path}: it is nested too deeply to be read. Make it flatter.",
                ru=f"{path}: слишком глубокая вложенность. Упростите файл.",
            )
        ) from None
    finally:
        if loader is not None:
            loader.dispose()


class _Twice(yaml.constructor.ConstructorError):
    """A mapping has ``key`` twice, the first time in line ``first``."""

    def __init__(self, key: object, first: yaml.Mark, again: yaml.Mark) -> None:
        super().__init__(None, None, f"{key!r} twice", again)
        self.key, self.first = key, first.line + 1


class _Loader(yaml.SafeLoader):
    """`yaml.SafeLoader` that refuses a key that occurs twice in a mapping; PyYAML would silently take the last one."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Return the value.

        Raises:
            yaml.constructor.ConstructorError: The value looks like a date or a number, and is not one. It has the line.
        """
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError, KeyError) as error:
            raise yaml.constructor.ConstructorError(None, None, f"{error}", node.start_mark) from None

    def refuse_repeats(self, root: yaml.Node) -> None:
        """Refuse a key that occurs twice in a mapping as it is written; merge keys (``<<``) may be repeated.

        Raises:
            _Twice: A key occurs twice.
        """
        waiting, seen = [root], {id(root)}
        while waiting:
            node = waiting.pop()
            inner = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else []
            inner += node.value if isinstance(node, yaml.SequenceNode) else []
            if isinstance(node, yaml.MappingNode):
                self._refuse_repeats_in(node)
            waiting += [each for each in inner if id(each) not in seen]
            seen |= {id(each) for each in inner}

    def _refuse_repeats_in(self, node: yaml.MappingNode) -> None:
        marks: dict[object, yaml.Mark] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == _MERGE:
                continue
            key = self.construct_object(key_node)
            if key in marks:
                raise _Twice(key, marks[key], key_node.start_mark)
            marks[key] = key_node.start_mark


def line(root: yaml.Node | None, loc: Sequence[str | int]) -> int:
    """Return the line, counted from 1, of the deepest node on the way to ``loc`` that exists in the file."""
    node, found = root, 1
    for part in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            found = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            entries = [(key, value) for key, value in node.value if key.value == str(part)]
            if not entries:
                break
            found, node = entries[0][0].start_mark.line + 1, entries[0][1]
        else:
            break
    return found


def _mistake(path: Path, root: yaml.Node | None, loc: Sequence[str | int], text: Text) -> Text:
    field = ".".join(str(part) for part in loc) or "file"
    where = f"{path}:{line(root, loc)}: {field}"
    return Text(en=f"{where}: {text.en}", ru=f"{where}: {text.ru}")


def _no_yaml(path: Path, error: yaml.MarkedYAMLError) -> Text:
    mark = error.problem_mark or error.context_mark
    where = f"{path}:{mark.line + 1 if mark else 1}"
    if isinstance(error, _Twice):
        return Text(
            en=f"{where}: {error.key!r} stands twice in this mapping, first in line {error.first}. Leave one of them.",
            ru=f"{where}: {error.key!r} стоит здесь дважды, первый раз в строке {error.first}. Оставьте что-то одно.",
        )
    if "'\\t'" in f"{error.problem}":
        return Text(
            en=f"{where}: there is a tab where YAML wants spaces. Replace the tabs at the line's beginning by spaces.",
            ru=f"{where}: табуляция там, где YAML требует пробелы. Замените табуляции в начале строки пробелами.",
        )
    return Text(
        en=f"{where}: this is not YAML: {error.problem}. Check the indentation and the quotes.",
        ru=f"{where}: это не YAML ({validation_texts.yaml_problem(error.problem or '')}). Проверьте отступы и кавычки.",
    )


def _bad_character(path: Path, content: str, error: yaml.reader.ReaderError) -> Text:
    code = ord(error.character) if isinstance(error.character, str) else int(error.character)
    at = content.find(chr(code))
    where = f"{path}:{content[: max(at, 0)].count(chr(10)) + 1}"
    return Text(
        en=f"{where}: the character U+{code:04X} must not stand in YAML. Delete it; it may be invisible.",
        ru=f"{where}: символ U+{code:04X} в YAML недопустим. Удалите его; он может быть невидимым.",
    )
