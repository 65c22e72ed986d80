"""Reading in place agrees with the decoder, and a part passed on undecoded is what the encoder would have written."""

import io
from typing import Any

import fastavro
from hypothesis import given
from hypothesis import strategies as st

from kranhub.wire.slices import Slices, array, string

LINE: dict[str, Any] = {
    "type": "record",
    "name": "Line",
    "fields": [{"name": "item", "type": "string"}, {"name": "amount", "type": ["null", "bytes"]}],
}
SCHEMA: Any = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Order",
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "tags", "type": {"type": "map", "values": "long"}},
            {"name": "lines", "type": {"type": "array", "items": LINE}},
            {"name": "first", "type": ["null", "Line"]},
            {"name": "note", "type": "string"},
            {"name": "remark", "type": ["null", "string"]},
        ],
    },
    named_schemas={},
)
LINES: Any = fastavro.parse_schema({"type": "array", "items": LINE}, named_schemas={})

lines = st.fixed_dictionaries({"item": st.text(max_size=100), "amount": st.none() | st.binary(max_size=200)})
orders = st.fixed_dictionaries(
    {
        "id": st.text(),
        "tags": st.dictionaries(st.text(), st.integers(-(2**63), 2**63 - 1), max_size=5),
        "lines": st.lists(lines, max_size=150),
        "first": st.none() | lines,
        "note": st.text(),
        "remark": st.none() | st.text(),
    }
)
prefixes = st.binary(max_size=5)


def encode(schema: Any, value: Any) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, value)
    return out.getvalue()


@given(orders, prefixes)
def test_a_text_is_read_in_place(order: dict[str, Any], prefix: bytes) -> None:
    data = prefix + encode(SCHEMA, order)
    slices = Slices(SCHEMA)
    assert slices.text(data, len(prefix), "note") == order["note"]
    places = slices.places(data, len(prefix))
    assert string(data, places[slices.index["id"]]) == order["id"]
    assert places[-1] == len(data)


@given(orders, prefixes)
def test_an_optional_text_is_read_in_place(order: dict[str, Any], prefix: bytes) -> None:
    data = prefix + encode(SCHEMA, order)
    assert Slices(SCHEMA).optional_text(data, len(prefix), "remark") == order["remark"]
    assert Slices(SCHEMA).optional_text(data, len(prefix), "newer") is None


@given(orders)
def test_items_can_be_passed_on_undecoded(order: dict[str, Any]) -> None:
    data = encode(SCHEMA, order)
    order_slices, line_slices = Slices(SCHEMA), Slices(LINE)
    begin = order_slices.places(data, 0)[order_slices.index["lines"]]
    items = [(string(data, places[0]), data[places[0] : places[-1]]) for places in line_slices.items(data, begin)]
    assert [item for item, _ in items] == [line["item"] for line in order["lines"]]
    assert array([part for _, part in items]) == encode(LINES, order["lines"])
