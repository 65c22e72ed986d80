"""What ingest refuses and how it is normalised; units."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import InvalidDocument
from kranhub.parties import units
from kranhub.wire.messages import Subject
from streams.routing.validation.normalise import normalise_level, normalise_order, normalise_receipt
from streams.routing.validation.validate import first_unknown_member, unknown_member, validate
from tests.support import samples
from tests.support.order_lines import MOTORS
from tests.support.plants import BUYER, MASTER, START, full_order, full_response


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"buyer": "irtysh-stroy"}, "foreign-author"),
        ({"currency": "rub"}, "bad-currency"),
        ({"requested_date": date(1, 1, 1)}, "absurd-date"),
        ({"issued_at": datetime(2101, 1, 1, tzinfo=UTC)}, "absurd-date"),
        ({"order_id": ""}, "bad-number"),
        ({"order_id": "1\n"}, "bad-number"),
        ({"order_id": "1" * 201}, "bad-number"),
        ({"order_id": "1\x00"}, "bad-number"),
        ({"order_id": "1\u200b"}, "bad-number"),
        ({"order_id": " \u00a0"}, "bad-number"),
        ({"number": "ЗП-1\x00"}, "bad-text"),
        ({"contract": "Д-1\n"}, "bad-text"),
        ({"delivery_place": "Омск\x07"}, "bad-text"),
        ({"delivery_place": "Омск\ud800"}, "bad-text"),
        ({"lines": [{**MOTORS, "description": "крюк\x00"}]}, "bad-text"),
        ({"lines": [{**MOTORS, "description": "крюк\x85"}]}, "bad-text"),
        ({"lines": [{**MOTORS, "item_code": "ДВ\t7.5"}]}, "bad-text"),
        ({"lines": [{**MOTORS, "item_code": "  "}]}, "bad-text"),
        ({"lines": [{**MOTORS, "unit": ""}]}, "bad-text"),
        ({"lines": [{**MOTORS, "line_id": "1\x00"}]}, "bad-text"),
        ({"lines": [{**MOTORS, "line_id": "1\u200b"}]}, "bad-line-number"),
        ({"lines": []}, "no-lines"),
        ({"lines": [MOTORS, MOTORS]}, "bad-line-number"),
        ({"lines": [{**MOTORS, "quantity": Decimal(0)}]}, "bad-quantity"),
        ({"lines": [{**MOTORS, "quantity": Decimal(-1)}]}, "bad-quantity"),
        ({"lines": [{**MOTORS, "price": Decimal(-1)}]}, "bad-quantity"),
    ],
)
def test_a_bad_order_is_refused_with_its_code(changes: Any, code: str) -> None:
    value: Any = {**full_order("17", [MOTORS]), **changes}
    value["lines"] = [{"price": None, **line} for line in value["lines"]]
    with pytest.raises(InvalidDocument) as refused:
        validate(Subject.ORDER, value, BUYER)
    assert refused.value.code == code
    assert refused.value.text.en
    assert refused.value.text.ru


def test_a_good_order_passes() -> None:
    validate(Subject.ORDER, full_order("17", [MOTORS]), BUYER)


@pytest.mark.parametrize("order_id", ["ЗП-12/2026", "100% № 7", "ЗП\u00a012\u202f2026", "3f2504e0-4f89-11d3", "A:B,C"])
def test_any_key_that_can_be_seen_is_taken(order_id: str) -> None:
    line = {**MOTORS, "line_id": "1/2", "price": None, "description": "крюк\r\n\t7,5 т, «№ 3»"}
    validate(Subject.ORDER, full_order(order_id, [line]) | {"number": "ЗП 1", "delivery_place": " "}, BUYER)


def test_a_refused_text_is_named_with_its_place_and_the_sign() -> None:
    order = full_order("17", [{**MOTORS, "price": None, "description": "крюк\x00"}])
    with pytest.raises(InvalidDocument) as refused:
        validate(Subject.ORDER, order, BUYER)
    assert "lines[0].description" in refused.value.text.ru
    assert "U+0000" in refused.value.text.en
    assert "place 5" in refused.value.text.en


@pytest.mark.parametrize("role", ["buyer", "payer", "user"])
def test_an_order_waits_for_whom_the_hub_does_not_know(role: str) -> None:
    order: Any = {**full_order("17", [MOTORS]), role: "nobody"}
    assert first_unknown_member(order, MASTER.members) == "nobody"
    assert first_unknown_member(full_order("17", [MOTORS]), MASTER.members) is None
    assert unknown_member("nobody", MASTER.members).code == "unknown-member"


def test_tonnes_become_kilograms_and_the_price_follows() -> None:
    steel = {"line_id": "1", "item_code": "МК-СТ", "quantity": Decimal("2.5"), "unit": "TNE", "price": Decimal(120000)}
    (line,) = full_order("17", [steel])["lines"]
    assert (line["item"], line["quantity"], line["unit"], line["price"]) == ("steel-structure", 2500, "KGM", 120)


def test_an_unknown_unit_holds_the_line_and_is_reported() -> None:
    value: Any = {**full_order("17", [MOTORS]), "lines": [{**MOTORS, "unit": "TNE", "price": None}]}
    normalised = normalise_order(value, MASTER)
    assert normalised.value["lines"][0]["hold_reason"] == "unmapped-unit"
    assert [problem.code for problem in normalised.problems] == ["unmapped-unit"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"item_code": "?"}, "unmapped-item"), ({"unit": "KGM"}, "unmapped-unit"), ({"unit": "???"}, "unmapped-unit")],
)
def test_unmapped_stock_is_refused(changes: Any, code: str) -> None:
    zero = Decimal(0)
    level: Any = {"company": "oemz", "item_code": "EM-MTF-75", "unit": "H87", "on_hand": zero, "reserved": zero}
    level |= {"blocked": zero, **changes}
    with pytest.raises(InvalidDocument) as refused:
        normalise_level(level, MASTER)
    assert refused.value.code == code


def test_digits_that_the_base_unit_cannot_hold_are_an_error() -> None:
    grams = {"line_id": "1", "item_code": "МК-СТ", "quantity": Decimal("0.0001"), "unit": "GRM"}
    with pytest.raises(InvalidDocument) as refused:
        full_order("17", [grams])
    assert refused.value.code == "too-many-digits"


@given(st.sampled_from(sorted(units.UNITS)), st.integers(1, 10**6).map(Decimal))
def test_units_convert_back(code: str, quantity: Decimal) -> None:
    for other in units.UNITS:
        there = units.convert(quantity, code, other)
        if there is not None:
            back = units.convert(there, other, code)
            assert back is not None
            assert abs(back - quantity) <= quantity * Decimal("1e-20")


@pytest.mark.parametrize(("day", "is_taken"), [(date(2100, 12, 31), True), (date(2199, 1, 20), False)])
def test_a_promise_is_within_the_years_that_can_be_counted(day: date, is_taken: bool) -> None:
    asked = {
        "plant_order_id": "o/1.1.1",
        "plant": "oemz",
        "revision": 1,
        "lines": [{"quantity": Decimal(1), "unit": "H87"}],
    }
    value = full_response(asked, "AP", START, promised_date=day)
    if is_taken:
        validate(Subject.ORDER_RESPONSE, value, "oemz")
        return
    with pytest.raises(InvalidDocument, match="2199-01-20") as refused:
        validate(Subject.ORDER_RESPONSE, value, "oemz")
    assert refused.value.code == "absurd-date"


def test_okei_codes_become_recommendation_20() -> None:
    assert [units.from_okei(code) for code in ("166", "796", "PCE", "018", "KGM", "999")] == [
        "KGM",
        "H87",
        "H87",
        "LM",
        "KGM",
        None,
    ]
    assert set(units.OKEI.values()) <= set(units.UNITS)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"company": "oetz"}, "foreign-author"),
        ({"receipt_id": " "}, "bad-number"),
        ({"item_code": ""}, "bad-text"),
        ({"item_code": "1" * 201}, "bad-number"),
        ({"quantity": Decimal(-1)}, "bad-quantity"),
        ({"expected_date": date(1, 1, 1)}, "absurd-date"),
    ],
)
def test_a_bad_planned_receipt_is_refused_with_its_code(changes: Any, code: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        validate(Subject.PLANNED_RECEIPT, samples.planned_receipt(**changes), "oemz")
    assert refused.value.code == code


def test_a_planned_receipt_of_which_all_has_come_in_passes() -> None:
    validate(Subject.PLANNED_RECEIPT, samples.planned_receipt(quantity=Decimal(0)), "oemz")


def test_a_planned_receipt_is_brought_to_the_item_and_its_base_unit() -> None:
    value = samples.planned_receipt(company="zmk-most", item_code="ZM-STRUCT", quantity=Decimal("1.5"), unit="TNE")
    found = normalise_receipt(value, MASTER)
    item = MASTER.item_of("zmk-most", "ZM-STRUCT")
    assert item is not None
    assert (found["item"], found["quantity"], found["unit"]) == (item.item, Decimal(1500), "KGM")


@pytest.mark.parametrize(
    ("changes", "code"), [({"item_code": "?"}, "unmapped-item"), ({"unit": "SEC"}, "unmapped-unit")]
)
def test_a_planned_receipt_without_a_mapping_is_refused(changes: Any, code: str) -> None:
    value = samples.planned_receipt(company="zmk-most", **{"item_code": "ZM-STRUCT", **changes})
    with pytest.raises(InvalidDocument) as refused:
        normalise_receipt(value, MASTER)
    assert refused.value.code == code
