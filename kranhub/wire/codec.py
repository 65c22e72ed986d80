"""Avro in the Confluent wire format: a zero byte, the schema id as four bytes, the datum."""

import copy
import io
import struct
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar, cast

import fastavro

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.text import Text
from kranhub.wire import guards, messages, schema_files
from kranhub.wire.guards import Guard
from kranhub.wire.messages import AnyDecoded, Decoded, Message, Subject, Symbol
from kranhub.wire.registry import Registry
from kranhub.wire.slices import Slices

M = TypeVar("M")

_HEAD = struct.Struct(">bI")
_PARSED = {name: fastavro.parse_schema(schema, named_schemas={}) for name, schema in schema_files.load_all().items()}


class _Reader(NamedTuple):
    """How one schema id is read; ``known`` is None where the writer's schema is the hub's, as resolving takes time.

    The enums' symbols in both schemas are the members of `messages`, so fastavro returns members without a further
    step.
    """

    subject: Subject
    writer: Any
    known: Any


class Codec:
    """Encodes with the hub's schemas; decodes with the writer's, resolved to the hub's. Thread-safe."""

    def __init__(self, registry: Registry) -> None:
        """Take the registry whose ids are written into the records."""
        self._registry = registry
        self._readers: dict[int, _Reader] = {}
        self._guards: dict[int, Guard] = {}
        self._slices: dict[int, Slices] = {}

    def encode(self, subject: Subject, value: Message) -> bytes:
        """Return the record's bytes.

        Args:
            subject: Which record it is.
            value: The record; a field with a default may be left out.

        Raises:
            InvalidDocument: With code ``naive-datetime``, ``too-many-digits`` or ``schema-mismatch``.
            Misconfigured: The schema is not registered.
            Unavailable: The registry is away.
        """
        if not _is_sound(value):
            _check_value(value, subject)
        out = io.BytesIO()
        out.write(_HEAD.pack(0, self._registry.id_of(subject)))
        try:
            fastavro.schemaless_writer(out, _PARSED[subject], dict(value), strict_allow_default=True)
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise InvalidDocument(DocumentCode.SCHEMA_MISMATCH, _mismatch(subject, error)) from None
        return out.getvalue()

    def decode(self, data: bytes, *, trusted: bool = False) -> AnyDecoded:
        """Return the record's name and value; its subject narrows the value's type.

        Args:
            data: The record's bytes with their Confluent header.
            trusted: The hub itself wrote the bytes: their lengths are not checked.

        Raises:
            InvalidDocument: With code ``malformed-avro``, ``too-many-elements`` or ``unknown-schema-id``.
            Unavailable: The registry is away.
        """
        if len(data) < _HEAD.size or data[0] != 0:
            raise InvalidDocument(DocumentCode.MALFORMED_AVRO, _malformed("no Confluent header"))
        number = _HEAD.unpack_from(data)[1]
        reader = self._readers.get(number) or self._reader(number)
        if not trusted:
            self._guard(number, reader.writer, data)
        body = io.BytesIO(data)
        body.seek(_HEAD.size)
        try:
            value = fastavro.schemaless_reader(body, reader.writer, reader.known)
        except Exception as error:  # noqa: BLE001  (fastavro raises many kinds, by the byte that is wrong)
            raise InvalidDocument(DocumentCode.MALFORMED_AVRO, _malformed(type(error).__name__)) from None
        return cast(AnyDecoded, Decoded(reader.subject, value))

    def decode_as(self, kind: type[M], data: bytes, *, trusted: bool = False) -> M:
        """Return the value of a record that must be of this type, such as ``decode_as(messages.Order, data)``.

        Args:
            kind: The record's type in `messages`.
            data: The record's bytes with their Confluent header.
            trusted: The hub itself wrote the bytes: their lengths are not checked.

        Raises:
            InvalidDocument: With code ``wrong-record`` for another record, or as `decode` does.
            Unavailable: The registry is away.
        """
        subject, value = self.decode(data, trusted=trusted)
        if messages.TYPES[subject] is not kind:
            raise InvalidDocument(DocumentCode.WRONG_RECORD, _wrong_record(kind.__name__, subject))
        return cast(M, value)

    def dataschema(self, data: bytes | None) -> str | None:
        """Return the URI of the schema with which these bytes were written, where the registry serves the schema.

        Returns:
            The URI; None for a record without a value, or with one that is not in the Confluent framing.
        """
        if data is None or len(data) < _HEAD.size or data[0] != 0:
            return None
        return self._registry.uri(_HEAD.unpack_from(data)[1])

    def texts(self, data: bytes, *names: str) -> list[str]:
        """Return string fields of a record that the hub wrote; nothing else of it is decoded.

        Args:
            data: The record's bytes with their Confluent header.
            *names: The fields' names.

        Raises:
            InvalidDocument: With code ``unknown-schema-id``: the registry does not know the schema.
            Unavailable: The registry is away.
        """
        slices = self._slices_of(data)
        return [slices.text(data, _HEAD.size, name) for name in names]

    def optional_text(self, data: bytes, name: str) -> str | None:
        """Return a field of null or string of a record that the hub wrote.

        Args:
            data: The record's bytes with their Confluent header.
            name: The field's name.

        Returns:
            The field; None also where the record was written before the field existed.

        Raises:
            InvalidDocument: With code ``unknown-schema-id``: the registry does not know the schema.
            Unavailable: The registry is away.
        """
        return self._slices_of(data).optional_text(data, _HEAD.size, name)

    def _slices_of(self, data: bytes) -> Slices:
        number = _HEAD.unpack_from(data)[1]
        slices = self._slices.get(number)
        if slices is None:
            slices = self._slices[number] = Slices(self._registry.schema(number))
        return slices

    def _reader(self, number: int) -> "_Reader":
        writer = self._registry.schema(number)
        subject = writer["name"].removeprefix(f"{schema_files.NAMESPACE}.")
        if subject not in _PARSED:
            raise InvalidDocument(
                DocumentCode.UNKNOWN_SCHEMA_ID, _malformed(f"{subject} is no record of the shared language")
            )
        known = None if writer == _PARSED[subject] else _with_members(_PARSED[subject])
        self._readers[number] = _Reader(Subject(subject), _with_members(writer), known)
        return self._readers[number]

    def _guard(self, number: int, writer: Any, data: bytes) -> None:
        guard = self._guards.get(number)
        if guard is None:
            guard = self._guards[number] = Guard(writer)
        try:
            guard.check(data, _HEAD.size)
        except guards.Oversized as error:
            raise InvalidDocument(DocumentCode.TOO_MANY_ELEMENTS, _oversized(error)) from None
        except (guards.Truncated, RecursionError) as error:
            raise InvalidDocument(DocumentCode.MALFORMED_AVRO, _malformed(str(error))) from None


def _with_members(schema: Any) -> Any:
    """Return a parsed schema whose enums have the members of `messages` as symbols and defaults."""
    schema = copy.deepcopy(schema)
    _put_members(schema)
    return schema


def _put_members(schema: Any) -> type[Symbol] | None:
    """Put the members into a schema, and return their class where it is an enum itself."""
    if isinstance(schema, list):
        return next(filter(None, [_put_members(branch) for branch in schema]), None)
    if not isinstance(schema, dict):
        return None
    if schema["type"] == "enum":
        return _put_symbols(schema)
    for field in schema.get("fields", ()):
        members = _put_members(field["type"])
        if members is not None and field.get("default") is not None:
            field["default"] = _member(members, field["default"])
    for inner in ("items", "values", "type"):
        _put_members(schema.get(inner))
    return None


def _put_symbols(schema: dict[str, Any]) -> type[Symbol] | None:
    members = messages.ENUMS.get(schema["name"].removeprefix(f"{schema_files.NAMESPACE}."))
    if members is not None:
        schema["symbols"] = [_member(members, symbol) for symbol in schema["symbols"]]
        if "default" in schema:
            schema["default"] = _member(members, schema["default"])
    return members


def _member(members: type[Symbol], symbol: str) -> str:
    """Return a symbol's member; the symbol itself where a newer writer has one more, which the resolution replaces."""
    return members(symbol) if symbol in members.__members__ else symbol


_SOUND = frozenset((str, int, bool, float, bytes, date, type(None), Subject, *messages.ENUMS.values()))


def _is_sound(value: Any) -> bool:
    """Return whether a value needs no `_check_value`: the same rules, but faster and without naming the place."""
    kind = type(value)
    if kind in _SOUND:
        return True
    if kind is dict:
        return all(map(_is_sound, value.values()))
    if kind is list or kind is tuple:
        return all(map(_is_sound, value))
    if kind is datetime:
        return value.tzinfo is not None
    return _fits(value) if kind is Decimal else isinstance(value, str)


def _check_value(value: Any, path: str) -> None:
    """Refuse what fastavro would alter: naive datetimes (read in the host's zone) and digits that do not fit."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidDocument(DocumentCode.NAIVE_DATETIME, _naive(path))
    elif isinstance(value, Decimal):
        if not _fits(value):
            raise InvalidDocument(DocumentCode.TOO_MANY_DIGITS, _digits(path))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            _check_value(inner, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            _check_value(inner, f"{path}[{position}]")


def _fits(value: Decimal) -> bool:
    """Return whether decimal(28,6) can hold the value; fastavro silently writes too many digits before the point."""
    return value.is_finite() and value.adjusted() < 28 - 6 and value == round(value, 6)


def _mismatch(subject: str, error: Exception) -> Text:
    what = f"{type(error).__name__}: {error}"[:200]
    return Text(
        en=f"The document does not fit the schema of {subject} ({what}). Correct the connector's mapping.",
        ru=f"Документ не подходит под схему {subject} ({what}). Исправьте сопоставление полей в коннекторе.",
    )


def _malformed(what: str) -> Text:
    return Text(
        en=f"The bytes are not Avro of the shared language ({what}). Write with the hub's schema and serializer.",
        ru=f"Байты не являются Avro общего языка ({what}). Пишите по схеме центра его сериализатором.",
    )


def _wrong_record(wanted: str, found: str) -> Text:
    return Text(
        en=f"Expected the record {wanted}, found {found}. Write each record to its own topic.",
        ru=f"Ожидалась запись {wanted}, найдена {found}. Пишите каждую запись в её топик.",
    )


def _oversized(error: Exception) -> Text:
    return Text(
        en=f"The document is too large: {error}. Split it into several documents.",
        ru=f"Документ слишком велик: {error}. Разделите его на несколько документов.",
    )


def _naive(path: str) -> Text:
    return Text(
        en=f"{path} is a time without a zone. Give the site's time zone in the connector's configuration.",
        ru=f"{path}: время без часового пояса. Укажите часовой пояс площадки в настройках коннектора.",
    )


def _digits(path: str) -> Text:
    return Text(
        en=f"{path} does not fit 22 digits before the point and 6 after it. Correct it in the ERP.",
        ru=f"{path}: не умещается в 22 знака до запятой и 6 после. Исправьте значение в учётной системе.",
    )
