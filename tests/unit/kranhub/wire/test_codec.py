"""The codec over a scripted registry: what goes in comes out, and what fastavro would bend is refused."""

import contextlib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument, Misconfigured, Unavailable
from kranhub.wire.messages import Subject
from tests.support import samples
from tests.support.codec import RECORDS, codec

quantities = st.decimals(-(10**20), 10**20, places=6, allow_nan=False)


@given(quantity=quantities, text=st.text(), day=st.dates(), moment=st.datetimes(timezones=st.just(UTC)))
def test_a_record_comes_back_as_it_was(quantity: Decimal, text: str, day: date, moment: datetime) -> None:
    line = samples.order_line(quantity=quantity, description=text, requested_date=day)
    decoded = codec().decode(codec().encode(Subject.ORDER, samples.order(issued_at=moment, lines=[line])))
    assert decoded.subject is Subject.ORDER
    value = decoded.value
    assert value["issued_at"] == moment
    assert (value["lines"][0]["quantity"], value["lines"][0]["description"]) == (quantity, text)
    assert value["lines"][0]["requested_date"] == day
    assert value["document_status"] == "ACTIVE"  # the schema's default


def test_the_wire_format_is_confluents() -> None:
    data = codec().encode(Subject.ORDER, samples.order())
    assert data[0] == 0
    assert int.from_bytes(data[1:5], "big") == RECORDS.index("Order") + 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"issued_at": datetime(2026, 1, 1)}, "naive-datetime"),  # noqa: DTZ001
        ({"lines": [samples.order_line(quantity=Decimal("0.1234567"))]}, "too-many-digits"),
        ({"lines": [samples.order_line(quantity=Decimal("NaN"))]}, "too-many-digits"),
        ({"lines": [samples.order_line(quantity=Decimal(10**23))]}, "too-many-digits"),
        ({"lines": [samples.order_line(quantity=1.5)]}, "schema-mismatch"),
        ({"kind": "GIFT"}, "schema-mismatch"),
        ({"currency": None}, "schema-mismatch"),
        ({"colour": "red"}, "schema-mismatch"),
    ],
)
def test_what_does_not_fit_is_an_invalid_document(changes: Any, code: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        codec().encode(Subject.ORDER, samples.order(**changes))
    assert caught.value.code == code
    assert caught.value.text.ru != caught.value.text.en


def strings(count: int) -> bytes:
    """An Order that claims this many lines and stops there."""
    data = codec().encode(Subject.ORDER, samples.order(lines=[]))
    zigzag, number = bytearray(), count << 1
    while number > 0x7F:
        zigzag.append(number & 0x7F | 0x80)
        number >>= 7
    return data[:-3] + bytes([*zigzag, number])  # behind the lines stand number and alternatives_allowed, null


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "malformed-avro"),
        (b"{}", "malformed-avro"),
        (b"\x00\x00\x00\x00\x63rest", "unknown-schema-id"),
        (strings(1_000_000), "too-many-elements"),
        (strings(3), "malformed-avro"),
    ],
)
def test_bytes_that_are_no_document_have_a_code(data: bytes, code: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        codec().decode(data)
    assert caught.value.code == code


@given(st.binary(max_size=80), st.integers(1, len(RECORDS)))
def test_no_bytes_make_the_decoder_raise_anything_else(body: bytes, schema: int) -> None:
    with contextlib.suppress(InvalidDocument):
        codec().decode(b"\x00" + schema.to_bytes(4, "big") + body)


def test_a_registry_that_is_away_is_unavailable_not_a_bad_document() -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unavailable):
        codec(away).decode(b"\x00\x00\x00\x00\x01x")
    with pytest.raises(Unavailable):
        codec(lambda _: httpx.Response(503)).encode(Subject.ORDER, samples.order())


def test_an_unregistered_schema_says_who_publishes_it() -> None:
    with pytest.raises(Misconfigured, match="kranhub up"):
        codec(lambda _: httpx.Response(404, json={})).encode(Subject.ORDER, samples.order())
