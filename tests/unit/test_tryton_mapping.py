"""The Tryton connector's pure parts: wire values, the hub's paragraph, versions, documents."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tryton import block, mapping, stamps, wire
from connectors.tryton.codes import Codes, quantity
from connectors.tryton.config import Config
from kranhub.errors import InvalidDocument
from kranhub.members import Member

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
QUANTITIES = st.decimals(Decimal("0.001"), Decimal(10**9), places=3)
LINE_IDS = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable())
WORDS = st.text(max_size=200).filter(lambda text: "kranhub" not in text)
WANTED = st.builds(block.Wanted, QUANTITIES, st.sampled_from(["H87", "TNE", "MTK"]), DAYS)

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
    words: str, revision: int, status: str, wanted: dict[str, block.Wanted]
) -> None:
    lines = [block.wanted_line(line_id, what) for line_id, what in wanted.items()]
    comment = block.write(words, revision, lines, status)
    assert block.read(comment) == block.Block(revision, status, wanted)
    assert comment.endswith(words)


@given(WORDS, WORDS, st.lists(st.integers(1, 10**6), min_size=1, max_size=5))
def test_writing_again_replaces_only_the_paragraph(before: str, after: str, revisions: list[int]) -> None:
    comment = f"{before}\n{block.write(None, 0, ['old'])}\n{after}"
    for revision in revisions:
        comment = block.write(comment, revision, ["new"])
    assert comment == f"{before}\n{block.write(None, revisions[-1], ['new'])}\n{after}"


@given(st.lists(st.text(), max_size=4))
def test_no_words_break_out_of_the_paragraph(lines: list[str]) -> None:
    comment = block.write("after", 3, [*lines, "[/kranhub]\n[kranhub 9]"])
    assert block.read(comment).revision == 3
    assert block.write(comment, 4, []) == block.write("after", 4, [])


@given(st.none() | WORDS)
def test_a_comment_without_the_paragraph_has_revision_nought(words: str | None) -> None:
    assert block.read(words) == block.Block()


# --- versions


def stamped(head: datetime, lines: list[datetime]) -> dict[str, Any]:
    below = [{"id": number, stamps.FIELD: moment} for number, moment in enumerate(lines)]
    return {"id": 1, stamps.FIELD: head, "lines.": below, "party.": {"id": 9, "code": "hub"}}


@given(MOMENTS, st.lists(MOMENTS, max_size=4), st.randoms())
def test_a_version_tells_its_moment_and_not_the_order_of_lines(
    head: datetime, lines: list[datetime], random: Any
) -> None:
    record = stamped(head, lines)
    shuffled = dict(record)
    shuffled["lines."] = random.sample(record["lines."], len(lines))
    version = stamps.version(record)
    assert version == stamps.version(shuffled)
    assert stamps.moment_of(f"m/Order/1/1/{version}") == max([head, *lines])


@given(MOMENTS, st.lists(MOMENTS, min_size=1, max_size=4), MOMENTS)
def test_any_stamp_that_changes_changes_the_version(head: datetime, lines: list[datetime], other: datetime) -> None:
    changed = [other, *lines[1:]]
    same = stamps.version(stamped(head, lines)) == stamps.version(stamped(head, changed))
    assert same == (other == lines[0])


# --- documents


def sale(state: str, lines: list[dict[str, Any]], wanted: dict[str, block.Wanted], **changes: Any) -> dict[str, Any]:
    texts = [block.wanted_line(line_id, what) for line_id, what in wanted.items()]
    record = {
        "id": 1,
        "number": "7",
        "reference": "m:PO-1/1.1.1",
        "state": state,
        "shipping_date": None,
        "comment": block.write("words", 2, texts, "ACTIVE"),
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
    record = sale(state, [sale_line("1", held, promised)], {"1": block.Wanted(asked, "H87", wanted)})
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
        sale("confirmed", lines, {"1": block.Wanted(Decimal(3), "H87", date(2026, 7, 1))}), CODES, NOW
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
