"""A quantity that nobody orders on purpose waits for a person, and takes nothing from others until then."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kranhub.errors import Misconfigured
from streams.routing.masterdata import masterdata
from streams.routing.masterdata.rule_check import findings
from streams.routing.notify import open_alerts
from streams.routing.notify.open_alerts import Since
from streams.routing.planner.plausibility import limit
from tests.support.masters import item, master, other, plant
from tests.support.plants import BUYER, KEY
from tests.support.worlds import World, answering, line, world

TYPO = 10**12
WEEKLY = {"quantity": 60, "unit": "H87"}
FACTORY = plant("factory", {"okpd2": "27", "capacity": WEEKLY})
SMALL = plant("small", {"okpd2": "27", "capacity": {"quantity": 1, "unit": "SET"}})
UNDECLARED = plant("undeclared", "27")
MOTOR = item("motor", "27.11.24", conversions={"SET": 6})
MASTER = master([FACTORY, SMALL, UNDECLARED], [MOTOR])


def with_item(*members: Any, **changes: Any) -> Any:
    return master(members or [FACTORY], [item("motor", "27.11.24", **changes)])


def ordered(quantity: Any, of: Any = MASTER, **changes: Any) -> World:
    return world(of, answering("AP"), lines=[line("motor", quantity)], **changes)


def held(of: World) -> list[str | None]:
    assert of.state is not None
    return [line.hold_reason for line in of.state.order.lines]


def test_the_default_is_what_all_declared_makers_make_in_26_weeks() -> None:
    """60 and 6 pieces a week in 26 weeks: 1716; who declares nothing does not count."""
    assert limit("motor", BUYER, MASTER) == 1716
    assert held(ordered(1716)) == [None]
    assert held(ordered(1717)) == ["implausible-quantity"]


def test_where_nobody_declares_a_capacity_and_the_item_says_nothing_there_is_no_limit() -> None:
    assert limit("motor", BUYER, master([UNDECLARED], [MOTOR])) is None


def test_the_item_and_its_buyers_go_before_the_default() -> None:
    of = with_item(plausible_quantity=10, plausible_quantities={BUYER: 20})
    assert [limit("motor", buyer, of) for buyer in (BUYER, "somebody")] == [20, 10]
    assert held(ordered(20, of)) == [None]
    assert held(ordered(21, of)) == ["implausible-quantity"]


def test_a_typo_reserves_nothing_sends_nothing_and_a_person_is_told_what_to_do_and_until_when() -> None:
    made = ordered(TYPO)
    assert made.subjects("AllocationRequest") == []
    assert made.subjects("PlantOrder") == []
    (alert,) = made.subjects("Alert")
    assert (alert["code"], alert["owner"]) == ("implausible-quantity", "operations")
    assert alert["deadline"] == alert["raised_at"] + timedelta(days=1)
    for words in alert["text"].values():
        assert f"`kranhub orders approve {KEY} --line 1`" in words
        assert "1000000000000 H87" in words
        assert "1716 H87" in words
    (told,) = made.status()["lines"]
    assert (told["state"], set(told["reason"])) == ("ON_HOLD", {"en", "ru"})


def test_the_alert_waits_until_the_line_goes_on() -> None:
    made = ordered(2000)
    assert len(waiting(made)) == 1
    made.act("APPROVE", line_id="1")
    assert waiting(made) == []


def waiting(of: World) -> list[Any]:
    since = Since(of.subjects("PlantOrder"), of.addressed(BUYER), of.subjects("AuditEntry"))
    return open_alerts.waiting(of.subjects("Alert"), {KEY: since}, of.today + timedelta(hours=1))


@pytest.mark.parametrize("place", [{"line_id": "1"}, {}])
def test_an_approved_line_goes_on(place: Any) -> None:
    made = ordered(2000)
    made.act("APPROVE", **place)
    assert made.refused == []
    assert held(made) == [None]
    assert made.wanted() == {"motor": 2000}
    assert made.status()["state"] == "CONFIRMED"


def test_less_stays_approved_and_more_is_asked_about_again() -> None:
    made = ordered(2000)
    made.act("APPROVE", line_id="1")
    for quantity in (1800, 2000):
        made.order(line("motor", quantity))
        assert held(made) == [None]
        assert made.wanted() == {"motor": quantity}
    made.order(line("motor", 2001))
    assert held(made) == ["implausible-quantity"]
    assert made.wanted() == {"motor": 2000}, "what the plant has stays there"


def test_a_typo_in_a_revision_takes_nothing_back_and_its_correction_goes_on() -> None:
    made = ordered(6)
    made.order(line("motor", TYPO))
    assert held(made) == ["implausible-quantity"]
    assert made.wanted() == {"motor": 6}
    made.order(line("motor", 7))
    assert held(made) == [None]
    assert made.wanted() == {"motor": 7}


def test_the_same_order_again_changes_nothing() -> None:
    made = ordered(TYPO)
    before = made.state
    made.order(line("motor", TYPO))
    assert before is not None
    assert made.state is not None
    assert made.state.revision == before.revision


def test_a_complete_delivery_waits_as_a_whole_and_goes_on_as_a_whole() -> None:
    made = world(MASTER, lines=[line("motor", TYPO), line("motor", 1, "2")], complete_delivery=True)
    assert held(made) == ["implausible-quantity", "complete-delivery"]
    made.order(line("motor", 2000), line("motor", 1, "2"), complete_delivery=True)
    made.act("APPROVE", line_id="1")
    assert held(made) == [None, None]
    assert made.wanted() == {"motor": 2001}


def test_a_line_that_is_mapped_later_is_looked_at_as_well() -> None:
    made = ordered(TYPO, master([FACTORY], [item("motor", "27.11.24", codes={})]))
    assert held(made) == ["unmapped-item"]
    made.master = MASTER
    made.wake()
    assert held(made) == ["implausible-quantity"]


def test_a_line_goes_on_once_the_item_allows_it() -> None:
    made = ordered(2000)
    made.master = with_item(plausible_quantity=5000)
    made.wake()
    assert held(made) == [None]


def test_a_limit_that_is_lowered_holds_nothing_that_goes_on() -> None:
    made = ordered(1000)
    made.master = with_item(plausible_quantity=10)
    made.wake()
    made.order(line("motor", 900))
    assert held(made) == [None]
    made.order(line("motor", 901))
    assert held(made) == ["implausible-quantity"]


def test_an_order_from_before_the_hub_is_not_asked_about() -> None:
    made = world(MASTER, lines=[line("motor", TYPO, opening_plant="factory")], opening=True)
    assert held(made) == [None]


def test_the_check_of_rules_names_makers_without_a_capacity() -> None:
    found = [(each.code, each.subject) for each in findings(MASTER)]
    assert found == [("no-capacity-declared", "undeclared")]
    grams = plant("grams", {"okpd2": "27", "capacity": {"quantity": Decimal(5), "unit": "GRM"}})
    (finding,) = findings(master([grams], [MOTOR]))
    assert "grams declares no capacity for motor" in finding.text.en
    assert "motor" in finding.text.ru


@pytest.mark.parametrize(
    ("field", "what"), [("plausible_quantities", "a plausible quantity"), ("safety_stock", "a safety stock")]
)
def test_a_quantity_for_who_is_no_member_is_a_mistake(tmp_path: Any, field: str, what: str) -> None:
    file = tmp_path / "items.yaml"
    file.write_text(
        "version: 1\nitems:\n  - {item: x, okpd2: '27', name: {en: x, ru: х}, unit: H87,"
        f" {field}: {{nobody-here: 5}}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(Misconfigured) as error:
        masterdata.load(Path("deploy/members/omsk.yaml"), file)
    assert f"{what} of 'nobody-here'" in error.value.text.en


def test_others_get_what_a_typo_would_have_taken() -> None:
    made = ordered(TYPO)
    second = World(answering("AP"), MASTER, stock=made.stock, number="18")
    second.order(line("motor", 5))
    assert second.wanted() == {"motor": 5}


def test_another_member_has_no_limit_of_a_buyers() -> None:
    of = master([FACTORY, other("somebody", "customer")], [item("motor", "27.11.24", plausible_quantities={BUYER: 1})])
    assert limit("motor", "somebody", of) == 1560
