"""Codes that look the same and are not: the letters that a person cannot see are named."""

from decimal import Decimal

import pytest

from kranhub.errors import InvalidDocument
from kranhub.values import confusables
from streams.routing.validation.normalise import normalise_level, normalise_order
from streams.routing.validation.validate import unknown_member
from tests.support import samples
from tests.support.plants import MASTER, full_order

KNOWN = confusables.skeletons(("EM-MTF-75", "ДВ-7.5", "КМ-10", "oemz"))


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("EM-МTF-75", ("'EM-MTF-75'", "М (Cyrillic, U+041C)")),
        ("ЕМ-МТF-75", ("'EM-MTF-75'", "Е (Cyrillic, U+0415)", "Т (Cyrillic, U+0422)")),
        ("KM-10", ("'КМ-10'", "K (Latin, U+004B)", "M (Latin, U+004D)")),
        ("ДB-7.5", ("'ДВ-7.5'", "B (Latin, U+0042)")),
        ("ДВ\u20117.5", ("'ДВ-7.5'", "U+2011")),
        ("ДВ-7.5\u200b", ("'ДВ-7.5'", "· (U+200B)")),
        ("оemz", ("'oemz'", "о (Cyrillic, U+043E)")),
        ("НЕТ-TАКОГО", ("mixes alphabets", "T (Latin, U+0054)")),
        ("hoоk", ("mixes alphabets", "о (Cyrillic, U+043E)")),
    ],
)
def test_what_a_person_cannot_see_is_named(written: str, parts: tuple[str, ...]) -> None:
    hint = confusables.hint(written, KNOWN)
    assert hint is not None
    assert all(part in hint.en for part in parts)
    assert ("кириллица" in hint.ru) == ("Cyrillic" in hint.en)


@pytest.mark.parametrize("written", ["", "17", "НЕТ-ТАКОГО", "no such", "болт DIN 933", "EM-MTF-75", "КМ-11"])
def test_what_a_person_can_see_needs_no_hint(written: str) -> None:
    assert confusables.hint(written, KNOWN) is None


def test_the_letters_of_orders_and_stock_say_it() -> None:
    lines = [{"line_id": "1", "item_code": "ДB-7.5", "quantity": Decimal(1), "unit": "H87"}]
    value = full_order("17", lines)
    (problem,) = normalise_order(value, MASTER).problems
    assert "'ДВ-7.5'" in problem.text.ru
    assert "U+0042" in problem.text.en
    stock = samples.inventory(company="oemz", item_code="EM-МTF-75")
    with pytest.raises(InvalidDocument, match=r"U\+041C"):
        normalise_level(stock, MASTER)
    assert "'oemz'" in unknown_member("оemz", MASTER.members).text.ru
    lines[0] |= {"item_code": "ДВ-7.5", "unit": "ТNE"}
    (problem,) = normalise_order(full_order("17", lines), MASTER).problems
    assert "'TNE'" in problem.text.ru
