"""The types of the shared language: made from the schemas, and what the codec gives."""

import copy
import io
import json
import struct
from typing import get_type_hints, is_typeddict

import fastavro
import httpx
import pytest

from kranhub.errors import InvalidDocument
from kranhub.wire import generate_messages, messages, schema_files
from kranhub.wire.messages import OrderDocumentStatus, OrderKind, Subject
from tests.support import samples
from tests.support.codec import codec


def test_the_file_is_what_the_schemas_give() -> None:
    assert generate_messages.text(schema_files.load_all()) == generate_messages.FILE.read_text(encoding="utf-8"), (
        "The schemas have changed: run `make messages`."
    )


def test_every_record_has_a_subject_and_a_type_with_its_fields() -> None:
    assert [str(subject) for subject in Subject] == list(schema_files.load_all())
    for subject, kind in messages.TYPES.items():
        assert is_typeddict(kind)
        assert list(get_type_hints(kind)) == [field["name"] for field in schema_files.load_all()[subject]["fields"]]


def test_a_field_with_a_default_may_be_left_out() -> None:
    assert {"order_id", "lines"} <= messages.Order.__required_keys__
    assert {"payer", "kind", "number"} <= messages.Order.__optional_keys__


@pytest.mark.parametrize("written", ["CANCELLED", OrderDocumentStatus.CANCELLED])
def test_an_enum_is_written_as_text_or_member_and_read_as_its_member(written: str) -> None:
    order = codec().decode_as(messages.Order, codec().encode(Subject.ORDER, samples.order(document_status=written)))
    assert order["document_status"] is OrderDocumentStatus.CANCELLED
    assert order["kind"] is OrderKind.SALE
    assert repr(order["kind"]) == "'SALE'"


def test_a_record_is_decoded_as_its_type_only() -> None:
    data = codec().encode(Subject.ORDER, samples.order())
    order = codec().decode_as(messages.Order, data)
    assert order == codec().decode(data).value
    with pytest.raises(InvalidDocument) as caught:
        codec().decode_as(messages.PlantOrder, data)
    assert caught.value.code == "wrong-record"


def test_enums_of_another_version_are_read_as_members_too() -> None:
    ours = copy.deepcopy(schema_files.load_all()["Order"])
    kind = next(field for field in ours["fields"] if field["name"] == "kind")
    kind["type"]["symbols"].append("SCRAP")
    theirs = {**ours, "fields": [field for field in ours["fields"] if field["name"] != "document_status"]}

    def answer_theirs(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"schema": json.dumps(theirs)})

    out = io.BytesIO(struct.pack(">bI", 0, 1))
    out.seek(5)
    fastavro.schemaless_writer(
        out, fastavro.parse_schema(theirs, named_schemas={}), {**samples.order(), "kind": "SCRAP"}
    )
    order = codec(answer_theirs).decode_as(messages.Order, out.getvalue())
    assert order["document_status"] is OrderDocumentStatus.ACTIVE
    assert order["kind"] is OrderKind.UNKNOWN


def test_two_types_of_one_name_are_refused() -> None:
    order = schema_files.load_all()["Order"]
    with pytest.raises(ValueError, match="two types are named OrderKind"):
        generate_messages.text({"Order": order, "Other": {**order, "name": "Other"}})
