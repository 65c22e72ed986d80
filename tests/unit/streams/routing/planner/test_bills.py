"""Which bill of materials a line is built by: its day, its characteristic, its drawing and revision decide."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from streams.routing.masterdata import entries
from streams.routing.masterdata.items import Nomenclature
from streams.routing.masterdata.masterdata import MasterData
from tests.support.masters import item, master, plant
from tests.support.plants import Value
from tests.support.worlds import World, line, silent, world

WANTED = date(2027, 6, 1)


def bill(name: str, part: str, **conditions: Any) -> Any:
    return {"bill": name, "components": [{"item": part, "quantity": 1}], **conditions}


def cranes(*bills: Any, bill_of_trolley: Any = ()) -> MasterData:
    """A crane with a trolley; the trolley with a motor."""
    items = [
        item("crane", "28.22.14", {"trolley": 1, "cabinet": 1}, bills=bills),
        item("trolley", "28.22.19", {"motor": 2}, bills=bill_of_trolley),
        item("motor", "27.11.24"),
        item("new-motor", "27.11.25"),
        item("cabinet", "27.12.31"),
        item("new-cabinet", "27.12.32"),
    ]
    return master([plant("maker", "28.22", "27.11", "27.12")], items)


def built(made_of: MasterData, **changes: Any) -> list[str]:
    """Return the items that plants are asked for."""
    made = world(made_of, silent, lines=[line("crane", 1, **changes)], requested_date=WANTED)
    return items_of(made)


def items_of(made: World) -> list[str]:
    active = (value for value in made.plant_orders().values() if value["document_status"] == "ACTIVE")
    return sorted(value["lines"][0]["item"] for value in active)


USUAL = ["cabinet", "crane", "motor", "trolley"]


@pytest.mark.parametrize(
    ("condition", "told", "is_met"),
    [
        ({"characteristics": ["380 V", "400 V"]}, {"characteristic": "400 V"}, True),
        ({"characteristics": ["380 V"]}, {"characteristic": "660 V"}, False),
        ({"characteristics": ["380 V"]}, {}, False),
        ({"characteristics": ["380 V"]}, {"characteristic": " 380 V "}, True),
        ({"drawings": ["КР-10.00.000"]}, {"drawing": "КР-10.00.000"}, True),
        ({"drawings": ["КР-10.00.000"]}, {"drawing": "КР-10.00.001"}, False),
        ({"drawing_revisions": ["B"]}, {"drawing": "КР-10.00.000", "drawing_revision": "B"}, True),
        ({"drawing_revisions": ["B"]}, {"drawing": "КР-10.00.000", "drawing_revision": "A"}, False),
        ({"drawings": ["D"], "drawing_revisions": ["B"]}, {"drawing": "D", "drawing_revision": "C"}, False),
        ({"drawings": ["D"], "drawing_revisions": ["B"]}, {"drawing": "D", "drawing_revision": "B"}, True),
        ({"valid_from": date(2027, 6, 1)}, {}, True),
        ({"valid_from": date(2027, 6, 2)}, {}, False),
        ({"valid_until": date(2027, 6, 1)}, {}, True),
        ({"valid_until": date(2027, 5, 31)}, {}, False),
        ({}, {}, True),
    ],
)
def test_a_bill_counts_for_the_lines_that_meet_its_conditions(condition: Any, told: Any, is_met: bool) -> None:
    found = built(cranes(bill("other", "new-cabinet", **condition)), **told)
    assert found == (["crane", "new-cabinet"] if is_met else USUAL)


def test_the_first_bill_that_a_line_meets_counts() -> None:
    first, second = bill("first", "new-cabinet", characteristics=["A"]), bill("second", "motor")
    assert built(cranes(first, second), characteristic="A") == ["crane", "new-cabinet"]
    assert built(cranes(first, second), characteristic="B") == ["crane", "motor"]


def test_a_part_of_an_assembly_is_chosen_by_the_day_and_not_by_the_lines_characteristic() -> None:
    by_day = bill("2027", "new-motor", valid_from=date(2027, 1, 1))
    assert built(cranes(bill_of_trolley=[by_day])) == ["cabinet", "crane", "new-motor", "trolley"]
    by_words = bill("special", "new-motor", characteristics=["A"])
    assert built(cranes(bill_of_trolley=[by_words]), characteristic="A") == USUAL


def test_another_drawing_revision_takes_back_what_only_the_old_bill_needs() -> None:
    made_of = cranes(bill("rev-b", "new-cabinet", drawing_revisions=["B"]))
    made = world(made_of, silent, lines=[line("crane", 1, drawing_revision="A")], requested_date=WANTED)
    assert items_of(made) == USUAL
    made.order(line("crane", 1, drawing_revision="B"), requested_date=WANTED)
    assert items_of(made) == ["crane", "new-cabinet"]
    made.order(line("crane", 1, drawing_revision="A"), requested_date=WANTED)
    assert items_of(made) == USUAL


def test_each_delivery_of_a_schedule_is_built_by_the_bill_of_its_own_day() -> None:
    made_of = cranes(bill("from-july", "new-cabinet", valid_from=date(2027, 7, 1)))
    deliveries = [
        {"requested_date": date(2027, 6, 1), "quantity": Decimal(1)},
        {"requested_date": date(2027, 8, 2), "quantity": Decimal(1)},
    ]
    made = world(made_of, silent, lines=[line("crane", 2, deliveries=deliveries)], requested_date=WANTED)
    assert items_of(made) == ["cabinet", "crane", "crane", "motor", "new-cabinet", "trolley"]


def test_a_line_that_has_a_price_is_not_made_by_one_plant_where_its_bill_has_parts() -> None:
    made_of = cranes(bill("other", "new-cabinet", characteristics=["A"]))
    for words in ({}, {"characteristic": "A"}):
        made = world(made_of, silent, lines=[line("crane", 1, price=Decimal(5), **words)], requested_date=WANTED)
        assert [value["lines"][0]["price"] for value in made.of_item("crane")] == [None]


def test_bills_come_back_from_their_entries_as_they_were() -> None:
    made_of = cranes(
        bill("b", "new-cabinet", characteristics=["A"], valid_from=date(2027, 1, 1), valid_until=date(2027, 12, 31)),
        bill_of_trolley=[bill("c", "new-motor", drawings=["D"], drawing_revisions=["1", "2"])],
    )
    assert entries.of(entries.entries(made_of)).nomenclature == made_of.nomenclature


def _nomenclature(**changes: Any) -> Value:
    crane = {"item": "crane", "okpd2": "28.22.14", "name": {"en": "Crane", "ru": "Кран"}, "unit": "H87", **changes}
    other = {"item": "steel", "okpd2": "24.10", "name": {"en": "Steel", "ru": "Сталь"}, "unit": "KGM"}
    part = {"item": "part", "okpd2": "25.11", "name": {"en": "Part", "ru": "Часть"}, "unit": "H87"}
    return {"version": 1, "items": [crane, other, part]}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bills": [bill("a", "nothing")]}, "crane -> nothing: 'nothing' is no item here"),
        ({"bills": [bill("a", "crane")]}, "contains itself"),
        ({"bills": [bill("a", "part"), bill("a", "part")]}, "bill 'a' of 'crane' stands twice"),
        ({"bills": [{"bill": "a", "components": []}]}, "at least 1 item"),
        (
            {"bills": [bill("a", "part", valid_from=date(2027, 2, 1), valid_until=date(2027, 1, 31))]},
            "valid_until is before valid_from",
        ),
        (
            {"bills": [{"bill": "a", "components": [{"item": "part", "quantity": 1, "feeds": "steel"}]}]},
            "'steel' is no other component of 'crane'",
        ),
        ({"alternative_items": [{"item": "nothing"}]}, "'nothing' is no other item here"),
        ({"alternative_items": [{"item": "crane"}]}, "'crane' is no other item here"),
        ({"alternative_items": [{"item": "part"}, {"item": "part"}]}, "stands twice among the alternatives"),
        ({"alternative_items": [{"item": "steel"}]}, "needs the same base unit"),
    ],
)
def test_what_cannot_be_is_refused_with_its_remedy(changes: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Nomenclature.model_validate(_nomenclature(**changes))
