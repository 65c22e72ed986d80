"""An order's terms and specifications: read from any record, carried to the plant whole, refused when impossible."""

import copy
import io
from datetime import date
from decimal import Decimal
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from kranhub.errors import InvalidDocument
from kranhub.wire import schema_files
from kranhub.wire.messages import Subject
from streams.routing.model.money import ExchangeRate
from streams.routing.model.terms import (
    NO_SPECIFICATION,
    NO_TERMS,
    Attachment,
    Specification,
    Terms,
    line_fields,
    specification_of,
    terms_of,
    to_plant,
)
from streams.routing.validation.terms import INCOTERMS, check
from tests.support import samples

ATTACHMENT = {
    "uri": "https://files.example/КМ-22.pdf",
    "sha256": "0a" * 32,
    "media_type": "application/pdf",
    "name": "КМ",
}
RATE = {"currency": "RUB", "rate": Decimal("11.3"), "nominal": 1, "date": date(2026, 11, 24), "source": "CBR"}
SPOKEN = {
    "vat_rate": Decimal(22),
    "vat_included": True,
    "exchange_rate": RATE,
    "contract": "Д-17/2026",
    "discount_percent": Decimal("2.5"),
    "discount_amount": Decimal("1000.5"),
    "legal_entity": "7707083893",
    "site": "omsk-port",
    "incoterms": "FCA",
    "language": "zh",
    "quotation": True,
    "valid_until": date(2026, 12, 31),
}
SPECIFIED = {
    "characteristic": "Исполнение У1",
    "drawing": "КМ.22.01.000 СБ",
    "drawing_revision": "3",
    "serial_numbers": ["1001", "1002"],
    "attachments": [ATTACHMENT],
}
LINE: Any = samples.order_line(quantity=Decimal(2), price=Decimal(1000), **SPECIFIED)
ORDER: Any = samples.order(currency="CNY", lines=[LINE], **SPOKEN)


def read(subject: str, value: Any, writer: dict[str, Any] | None = None) -> Any:
    """What our reader makes of a record that was written with this schema."""
    ours = schema_files.load_all()[subject]
    out = io.BytesIO()
    fastavro.schemaless_writer(out, writer or ours, value, strict_allow_default=True)
    return fastavro.schemaless_reader(io.BytesIO(out.getvalue()), writer or ours, ours)


def older() -> Any:
    """The schema of Order as it was before it had terms."""
    schema = copy.deepcopy(schema_files.load_all()["Order"])
    lines = next(field for field in schema["fields"] if field["name"] == "lines")["type"]["items"]
    schema["fields"] = [field for field in schema["fields"] if field["name"] not in SPOKEN]
    lines["fields"] = [field for field in lines["fields"] if field["name"] not in SPECIFIED]
    return schema


def plant_order(**changes: Any) -> Any:
    line = {"line_id": "1", "order_line_id": "1", "item": "motor", "item_code": "M", "quantity": 2, "unit": "H87"}
    head = {name: ORDER[name] for name in ("order_id", "buyer", "currency", "issued_at", "requested_date")}
    lines = [{**line, "quantity": Decimal(2), **changes.pop("line", {})}]
    return {"plant_order_id": "p", "order_key": "k", "plant": "oemz", "revision": 1, **head, "lines": lines, **changes}


def test_terms_are_those_of_the_record() -> None:
    terms = terms_of(read(Subject.ORDER, ORDER))
    expected = ExchangeRate("CNY", "RUB", Decimal("11.3"), Decimal(1), date(2026, 11, 24), "CBR")
    assert terms == Terms(**{**SPOKEN, "exchange_rate": expected})  # type: ignore[arg-type]


def test_a_specification_is_that_of_the_line() -> None:
    (line,) = read("Order", ORDER)["lines"]
    numbers, files = ("1001", "1002"), (Attachment(**ATTACHMENT),)
    assert specification_of(line) == Specification("Исполнение У1", "КМ.22.01.000 СБ", "3", numbers, files)


def test_an_order_of_an_older_release_says_nothing_of_them() -> None:
    old = read("Order", samples.order(), older())
    assert (terms_of(old), specification_of(old["lines"][0])) == (NO_TERMS, NO_SPECIFICATION)
    check(old)


def test_a_value_without_the_fields_says_nothing_of_them() -> None:
    assert (terms_of(samples.order()), specification_of(samples.order_line())) == (NO_TERMS, NO_SPECIFICATION)
    check(samples.order())


def test_an_older_release_reads_the_order_of_a_newer_one() -> None:
    ours, out = schema_files.load_all()["Order"], io.BytesIO()
    fastavro.schemaless_writer(out, ours, ORDER, strict_allow_default=True)
    old: Any = fastavro.schemaless_reader(io.BytesIO(out.getvalue()), ours, older())
    assert old["lines"][0]["quantity"] == 2
    assert not set(SPOKEN) & set(old)


def test_what_a_plant_needs_reaches_its_order_unchanged() -> None:
    terms, specification = terms_of(ORDER), specification_of(LINE)
    asked = read("PlantOrder", plant_order(line=line_fields(specification), **to_plant(terms)))
    assert specification_of(asked["lines"][0]) == specification
    assert {name: asked[name] for name in to_plant(terms)} == to_plant(terms)
    assert set(to_plant(terms)) == {"contract", "legal_entity", "vat_rate", "vat_included", "incoterms"}


def test_an_order_that_says_nothing_asks_the_plant_nothing() -> None:
    silent, asked = read("PlantOrder", plant_order()), {**to_plant(NO_TERMS), "line": line_fields(NO_SPECIFICATION)}
    assert read("PlantOrder", plant_order(**asked)) == silent


@pytest.mark.parametrize("field", SPOKEN)
def test_a_changed_term_is_a_changed_order(field: str) -> None:
    assert terms_of(ORDER | {field: None}) != terms_of(ORDER)


@pytest.mark.parametrize("field", SPECIFIED)
def test_a_changed_specification_is_a_changed_line(field: str) -> None:
    assert specification_of(LINE | {field: None}) != specification_of(LINE)


def test_the_same_content_is_equal_however_its_decimals_are_spelled() -> None:
    assert terms_of(ORDER | {"vat_rate": Decimal("22.000000")}) == terms_of(ORDER)


texts = st.none() | st.text(max_size=9)
decimals = st.none() | st.decimals(0, 10**9, places=4)
rates = st.builds(
    ExchangeRate,
    st.just("CNY"),
    st.just("RUB"),
    st.decimals(1, 99, places=6),
    st.sampled_from([Decimal(1), Decimal(100)]),
    st.dates(),
    texts,
)


@given(
    st.builds(
        Terms,
        *(decimals, st.none() | st.booleans(), st.none() | rates, texts, decimals, decimals),
        *(texts, texts, texts, texts, st.booleans(), st.none() | st.dates()),
    ),
    st.builds(
        Specification,
        *(texts, texts, texts, st.lists(st.text(max_size=9)).map(tuple)),
        st.lists(st.builds(Attachment, st.text(), st.text(), texts, texts), max_size=3).map(tuple),
    ),
)
def test_they_come_back_from_json_as_they_were(terms: Terms, specification: Specification) -> None:
    assert json.decode(json.encode(terms), type=Terms) == terms
    assert json.decode(json.encode(specification), type=Specification) == specification


def test_nothing_takes_no_room() -> None:
    assert json.encode(NO_TERMS) == b"{}"
    assert json.encode(NO_SPECIFICATION) == b"{}"


def test_a_good_order_passes() -> None:
    check(ORDER)
    check(read(Subject.ORDER, ORDER))


@pytest.mark.parametrize(
    "changes",
    [
        {"vat_rate": Decimal(0)},
        {"vat_rate": None, "vat_included": False},
        {"discount_percent": Decimal(100), "discount_amount": Decimal(2000)},
        {"discount_amount": Decimal(10**6), "lines": [{**LINE, "price": None}]},
        {"discount_amount": Decimal(5), "lines": []},
        {"exchange_rate": {**RATE, "nominal": 100, "source": None}},
        *({"incoterms": rule} for rule in INCOTERMS),
        {"lines": [{**LINE, "unit": "KGM", "quantity": Decimal("1.5")}]},
        {"lines": [{**LINE, "unit": "???"}]},
        *(
            {"lines": [{**LINE, "attachments": [{**ATTACHMENT, "uri": uri}]}]}
            for uri in (
                "file:///srv/drawings/1.pdf",
                "file://server/share/1.pdf",
                "s3://drawings/1.pdf",
                "HTTP://a/b?c#d",
            )
        ),
        {"lines": [{**LINE, "attachments": [{**ATTACHMENT, "sha256": "AB" * 32}]}]},
    ],
)
def test_what_may_be_passes(changes: Any) -> None:
    check(ORDER | changes)


def attached(**changes: Any) -> Any:
    return {"lines": [{**LINE, "attachments": [ATTACHMENT, {**ATTACHMENT, **changes}]}]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"vat_rate": Decimal("-0.1")}, "bad-vat-rate"),
        ({"vat_rate": Decimal("100.1")}, "bad-vat-rate"),
        ({"vat_rate": None}, "contradictory-vat"),
        ({"exchange_rate": {**RATE, "rate": Decimal(0)}}, "bad-exchange-rate"),
        ({"exchange_rate": {**RATE, "nominal": -1}}, "bad-exchange-rate"),
        ({"exchange_rate": {**RATE, "currency": "RUR"}}, "bad-exchange-rate"),
        ({"exchange_rate": {**RATE, "currency": "CNY"}}, "bad-exchange-rate"),
        ({"discount_percent": Decimal(101)}, "bad-discount"),
        ({"discount_percent": Decimal(-1)}, "bad-discount"),
        ({"discount_amount": Decimal(-1)}, "bad-discount"),
        ({"discount_amount": Decimal("2000.0001")}, "bad-discount"),
        ({"incoterms": "DAT"}, "bad-incoterms"),
        ({"incoterms": "fca"}, "bad-incoterms"),
        ({"incoterms": "FCA Omsk"}, "bad-incoterms"),
        ({"lines": [{**LINE, "quantity": Decimal("1.5")}]}, "serial-numbers-exceed-quantity"),
        *((attached(sha256=digits), "bad-attachment") for digits in ("", "0a" * 31, "0g" * 32, "0a" * 32 + "\n")),
        *(
            (attached(uri=uri), "bad-attachment")
            for uri in (
                *("", "drawing.pdf", "ftp://a/b", "javascript:alert(1)", "https:///b", "file:", "https://[::1/b"),
                *("https://anna:secret@files.example/1.pdf", "https://a/b c", "https://a/b\nc", "s3:///b", "C:\\b.pdf"),
            )
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(changes: Any, code: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        check(ORDER | changes)
    assert refused.value.code == code
    assert refused.value.text.en != refused.value.text.ru
    assert "secret" not in refused.value.text.en
