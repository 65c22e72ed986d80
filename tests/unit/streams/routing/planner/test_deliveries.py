"""Delivery schedules: a line that is wanted on several days, and what the buyer reads of each of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from kranhub.errors import InvalidDocument
from kranhub.wire.messages import Subject
from streams.routing.model.order import delivery_node, delivery_number
from streams.routing.schedule import plan
from streams.routing.validation.validate import validate
from tests.support.masters import item, master, plant
from tests.support.plants import BUYER, full_order, full_response, full_shipment
from tests.support.worlds import World, answering, line, silent, world

MASTER = master(
    [plant("oemz", {"okpd2": "27.11", "working_days": 5}), plant("ruskran", {"okpd2": "28.22", "working_days": 10})],
    [item("motor", "27.11.24"), item("crane", "28.22.14", {"motor": 6})],
)
MARCH, APRIL, MAY = date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 3)


def schedule(*parts: tuple[date, Any]) -> list[Any]:
    return [{"requested_date": day, "quantity": Decimal(quantity)} for day, quantity in parts]


MOTORS = line("motor", 10, deliveries=schedule((APRIL, 6), (MARCH, 4)))


def by_date(made: World, item_id: str = "motor") -> dict[date, Decimal]:
    return {value["requested_date"]: value["lines"][0]["quantity"] for value in made.of_item(item_id)}


def test_each_delivery_is_a_plant_order_with_a_date_of_its_own() -> None:
    made = world(MASTER, answering("AP"), lines=[MOTORS])
    # A day's way before each of the two days.
    assert by_date(made) == {date(2027, 2, 28): 4, date(2027, 3, 31): 6}
    (status,) = made.status()["lines"]
    assert status["promised_date"] == APRIL
    assert status["deliveries"] == [
        {"quantity": 4, "requested_date": MARCH, "promised_date": MARCH, "arrived": 0},
        {"quantity": 6, "requested_date": APRIL, "promised_date": APRIL, "arrived": 0},
    ]


def test_each_delivery_of_an_assembly_has_parts_of_its_own() -> None:
    made = world(MASTER, answering("AP"), lines=[line("crane", 2, deliveries=schedule((MARCH, 1), (MAY, 1)))])
    assert made.wanted() == {"crane": 2, "motor": 12}
    cranes = {value["plant_order_id"]: value["requested_date"] for value in made.of_item("crane")}
    for motors in made.of_item("motor"):
        assert motors["feeds_into"] in cranes
        assert motors["requested_date"] < cranes[motors["feeds_into"]]
    assert len({motors["feeds_into"] for motors in made.of_item("motor")}) == 2


def test_what_has_arrived_is_news_to_the_buyer() -> None:
    made = world(MASTER, answering("AP"), lines=[MOTORS])
    first = min(made.of_item("motor"), key=lambda value: value["requested_date"])
    made.later(days=20)
    made.happen("Shipment", full_shipment(first, made.today, actual_arrival=made.today))
    assert made.status()["cause"] == "arrived"
    (status,) = made.status()["lines"]
    assert (status["state"], status["arrived"], status["arrival_assumed"]) == ("IN_PRODUCTION", 4, False)
    assert [part["arrived"] for part in status["deliveries"]] == [4, 0]


def test_another_date_of_a_delivery_moves_its_own_plant_order_alone() -> None:
    made = world(MASTER, answering("AP"), lines=[MOTORS])
    before = {value["plant_order_id"]: value["revision"] for value in made.of_item("motor")}
    made.order(line("motor", 10, deliveries=schedule((MARCH, 4), (MAY, 6))))
    after = {value["plant_order_id"]: value["revision"] for value in made.of_item("motor")}
    assert sorted(after[number] - revision for number, revision in before.items()) == [0, 1]
    assert by_date(made) == {date(2027, 2, 28): 4, date(2027, 5, 2): 6}


def test_a_plain_line_becomes_a_schedule_and_plain_again() -> None:
    made = world(MASTER, answering("AP"), lines=[line("motor", 10, requested_date=MARCH)])
    (kept,) = made.of_item("motor")
    made.order(MOTORS)
    assert made.wanted() == {"motor": 10}
    assert kept["plant_order_id"] in {value["plant_order_id"] for value in made.of_item("motor")}
    made.order(line("motor", 10, requested_date=MARCH))
    assert [value["lines"][0]["quantity"] for value in made.of_item("motor")] == [10]


def test_what_several_plants_send_by_themselves_is_shown_as_well() -> None:
    makers = [plant(name, {"okpd2": "27.11", "working_days": 5}) for name in ("oemz", "second")]
    made = world(master(makers, [item("motor", "27.11.24")]), silent, lines=[line("motor", 10, requested_date=MAY)])
    asked = made.subjects("PlantOrder")[-1]
    made.happen("OrderResponse", full_response(asked, "CA", made.today, quantity=Decimal(6), promised_date=APRIL))
    rest = made.subjects("PlantOrder")[-1]
    made.happen("OrderResponse", full_response(rest, "AP", made.today, promised_date=MARCH))
    (status,) = made.status()["lines"]
    # A day's way after each promise.
    assert [(part["quantity"], part["promised_date"]) for part in status["deliveries"]] == [
        (4, date(2027, 3, 2)),
        (6, date(2027, 4, 2)),
    ]


@pytest.mark.parametrize(
    "parts", [((MARCH, 4), (APRIL, 7)), ((MARCH, 4), (MARCH, 6)), ((MARCH, 10), (APRIL, 0)), ((MARCH, 11), (APRIL, -1))]
)
def test_a_schedule_that_contradicts_its_line_is_refused(parts: Any) -> None:
    value = full_order("17", [MOTORS], MASTER)
    value["lines"][0]["deliveries"] = schedule(*parts)
    with pytest.raises(InvalidDocument, match="deliveries") as caught:
        validate(Subject.ORDER, value, BUYER)
    assert caught.value.code == "bad-quantity"


def test_a_place_in_the_bill_names_its_delivery() -> None:
    for number in range(3):
        for node in (delivery_node(number), f"{delivery_node(number)}/crane/motor".lstrip("/")):
            assert delivery_number(node) == number


def test_the_plan_knows_the_day_of_each_delivery() -> None:
    made = world(MASTER, answering("AP"), lines=[MOTORS])
    assert made.state is not None
    (found,) = plan.plan(made.state, MASTER, made.today).lines
    latest = {entry.portion.quantity: entry.latest.finish for entry in found.portions if entry.latest}
    # A day's way before Monday, 1 March and Thursday, 1 April.
    assert latest == {4: date(2027, 2, 28), 6: date(2027, 3, 31)}
    assert (found.slack, found.arrives) == (0, APRIL)
