"""What people decide by hand, and quotations: what is done, what plants and buyer hear, and what is recorded."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Subject
from streams.routing import handler
from streams.routing.context import DecisionContext
from tests.support.masters import item, master, plant
from tests.support.plants import START, Event, full_action, full_order, full_response
from tests.support.worlds import World, answering, by_plant, line, silent, world

ALFA = plant("alfa", {"okpd2": "25.11", "working_days": 10})
BETA = plant("beta", {"okpd2": "25.11", "working_days": 12})
YARD = plant("yard", {"okpd2": "28.22", "working_days": 10})
PLANTS, ITEMS = (ALFA, BETA, YARD), (item("beam", "25.11.23.119"), item("frame", "28.22.14.121", {"beam": 2}))
MASTER = master(PLANTS, ITEMS)
APPROVE = master(PLANTS, ITEMS, {"mode": "approve"})
BEAMS, FRAMES = line("beam", 10), line("frame", 3)
FIRST, SECOND = "sibir-terminal:17/1.1.1", "sibir-terminal:17/1.1.2"
DAY = timedelta(days=1)


def at_plants(of: World) -> list[str]:
    return [plant for _, plant in of.at_plants()]


def line_state(of: World) -> tuple[str, str]:
    """The state of the only line and why the order's status changed last."""
    (entry,) = of.status()["lines"]
    return entry["state"], of.status()["cause"]


def audit(of: World) -> list[tuple[Any, ...]]:
    return [(entry["action"], entry["subject"], entry["after"]) for entry in of.subjects("AuditEntry")]


def firm(of: World) -> list[datetime | None]:
    """When each reservation that is held now ends."""
    return [asked["expires_at"] for asked in of.asked.values()]


def test_nothing_is_sent_before_a_person_approves() -> None:
    made = world(APPROVE, answering("AP"), lines=[FRAMES])
    assert made.subjects("PlantOrder") == []
    assert made.codes() == ["approval-needed", "approval-needed"]
    assert {(entry["state"]) for entry in made.status()["lines"]} == {"RECEIVED"}
    assert all(ends is not None and ends - START >= 5 * DAY for ends in firm(made))
    made.act("APPROVE")
    assert made.wanted() == {"frame": 3, "beam": 6}
    assert made.status()["state"] == "CONFIRMED"
    assert firm(made) == [None, None]
    assert audit(made) == [("APPROVE", "sibir-terminal:17", None)]


@pytest.mark.parametrize(
    ("only", "subject"),
    [({"line_id": "2"}, "sibir-terminal:17/2"), ({"plant_order_id": "sibir-terminal:17/2.1.1"},) * 2],
    ids=["a line", "a plant order"],
)
def test_a_part_can_be_approved_by_itself(only: dict[str, str], subject: Any) -> None:
    made = world(APPROVE, lines=[BEAMS, line("beam", 4, "2")])
    made.act("APPROVE", **only)
    assert list(made.at_plants().values()) == [4]
    assert audit(made) == [("APPROVE", only.get("plant_order_id", subject), None)]


def test_what_nobody_approves_is_given_back_and_held_and_can_be_taken_up_again() -> None:
    made = world(APPROVE, stock={("alfa", "beam"): 10}, lines=[BEAMS])
    made.later(days=6)
    assert line_state(made) == ("ON_HOLD", "not-approved")
    assert set(made.status()["lines"][0]["reason"]) == {"en", "ru"}
    assert made.codes() == ["approval-needed", "not-approved"]
    assert made.stock["alfa", "beam"] == 10
    made.act("APPROVE")
    assert made.subjects("PlantOrder") == []
    made.act("RELEASE")
    made.act("APPROVE")
    assert list(made.at_plants()) == [(SECOND, "alfa")]


def test_an_approval_counts_for_the_plant_it_was_given_for() -> None:
    made = world(APPROVE, by_plant(alfa=answering("RE")), lines=[BEAMS])
    made.act("APPROVE")
    assert made.at_plants() == {}
    assert made.codes() == ["approval-needed", "approval-needed"]
    made.act("APPROVE", plant_order_id=FIRST)
    assert made.refused == ["closed-plant-order"]
    assert made.at_plants() == {}
    made.act("APPROVE", plant_order_id=SECOND)
    assert at_plants(made) == ["beta"]


@pytest.mark.parametrize("rules", [MASTER, APPROVE], ids=["after it was sent", "before it was sent"])
def test_a_rejection_by_hand_asks_the_next_plant(rules: Any) -> None:
    made = world(rules, lines=[BEAMS])
    made.act("REJECT", plant_order_id=FIRST)
    made.act("APPROVE")
    assert at_plants(made) == ["beta"]
    told = [value["document_status"] for value in made.subjects("PlantOrder") if value["plant"] == "alfa"]
    assert told == (["ACTIVE", "CANCELLED"] if rules is MASTER else [])
    released = [value["request_id"] for value in made.subjects("AllocationRequest") if value["action"] == "RELEASE"]
    assert released == [FIRST]
    last = made.subjects("RoutingDecision")[-1]
    assert {entry["member"]: entry["why_not"] for entry in last["alternatives"]}["alfa"] == "rejected-by-hand"
    made.act("REJECT", line_id="1")
    assert line_state(made) == ("ON_HOLD", "no-candidate")


def test_a_person_chooses_another_plant() -> None:
    made = world(MASTER, lines=[BEAMS])
    made.act("OVERRIDE_PLANT", plant_order_id=FIRST, plant="beta")
    assert at_plants(made) == ["beta"]
    assert made.plant_orders()[FIRST]["document_status"] == "CANCELLED"
    assert audit(made) == [("OVERRIDE_PLANT", FIRST, "beta")]
    last = made.subjects("RoutingDecision")[-1]
    assert (last["chosen"], last["inputs"]["by_hand"]) == ("beta", "yes")
    made.act("OVERRIDE_PLANT", plant_order_id=SECOND, plant="beta")
    assert at_plants(made) == ["beta"]


@pytest.mark.parametrize(
    "rule",
    [
        {"when": {"kind": ["LEASE"]}},
        {"deny": ["alfa", "beta"]},
        {"regions": ["RU-MOW"]},
        {"mode": "approve", "deny": ["beta"]},
    ],
    ids=["no rule", "all denied", "another region", "approval"],
)
def test_a_persons_choice_goes_before_the_rules(rule: Mapping[str, Any]) -> None:
    made = world(master(PLANTS, ITEMS, rule), lines=[BEAMS])
    made.act("OVERRIDE_PLANT", line_id="1", plant="beta")
    assert at_plants(made) == ["beta"]


def test_a_person_may_choose_a_plant_that_has_said_no() -> None:
    made = world(MASTER, answering("RE"), lines=[BEAMS])
    assert line_state(made) == ("ON_HOLD", "no-candidate")
    made.answers = silent
    made.act("OVERRIDE_PLANT", plant_order_id=SECOND, plant="alfa")
    assert list(made.at_plants()) == [("sibir-terminal:17/1.1.3", "alfa")]
    assert line_state(made) == ("PLANNED", "earliest-date-changed")
    assert [value["cause"] for value in made.subjects("OrderStatus")][-2] == "by-hand-override-plant"


def test_of_a_whole_line_the_plant_gets_what_it_can_make() -> None:
    made = world(MASTER, lines=[FRAMES])
    made.act("OVERRIDE_PLANT", line_id="1", plant="beta")
    assert {plant: value for (_, plant), value in made.at_plants().items()} == {"yard": 3, "beta": 6}


def test_a_person_sets_the_day_and_the_buyers_next_revision_does_not_undo_it() -> None:
    made = world(MASTER, answering("AP"), lines=[BEAMS])
    made.answers = silent
    made.act("OVERRIDE_DATE", plant_order_id=FIRST, date=date(2027, 1, 20))
    (last,) = made.plant_orders().values()
    assert (last["revision"], last["requested_date"]) == (2, date(2027, 1, 20))
    assert made.status()["state"] == "PLANNED"
    assert audit(made) == [("OVERRIDE_DATE", FIRST, "2027-01-20")]
    made.order(BEAMS, requested_date=date(2027, 5, 1))
    (last,) = made.plant_orders().values()
    assert last["requested_date"] == date(2027, 1, 20)


def test_a_frozen_order_keeps_still_until_it_is_released() -> None:
    made = world(MASTER, lines=[BEAMS])
    made.act("FREEZE")
    assert line_state(made) == ("ON_HOLD", "by-hand-freeze")
    said = len(made.subjects("PlantOrder"))
    made.order(line("beam", 14))
    made.later(days=10)
    assert len(made.subjects("PlantOrder")) == said
    assert at_plants(made) == ["alfa"]
    made.act("RELEASE")
    assert made.wanted() == {"beam": 14}
    made.later(days=5)
    assert at_plants(made) == ["beta"]
    assert [entry[0] for entry in audit(made)] == ["FREEZE", "RELEASE"]


def test_what_is_cancelled_while_frozen_is_taken_back_on_release() -> None:
    made = world(MASTER, lines=[BEAMS])
    made.act("FREEZE")
    made.order(BEAMS, document_status="CANCELLED")
    assert at_plants(made) == ["alfa"]
    made.act("RELEASE")
    assert made.at_plants() == {}
    assert line_state(made)[0] == "CANCELLED"


def test_a_release_asks_again_whoever_was_tried() -> None:
    made = world(MASTER, answering("RE"), lines=[BEAMS])
    made.answers = answering("AP")
    made.act("RELEASE")
    assert list(made.at_plants()) == [("sibir-terminal:17/1.1.3", "alfa")]
    assert line_state(made)[0] == "CONFIRMED"


def test_a_person_cancels_and_the_buyers_repeat_does_not_undo_it() -> None:
    made = world(MASTER, answering("AP"), lines=[BEAMS])
    made.act("CANCEL")
    made.act("CANCEL")
    made.order(BEAMS)
    assert made.at_plants() == {}
    assert (line_state(made)[0], made.status()["order_revision"]) == ("CANCELLED", 2)
    assert audit(made) == [("CANCEL", "sibir-terminal:17", None)] * 2


def test_an_action_that_comes_again_changes_nothing() -> None:
    made = world(MASTER, answering("RE"), lines=[BEAMS])
    again = full_action("RELEASE")
    made.happen("PlannerAction", again)
    said = len(made.sent)
    made.happen("PlannerAction", again)
    assert len(made.sent) == said
    (entry,) = made.subjects("AuditEntry")
    assert (entry["entry_id"], entry["actor"], entry["before"]) == ("a-RELEASE", "dispatcher", "ON_HOLD")
    assert entry["reason"] == "as agreed by telephone"


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("APPROVE", {"plant_order_id": "sibir-terminal:17/7.7.7"}, "unknown-plant-order"),
        ("APPROVE", {"line_id": "7"}, "unknown-line"),
        ("REJECT", {"plant_order_id": FIRST}, "closed-plant-order"),
        ("OVERRIDE_DATE", {"plant_order_id": FIRST, "date": date(2027, 1, 1)}, "closed-plant-order"),
        ("OVERRIDE_PLANT", {"plant_order_id": FIRST, "plant": "beta"}, "closed-plant-order"),
        ("OVERRIDE_PLANT", {"plant": "nobody"}, "unknown-member"),
        ("OVERRIDE_PLANT", {"plant": "yard"}, "not-a-maker"),
        ("OVERRIDE_PLANT", {}, "bad-action"),
        ("OVERRIDE_DATE", {}, "bad-action"),
        ("UNKNOWN", {}, "bad-action"),
    ],
)
def test_an_action_that_makes_no_sense_is_refused_readably(action: str, given: dict[str, Any], code: str) -> None:
    made = world(MASTER, by_plant(alfa=answering("RE")), lines=[BEAMS])
    with pytest.raises(InvalidDocument) as refused:
        handler.handle(
            made.state, Subject.PLANNER_ACTION, full_action(action, **given), DecisionContext("x", START, MASTER)
        )
    assert refused.value.code == code
    assert refused.value.text.en
    assert refused.value.text.ru


def test_an_action_on_an_order_that_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidDocument) as refused:
        handler.handle(None, Subject.PLANNER_ACTION, full_action("CANCEL"), DecisionContext("x", START, MASTER))
    assert refused.value.code == "unknown-order"


QUOTATION: dict[str, Any] = {"quotation": True, "valid_until": date(2026, 12, 10)}


def test_a_quotation_tells_the_earliest_day_and_orders_nothing() -> None:
    made = world(MASTER, stock={("alfa", "beam"): 100}, lines=[FRAMES], **QUOTATION)
    assert made.subjects("PlantOrder") == []
    assert set(firm(made)) == {datetime(2026, 12, 10, 18, tzinfo=UTC)}, "midnight in Omsk"
    status = made.status()
    # The beams are on stock: a day's way; 10 working days from Wednesday, 25 November, end on 8 December; a day's way.
    assert (status["cause"], status["earliest_date"]) == ("offered", date(2026, 12, 9))
    assert (status["quotation"], status["valid_until"]) == (True, date(2026, 12, 10))
    assert status["promised_date"] is None
    assert "2026-12-09" in status["reason"]["en"]
    assert "2026-12-09" in status["reason"]["ru"]


def test_the_same_order_without_the_quotation_is_placed_and_its_reservation_stays() -> None:
    made = world(MASTER, answering("AP"), stock={("alfa", "beam"): 10}, lines=[BEAMS], **QUOTATION)
    made.later(days=2)
    made.order(BEAMS)
    assert at_plants(made) == ["alfa"]
    assert firm(made) == [None]
    assert made.status()["state"] == "CONFIRMED"
    assert made.status()["quotation"] is False
    made.later(days=60)
    assert made.holds == {FIRST: 10}


def test_a_quotation_that_runs_out_gives_all_back() -> None:
    made = world(MASTER, stock={("alfa", "beam"): 10}, lines=[BEAMS], **QUOTATION)
    made.later(days=17)
    assert line_state(made) == ("CLOSED", "expired")
    assert made.stock["alfa", "beam"] == 10
    assert made.status()["earliest_date"] is None
    assert set(made.status()["lines"][0]["reason"]) == {"en", "ru"}


@pytest.mark.parametrize("again", [{}, {**QUOTATION, "valid_until": date(2027, 1, 15)}], ids=["ordered", "asked again"])
def test_what_ran_out_can_be_ordered_or_asked_for_again(again: dict[str, Any]) -> None:
    made = world(MASTER, stock={("alfa", "beam"): 10}, lines=[BEAMS], **QUOTATION)
    made.later(days=20)
    made.order(BEAMS, **again)
    assert made.holds == {SECOND: 10}
    assert at_plants(made) == ([] if again else ["alfa"])
    causes = [value["cause"] for value in made.subjects("OrderStatus")]
    assert causes[-1] == ("offered" if again else "earliest-date-changed")
    assert again or causes[-2] == "order-changed"


def test_a_quotation_may_change_and_be_taken_back() -> None:
    made = world(MASTER, stock={("alfa", "beam"): 10}, lines=[BEAMS], **QUOTATION)
    soon = made.status()["earliest_date"]
    made.order(line("beam", 12), **QUOTATION)
    assert made.status()["earliest_date"] > soon
    made.order(line("beam", 12), document_status="CANCELLED", **QUOTATION)
    assert line_state(made)[0] == "CANCELLED"
    assert made.holds == {}


def test_an_order_that_is_at_its_plant_does_not_become_tentative_again() -> None:
    made = world(MASTER, answering("AP"), lines=[BEAMS])
    made.order(BEAMS, **QUOTATION)
    made.later(days=60)
    assert at_plants(made) == ["alfa"]
    assert firm(made) == [None]


def test_a_quotation_that_must_be_approved_waits_for_its_own_end() -> None:
    made = world(APPROVE, lines=[BEAMS], **QUOTATION)
    assert firm(made) == [datetime(2026, 12, 10, 18, tzinfo=UTC)]
    made.order(BEAMS)
    assert made.subjects("PlantOrder") == []
    made.act("APPROVE")
    assert at_plants(made) == ["alfa"]


def test_the_word_of_an_ended_reservation_that_was_renewed_meanwhile_is_dropped() -> None:
    made = world(APPROVE, lines=[BEAMS])
    (asked,) = made.asked.values()
    ended = {"request_id": FIRST, "kind": "EXPIRED", "generation": asked["generation"], "plant": "alfa"}
    made.act("APPROVE")
    nothing = {"from_stock": Decimal(0), "to_make": Decimal(0), "available_on": None}
    made.happen("AllocationResult", {**ended, **nothing})
    assert at_plants(made) == ["alfa"]


def test_an_answer_to_what_was_asked_before_a_person_moved_it_is_withdrawn() -> None:
    made = world(MASTER, lines=[BEAMS])
    (asked,) = made.subjects("PlantOrder")
    made.act("OVERRIDE_PLANT", plant_order_id=FIRST, plant="beta")
    made.take(Event("late", "OrderResponse", full_response(asked, "AP", START + DAY)))
    made.run()
    assert at_plants(made) == ["beta"]


def test_the_order_of_a_frozen_quotation_is_placed_on_release() -> None:
    made = world(MASTER, lines=[BEAMS], **QUOTATION)
    made.act("FREEZE")
    made.take(Event("placed", "Order", full_order("17", [BEAMS], MASTER)))
    made.run()
    assert made.subjects("PlantOrder") == []
    made.act("RELEASE")
    assert at_plants(made) == ["alfa"]
