"""A line is planned with an alternative item where the rule and the buyer allow it, and its own cannot come in time."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.parties.members import Member
from kranhub.wire.messages import Subject
from streams.routing import handler
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.order import Substitution
from streams.routing.planner import alternative_items
from streams.routing.planner.alternative_items import Outcome
from streams.routing.planner.step import Step
from streams.routing.recovery import adopt
from streams.routing.recovery.evidence import Evidence, HeldOrder
from tests.support.masters import item, master, plant
from tests.support.plants import START, Value, full_order, full_response
from tests.support.worlds import World, answering, line, silent, world

ASKED = date(2026, 12, 10)
"""The requested date: a Thursday. The order comes on Tuesday, 24 November 2026; goods travel for a day."""

WHERE_LATE = {"alternative_items": "where-late"}
WHERE_NONE = {"alternative_items": "where-none"}


def maker(name: str, okpd2: str, days: int) -> Member:
    return plant(name, {"okpd2": okpd2, "working_days": days})


def motors(
    *members: Member, rule: Any = None, alternatives: tuple[Any, ...] = ("other", "third"), **changes: Any
) -> MasterData:
    """A motor that has alternatives: plants make it in as many days as their capabilities say."""
    others = [{"item": each} if isinstance(each, str) else each for each in alternatives]
    items = [
        item("motor", "27.11.10", alternative_items=others, **changes),
        item("other", "27.11.20"),
        item("third", "27.11.30"),
    ]
    return master(members, items, WHERE_LATE if rule is None else rule)


SLOW, FAST, FASTER = maker("slow", "27.11.10", 30), maker("fast", "27.11.20", 5), maker("faster", "27.11.30", 3)


def ordered(made_of: MasterData, quantity: Any = 4, **changes: Any) -> World:
    words = {"requested_date": ASKED, "alternatives_allowed": True, **changes}
    return world(made_of, silent, lines=[line("motor", quantity)], **words)


def asked_items(made: World) -> list[tuple[str, str]]:
    return [(value["plant"], value["lines"][0]["item"]) for value in made.subjects("PlantOrder")]


def line_status(made: World) -> Value:
    return made.status()["lines"][0]


def test_the_first_alternative_that_comes_in_time_is_asked_for_and_nothing_else() -> None:
    """The motor takes 30 working days from 24 November: 4 January. The alternative five: 24-27 (4), 30 November."""
    made = ordered(motors(SLOW, FAST, FASTER))
    assert asked_items(made) == [("fast", "other")]
    assert made.status()["earliest_date"] == date(2026, 12, 1)
    assert [value["state"] for value in made.addressed("sibir-terminal")] == ["RECEIVED", "PLANNED"]
    assert line_status(made)["alternative_item"] == "other"
    assert line_status(made)["reason"]["en"] == "Other is delivered in place of Motor."
    assert line_status(made)["reason"]["ru"] == "Вместо ««motor»» поставляется ««other»»."
    assert made.codes() == []


def test_the_ordered_item_itself_is_asked_for_where_it_comes_in_time() -> None:
    made = ordered(motors(maker("slow", "27.11.10", 5), FASTER))
    assert asked_items(made) == [("slow", "motor")]
    assert line_status(made)["alternative_item"] is None
    assert line_status(made)["reason"] == {}


def test_the_ordered_item_from_stock_needs_no_alternative() -> None:
    made_of = motors(SLOW, FAST)
    stock, lines = {("slow", "motor"): 4}, [line("motor", 4)]
    made = world(made_of, silent, stock, lines=lines, requested_date=ASKED, alternatives_allowed=True)
    assert asked_items(made) == [("slow", "motor")]


def test_where_all_come_late_the_earliest_is_asked_for() -> None:
    late = motors(SLOW, maker("fast", "27.11.20", 25), maker("faster", "27.11.30", 20))
    assert asked_items(ordered(late)) == [("faster", "third")]
    late = motors(maker("slow", "27.11.10", 20), maker("fast", "27.11.20", 25), maker("faster", "27.11.30", 20))
    assert asked_items(ordered(late)) == [("slow", "motor")], "of equal days the ordered item's counts"


def test_where_none_can_deliver_the_ordered_item_the_alternative_is_asked_for_however_late() -> None:
    made = ordered(motors(maker("fast", "27.11.20", 60), FASTER, rule=WHERE_NONE))
    assert asked_items(made) == [("fast", "other")]
    assert made.codes() == []


def test_a_late_item_is_not_replaced_where_only_a_missing_one_is() -> None:
    made = ordered(motors(SLOW, FAST, rule=WHERE_NONE))
    assert asked_items(made) == [("slow", "motor")]


def test_an_alternative_that_no_plant_can_deliver_is_passed_over() -> None:
    made = ordered(motors(SLOW, FASTER))
    assert asked_items(made) == [("faster", "third")]
    assert made.codes() == [], "nobody needs to look at an item that was only tried"


def test_where_nobody_can_deliver_any_of_them_the_ordered_item_is_on_hold_with_one_alert() -> None:
    made = ordered(motors(maker("elsewhere", "25.11", 5)))
    assert asked_items(made) == []
    assert (made.status()["state"], line_status(made)["alternative_item"]) == ("ON_HOLD", None)
    assert made.codes() == ["no-candidate"]
    assert [portion.item for portion in made.portions()] == ["motor"]


@pytest.mark.parametrize("consent", [None, False])
def test_without_consent_the_buyer_reads_what_could_come_instead(consent: bool | None) -> None:
    made = ordered(motors(FAST, FASTER), alternatives_allowed=consent)
    assert asked_items(made) == []
    assert "Alternatives: Other, Third. Send the order again" in line_status(made)["reason"]["en"]
    assert "Возможные замены: «other», «third». Отправьте" in line_status(made)["reason"]["ru"]
    made.order(line("motor", 4), requested_date=ASKED, alternatives_allowed=True)
    assert asked_items(made) == [("fast", "other")]
    assert "Alternatives" not in line_status(made)["reason"]["en"]


def test_a_rule_may_do_without_consent_but_never_against_a_no() -> None:
    rule = {**WHERE_LATE, "alternatives_need_consent": False}
    assert asked_items(ordered(motors(SLOW, FAST, rule=rule), alternatives_allowed=None)) == [("fast", "other")]
    assert asked_items(ordered(motors(SLOW, FAST, rule=rule), alternatives_allowed=False)) == [("slow", "motor")]


def test_without_a_rule_for_it_there_are_no_alternatives() -> None:
    assert asked_items(ordered(motors(SLOW, FAST, rule={}))) == [("slow", "motor")]


@pytest.mark.parametrize(
    ("validity", "found"),
    [
        ({"valid_until": date(2026, 12, 9)}, "slow"),
        ({"valid_until": date(2026, 12, 10)}, "fast"),
        ({"valid_from": date(2026, 12, 10)}, "fast"),
        ({"valid_from": date(2026, 12, 11)}, "slow"),
    ],
)
def test_an_alternative_is_valid_for_lines_that_are_wanted_in_its_time(validity: Any, found: str) -> None:
    made = ordered(motors(SLOW, FAST, alternatives=({"item": "other", **validity},)))
    assert [plant for plant, _ in asked_items(made)] == [found]


def test_a_quotation_is_told_the_alternatives_day_and_no_other() -> None:
    made = ordered(motors(SLOW, FAST), quotation=True)
    assert asked_items(made) == []
    told = {value["earliest_date"] for value in made.addressed("sibir-terminal")}
    assert told == {None, date(2026, 12, 1)}
    assert line_status(made)["alternative_item"] == "other"


def test_what_is_at_a_plant_stays_what_it_is_when_the_order_changes() -> None:
    made = ordered(motors(SLOW, FAST))
    asked = made.subjects("PlantOrder")[0]
    made.happen("OrderResponse", full_response(asked, "AP", START, promised_date=date(2026, 11, 30)))
    made.order(line("motor", 6), requested_date=date(2027, 6, 1), alternatives_allowed=True)
    assert {name for _, name in asked_items(made)} == {"other"}
    assert made.wanted() == {"other": 6}


def test_withdrawn_consent_takes_the_alternative_back() -> None:
    made = ordered(motors(SLOW, FAST))
    made.order(line("motor", 4), requested_date=ASKED, alternatives_allowed=False)
    assert made.of_item("other") == []
    assert [value["plant"] for value in made.of_item("motor")] == ["slow"]
    assert line_status(made)["alternative_item"] is None


def test_a_refused_alternative_is_followed_by_the_next_one_and_at_last_by_the_ordered_item() -> None:
    made = world(
        motors(SLOW, FAST, FASTER), answering("RE"), lines=[line("motor", 4)], requested_date=ASKED,
        alternatives_allowed=True,
    )  # fmt: skip
    assert asked_items(made)[:1] == [("fast", "other")]
    assert {name for _, name in asked_items(made)} == {"other", "third", "motor"}
    assert (made.status()["state"], line_status(made)["alternative_item"]) == ("ON_HOLD", None)
    assert [portion.item for portion in made.portions()] == ["motor"]


def test_lines_of_an_order_are_decided_each_for_itself() -> None:
    made_of = master(
        [SLOW, FAST],
        [
            item("motor", "27.11.10", alternative_items=[{"item": "other"}]),
            item("other", "27.11.20"),
            item("plain", "27.11.10"),
        ],
        WHERE_LATE,
    )
    lines = [line("motor", 4, "1"), line("plain", 4, "2"), line("other", 1, "3")]
    made = world(made_of, silent, lines=lines, requested_date=ASKED, alternatives_allowed=True)
    assert sorted(asked_items(made)) == [("fast", "other"), ("fast", "other"), ("slow", "plain")]
    assert [each["alternative_item"] for each in made.status()["lines"]] == ["other", None, None]


def test_the_plant_gets_no_drawing_of_another_item() -> None:
    made_of = motors(SLOW, FAST)
    bought = line("motor", 4, description="Motor for the trolley", drawing="DRW-1", drawing_revision="B")
    made = world(made_of, silent, lines=[bought], requested_date=ASKED, alternatives_allowed=True)
    asked = made.subjects("PlantOrder")[0]["lines"][0]
    assert (asked["item"], asked["description"], asked["drawing"]) == ("other", None, None)


QUOTES = {**WHERE_LATE, "rank": "earliest-promise"}
ELSEWHERE = maker("elsewhere", "25.11", 5)
NOW_IN_TIME = maker("slow", "27.11.10", 5)


def publish(made: World, master_data: MasterData) -> None:
    """Let other master data count, and wake the order as their publication does."""
    made.master = master_data
    made.wake()


def trial(rule: Any = None) -> World:
    """Return a world in the middle of a trial: the motor is late, offers for the alternative are awaited."""
    made = World(silent, motors(SLOW, FAST, maker("fast2", "27.11.20", 6), rule=rule or QUOTES))
    made.mute = {"fast", "fast2"}
    made.order(line("motor", 4), requested_date=ASKED, alternatives_allowed=True)
    return made


def without(*names: str, rule: Any = None) -> MasterData:
    """Return the master data without these items."""
    codes = {"motor": "27.11.10", "other": "27.11.20", "third": "27.11.30"}
    items = [item(name, okpd2) for name, okpd2 in codes.items() if name not in names]
    return master([SLOW, FAST], items, rule or WHERE_LATE)


@pytest.mark.parametrize(
    ("rule", "changes"), [(WHERE_LATE, {"quotation": True}), ({**WHERE_LATE, "mode": "approve"}, {})]
)
def test_an_alternative_that_leaves_the_nomenclature_gives_the_line_back_to_its_item(rule: Any, changes: Any) -> None:
    """No plant has been asked for it: where one has, the publication is refused."""
    made = ordered(motors(SLOW, FAST, rule=rule), **changes)
    publish(made, without("other"))
    assert [portion.item for portion in made.portions()] == ["motor"]
    assert line_status(made)["alternative_item"] is None


def test_the_ordered_item_may_leave_the_nomenclature_once_its_alternative_is_at_a_plant() -> None:
    made = ordered(motors(SLOW, FAST))
    publish(made, without("motor"))
    promise = full_response(made.subjects("PlantOrder")[0], "AP", START, promised_date=date(2026, 11, 30))
    made.happen("OrderResponse", promise)
    assert (made.status()["state"], line_status(made)["alternative_item"]) == ("CONFIRMED", "other")
    assert line_status(made)["reason"]["en"] == "Other is delivered in place of motor."
    assert made.wanted() == {"other": 4}


def test_what_is_on_hold_is_tried_anew_when_a_person_releases_it() -> None:
    made_of = motors(FAST, rule=WHERE_NONE)
    words = {"requested_date": ASKED, "alternatives_allowed": True}
    made = world(made_of, silent, None, {("fast", "other"): 0}, [line("motor", 4)], **words)
    assert made.status()["state"] == "ON_HOLD"
    made.limit = {}
    made.act("RELEASE")
    assert asked_items(made)[-1] == ("fast", "other")
    assert (made.status()["state"], line_status(made)["alternative_item"]) == ("PLANNED", "other")


def test_what_is_on_hold_is_tried_anew_with_each_reminder() -> None:
    made = ordered(motors(ELSEWHERE))
    made.master = motors(ELSEWHERE, FAST)
    made.later(days=2)
    assert asked_items(made) == [("fast", "other")]
    assert made.status()["state"] == "PLANNED"


def test_the_order_waits_for_a_stopped_maker_of_an_alternative() -> None:
    stopped = plant("fast", {"okpd2": "27.11.20", "working_days": 5}, cutover="stopped")
    made = ordered(motors(ELSEWHERE, stopped))
    assert made.state is not None
    assert made.state.awaited_members == ("fast",)
    publish(made, motors(ELSEWHERE, FAST))
    assert asked_items(made) == [("fast", "other")]


@pytest.mark.parametrize("rule", [{"rank": "earliest-promise"}, {**QUOTES, "alternatives_need_consent": True}])
def test_an_item_that_may_not_be_tried_any_more_gives_way_to_the_ordered_one(rule: Any) -> None:
    made = trial({**QUOTES, "alternatives_need_consent": False})
    if "alternatives_need_consent" in rule:
        made.order(line("motor", 4), requested_date=ASKED, alternatives_allowed=None)
    publish(made, motors(SLOW, FAST, maker("fast2", "27.11.20", 6), rule=rule))
    made.later(days=1)
    assert asked_items(made) == [("slow", "motor")]


def test_a_plant_that_a_person_chooses_amid_a_trial_makes_what_is_tried_and_the_buyer_reads_it() -> None:
    made = trial()
    made.act("OVERRIDE_PLANT", plant="fast")
    assert asked_items(made) == [("fast", "other")]
    assert line_status(made)["alternative_item"] == "other"


def test_a_person_approves_the_item_that_is_decided_and_is_asked_once() -> None:
    made = ordered(motors(SLOW, FAST, FASTER, rule={**WHERE_LATE, "mode": "approve"}))
    assert made.codes() == ["approval-needed"]
    assert "Other, 4 H87" in made.subjects("Alert")[0]["text"]["en"]
    made.act("APPROVE")
    assert asked_items(made) == [("fast", "other")]
    late = [SLOW, maker("fast", "27.11.20", 45), maker("faster", "27.11.30", 50)]
    made = ordered(motors(*late, rule={**WHERE_LATE, "mode": "approve"}))
    assert made.codes() == ["approval-needed"]
    assert "Motor, 4 H87" in made.subjects("Alert")[0]["text"]["en"]


def test_the_alternative_stands_in_the_status_while_the_line_is_on_hold() -> None:
    made = ordered(motors(SLOW, FAST))
    made.act("FREEZE")
    assert (line_status(made)["state"], line_status(made)["alternative_item"]) == ("ON_HOLD", "other")


def test_a_late_line_at_a_plant_is_not_told_that_consent_would_help() -> None:
    made = ordered(motors(SLOW, FAST), alternatives_allowed=None)
    promise = full_response(made.subjects("PlantOrder")[0], "AP", START, promised_date=date(2027, 1, 4))
    made.happen("OrderResponse", promise)
    words = "Alternatives, which may come earlier: Other, Third. Order one of them in its place."
    assert line_status(made)["reason"]["en"] == words


@pytest.mark.parametrize("changes", [{"document_status": "CANCELLED"}, {}])
def test_a_line_that_no_plant_has_is_tried_anew_after_a_change(changes: Any) -> None:
    """Cancelled and ordered again, or with another characteristic: by then the motor itself comes in time."""
    made = ordered(motors(SLOW, FAST), quotation=True)
    if changes:
        made.order(line("motor", 4), requested_date=ASKED, alternatives_allowed=True, quotation=True, **changes)
    made.master = motors(NOW_IN_TIME, FAST)
    again = line("motor", 4, **({} if changes else {"characteristic": "380 V"}))
    made.order(again, requested_date=ASKED, alternatives_allowed=True, quotation=True)
    assert [portion.item for portion in made.portions()] == ["motor"]


def test_the_bill_of_an_alternative_does_not_ask_for_the_ordered_items_drawing() -> None:
    bill = {"bill": "drawn", "drawings": ["D1"], "components": [{"item": "third", "quantity": 1}]}
    items = [
        item("motor", "27.11.10", alternative_items=[{"item": "other"}]),
        item("other", "27.11.20", bills=[bill]),
        item("third", "27.11.30"),
    ]
    bought = line("motor", 4, drawing="D1")
    made_of = master([SLOW, FAST, FASTER], items, WHERE_LATE)
    made = world(made_of, silent, lines=[bought], requested_date=ASKED, alternatives_allowed=True)
    assert asked_items(made) == [("fast", "other")]


@pytest.mark.parametrize(("rule", "found"), [({"minimum": 5}, "slow"), ({"minimum": 4}, "fast"), ({"step": 3}, "slow")])
def test_an_alternative_that_may_not_be_ordered_in_the_quantity_is_left_out(rule: Any, found: str) -> None:
    items = [
        item("motor", "27.11.10", alternative_items=[{"item": "other"}]),
        item("other", "27.11.20", order_quantity=rule),
    ]
    made = ordered(master([SLOW, FAST], items, WHERE_LATE))
    assert [plant for plant, _ in asked_items(made)] == [found]


def test_after_a_refusal_the_line_stays_planned_while_the_next_item_is_tried() -> None:
    made = ordered(motors(SLOW, FAST, FASTER))
    made.happen("OrderResponse", full_response(made.subjects("PlantOrder")[0], "RE", START))
    states = [value["lines"][0]["state"] for value in made.addressed("sibir-terminal")]
    assert "RECEIVED" not in states[1:]
    assert asked_items(made)[-1] == ("faster", "third")


def test_after_a_restore_an_alternative_against_the_buyers_no_is_taken_back() -> None:
    restored, evidence = restored_with_alternative(alternatives_allowed=False)
    assert [p.item for p in restored.state.portions if not p.cancelled and p.current] == ["motor"]
    assert evidence.orders[0].item_code == "other"


def test_after_a_restore_a_plant_that_holds_the_alternative_keeps_it() -> None:
    """The hub has lost all but the order; what the plant's ERP holds says which item the line was planned with."""
    resumed, _ = restored_with_alternative(alternatives_allowed=True)
    assert [p.item for p in resumed.state.portions if not p.cancelled] == ["other"]
    assert [message.subject for message in resumed.messages if message.subject == "PlantOrder"] == []
    assert resumed.state.status is not None
    assert resumed.state.status.lines[0].alternative == "other"


def restored_with_alternative(**changes: Any) -> tuple[Step, Evidence]:
    """Return the order after a restore in which a plant's ERP holds the alternative, and what the ERPs hold."""
    made = ordered(motors(SLOW, FAST))
    asked = made.subjects("PlantOrder")[0]
    context = DecisionContext("r", START, made.master)
    value = full_order("17", [line("motor", 4)], made.master, requested_date=ASKED, **changes)
    restored = handler.apply_facts(None, Subject.ORDER, value, context)
    assert restored is not None
    held = HeldOrder(
        "fast", asked["plant_order_id"], asked["revision"], False, "other", Decimal(4), "H87", asked["requested_date"]
    )
    everybody = frozenset(made.master.members.by_id)
    evidence = Evidence((held,), (), everybody, everybody)
    adopted = adopt.adopt(restored.state, evidence, context)
    return handler.resume_after_restore(adopted.state, evidence, context), evidence


ITEMS = ("own", "b", "c", "d")


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 1, 9))), st.booleans()), max_size=60),
)
def test_the_search_ends_and_stays_with_an_item_that_can_be_delivered(count: int, results: list[Any]) -> None:
    """Whatever becomes of each trial: every item is tried once, then the earliest that is possible is kept."""
    candidates, known = ITEMS[:count], Substitution("1", "own", "own")
    fixed = dict(zip(candidates, [*results, *[(None, False)] * count], strict=False))
    seen = []
    for _ in range(3 * count + 2):
        arrival, in_time = fixed[known.item]
        after = alternative_items.next_trial(known, candidates, Outcome(arrival, in_time and arrival is not None))
        seen.append(known.item)
        if after == known:
            break
        known = after
    else:
        pytest.fail("the search goes on for ever")
    assert known.decided or count == 1
    possible = {name: arrival for name, (arrival, _) in fixed.items() if arrival}
    if possible:
        in_time = [name for name in candidates if fixed[name][0] and fixed[name][1]]
        assert known.item == in_time[0] if in_time else possible[known.item] == min(possible.values())
    else:
        assert known.item == "own"
