"""The guard accepts exactly what the encoder writes, and refuses claims before anything is built."""

import io
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.wire import guards
from kranhub.wire.guards import Guard

SCHEMA: dict[str, Any] = fastavro.parse_schema(  # type: ignore[assignment]
    {
        "type": "record",
        "name": "R",
        "fields": [
            {"name": "text", "type": ["null", "string"]},
            {"name": "numbers", "type": {"type": "array", "items": "long"}},
            {"name": "names", "type": {"type": "map", "values": "bytes"}},
            {"name": "nothing", "type": {"type": "array", "items": "null"}},
            {"name": "flag", "type": "boolean"},
            {"name": "ratio", "type": "double"},
            {"name": "kind", "type": {"type": "enum", "name": "K", "symbols": ["A", "B"]}},
            {"name": "again", "type": {"type": "array", "items": "K"}},
        ],
    },
    named_schemas={},
)

longs = st.integers(-(2**63), 2**63 - 1)
values = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(),
        "numbers": st.lists(longs, max_size=20),
        "names": st.dictionaries(st.text(), st.binary(), max_size=5),
        "nothing": st.lists(st.none(), max_size=20),
        "flag": st.booleans(),
        "ratio": st.floats(allow_nan=False),
        "kind": st.sampled_from("AB"),
        "again": st.lists(st.sampled_from("AB"), max_size=5),
    }
)


def encode(value: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMA, value)
    return out.getvalue()


@given(values)
def test_whatever_the_encoder_writes_passes(value: dict[str, Any]) -> None:
    Guard(SCHEMA).check(encode(value))


@given(values, st.integers(1, 50))
def test_every_truncation_is_noticed(value: dict[str, Any], cut: int) -> None:
    data = encode(value)
    with pytest.raises(guards.Truncated):
        Guard(SCHEMA).check(data[: max(0, len(data) - cut)])


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    try:
        Guard(SCHEMA).check(data)
    except (guards.Truncated, guards.Oversized):
        return
    fastavro.schemaless_reader(io.BytesIO(data), SCHEMA, None)  # what the guard accepts, the decoder ends


def test_five_bytes_that_claim_a_million_nulls_are_refused_at_once() -> None:
    nulls: dict[str, Any] = {"type": "array", "items": "null"}
    claim = b"\x80\x89\x7a\x00"  # one block of 1,000,000, then the end
    with pytest.raises(guards.Oversized):
        Guard(nulls).check(claim)


def test_many_small_blocks_count_together() -> None:
    nulls: dict[str, Any] = {"type": "array", "items": "null"}
    block = b"\xd0\x0f"  # 1,000
    Guard(nulls).check(block * 10 + b"\x00")
    with pytest.raises(guards.Oversized):
        Guard(nulls).check(block * 11 + b"\x00")


def test_bytes_after_the_document_are_refused() -> None:
    with pytest.raises(guards.Truncated):
        Guard("long").check(b"\x02\x02")
