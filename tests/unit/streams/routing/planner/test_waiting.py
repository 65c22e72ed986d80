"""A portion that found no capacity is planned by itself once some is free, at its place among those that wait."""

from decimal import Decimal
from typing import Any

from tests.support.market import Market, Trader
from tests.support.masters import item, master, plant
from tests.support.plants import Event, full_order, full_response
from tests.support.worlds import answering, line, silent

PLANT = plant("alfa", {"okpd2": "25.11", "working_days": 5, "capacity": {"quantity": 4, "unit": "H87"}})
ITEM = item("beam", "25.11.23.119", plausible_quantity=10**12)
RAIL = item("rail", "25.11.23.119", plausible_quantity=10**12)
MASTER = master([PLANT], [ITEM, RAIL], {"maximum_portions": 2})
HORIZON = 4 * 52
"""All that the plant can make: four a week."""


def opened(*quantities: int, master: Any = MASTER) -> Market:
    """Return a market with an order of each of these quantities, placed one after the other."""
    market = Market(master)
    for number, quantity in enumerate(quantities, 1):
        market.join(Trader(silent, number=str(number)))
        placed(market, number, quantity)
    return market


def placed(market: Market, number: int, quantity: Any, **changes: Any) -> None:
    """Have the order placed, or changed, and let everything happen that follows."""
    market.events += 1
    value = full_order(str(number), [line("beam", quantity)], market.master, **changes)
    market.send("work", trader(market, number).key, Event(f"order-{market.events}", "Order", value))
    settle(market)


def settle(market: Market) -> None:
    while market.busy():
        market.step()


def trader(market: Market, number: int) -> Trader:
    return next(one for one in market.traders.values() if one.number == str(number))


def taken(market: Market, number: int) -> Decimal:
    """Return how much of the order the plant has."""
    return sum((portion.quantity for portion in trader(market, number).portions() if portion.current), Decimal(0))


def said(market: Market, number: int, subject: str = "AllocationRequest") -> list[Any]:
    return [(value["action"], value["quantity"]) for value in trader(market, number).subjects(subject)]


def test_an_order_that_waits_is_planned_by_itself_when_the_one_before_it_is_cancelled() -> None:
    market = opened(10**12, 30)
    assert [taken(market, number) for number in (1, 2)] == [HORIZON, 0]
    assert trader(market, 2).status()["state"] == "ON_HOLD"
    placed(market, 1, 10**12, document_status="CANCELLED")
    assert [taken(market, number) for number in (1, 2)] == [0, 30]
    assert trader(market, 2).status()["state"] == "PLANNED"
    assert said(market, 2)[-1] == ("RELEASE", 30), "it waits no longer"


def test_two_that_wait_are_served_in_the_order_in_which_they_came() -> None:
    """Of 208, the second order takes 200 and the third waits on; the fourth needs 8 and fits beside it."""
    market = opened(HORIZON, 200, 100, 8)
    placed(market, 1, HORIZON, document_status="CANCELLED")
    assert [taken(market, number) for number in (2, 3, 4)] == [200, 0, 8]
    placed(market, 2, 200, document_status="CANCELLED")
    assert taken(market, 3) == 100


def test_the_class_of_a_rule_decides_before_the_time() -> None:
    rules: tuple[Any, ...] = ({"when": {"kind": ["SPARE_PART"]}, "priority": 1}, {})
    market = opened(HORIZON, 150, master=master([PLANT], [ITEM], *rules))
    market.join(Trader(silent, number="3"))
    placed(market, 3, 150, kind="SPARE_PART")
    placed(market, 1, HORIZON, document_status="CANCELLED")
    assert [taken(market, number) for number in (2, 3)] == [0, 150]


def test_who_is_planned_again_in_vain_waits_at_its_old_place() -> None:
    market = opened(HORIZON, 150, 150)
    (since,) = [portion.waiting.since for portion in trader(market, 2).portions() if portion.waiting]
    key = trader(market, 2).key
    action = {"action_id": "again", "order_key": key}
    market.send("work", key, Event("again", "PlannerAction", {**_release(), **action}))
    settle(market)
    (portion,) = trader(market, 2).portions()
    assert portion.replans == 1
    assert portion.waiting is not None
    assert portion.waiting.since == since
    placed(market, 1, HORIZON, document_status="CANCELLED")
    assert [taken(market, number) for number in (2, 3)] == [150, 0]


def _release() -> Any:
    return {
        "actor": "dispatcher",
        "action": "RELEASE",
        "plant_order_id": None,
        "line_id": None,
        "plant": None,
        "date": None,
        "reason": "once more",
        "at": None,
    }


def test_what_one_plant_has_no_room_for_waits_there_although_it_has_a_part_already() -> None:
    market = opened(200, 30)
    assert taken(market, 2) == 8
    placed(market, 1, 200, document_status="CANCELLED")
    assert taken(market, 2) == 30


def test_a_changed_quantity_waits_for_that_much_and_a_cancelled_order_for_nothing() -> None:
    market = opened(HORIZON, 30)
    placed(market, 2, 20)
    assert said(market, 2)[-1] == ("WAIT", 20)
    placed(market, 2, 20, document_status="CANCELLED")
    assert said(market, 2)[-1] == ("RELEASE", 20)
    placed(market, 1, HORIZON, document_status="CANCELLED")
    assert taken(market, 2) == 0


def test_a_plant_that_said_no_by_itself_is_not_asked_again() -> None:
    """Alfa says no, beta is full: once beta has room, beta is asked and alfa is not."""
    beta = plant("beta", {"okpd2": "25.11", "working_days": 5, "capacity": {"quantity": 1, "unit": "H87"}})
    market = Market(master([PLANT, beta], [item("beam", "25.11.23.119")], {"deny": []}))
    first = {"rank": "capability", "allow": ["beta"]}
    both = market.master
    market.publish(master([PLANT, beta], [item("beam", "25.11.23.119")], first))
    market.join(Trader(silent, number="1"))
    placed(market, 1, 52)
    market.publish(both)
    market.join(Trader(answering("RE"), number="2"))
    placed(market, 2, 5)
    asked = [value["plant"] for value in trader(market, 2).subjects("PlantOrder")]
    assert asked == ["alfa"]
    trader(market, 2).answers = silent
    placed(market, 1, 52, document_status="CANCELLED")
    asked = [value["plant"] for value in trader(market, 2).subjects("PlantOrder")]
    assert asked == ["alfa", "beta"]


def test_a_plant_that_says_no_to_what_was_freed_is_no_longer_waited_for() -> None:
    market = opened(HORIZON, 30)
    trader(market, 2).answers = lambda asked: [
        Event(f"{asked['plant_order_id']}/no", "OrderResponse", full_response(asked, "RE", asked["issued_at"]))
    ]
    placed(market, 1, HORIZON, document_status="CANCELLED")
    (portion,) = trader(market, 2).portions()
    assert (portion.hold_reason, portion.waiting) == ("no-candidate", None)
    assert len(trader(market, 2).subjects("PlantOrder")) == 1
