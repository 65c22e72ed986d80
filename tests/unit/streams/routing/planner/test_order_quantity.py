"""Pieces are whole: what is ordered, what a bill makes of it, what a plant accepts or offers. Hand-worked values."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.routing.masterdata.items import Item
from streams.routing.model.copying import replace
from streams.routing.model.quantity import ceil_to, floor_to, round_to
from streams.routing.validation.normalise import normalise_order
from tests.support.masters import item, master, plant
from tests.support.plants import full_production
from tests.support.worlds import World, answering, line, silent, world

FACTORY = plant("factory", "27", "28")
SPARE = plant("spare", "27")
MOTOR = item("motor", "27.11.24", conversions={"KGM": "0.02"})
ROPE = item("rope", "27.5", unit="XRO")
TROLLEY = item("trolley", "28.22.11")
CRANE = item("crane", "28.22.14", {"trolley": 1, "motor": 6, "rope": "0.5"})
ITEMS = (MOTOR, ROPE, TROLLEY, CRANE)
MASTER = master([FACTORY, SPARE], ITEMS)


def ruled(**rule: Any) -> Any:
    """The same master data, with this rule of the motor's quantities."""
    motor = item("motor", "27.11.24", conversions={"KGM": "0.02"}, order_quantity=rule)
    return master([FACTORY, SPARE], (motor, *ITEMS[1:]))


def ordered(quantity: Any, unit: str = "H87", code: str = "motor", of: Any = MASTER, **changes: Any) -> World:
    return world(of, lines=[line(code, quantity, unit=unit, **changes)])


def held(of: World) -> tuple[str, dict[str, str]]:
    """The state of the only line, and what its buyer reads of it."""
    (told,) = of.status()["lines"]
    return str(told["state"]), told["reason"]


def test_110_kilograms_are_22_tenths_of_a_motor_and_are_refused_with_the_nearest_that_may_be_ordered() -> None:
    made = ordered(110, "KGM")
    assert made.subjects("AllocationRequest") == []
    assert held(made) == (
        "ON_HOLD",
        {
            "en": "110 KGM of motor is 2.2 H87, which is no multiple of 1 H87. "
            "Order 100 KGM (2 H87) or 150 KGM (3 H87).",
            "ru": "110 KGM позиции motor составляет 2.2 H87 и не кратно 1 H87. "
            "Закажите 100 KGM (2 H87) или 150 KGM (3 H87).",
        },
    )
    (alert,) = made.subjects("Alert")
    assert (alert["code"], alert["owner"], alert["text"]) == ("quantity-step", "operations", held(made)[1])


def test_half_a_crane_is_refused_so_there_is_no_half_trolley() -> None:
    made = ordered("0.5", code="crane")
    assert made.portions() == []
    assert held(made)[1]["en"] == "0.5 H87 of crane is no multiple of 1 H87. Order 1 H87."


def test_the_dead_letter_says_the_same() -> None:
    value: Any = {"buyer": "sibir-terminal", "complete_delivery": False}
    lines = [{**line("motor", 110, unit="KGM"), "price": None}, {**line("crane", "0.5", "2"), "price": None}]
    value["lines"] = lines
    (problem,) = normalise_order(value, MASTER).problems
    assert problem.code == "quantity-step"
    assert "110 KGM of motor" in problem.text.en
    assert "0.5 H87 of crane" in problem.text.en


def test_a_right_quantity_in_another_unit_is_taken() -> None:
    made = ordered(100, "KGM")
    assert made.wanted() == {"motor": 2}


def test_below_the_minimum_the_smallest_order_is_named() -> None:
    made = ordered(3, of=ruled(minimum=5, step=2))
    assert held(made)[1]["en"] == "3 H87 of motor is less than the smallest order, 6 H87. Order 6 H87."
    assert ordered(6, of=ruled(minimum=5, step=2)).wanted() == {"motor": 6}


@pytest.mark.parametrize(
    ("rounding", "quantity", "planned"),
    [("up", "2.2", 3), ("down", "2.8", 2), ("nearest", "2.5", 3), ("nearest", "2.4", 2), ("up", "0.1", 1)],
)
def test_where_the_item_says_so_the_quantity_is_rounded_and_the_buyer_reads_it(
    rounding: str, quantity: str, planned: int
) -> None:
    made = ordered(quantity, of=ruled(rounding=rounding))
    assert made.wanted() == {"motor": planned}
    state, reason = held(made)
    assert state == "PLANNED"
    assert reason["en"].startswith(f"{quantity} H87 of motor was ordered and is rounded to {planned} H87")
    assert f"{quantity} H87" in reason["ru"]


@pytest.mark.parametrize(("rounding", "quantity"), [("down", "0.4"), ("nearest", "0.4")])
def test_nothing_is_rounded_to_nothing(rounding: str, quantity: str) -> None:
    assert held(ordered(quantity, of=ruled(rounding=rounding)))[0] == "ON_HOLD"


def test_rounding_up_reaches_the_minimum() -> None:
    assert ordered(1, of=ruled(minimum=5, rounding="up")).wanted() == {"motor": 5}


def test_a_price_stays_that_of_one_unit_when_the_quantity_is_rounded() -> None:
    made = ordered(110, "KGM", of=ruled(rounding="up"), price=Decimal(2))
    (order,) = made.of_item("motor")
    assert (order["lines"][0]["quantity"], order["lines"][0]["price"]) == (3, 100)


def test_a_step_of_its_own_goes_before_that_of_the_unit() -> None:
    assert ordered("2.5", of=ruled(step="0.5")).wanted() == {"motor": Decimal("2.5")}
    assert held(ordered(7, of=ruled(step=4)))[1]["en"].endswith("Order 4 H87 or 8 H87.")


def test_a_bill_needs_whole_pieces_of_its_parts() -> None:
    assert ordered(1, code="crane").wanted() == {"crane": 1, "trolley": 1, "motor": 6, "rope": 1}
    assert ordered(3, code="crane").wanted()["rope"] == 2


def test_of_a_crane_that_is_partly_on_stock_whole_ones_are_made() -> None:
    made = world(MASTER, stock={("factory", "crane"): "0.5"}, lines=[line("crane", 2)])
    assert made.wanted() == {"crane": 2, "trolley": 2, "motor": 12, "rope": 1}


def test_a_plant_that_accepts_a_fraction_gets_a_revision_with_the_whole_pieces() -> None:
    made = world(MASTER, answering("CA", quantity=Decimal("2.7")), lines=[line("motor", 5)])
    first = made.plant_orders()["sibir-terminal:17/1.1.1"]
    assert (first["revision"], first["lines"][0]["quantity"]) == (2, 2)
    assert sum(portion.quantity for portion in made.portions()) == 5
    assert all(portion.quantity == int(portion.quantity) for portion in made.portions())


def test_a_plant_that_accepts_less_than_a_piece_has_refused() -> None:
    made = world(MASTER, answering("CA", quantity=Decimal("0.4")), lines=[line("motor", 5)])
    told = made.plant_orders()
    assert {order["document_status"] for order in told.values()} == {"CANCELLED"}
    assert made.codes() == ["no-candidate"]


@pytest.mark.parametrize("rank", ["capability", "earliest-promise"])
def test_an_offer_of_a_fraction_counts_for_its_whole_pieces(rank: str) -> None:
    of = master([FACTORY, SPARE], ITEMS, {"rank": rank})
    made = world(of, limit={("factory", "motor"): "2.4"}, lines=[line("motor", 5)])
    quantities = {order["plant"]: order["lines"][0]["quantity"] for order in made.of_item("motor")}
    assert quantities in ({"factory": 2, "spare": 3}, {"spare": 5})


def test_what_a_plant_offers_beyond_whole_pieces_is_given_back() -> None:
    made = world(MASTER, limit={("factory", "motor"): "2.4"}, lines=[line("motor", 5)])
    asked = [value for value in made.subjects("AllocationRequest") if value["plant"] == "factory"]
    assert [value["quantity"] for value in asked if value["action"] == "RESERVE"] == [5, 2]


@pytest.mark.parametrize("rounding", ["refuse", "up"])
def test_each_delivery_of_a_schedule_is_whole_and_none_is_rounded(rounding: str) -> None:
    days = (date(2027, 2, 1), date(2027, 3, 1))
    halves = [{"requested_date": day, "quantity": Decimal("1.5")} for day in days]
    made = ordered(3, of=ruled(rounding=rounding), deliveries=halves)
    assert held(made) == (
        "ON_HOLD",
        {
            "en": "1.5 H87 of motor is no multiple of 1 H87. Order 1 H87 or 2 H87.",
            "ru": "1.5 H87 позиции motor не кратно 1 H87. Закажите 1 H87 или 2 H87.",
        },
    )
    parts = [{"requested_date": day, "quantity": Decimal(each)} for day, each in zip(days, (1, 2), strict=True)]
    made.order(line("motor", 3, deliveries=parts))
    assert made.wanted() == {"motor": 3}


# changes


def test_a_revision_with_a_right_quantity_goes_on_by_itself() -> None:
    made = ordered(110, "KGM")
    made.order(line("motor", 100, unit="KGM"))
    assert held(made) == ("PLANNED", {})
    assert made.wanted() == {"motor": 2}


def test_a_revision_with_a_wrong_quantity_takes_nothing_back_from_a_plant() -> None:
    made = world(MASTER, answering("AP"), lines=[line("motor", 2)])
    told = len(made.subjects("PlantOrder"))
    made.order(line("motor", "2.2", price=Decimal(7)))
    assert (held(made)[0], len(made.subjects("PlantOrder"))) == ("ON_HOLD", told)
    made.answers = silent
    made.order(line("motor", 3))
    (order,) = made.of_item("motor")
    assert (order["revision"], order["lines"][0]["quantity"]) == (2, 3)


def test_a_wrong_quantity_in_a_complete_delivery_takes_nothing_back_from_the_other_lines() -> None:
    lines = [line("motor", 2), line("crane", 1, "2")]
    made = world(MASTER, answering("AP"), lines=lines, complete_delivery=True)
    made.order(line("motor", "2.2"), lines[1], complete_delivery=True)
    assert made.status()["state"] == "ON_HOLD"
    assert made.wanted() == {"motor": 8, "crane": 1, "trolley": 1, "rope": 1}


def test_a_cancelled_order_takes_all_of_it_back() -> None:
    made = world(MASTER, answering("AP"), lines=[line("motor", 2)])
    made.order(line("motor", "2.2"), document_status="CANCELLED")
    assert made.wanted() == {}


def test_what_was_made_of_a_line_stays_while_the_line_waits() -> None:
    made = world(MASTER, answering("AP"), lines=[line("motor", 2)])
    (order,) = made.of_item("motor")
    made.happen("ProductionStatus", full_production(order, "COMPLETED", made.today))
    made.order(line("motor", "2.2"))
    assert made.wanted() == {"motor": 2}


def test_a_line_goes_on_once_the_item_allows_its_quantity() -> None:
    made = ordered("2.5")
    made.master = replace(ruled(step="0.5"), rules=MASTER.rules)
    made.wake()
    assert (held(made)[0], made.status()["cause"]) == ("PLANNED", "planned")
    assert made.wanted() == {"motor": Decimal("2.5")}


# prices


def test_a_price_that_six_digits_do_not_hold_for_one_base_unit_is_refused() -> None:
    steel = item("steel", "27.9", unit="KGM")
    of = master([FACTORY], [steel])
    made = ordered(5, "TNE", "steel", of, price=Decimal("0.0004"))
    assert held(made) == (
        "ON_HOLD",
        {
            "en": "The price of steel, 0.0004 for 1 TNE, is too small to be given for 1 KGM with six digits after the "
            "point. Correct the price, or order in KGM.",
            "ru": "Цена steel, 0.0004 за 1 TNE, слишком мала, чтобы указать её за 1 KGM с шестью знаками после "
            "запятой. Исправьте цену или закажите в KGM.",
        },
    )
    assert [alert["code"] for alert in made.subjects("Alert")] == ["price-too-small"]
    made.order(line("steel", 5, unit="TNE", price=Decimal("0.4")))
    (order,) = made.of_item("steel")
    assert order["lines"][0]["price"] == Decimal("0.0004")


@pytest.mark.parametrize(
    ("price", "is_held"), [("0.0015", True), ("0.6004", False), ("0.4996", False), ("0.3495", True), ("0", False)]
)
def test_six_digits_may_change_a_price_by_a_thousandth_of_it(price: str, is_held: bool) -> None:
    """0.6004 a tonne is said as 0.000600: 0.07 % off; 0.4996 as 0.000500: 0.08 %; 0.3495: 0.14 %; 0.0015: 33 %."""
    of = master([FACTORY], [item("steel", "27.9", unit="KGM")])
    assert (held(ordered(5, "TNE", "steel", of, price=Decimal(price)))[0] == "ON_HOLD") is is_held


# any quantities

quantities = st.decimals("0.000001", "99999", places=6)
steps = st.none() | st.decimals("0.000001", "999", places=6)


@given(quantities, steps)
def test_a_quantity_lies_between_its_multiples_and_the_nearest_is_one_of_them(
    quantity: Decimal, step: Decimal | None
) -> None:
    below, above, nearest = floor_to(quantity, step), ceil_to(quantity, step), round_to(quantity, step)
    assert below <= quantity <= above
    assert nearest in (below, above)
    assert above - below in (0, step)
    assert abs(nearest - quantity) <= min(quantity - below, above - quantity)


@given(
    quantities,
    steps,
    st.none() | quantities,
    st.sampled_from(["refuse", "up", "down", "nearest"]),
)
def test_what_is_planned_is_a_multiple_and_no_less_than_the_minimum(
    quantity: Decimal, step: Decimal | None, minimum: Decimal | None, rounding: str
) -> None:
    rule = {"step": step, "minimum": minimum, "rounding": rounding}
    made = ordered(quantity, of=ruled(**rule))
    planned = made.wanted().get("motor")
    assert (planned is None) == (held(made)[0] == "ON_HOLD")
    if planned is not None:
        assert planned % (step or 1) == 0
        assert planned >= (minimum or 0)
        assert rounding == "up" or planned <= quantity or rounding == "nearest"


def test_an_item_of_pieces_has_a_step_of_one_and_what_is_weighed_has_none() -> None:
    assert {
        unit: Item.model_validate({**item("x", "27").model_dump(), "unit": unit}).step for unit in ("H87", "SET")
    } == {
        "H87": 1,
        "SET": 1,
    }
    assert item("x", "27", unit="KGM").step is None
