"""Revisions and cancels reach the plants as the smallest difference; what is made or sent stays, and is said."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from streams.routing.model.order import OrderState
from tests.support.masters import item, master, plant
from tests.support.plants import START, Event, Value, full_order, full_production, full_response, full_shipment
from tests.support.worlds import World, answering, by_plant, line, silent, world

ALFA = plant("alfa", {"okpd2": "25.11", "working_days": 10})
BETA = plant("beta", {"okpd2": "25.11", "working_days": 12})
YARD = plant("yard", {"okpd2": "28.22", "working_days": 10})
BEAM = item("beam", "25.11.23.119")
FRAME = item("frame", "28.22.14.121", {"beam": 2})
MASTER = master([ALFA, BETA, YARD], [BEAM, FRAME])
BEAMS, FRAMES = line("beam", 10), line("frame", 3)
DAY = timedelta(days=1)


def accepted(*lines: Value, **changes: Any) -> World:
    """An order that all plants have accepted for the days that they were asked for; then they fall silent."""
    made = world(MASTER, answering("AP"), lines=lines or [BEAMS], **changes)
    made.answers = silent
    return made


def orders(of: World) -> list[Any]:
    """What the plants were told: number, revision, quantity, and whether it was taken back."""
    return [
        (
            value["plant_order_id"].rpartition("/")[2],
            value["revision"],
            value["lines"][0]["quantity"],
            value["document_status"] == "CANCELLED",
        )
        for value in of.subjects("PlantOrder")
    ]


def state_of(of: World) -> OrderState:
    assert of.state is not None
    return of.state


def cause(of: World, code: str) -> dict[str, str]:
    """The words of the last status with this cause."""
    found: dict[str, str] = [s["reason"] for s in of.subjects("OrderStatus") if s["cause"] == code][-1]
    return found


def made_of(of: World, quantity: Any, state: str = "RUNNING", number: int = 0) -> None:
    """Have the plant of the first (or another) plant order say that so much is made."""
    ordered = list(of.plant_orders().values())[number]
    of.happen("ProductionStatus", full_production(ordered, state, START + DAY, completed=Decimal(quantity)))


def shipped(of: World, quantity: Any, **changes: Any) -> None:
    first = next(iter(of.plant_orders().values()))
    of.happen("Shipment", full_shipment(first, START + DAY, quantity=Decimal(quantity), **changes))


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ([line("beam", 14)], [("1.1.1", 2, 14, False)]),
        ([line("beam", 6)], [("1.1.1", 2, 6, False)]),
        ([line("beam", 10, requested_date=date(2027, 5, 1))], [("1.1.1", 2, 10, False)]),
        ([line("beam", 10, price=Decimal(7))], [("1.1.1", 2, 10, False)]),
        ([BEAMS, line("frame", 1, "2")], [("2.2.1", 1, 2, False), ("2.1.1", 1, 1, False)]),
        ([line("frame", 1, "2")], [("2.2.1", 1, 2, False), ("2.1.1", 1, 1, False), ("1.1.1", 2, 10, True)]),
        ([line("frame", 1)], [("1.1.1", 2, 10, True), ("1.3.1", 1, 2, False), ("1.2.1", 1, 1, False)]),
        ([line("beam", 10, description="primed")], [("1.1.1", 2, 10, False)]),
        ([line("beam", 10, drawing="17-1", drawing_revision="B")], [("1.1.1", 2, 10, False)]),
        ([BEAMS], []),
    ],
    ids=["more", "less", "later", "price", "added", "exchanged", "other item", "words", "drawing", "the same"],
)
def test_a_revision_tells_the_plants_the_smallest_difference(after: Sequence[Value], told: Any) -> None:
    made = accepted()
    made.order(*after)
    assert sorted(orders(made)[1:]) == sorted(told)


HEADER = [
    ({"consignee": "yard"}, "consignee", "yard"),
    ({"currency": "RUB", "payer": "alfa"}, "payer", "alfa"),
    ({"programme": "bridges"}, "programme", "bridges"),
    ({"contract": "K-7"}, "contract", "K-7"),
    ({"incoterms": "FCA"}, "incoterms", "FCA"),
]


@pytest.mark.parametrize(("changes", "name", "content"), HEADER, ids=[name for _, name, _ in HEADER])
def test_what_the_order_says_beside_its_lines_reaches_the_plant_and_needs_no_new_answer(
    changes: dict[str, Any], name: str, content: str
) -> None:
    made = accepted()
    made.order(BEAMS, **changes)
    (last,) = made.plant_orders().values()
    assert (last["revision"], last[name]) == (2, content)
    assert made.status()["state"] == "CONFIRMED"


def test_a_changed_quantity_or_date_waits_for_a_new_answer() -> None:
    made = accepted()
    for after in (line("beam", 12), line("beam", 12, requested_date=date(2027, 1, 15))):
        made.order(after)
        assert (made.status()["state"], made.status()["promised_date"]) == ("PLANNED", None)
        (last,) = made.plant_orders().values()
        made.happen("OrderResponse", full_response(last, "AP", made.today + made.events * DAY))
        assert made.status()["state"] == "CONFIRMED"


def test_an_acceptance_stays_where_less_or_later_is_asked_for() -> None:
    made = accepted()
    for after in (line("beam", 8), line("beam", 8, requested_date=date(2027, 5, 1))):
        made.order(after)
        assert made.status()["state"] == "CONFIRMED"
        (last,) = made.plant_orders().values()
        assert last["lines"][0]["quantity"] == 8
    made.later(days=9)
    assert (made.status()["state"], made.codes()) == ("CONFIRMED", [])
    made.happen("OrderResponse", full_response(last, "RE", made.today))
    assert made.status()["state"] == "PLANNED", "the plant may still refuse the change"


def test_another_date_moves_what_the_plants_are_asked_for_from_the_end_backwards() -> None:
    made = accepted(FRAMES, requested_date=date(2027, 6, 1))
    before = {value["plant"]: value["requested_date"] for value in made.plant_orders().values()}
    made.order(FRAMES, requested_date=date(2027, 6, 8))
    after = {value["plant"]: value["requested_date"] for value in made.plant_orders().values()}
    assert {name: day - before[name] for name, day in after.items()} == {"yard": 7 * DAY, "alfa": 7 * DAY}


def test_the_parts_follow_the_assembly() -> None:
    made = accepted(FRAMES)
    made.order(line("frame", 5))
    assert made.wanted() == {"frame": 5, "beam": 10}
    made.order(line("frame", 1))
    assert made.wanted() == {"frame": 1, "beam": 2}


def test_less_is_taken_from_the_last_part_first() -> None:
    made = world(MASTER, limit={("alfa", "beam"): 6}, lines=[BEAMS])
    assert orders(made) == [("1.1.1", 1, 6, False), ("1.2.1", 1, 4, False)]
    made.order(line("beam", 7))
    made.order(line("beam", 3))
    assert sorted(orders(made)[2:]) == [("1.1.1", 2, 3, False), ("1.2.1", 2, 1, False), ("1.2.1", 3, 1, True)]


def test_what_was_taken_away_and_is_wanted_again_is_a_new_plant_order() -> None:
    made = accepted(BEAMS, line("beam", 4, "2"))
    made.order(BEAMS)
    made.order(BEAMS, line("beam", 4, "2"))
    assert orders(made)[2:] == [("2.1.1", 2, 4, True), ("2.2.1", 1, 4, False)]


def test_a_version_that_came_before_changes_nothing() -> None:
    made = accepted()
    made.order(line("beam", 14))
    made.order(line("beam", 12))
    said = len(made.sent)
    made.take(Event("e1", "Order", full_order("17", [BEAMS], MASTER)))
    made.take(Event("e2", "Order", full_order("17", [line("beam", 14)], MASTER)))
    assert made.pending == []
    assert len(made.sent) == said
    assert made.wanted() == {"beam": 12}


def test_a_version_whose_event_is_new_counts_although_its_content_came_before() -> None:
    made = accepted()
    made.order(line("beam", 14))
    made.order(BEAMS)
    assert made.wanted() == {"beam": 10}
    assert made.status()["order_revision"] == 3


def test_a_cancel_before_anything_is_made_takes_all_back() -> None:
    made = accepted(FRAMES)
    made.order(FRAMES, document_status="CANCELLED")
    assert made.at_plants() == {}
    assert made.holds == {}
    assert (made.status()["state"], made.status()["cause"]) == ("CANCELLED", "order-cancelled")


def test_a_cancel_without_lines_is_one_too() -> None:
    made = accepted()
    made.order(document_status="CANCELLED")
    assert (made.at_plants(), made.status()["state"]) == ({}, "CANCELLED")


def test_an_order_that_is_cancelled_before_it_came_is_never_planned() -> None:
    made = world(MASTER, lines=[BEAMS], document_status="CANCELLED")
    assert made.subjects("PlantOrder") == made.subjects("AllocationRequest") == []
    assert (made.status()["state"], made.status()["cause"]) == ("CANCELLED", "order-cancelled")


def test_a_cancel_in_the_middle_leaves_what_is_made_and_says_so() -> None:
    made = accepted()
    made_of(made, 4)
    made.order(BEAMS, document_status="CANCELLED")
    assert orders(made)[-1] == ("1.1.1", 2, 4, False)
    assert made.status()["state"] in ("PLANNED", "IN_PRODUCTION")
    assert cause(made, "order-cancelled")["en"] == (
        "The buyer cancelled the order. Already made or sent, so it stays: Beam 4."
    )
    assert cause(made, "order-cancelled")["ru"] == (
        "Заказчик отменил заказ. Уже изготовлено или отправлено и остаётся: ««beam»» 4."
    )


def test_what_is_left_of_a_cancelled_order_is_followed_to_its_end() -> None:
    made = accepted()
    made_of(made, 4)
    made.order(BEAMS, document_status="CANCELLED")
    made.order(BEAMS, document_status="CANCELLED")
    made_of(made, 4, "COMPLETED")
    assert made.status()["state"] == "READY"
    shipped(made, 4)
    assert made.status()["state"] == "SHIPPED"
    shipped(made, 4, actual_arrival=START + 2 * DAY)
    assert made.status()["state"] == "DELIVERED"
    assert made.codes() == ["surplus"]


def test_a_cancel_after_a_part_of_the_delivery_is_not_too_late_for_the_rest() -> None:
    made = accepted()
    shipped(made, 4, actual_arrival=START + 2 * DAY)
    made.order(BEAMS, document_status="CANCELLED")
    assert made.wanted() == {"beam": 4}
    assert (made.status()["state"], made.status()["cause"]) == ("DELIVERED", "order-cancelled")
    assert "Beam 4" in made.status()["reason"]["en"]


OVER: list[tuple[str, Callable[[World], None]]] = [
    ("READY", lambda made: made_of(made, 10, "COMPLETED")),
    ("SHIPPED", lambda made: shipped(made, 10)),
    ("DELIVERED", lambda made: shipped(made, 10, actual_arrival=START + 2 * DAY)),
]


@pytest.mark.parametrize(("state", "happens"), OVER, ids=[state for state, _ in OVER])
def test_a_cancel_after_all_is_made_is_too_late_and_says_so(state: str, happens: Callable[[World], None]) -> None:
    made = accepted()
    happens(made)
    told = len(made.subjects("PlantOrder"))
    made.order(BEAMS, document_status="CANCELLED")
    assert len(made.subjects("PlantOrder")) == told
    assert (made.status()["state"], made.status()["cause"]) == (state, "cancel-too-late")
    assert "nothing can be taken back" in made.status()["reason"]["en"]
    assert "отменять уже нечего" in made.status()["reason"]["ru"]


def test_a_part_that_is_made_outlives_its_cancelled_assembly_and_stays_where_it_was_to_go() -> None:
    made = accepted(FRAMES)
    beams = next(number for number, value in enumerate(made.plant_orders().values()) if value["plant"] == "alfa")
    made_of(made, 4, number=beams)
    made.order(FRAMES, document_status="CANCELLED")
    (kept,) = [value for value in made.plant_orders().values() if value["document_status"] == "ACTIVE"]
    assert (kept["plant"], kept["consignee"], kept["lines"][0]["quantity"]) == ("alfa", "yard", 4)
    assert "Beam 4" in cause(made, "order-cancelled")["en"]
    assert made.status()["promised_date"] is None


def test_a_part_that_is_made_goes_into_nothing_else_that_takes_its_assemblys_place() -> None:
    made = accepted(FRAMES)
    beams = next(number for number, value in enumerate(made.plant_orders().values()) if value["plant"] == "alfa")
    before = list(made.plant_orders().values())[beams]
    made_of(made, 4, number=beams)
    made.order(line("beam", 10, requested_date=date(2027, 9, 1)))
    kept = made.plant_orders()[before["plant_order_id"]]
    for name in ("consignee", "feeds_into", "requested_date"):
        assert kept[name] == before[name]
    assert kept["lines"][0]["quantity"] == 4
    (whole,) = [value for value in made.of_item("beam") if value["lines"][0]["quantity"] == 10]
    assert (whole["consignee"], whole["feeds_into"]) == ("sibir-terminal", None)


def test_what_is_made_of_a_line_that_is_taken_away_stays() -> None:
    made = accepted(BEAMS, line("beam", 4, "2"))
    made_of(made, 3)
    made.order(line("beam", 4, "2"))
    assert made.wanted() == {"beam": 7}
    assert orders(made)[-1] == ("1.1.1", 2, 3, False)
    assert "Beam 3" in cause(made, "order-changed")["en"]
    assert [entry["line_id"] for entry in made.status()["lines"]] == ["2"]


def test_what_is_made_of_another_item_on_the_same_line_keeps_its_own_price_and_day() -> None:
    made = accepted(line("beam", 10, price=Decimal(5)))
    made_of(made, 3)
    made.order(line("frame", 1, price=Decimal(900), requested_date=date(2027, 9, 1)))
    (kept,) = [value for value in made.plant_orders().values() if value["plant_order_id"].endswith("/1.1.1")]
    assert (kept["lines"][0]["quantity"], kept["lines"][0]["price"]) == (3, 5)
    assert kept["requested_date"] < date(2027, 4, 1)
    assert made.wanted() == {"frame": 1, "beam": 5}


def test_what_is_made_counts_when_the_buyer_wants_it_again() -> None:
    made = accepted()
    made_of(made, 4)
    made.order(line("beam", 2))
    made.order(line("beam", 9))
    assert made.wanted() == {"beam": 9}
    assert orders(made)[1:] == [("1.1.1", 2, 4, False), ("1.1.1", 3, 9, False)]


def test_a_change_reaches_a_line_that_is_on_hold() -> None:
    made = world(MASTER, by_plant(alfa=answering("RE"), beta=answering("RE")), lines=[BEAMS, line("frame", 1, "2")])
    assert "ON_HOLD" in [entry["state"] for entry in made.status()["lines"]]
    made.order(line("beam", 4))
    (portion,) = made.portions()
    assert portion.hold_reason == "no-candidate"
    assert portion.quantity == 4
    made.order(document_status="CANCELLED")
    assert made.status()["state"] == "CANCELLED"


def test_production_on_the_way_to_a_cancelled_order_is_not_lost_from_the_record() -> None:
    made = accepted()
    (ordered,) = made.plant_orders().values()
    made.order(BEAMS, document_status="CANCELLED")
    made.happen("ProductionStatus", full_production(ordered, "RUNNING", START + DAY, completed=Decimal(4)))
    assert made.status()["state"] == "CANCELLED"
    ((attempt,),) = [portion.attempts for portion in state_of(made).portions]
    assert attempt.irrevocable == 4
    made.happen("Shipment", full_shipment(ordered, START + DAY, quantity=Decimal(4)))
    assert made.codes() == ["over-shipment"]


def held_for_its_lot(**changes: Any) -> World:
    """An order of too few beams for the only plant that makes them."""
    small = plant("alfa", {"okpd2": "25.11", "minimum_lot": {"quantity": 5, "unit": "H87"}})
    made = world(master([small], [BEAM]), lines=[line("beam", 3)], **changes)
    assert (made.status()["state"], made.status()["cause"]) == ("ON_HOLD", "no-candidate")
    return made


def test_a_revision_that_cures_what_held_a_line_lets_it_go_on() -> None:
    made = held_for_its_lot()
    made.order(line("beam", 6))
    assert orders(made) == [("1.1.1", 1, 6, False)]


def test_a_revision_that_cures_nothing_says_so_under_an_alert_of_its_own() -> None:
    made = held_for_its_lot()
    made.order(line("beam", 4))
    assert made.status()["state"] == "ON_HOLD"
    assert made.codes() == ["no-candidate"] * 2
    assert len({alert["alert_id"] for alert in made.subjects("Alert")}) == 2


def test_a_revision_of_words_alone_asks_nobody_anew() -> None:
    made = held_for_its_lot()
    said = len(made.sent)
    made.order(line("beam", 3, description="as drawn"), delivery_place="Omsk")
    assert [message.subject for message in made.sent[said:] if message.subject in ("Alert", "AllocationRequest")] == []


def test_each_release_that_does_not_help_is_told_anew() -> None:
    made = held_for_its_lot()
    made.act("RELEASE")
    made.act("RELEASE")
    assert len({alert["alert_id"] for alert in made.subjects("Alert")}) == 3
    told = [message.id for message in made.sent if message.subject == "RoutingDecision"]
    assert len(set(told)) == len(told) == 3
