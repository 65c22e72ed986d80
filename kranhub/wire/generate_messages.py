"""``python -m kranhub.wire.generate_messages``: writes the shared language as Python types, `kranhub.wire.messages`.

The file is committed, so that editors, mypy and readers see the fields; a test compares it with the schemas.
"""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kranhub.wire import schema_files
from kranhub.wire.schema_files import Schema

FILE = Path(__file__).with_name("messages.py")

_WIDTH = 120
_PRIMITIVE = {
    "string": "str",
    "bytes": "bytes",
    "boolean": "bool",
    "int": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "null": "None",
}
_LOGICAL = {"decimal": "Decimal", "date": "dt.date", "timestamp-micros": "dt.datetime"}

_HEAD = '''"""The shared language as types. ``make messages`` writes this file from ``schemas/*.avsc``: change those.

A record is a `TypedDict`: at run time an ordinary dict, as fastavro reads and writes it. A field that the schema gives
a default may be left out where a record is written (`NotRequired`); a decoded record always has it. An Avro enum is a
`Symbol`: its members are equal to their texts, and a decoded record holds the members.

Use it as ``messages.Order``: the names are the schemas' and may be those of classes elsewhere.
"""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar, cast


class Symbol(StrEnum):
    """A symbol of an enum. It is its text in `repr`, too: fingerprints are made of that."""

    __repr__ = str.__repr__


class Subject(Symbol):
    """The records' names: what a message is."""

'''

_PAIRS = '''
Subject_co = TypeVar("Subject_co", covariant=True)
Message_co = TypeVar("Message_co", covariant=True)
M = TypeVar("M")


class Decoded(NamedTuple, Generic[Subject_co, Message_co]):
    """A record's name and its value. ``decoded.subject is Subject.ORDER`` narrows the value to `Order`."""

    subject: Subject_co
    value: Message_co


'''

_NARROWED = '''

def narrowed(kind: type[M], subject: Subject | None, value: Message | None) -> M | None:
    """Return the value as the type of one record, None where it is another record or none at all.

    Args:
        kind: The record's type, such as `Order`.
        subject: What the value is.
        value: The value.
    """
    return cast(M, value) if subject is not None and TYPES[subject] is kind else None


'''


def text(schemas: Mapping[str, Schema]) -> str:
    """Return the module for these schemas, by the records' short names; formatted as ruff does."""
    types: dict[str, str] = {}
    enums: list[str] = []
    for schema in schemas.values():
        _define(schema, types, enums)
    subjects = {name: f"Subject.{_constant(name)}" for name in schemas}
    return "".join(
        (
            _HEAD,
            *(f'    {_constant(name)} = "{name}"\n' for name in schemas),
            *(f"\n\n{definition}" for definition in types.values()),
            "\n\nMessage = (\n    ",
            "\n    | ".join(schemas),
            '\n)\n"""Any record."""\n\n',
            _PAIRS.lstrip(),
            "AnyDecoded = (\n    ",
            "\n    | ".join(f"Decoded[Literal[{subject}], {name}]" for name, subject in subjects.items()),
            '\n)\n"""Any record with its name."""\n\n',
            "TYPES: Mapping[Subject, type[Message]] = {\n",
            *(f"    {subject}: {name},\n" for name, subject in subjects.items()),
            '}\n"""The type of each record."""\n',
            _NARROWED,
            "ENUMS: Mapping[str, type[Symbol]] = {\n",
            *(f'    "{name}": {name},\n' for name in enums),
            '}\n"""Every enum of the schemas, by its Avro name."""\n',
        )
    )


def _define(schema: Any, types: dict[str, str], enums: list[str]) -> str:
    """Return the Python type of a schema; the types that it defines are added to ``types``, nested types first."""
    if isinstance(schema, list):
        found = [_define(branch, types, enums) for branch in schema]
        return " | ".join(sorted(dict.fromkeys(found), key=lambda name: name == "None"))
    if isinstance(schema, str):
        return _PRIMITIVE.get(schema) or schema.removeprefix(f"{schema_files.NAMESPACE}.")
    if "logicalType" in schema:
        return _LOGICAL[schema["logicalType"]]
    match schema["type"]:
        case "array":
            return f"list[{_define(schema['items'], types, enums)}]"
        case "map":
            return f"dict[str, {_define(schema['values'], types, enums)}]"
        case "record":
            fields = "".join(_field(field, types, enums) for field in schema["fields"])
            _add(schema, f"class {schema['name']}(TypedDict):\n{_docstring(schema['doc'])}\n{fields}", types)
        case "enum":
            source = _docstring(f"Source: {schema.get('doc', 'kranhub')}.")
            members = "".join(f'    {symbol} = "{symbol}"\n' for symbol in schema["symbols"])
            _add(
                schema,
                f"class {schema['name']}(Symbol):\n{source}\n{members}",
                types,
            )
            enums.append(schema["name"])
        case inner:
            return _define(inner, types, enums)
    return str(schema["name"])


def _add(schema: Schema, definition: str, types: dict[str, str]) -> None:
    if schema["name"] in types:
        raise ValueError(f"two types are named {schema['name']}")
    types[schema["name"]] = definition


def _field(field: Mapping[str, Any], types: dict[str, str], enums: list[str]) -> str:
    kind = _define(field["type"], types, enums)
    if "default" in field:
        kind = f"NotRequired[{kind}]"
    return f"    {field['name']}: {kind}\n{_docstring(field['doc'])}"


def _docstring(doc: str) -> str:
    """Return the text as an indented docstring, in as many lines as it needs."""
    lines = textwrap.wrap(f'"""{doc}"""', _WIDTH - 4)
    return textwrap.indent("\n".join(lines), "    ") + "\n"


def _constant(name: str) -> str:
    """Return a record's name as that of a constant: PLANT_ORDER for PlantOrder."""
    return "".join(_parts(name)).upper()


def _parts(name: str) -> Iterator[str]:
    for position, sign in enumerate(name):
        if position and sign.isupper():
            yield "_"
        yield sign


if __name__ == "__main__":
    FILE.write_text(text(schema_files.load_all()), encoding="utf-8")
