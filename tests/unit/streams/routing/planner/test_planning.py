"""From an order to plant orders: bills of several levels, what is on stock, days backwards and the critical path."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.routing.model.order import OrderState
from streams.routing.model.portion import Portion
from tests.support.masters import item, master, plant
from tests.support.plants import START, Value, full_response
from tests.support.worlds import World, answering, line, silent, world

YARD = plant("yard", {"okpd2": "28.22.14", "working_days": 10})
STEEL = plant("steel", {"okpd2": "25.11.23", "working_days": 20})
PAINT = plant("paint", {"okpd2": "25.61.22", "working_days": 5})
LIFTER = plant("lifter", {"okpd2": "28.22.11", "working_days": 15})
MOTORS = plant("motors", {"okpd2": "27.11.24", "working_days": 25})
ITEMS = (
    item("crane", "28.22.14.121", {"girder": {"quantity": 2, "feeds": "coat"}, "coat": 10, "hoist": 1}),
    item("girder", "25.11.23.119"),
    item("coat", "25.61.22.111", unit="MTK"),
    item("hoist", "28.22.11.112", {"motor": 2, "rope": 3}),
    item("motor", "27.11.24.000"),
    item("rope", "25.93.11.120", {"wire": 6}, supply="buy"),
    item("wire", "24.34.11.100"),
)
PLANTS = (YARD, STEEL, PAINT, LIFTER, MOTORS)
MASTER = master(PLANTS, ITEMS)
CRANE = line("crane")
WHOLE = {"crane": 1, "girder": 2, "coat": 10, "hoist": 1, "motor": 2}


def day(of: World, item_name: str) -> date:
    (value,) = of.of_item(item_name)
    found: date = value["requested_date"]
    return found


def test_a_component_with_a_bill_of_its_own_is_exploded_too() -> None:
    made = world(MASTER, lines=[line("crane", 3)])
    assert made.wanted() == {name: 3 * quantity for name, quantity in WHOLE.items()}
    nodes = {portion.item: (portion.node, portion.feeds) for portion in made.portions()}
    assert nodes == {
        "crane": ("", None),
        "girder": ("girder", "coat"),
        "coat": ("coat", ""),
        "hoist": ("hoist", ""),
        "motor": ("hoist/motor", "hoist"),
    }
    (motors,), (hoist,), (crane,) = made.of_item("motor"), made.of_item("hoist"), made.of_item("crane")
    assert (motors["feeds_into"], motors["consignee"]) == (hoist["plant_order_id"], "lifter")
    assert (hoist["feeds_into"], hoist["consignee"]) == (crane["plant_order_id"], "yard")
    assert (crane["feeds_into"], crane["consignee"]) == (None, "sibir-terminal")


def test_what_is_bought_is_neither_exploded_nor_asked_of_plants_that_do_not_sell_it() -> None:
    made = world(MASTER, lines=[CRANE])
    assert made.wanted() == WHOLE
    assert made.codes() == []


def test_what_is_bought_comes_from_a_member_who_sells_it_whole() -> None:
    seller = plant("ropes", "25.93.11")
    made = world(master([*PLANTS, seller], ITEMS), lines=[CRANE])
    assert made.wanted() == {**WHOLE, "rope": 3}


def test_what_is_bought_and_nobody_sells_is_for_a_person_when_it_is_ordered_by_itself() -> None:
    made = world(MASTER, lines=[line("rope")])
    assert (made.status()["state"], made.codes()) == ("ON_HOLD", ["no-candidate"])


@pytest.mark.parametrize(
    ("stock", "quantity", "expected"),
    [
        ({("yard", "crane"): 1}, 1, {"crane": 1}),
        ({("yard", "crane"): 5}, 3, {"crane": 3}),
        ({("yard", "crane"): 2}, 3, {**WHOLE, "crane": 3}),
        ({("lifter", "hoist"): 1}, 1, {"crane": 1, "girder": 2, "coat": 10, "hoist": 1}),
        ({("lifter", "hoist"): 2}, 3, {"crane": 3, "girder": 6, "coat": 30, "hoist": 3, "motor": 2}),
        ({("motors", "motor"): 9}, 1, WHOLE),
        ({("yard", "crane"): "0.5"}, 1, WHOLE),
    ],
    ids=str,
)
def test_components_are_made_only_for_what_is_not_on_stock(stock: Any, quantity: int, expected: Any) -> None:
    made = world(MASTER, stock=stock, lines=[line("crane", quantity)])
    assert made.wanted() == expected


@pytest.mark.parametrize("answers", [silent, answering("AP")], ids=["before the answer", "after the answer"])
def test_a_shortage_adds_the_components_of_what_must_be_made_now(answers: Any) -> None:
    made = world(MASTER, answers, stock={("yard", "crane"): 3}, lines=[line("crane", 3)])
    (crane,) = made.of_item("crane")
    assert made.wanted() == {"crane": 3}
    made.short(crane["plant_order_id"], 1)
    assert made.wanted() == {**WHOLE, "crane": 3}
    made.short(crane["plant_order_id"], 2)
    assert made.wanted() == {name: 3 * quantity for name, quantity in WHOLE.items()}
    assert made.codes() == ["shortage", "shortage"]
    assert all({"en", "ru"} == set(alert["text"]) for alert in made.subjects("Alert"))


def test_components_are_not_asked_back_and_forth_while_a_part_of_the_assembly_moves_on() -> None:
    second = plant("second-yard", {"okpd2": "28.22.14", "working_days": 12})
    shared = master([*PLANTS, second], ITEMS)

    def answers(asked: Value) -> list[Any]:
        return answering("CA", quantity=Decimal(6))(asked) if asked["plant"] == "yard" else []

    made = world(shared, answers, lines=[line("crane", 10)])
    told = [v["lines"][0]["quantity"] for v in made.subjects("PlantOrder") if v["lines"][0]["item"] == "hoist"]
    assert set(told) == {10}
    assert made.wanted() == {name: 10 * quantity for name, quantity in WHOLE.items()}


def test_each_plant_is_asked_for_the_day_on_which_the_next_one_needs_it() -> None:
    made = world(MASTER, lines=[CRANE], requested_date=date(2027, 6, 1))
    # Tuesday, 1 June; a day's way: Monday, 31 May. 10 working days back from it begin on Tuesday, the 18th.
    assert day(made, "crane") == date(2027, 5, 31)
    # Each comes a day before.
    assert day(made, "coat") == day(made, "hoist") == date(2027, 5, 17)
    # 5 working days of coating up to Monday, the 17th, begin on Tuesday, the 11th; 15 of the hoist on 27 April.
    assert day(made, "girder") == date(2027, 5, 10)
    assert day(made, "motor") == date(2027, 4, 26)


def test_another_wanted_date_moves_every_plant_at_once_and_once() -> None:
    made = world(MASTER, lines=[CRANE], requested_date=date(2027, 3, 1))
    made.order(CRANE, requested_date=date(2027, 6, 1))
    fresh = world(MASTER, lines=[CRANE], requested_date=date(2027, 6, 1))
    for name in WHOLE:
        assert day(made, name) == day(fresh, name)
    assert sorted(value["revision"] for value in made.subjects("PlantOrder")) == [1] * 5 + [2] * 5


def test_a_bill_that_is_published_anew_says_what_goes_where() -> None:
    made = world(MASTER, lines=[CRANE])
    made.master = master(PLANTS, [item("crane", "28.22.14.121", {"girder": 3, "coat": 10, "hoist": 1}), *ITEMS[1:]])
    made.order(line("crane", 2))
    assert made.wanted() == {"crane": 2, "girder": 6, "coat": 20, "hoist": 2, "motor": 4}
    (girder,), (crane,) = made.of_item("girder"), made.of_item("crane")
    assert (girder["feeds_into"], girder["consignee"]) == (crane["plant_order_id"], "yard")


def test_what_is_on_stock_needs_no_days() -> None:
    made = world(MASTER, stock={("lifter", "hoist"): 1}, lines=[CRANE], requested_date=date(2027, 6, 1))
    assert day(made, "hoist") == date(2027, 5, 17)
    assert "motor" not in made.wanted()


def test_the_way_between_plants_counts_and_work_on_the_own_site_has_none() -> None:
    both = plant("both", {"okpd2": "28.22.14", "working_days": 10}, {"okpd2": "28.22.11", "working_days": 15})
    ways = [("steel", "paint", 9), ("both", "sibir-terminal", 30)]
    made = world(master([both, STEEL, PAINT, MOTORS], ITEMS, days=ways), lines=[CRANE], requested_date=date(2027, 6, 1))
    # 30 days back from 1 June: Sunday, 2 May. 10 working days up to then begin on Monday, 19 April.
    assert day(made, "crane") == date(2027, 5, 2)
    # The hoist is made on the same site, so it is done on the working day before.
    assert day(made, "hoist") == date(2027, 4, 16)
    assert day(made, "coat") == date(2027, 4, 18)
    # 5 working days up to Sunday, 18 April, begin on Monday, the 12th; 9 days on the way.
    assert day(made, "girder") == date(2027, 4, 3)


def test_nobody_is_asked_for_a_day_before_what_is_available() -> None:
    made = world(MASTER, lines=[CRANE], requested_date=date(2026, 11, 25))
    # From Tuesday, 24 November. 25 working days of motors: Monday, 28 December; a day's way; 15 of the hoist: Monday,
    # 18 January; a day's way; 10 of the crane: Monday, 1 February.
    assert day(made, "motor") == date(2026, 12, 28)
    assert day(made, "hoist") == date(2027, 1, 18)
    assert day(made, "crane") == date(2027, 2, 1)
    # 20 working days of girders: Monday, 21 December; on the 22nd at the coating: 5 of them end on Monday, the 28th.
    assert day(made, "girder") == date(2026, 12, 21)
    assert day(made, "coat") == date(2026, 12, 28)


def test_an_assembly_begins_when_its_parts_come_and_not_later() -> None:
    stock = {("lifter", "hoist"): 1, ("steel", "girder"): 2, ("paint", "coat"): 10}
    made = world(MASTER, stock=stock, lines=[CRANE])
    (asked,) = [value for value in made.asked.values() if value["plant"] == "yard"]
    assert (asked["generation"], asked["not_before"]) == (1, START.date())
    # Parts from stock come on Wednesday, 25 November (the coating a day later); 10 working days end on 9 December.
    assert made.status()["earliest_date"] == date(2026, 12, 10)


def test_each_plant_order_is_sent_once_with_its_day() -> None:
    for wanted in (date(2026, 11, 25), date(2027, 2, 1), date(2027, 6, 1)):
        made = world(MASTER, lines=[CRANE], requested_date=wanted)
        assert {value["revision"] for value in made.subjects("PlantOrder")} == {1}


def test_the_earliest_date_is_told_as_soon_as_all_is_planned() -> None:
    made = world(MASTER, lines=[CRANE])
    first, last = made.subjects("OrderStatus")[0], made.status()
    assert (first["state"], first["earliest_date"]) == ("RECEIVED", None)
    # The crane is done on 1 February, as above, and a day on the way.
    assert (last["state"], last["earliest_date"], last["promised_date"]) == ("PLANNED", date(2027, 2, 2), None)


def test_a_late_part_moves_the_promise_and_the_customer_is_told_from_when_to_when() -> None:
    made = world(MASTER, answering("AP"), lines=[CRANE], requested_date=date(2027, 6, 1))
    assert made.status()["promised_date"] == date(2027, 6, 1)
    (motors,) = made.of_item("motor")
    late = full_response(motors, "CA", START + timedelta(days=1), promised_date=date(2027, 5, 3))
    made.happen("OrderResponse", late)
    # A week later than asked: Tuesday, 4 May, at the hoist's plant; 15 working days end on Monday, the 24th; the 25th;
    # 10 working days of the crane end on Monday, 7 June; a day's way.
    assert made.status()["promised_date"] == date(2027, 6, 8)
    assert "from 2027-06-01 to 2027-06-08" in made.status()["reason"]["en"]
    assert "с 2027-06-01 на 2027-06-08" in made.status()["reason"]["ru"]


def test_a_part_without_a_plant_holds_the_line_and_nothing_is_promised() -> None:
    alone = [member for member in PLANTS if member.id != "motors"]
    made = world(master(alone, ITEMS), answering("AP"), lines=[CRANE])
    assert made.codes() == ["no-candidate"]
    assert (made.status()["state"], made.status()["promised_date"]) == ("ON_HOLD", None)


names = st.sampled_from(["girder", "coat", "hoist", "motor", "crane"])
promises = st.dictionaries(names, st.integers(0, 200), min_size=5, max_size=5)


@given(promises, st.dictionaries(names, st.integers(0, 3)), st.integers(1, 4), st.integers(0, 300))
def test_no_promise_precedes_the_critical_path(
    days: dict[str, int], stock: dict[str, int], quantity: int, wanted: int
) -> None:
    def answers(asked: Value) -> list[Any]:
        promised = START.date() + timedelta(days=days[asked["lines"][0]["item"]])
        return answering("AP", promised_date=promised)(asked)

    makers = {"crane": "yard", "girder": "steel", "coat": "paint", "hoist": "lifter", "motor": "motors"}
    made = world(
        MASTER,
        answers,
        stock={(makers[name], name): amount for name, amount in stock.items()},
        lines=[line("crane", quantity)],
        requested_date=START.date() + timedelta(days=wanted),
    )
    assert made.state is not None
    assert made.status()["promised_date"] == arrival(made.state)
    for value in made.subjects("PlantOrder"):
        assert value["requested_date"] >= START.date()


def arrival(state: OrderState) -> date:
    """The day of the line's end, counted as docs/routing-dates.md tells, part by part."""
    (end,) = [done(portion, state) for portion in state.portions if portion.feeds is None and not portion.cancelled]
    return end + timedelta(days=1)


def done(portion: Portion, state: OrderState) -> date:
    attempt = portion.current
    assert attempt is not None
    assert attempt.answer is not None
    assert attempt.answer.promised is not None
    parts = [p for p in state.portions if p.feeds == portion.node and not p.cancelled]
    arrived = max((done(part, state) + timedelta(days=1) for part in parts), default=START.date())
    maker = next(maker for maker in MASTER.makers(portion.item) if maker.member == attempt.plant)
    work = maker.capability.working_days if portion.to_make else 0
    counted = MASTER.calendar(attempt.plant).finish(arrived, work) if parts else START.date()
    return max(attempt.answer.promised, START.date(), counted)
