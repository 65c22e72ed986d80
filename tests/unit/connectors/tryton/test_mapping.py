"""The Tryton connector's pure parts: wire values, the hub's paragraph, versions, documents."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tryton import comment_block, fields, mapping, timestamps, wire
from connectors.tryton.codes import Codes, quantity
from connectors.tryton.config import Config
from kranhub.errors import InvalidDocument
from kranhub.parties.members import Member

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
QUANTITIES = st.decimals(Decimal("0.001"), Decimal(10**9), places=3)
LINE_IDS = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())
WORDS = st.text(max_size=200).filter(lambda text: "kranhub" not in text)
WANTED = st.builds(comment_block.Wanted, QUANTITIES, st.sampled_from(["H87", "TNE", "MTK"]), DAYS)

MEMBER = Member.model_validate(
    {
        "id": "ruskran",
        "name": {"en": "RusKran", "ru": "РусКран"},
        "roles": ["plant"],
        "country": "RU",
        "time_zone": "Asia/Omsk",
        "sites": [{"id": "yard", "name": {"en": "Yard", "ru": "Двор"}, "time_zone": "Asia/Omsk"}],
        "capabilities": ["28.22.14"],
    }
)
CODES = Codes(
    Config.model_validate(
        {
            "url": "http://127.0.0.1:1",
            "database": "d",
            "user": "u",
            "password": "p",
            "side": "plant",
            "parties": {"leasing": "L-1"},
        }
    ),
    MEMBER,
)


# --- wire


@given(st.recursive(QUANTITIES | DAYS | MOMENTS | st.none() | st.booleans() | st.text(), st.lists, max_leaves=10))
def test_what_is_written_is_read_back(value: Any) -> None:
    assert wire.loads(wire.dumps(value)) == value


@given(st.integers(-(10**9), 10**9), st.integers(0, 3))
def test_a_float_keeps_the_digits_that_a_person_typed(digits: int, places: int) -> None:
    typed = Decimal(digits).scaleb(-places)
    assert quantity(wire.loads(wire.dumps(float(typed)))) == typed


def test_binary_noise_is_no_quantity() -> None:
    assert quantity(wire.loads("0.30000000000000004")) == Decimal("0.3")


# --- the hub's paragraph in a comment


@given(WORDS, st.integers(0, 10**6), st.sampled_from(["ACTIVE", "CANCELLED"]), st.dictionaries(LINE_IDS, WANTED))
def test_the_paragraph_is_read_back_and_words_around_it_stay(
    words: str, revision: int, status: str, wanted: dict[str, comment_block.Wanted]
) -> None:
    lines = [comment_block.wanted_line(line_id, what) for line_id, what in wanted.items()]
    comment = comment_block.write(words, 17, revision, lines, status)
    assert comment_block.read(comment, 17) == comment_block.Block(revision, status, wanted, 17)
    assert comment.endswith(words)


@given(WORDS, WORDS, st.lists(st.integers(1, 10**6), min_size=1, max_size=5))
def test_writing_again_replaces_only_the_paragraph(before: str, after: str, revisions: list[int]) -> None:
    comment = f"{before}\n{comment_block.write(None, 17, 0, ['old'])}\n{after}"
    for revision in revisions:
        comment = comment_block.write(comment, 17, revision, ["new"])
    assert comment == f"{before}\n{comment_block.write(None, 17, revisions[-1], ['new'])}\n{after}"


@given(st.lists(st.text(), max_size=4))
def test_no_words_break_out_of_the_paragraph(lines: list[str]) -> None:
    comment = comment_block.write("after", 17, 3, [*lines, "[/kranhub]\n[kranhub 9]", "[/kran[/kranhub]hub]"])
    assert comment_block.read(comment, 17).revision == 3
    assert comment_block.write(comment, 17, 4, []) == comment_block.write("after", 17, 4, [])
    assert "\0" not in comment


@given(st.none() | WORDS)
def test_a_comment_without_the_paragraph_has_revision_nought(words: str | None) -> None:
    assert comment_block.read(words, 17) == comment_block.Block()


@given(WORDS, st.integers(1, 10**6), st.integers(1, 10**6), st.sampled_from(["", "ACTIVE"]), st.integers(1, 99))
def test_a_copys_paragraph_says_nothing_and_is_replaced(
    words: str, original: int, copy: int, status: str, revision: int
) -> None:
    comment = comment_block.write(words, original, revision, ["confirmed"], status)
    assert comment_block.is_foreign(comment, copy) == (copy != original)
    if copy != original:
        assert comment_block.read(comment, copy) == comment_block.Block()
        assert comment_block.write(comment, copy, 1, ["received"]) == comment_block.write(words, copy, 1, ["received"])
        assert comment_block.erased(comment) == (words or None)


@given(WORDS, st.integers(1, 10**6), st.integers(1, 99))
def test_a_paragraph_without_a_record_is_claimed_once(words: str, record: int, revision: int) -> None:
    fresh = comment_block.write(words, None, revision, ["x"], "ACTIVE")
    assert not comment_block.is_foreign(fresh, record)
    claimed = comment_block.claimed(fresh, record)
    assert claimed == comment_block.write(words, record, revision, ["x"], "ACTIVE")
    assert comment_block.claimed(claimed, record + 1) == claimed


# --- versions


def stamped(head: datetime, lines: list[datetime]) -> dict[str, Any]:
    below = [{"id": number, timestamps.FIELD: moment} for number, moment in enumerate(lines)]
    return {"id": 1, timestamps.FIELD: head, "lines.": below, "party.": {"id": 9, "code": "hub"}}


@given(MOMENTS, st.lists(MOMENTS, max_size=4), st.randoms())
def test_a_version_tells_its_moment_and_not_the_order_of_lines(
    head: datetime, lines: list[datetime], random: Any
) -> None:
    record = stamped(head, lines)
    shuffled = dict(record)
    shuffled["lines."] = random.sample(record["lines."], len(lines))
    version = timestamps.version(record)
    assert version == timestamps.version(shuffled)
    assert version.startswith(f"{max([head, *lines]):%Y%m%dT%H%M%S%f}-")
    assert timestamps.latest(record) == max([head, *lines])


def test_rows_without_any_stamp_have_a_version_too() -> None:
    record = {"id": 1, timestamps.FIELD: None, "lines.": [{"id": 2, timestamps.FIELD: None}], "party.": None}
    assert timestamps.latest(record) is None
    assert timestamps.version(record) == timestamps.version(record | {"id": 1})


@given(MOMENTS, st.lists(MOMENTS, min_size=1, max_size=4), MOMENTS)
def test_any_stamp_that_changes_changes_the_version(head: datetime, lines: list[datetime], other: datetime) -> None:
    changed = [other, *lines[1:]]
    same = timestamps.version(stamped(head, lines)) == timestamps.version(stamped(head, changed))
    assert same == (other == lines[0])


# --- documents


def sale(
    state: str, lines: list[dict[str, Any]], wanted: dict[str, comment_block.Wanted], **changes: Any
) -> dict[str, Any]:
    texts = [comment_block.wanted_line(line_id, what) for line_id, what in wanted.items()]
    record = {
        "id": 1,
        "number": "7",
        "reference": "msk:PO-1/1.1.1",
        "state": state,
        "shipping_date": None,
        "comment": comment_block.write("words", 1, 2, texts, "ACTIVE"),
        "lines.": lines,
    }
    return record | changes


def sale_line(line_id: str, amount: Decimal, day: date | None, symbol: str = "u") -> dict[str, Any]:
    return {
        "id": 1,
        "type": "line",
        "note": f"kranhub {line_id}",
        "quantity": amount,
        "unit.": {"id": 1, "symbol": symbol},
        "shipping_date": day,
    }


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(QUANTITIES, QUANTITIES, DAYS, DAYS, st.sampled_from(["confirmed", "processing", "done"]))
def test_a_line_is_accepted_only_as_it_was_asked_for(
    asked: Decimal, held: Decimal, wanted: date, promised: date, state: str
) -> None:
    record = sale(state, [sale_line("1", held, promised)], {"1": comment_block.Wanted(asked, "H87", wanted)})
    answer = mapping.response(record, CODES, NOW)
    assert answer is not None
    (line,) = answer["lines"]
    as_asked = asked == held and promised <= wanted
    assert line["status"] == ("ACCEPTED" if as_asked else "CHANGED")
    assert answer["response_code"] == ("AP" if as_asked else "CA")
    assert (line["quantity"], line["promised_date"]) == (held, promised)


@given(st.sampled_from(["draft", "quotation"]))
def test_an_open_sale_is_no_answer(state: str) -> None:
    assert mapping.response(sale(state, [], {}), CODES, NOW) is None


def test_a_split_line_is_promised_as_a_whole_and_at_its_last_date() -> None:
    lines = [sale_line("1", Decimal(1), date(2026, 5, 1)), sale_line("1", Decimal(2), date(2026, 6, 1))]
    answer = mapping.response(
        sale("confirmed", lines, {"1": comment_block.Wanted(Decimal(3), "H87", date(2026, 7, 1))}), CODES, NOW
    )
    assert answer is not None
    assert answer["lines"][0]["quantity"] == 3
    assert answer["lines"][0]["promised_date"] == date(2026, 6, 1)
    assert answer["lines"][0]["status"] == "ACCEPTED"


def purchase(**changes: Any) -> dict[str, Any]:
    line = {
        "id": 5,
        "type": "line",
        "product.": {"id": 1, "code": "CRANE"},
        "description": None,
        "quantity": Decimal("2.0"),
        "unit.": {"id": 1, "symbol": "u"},
        "unit_price": Decimal("10.5000"),
        "delivery_date": None,
    }
    record = {
        "id": 1,
        "number": "PO-1",
        "state": "confirmed",
        "currency.": {"id": 1, "code": "RUB"},
        "delivery_date": date(2026, 5, 1),
        "party.": {"id": 9, "code": "hub"},
        "invoice_party.": {"id": 2, "code": "L-1"},
        "warehouse.": {"id": 3, "code": "WH"},
        "lines.": [line | changes.pop("line", {})],
    }
    return record | changes


def test_who_pays_and_who_receives_are_roles_of_their_own() -> None:
    order = mapping.order(purchase(), CODES)
    assert order is not None
    assert (order["buyer"], order["payer"], order["consignee"]) == ("ruskran", "leasing", "yard")


def test_a_date_of_a_line_stands_only_where_it_differs() -> None:
    dates = [purchase(line={"delivery_date": day}) for day in (date(2026, 5, 1), date(2026, 6, 1))]
    orders = [mapping.order(record, CODES) for record in dates]
    assert [order["lines"][0]["requested_date"] for order in orders if order] == [None, date(2026, 6, 1)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"delivery_date": None}, "no-requested-date"),
        ({"line": {"product.": None}}, "line-without-item"),
        ({"line": {"unit.": {"id": 1, "symbol": "furlong"}}}, "unmapped-unit"),
    ],
)
def test_what_cannot_be_said_names_its_code(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        mapping.order(purchase(**changes), CODES)
    assert caught.value.code == code
    assert caught.value.text.ru


def test_a_purchase_cancelled_before_it_had_a_number_says_nothing() -> None:
    assert mapping.order(purchase(number=None, state="cancelled"), CODES) is None


def test_an_orders_identity_is_the_record_not_its_number() -> None:
    orders = [mapping.order(purchase(id=record), CODES) for record in (7, 8)]
    assert [order and order["order_id"] for order in orders] == ["7", "8"]


def test_a_sale_that_was_copied_is_the_plants_own_business() -> None:
    assert mapping.response(sale("confirmed", [], {}, id=2), CODES, NOW) is None


def test_a_sale_whose_paragraph_was_deleted_is_said() -> None:
    with pytest.raises(InvalidDocument) as caught:
        mapping.response(sale("confirmed", [], {}, comment="only a person's words"), CODES, NOW)
    assert caught.value.code == "mark-removed"


def test_an_order_that_cannot_be_read_any_more_is_cancelled_without_lines() -> None:
    order = mapping.remembered("7", "PO-7", "RUB", date(2026, 5, 1), CODES)
    assert (order["order_id"], order["document_status"], order["lines"]) == ("7", "CANCELLED", [])


MADE = {"number": "P-1", "reference": "17"}
OURS = {"id": 5, "number": "17", "reference": "msk:1/1.1.1"}


@pytest.mark.parametrize(
    ("sales", "plant_order"),
    [
        ([], None),
        ([{"id": 4, "number": "17", "reference": None}], None),
        ([OURS], "msk:1/1.1.1"),
    ],
)
def test_a_production_belongs_to_the_sale_that_it_names(sales: list[Any], plant_order: str | None) -> None:
    assert mapping.made_for(MADE, sales) == plant_order


def test_a_production_whose_reference_names_two_sales_is_nobodys() -> None:
    others = [{"id": 4, "number": "17", "reference": None}, OURS]
    with pytest.raises(InvalidDocument, match=r"id 4.*id 5"):
        mapping.made_for(MADE, others)
    assert mapping.made_for({"number": "P-1", "reference": "msk:1/1.1.1"}, others) == "msk:1/1.1.1"


# --- kinds of values


STRANGE = [
    ({"number": 7}, "number"),
    ({"state": None}, "state"),
    ({"delivery_date": "2026-05-01"}, "delivery_date"),
    ({"currency.": [{"id": 1, "code": "RUB"}]}, "currency.code"),
    ({"currency.": 7}, "currency.code"),
    ({"lines.": None}, "lines.type"),
    ({"lines.": {"id": 1}}, "lines.type"),
    ({"line": {"quantity": "2"}}, "lines.quantity"),
    ({"line": {"quantity": True}}, "lines.quantity"),
    ({"line": {"quantity": float("inf")}}, "lines.quantity"),
    ({"line": {"unit_price": Decimal("NaN")}}, "lines.unit_price"),
    ({"line": {"delivery_date": wire.loads('{"__class__": "date", "year": 2026, "month": 2, "day": 30}')}}, "lines."),
]


@pytest.mark.parametrize(("changes", "path"), STRANGE)
def test_a_value_of_another_kind_names_its_field(changes: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        fields.check(purchase(**changes), mapping.PURCHASE_FIELDS)
    assert caught.value.code == "strange-value"
    assert path in caught.value.text.en
    assert path in caught.value.text.ru


def test_a_usual_purchase_is_not_strange() -> None:
    fields.check(purchase(), mapping.PURCHASE_FIELDS)
    fields.check(purchase(**{"invoice_party.": None, "warehouse.": None, "lines.": []}), mapping.PURCHASE_FIELDS)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        *((value, "bad-number") for value in (Decimal(10) ** 30, Decimal("Infinity"), 10**400, 1e300)),
        (Decimal("0.1234567"), "too-many-digits"),
    ],
)
def test_what_no_quantity_can_be_is_said(value: Any, code: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        quantity(value)
    assert caught.value.code == code
    assert caught.value.text.ru


def test_a_day_is_a_day_in_the_members_zone() -> None:
    late = datetime(2026, 3, 30, 18, 0, tzinfo=UTC)  # a module that keeps a time: it is the 31st in Omsk
    order = mapping.order(purchase(delivery_date=late), CODES)
    assert order is not None
    assert order["requested_date"] == date(2026, 3, 31)
    with pytest.raises(InvalidDocument) as caught:
        mapping.order(purchase(delivery_date=date(9999, 12, 31)), CODES)
    assert caught.value.code == "date-out-of-range"


@pytest.mark.parametrize("blank", ["", "  ", "\N{NO-BREAK SPACE}"])
def test_blanks_are_nothing(blank: str) -> None:
    order = mapping.order(purchase(line={"description": blank}), CODES)
    assert order is not None
    assert order["lines"][0]["description"] is None
    assert mapping.order(purchase(number=blank), CODES) is None
    with pytest.raises(InvalidDocument, match="no product"):
        mapping.order(purchase(line={"product.": {"id": 1, "code": blank}}), CODES)


@given(st.text(max_size=30))
def test_a_lines_id_is_one_word_that_is_read_back(line_id: str) -> None:
    assert not any(letter.isspace() or letter == "\0" for letter in comment_block.token(line_id))
    assert mapping.line_id_of({"note": mapping.LINE_MARK + comment_block.token(line_id)}) == line_id
