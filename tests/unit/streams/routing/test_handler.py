"""The planner's decisions: explosion, routing, re-routing, changes, answers of those who were not asked."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from streams.routing.planner import explode
from tests.support.order_lines import CRANE, MOTORS, PAINT
from tests.support.plants import (
    MASTER,
    START,
    Cluster,
    Event,
    Value,
    full_order,
    full_production,
    full_receipt,
    full_response,
)


def placed(*lines: Value, answers: Any = lambda asked: [], **changes: Any) -> Cluster:
    cluster = Cluster(answers)
    cluster.take(Event("o1", "Order", full_order("17", lines, **changes)))
    cluster.run()
    return cluster


def answer(code: str, **changes: Any) -> Callable[[Value], list[Event]]:
    def answers(asked: Value) -> list[Event]:
        if asked["document_status"] == "CANCELLED":
            return []
        value = full_response(asked, code, START, **changes)
        return [Event(f"{asked['plant_order_id']}/{asked['revision']}/{code}", "OrderResponse", value)]

    return answers


def test_a_crane_becomes_its_components_and_their_assembly() -> None:
    cluster = placed(CRANE)
    made = {
        (value["plant"], value["lines"][0]["item"]): value["lines"][0]["quantity"]
        for value in cluster.subjects("PlantOrder")
    }
    assert made == {
        ("ruskran", "crane-bridge-10t-22m5"): 1,
        ("zmk-most", "girder-main-22m5"): 2,
        ("tsvetnoy-bulvar", "coating-girders"): 350,
        ("ruskran", "end-carriage-10t"): 2,
        ("ruskran", "trolley-hoist-10t"): 1,
        ("oemz", "motor-crane-7kw5"): 6,
        ("oetz", "cabinet-crane-10t"): 1,
    }
    by_item = {value["lines"][0]["item"]: value for value in cluster.subjects("PlantOrder")}
    assembly, coating = by_item["crane-bridge-10t-22m5"], by_item["coating-girders"]
    assert assembly["feeds_into"] is None
    assert assembly["consignee"] == "sibir-terminal"
    assert by_item["girder-main-22m5"]["feeds_into"] == coating["plant_order_id"]
    assert by_item["girder-main-22m5"]["consignee"] == "tsvetnoy-bulvar"
    assert coating["feeds_into"] == assembly["plant_order_id"]
    assert all(value["plant_order_id"].startswith("sibir-terminal:17/") for value in by_item.values())
    assert cluster.status()["state"] == "PLANNED"


def test_the_decision_names_the_rule_and_what_was_not_chosen() -> None:
    cluster = placed(PAINT)
    (decision,) = cluster.subjects("RoutingDecision")
    assert (decision["rule"], decision["rule_version"], decision["chosen"]) == (
        "capability-rank",
        "1",
        "tsvetnoy-bulvar",
    )
    assert [(other["member"], other["why_not"]) for other in decision["alternatives"]] == [
        ("tsvetnoy-bulvar", None),
        ("zmk-most", "lower-rank"),
    ]


def test_every_answer_in_gives_confirmed_with_the_promise_over_the_critical_path() -> None:
    cluster = placed(CRANE, answers=answer("AP"))
    assert cluster.status()["state"] == "CONFIRMED"
    # All plants promise Monday, 1 February. The girders are at the coating on the 2nd (1 day's way); 5 working days of
    # coating end on Monday, the 8th; at the assembly on the 9th; 10 working days of it end on Monday, the 22nd; 3 days
    # on the way to the customer.
    assert cluster.status()["promised_date"] == date(2027, 2, 25)
    assert cluster.status()["cause"] == "plant-accepted"
    assert set(cluster.status()["reason"]) == {"en", "ru"}


def test_a_rejected_part_goes_to_the_next_plant_and_its_reservation_is_released() -> None:
    def answers(asked: Value) -> list[Event]:
        return answer("RE" if asked["plant"] == "tsvetnoy-bulvar" else "AP")(asked)

    cluster = placed(CRANE, answers=answers)
    painted = [value for value in cluster.subjects("PlantOrder") if value["lines"][0]["item"] == "coating-girders"]
    assert [(value["plant"], value["plant_order_id"]) for value in painted] == [
        ("tsvetnoy-bulvar", "sibir-terminal:17/1.3.1"),
        ("zmk-most", "sibir-terminal:17/1.3.2"),
    ]
    released = [value for value in cluster.subjects("AllocationRequest") if value["action"] == "RELEASE"]
    assert [value["request_id"] for value in released] == ["sibir-terminal:17/1.3.1"]
    girders = [value for value in cluster.subjects("PlantOrder") if value["lines"][0]["item"] == "girder-main-22m5"]
    assert girders[-1]["feeds_into"] == "sibir-terminal:17/1.3.2"
    assert girders[-1]["revision"] == 2
    assert cluster.status()["state"] == "CONFIRMED"
    last = cluster.subjects("RoutingDecision")[-1]
    assert [other["why_not"] for other in last["alternatives"]] == ["rejected", None]


def test_nobody_left_holds_the_line_with_an_alert_that_names_who_was_tried() -> None:
    cluster = placed(PAINT, answers=answer("RE"))
    assert cluster.status()["state"] == "ON_HOLD"
    assert cluster.status()["cause"] == "no-candidate"
    (alert,) = cluster.subjects("Alert")
    assert alert["code"] == "no-candidate"
    assert "tsvetnoy-bulvar (rejected), zmk-most (rejected)" in alert["text"]["en"]
    assert cluster.subjects("RoutingDecision")[-1]["chosen"] is None


def test_an_erp_that_refuses_the_document_counts_like_a_rejection() -> None:
    def answers(asked: Value) -> list[Event]:
        outcome = "REJECTED" if asked["plant"] == "tsvetnoy-bulvar" else "APPLIED"
        return [Event(asked["plant_order_id"], "Receipt", full_receipt(asked, outcome, START))]

    cluster = placed(PAINT, answers=answers)
    assert list(cluster.at_plants())[-1] == ("sibir-terminal:17/1.1.2", "zmk-most")


def test_a_part_that_is_not_accepted_goes_on_without_asking_the_same_plant() -> None:
    def answers(asked: Value) -> list[Event]:
        if asked["plant"] == "tsvetnoy-bulvar":
            return answer("CA", quantity=Decimal(60))(asked)
        return answer("AP")(asked)

    cluster = placed(PAINT, answers=answers)
    quantities = {
        value["plant"]: value["lines"][0]["quantity"] for value in cluster.subjects("PlantOrder") if value["revision"]
    }
    assert quantities == {"tsvetnoy-bulvar": 100, "zmk-most": 40}
    assert cluster.status()["state"] == "CONFIRMED"
    assert len(cluster.subjects("PlantOrder")) == 2


def test_an_answer_of_another_plant_changes_nothing() -> None:
    cluster = placed(PAINT)
    asked = cluster.subjects("PlantOrder")[0]
    before = cluster.state
    cluster.take(Event("x", "OrderResponse", full_response(asked, "RE", START, plant="zmk-most")))
    cluster.take(Event("y", "OrderResponse", full_response({**asked, "plant_order_id": "z:1/1.1.1"}, "RE", START)))
    production = full_production({**asked, "plant": "oemz"}, "RUNNING", START)
    cluster.take(Event("z", "ProductionStatus", production))
    assert cluster.refused == ["not-addressee", "unknown-plant-order", "not-addressee"]
    assert cluster.state == before


def test_a_line_of_the_answer_that_was_not_asked_is_refused() -> None:
    cluster = placed(PAINT)
    response = full_response(cluster.subjects("PlantOrder")[0], "AP", START)
    response["lines"][0]["line_id"] = "9"
    cluster.take(Event("x", "OrderResponse", response))
    assert cluster.refused == ["unknown-line"]


def test_production_moves_the_order_on() -> None:
    cluster = placed(MOTORS, answers=answer("AP"))
    asked = cluster.subjects("PlantOrder")[0]
    for minute, (state, expected) in enumerate(
        [("RELEASED", "CONFIRMED"), ("RUNNING", "IN_PRODUCTION"), ("COMPLETED", "READY")]
    ):
        value = full_production(asked, state, START + timedelta(minutes=minute))
        cluster.take(Event(f"p{minute}", "ProductionStatus", value))
        assert cluster.status()["state"] == expected


def test_a_larger_quantity_raises_the_revision_and_waits_for_a_new_answer() -> None:
    cluster = placed(MOTORS, answers=answer("AP"))
    cluster.answers = lambda asked: []
    cluster.take(Event("o2", "Order", full_order("17", [{**MOTORS, "quantity": Decimal(6)}])))
    cluster.run()
    last = cluster.subjects("PlantOrder")[-1]
    assert (last["plant_order_id"], last["revision"], last["lines"][0]["quantity"]) == ("sibir-terminal:17/1.1.1", 2, 6)
    assert (cluster.status()["state"], cluster.status()["order_revision"]) == ("PLANNED", 2)
    stale = full_response({**last, "revision": 1}, "AP", START)
    cluster.take(Event("late", "OrderResponse", stale))
    assert cluster.status()["state"] == "PLANNED"
    cluster.take(Event("new", "OrderResponse", full_response(last, "AP", START)))
    assert cluster.status()["state"] == "CONFIRMED"


def test_equal_content_under_a_new_version_is_a_repeat() -> None:
    cluster = placed(MOTORS)
    said = len(cluster.sent)
    again = full_order("17", [MOTORS], issued_at=START + timedelta(days=1))
    cluster.take(Event("o2", "Order", again))
    assert len(cluster.sent) == said


def test_an_older_version_sent_again_does_not_undo_a_newer_one() -> None:
    cluster = placed(MOTORS)
    cluster.take(Event("o2", "Order", full_order("17", [{**MOTORS, "quantity": Decimal(6)}])))
    cluster.run()
    cluster.take(Event("o1", "Order", full_order("17", [MOTORS])))
    cluster.run()
    assert list(cluster.at_plants().values()) == [Decimal(6)]


def test_a_removed_line_and_a_cancelled_order_reach_the_plants_as_cancelled() -> None:
    second = {**PAINT, "line_id": "2"}
    cluster = placed(MOTORS, second, answers=answer("AP"))
    cluster.take(Event("o2", "Order", full_order("17", [MOTORS])))
    cluster.run()
    assert [plant for _, plant in cluster.at_plants()] == ["oemz"]
    cluster.take(Event("o3", "Order", full_order("17", [MOTORS], document_status="CANCELLED")))
    cluster.run()
    assert cluster.at_plants() == {}
    assert cluster.status()["state"] == "CANCELLED"
    assert cluster.holds == {}


def test_an_unmapped_line_is_held_and_the_rest_goes_on() -> None:
    cluster = placed(MOTORS, {**MOTORS, "line_id": "2", "item_code": "НЕТ"}, answers=answer("AP"))
    assert cluster.status()["state"] == "CONFIRMED"
    assert cluster.status()["promised_date"] is None
    assert [line["state"] for line in cluster.status()["lines"]] == ["CONFIRMED", "ON_HOLD"]
    assert [alert["code"] for alert in cluster.subjects("Alert")] == ["unmapped-item"]


@pytest.mark.parametrize(
    ("waiting", "en", "ru"),
    [
        ([], "Every part of the order is with a plant.", "Все части заказа переданы заводам."),
        (
            ["ГАК-50"],
            "Every part that can be made is with a plant; 1 line waits: ГАК-50.",
            "Всё, что можно изготовить, передано заводам; ждёт 1 строка: ГАК-50.",
        ),
        (
            ["ГАК-50", "ГАК-80"],
            "Every part that can be made is with a plant; 2 lines wait, the first: ГАК-50.",
            "Всё, что можно изготовить, передано заводам; ждут строки: 2, первая: ГАК-50.",
        ),
    ],
)
def test_who_hears_that_all_is_planned_hears_which_lines_wait(waiting: list[str], en: str, ru: str) -> None:
    held = ({**MOTORS, "line_id": code, "item_code": code} for code in waiting)
    cluster = placed(MOTORS, *held, payer="omsk-leasing")
    told = [value for value in cluster.subjects("OrderStatus") if value["cause"] == "planned"]
    assert [(value["role"], value["reason"]) for value in told] == [
        ("buyer", {"en": en, "ru": ru}),
        ("payer", {"en": en, "ru": ru}),
    ]


def test_complete_delivery_holds_the_whole_order() -> None:
    cluster = placed(MOTORS, {**MOTORS, "line_id": "2", "item_code": "НЕТ"}, complete_delivery=True)
    assert cluster.subjects("PlantOrder") == []
    assert cluster.status()["state"] == "ON_HOLD"


def test_a_line_goes_on_once_its_item_is_mapped() -> None:
    cluster = placed({**MOTORS, "item_code": "НЕТ"})
    cluster.take(Event("repaired", "Order", full_order("17", [MOTORS])))
    cluster.run()
    assert list(cluster.at_plants().values()) == [Decimal(4)]


def test_an_acceptance_after_the_rejection_is_withdrawn_from_the_plant() -> None:
    cluster = placed(PAINT)
    asked = cluster.subjects("PlantOrder")[0]
    cluster.take(Event("no", "OrderResponse", full_response(asked, "RE", START)))
    cluster.take(Event("yes", "OrderResponse", full_response(asked, "AP", START + timedelta(minutes=1))))
    cluster.run()
    assert [plant for _, plant in cluster.at_plants()] == ["zmk-most"]


@pytest.mark.parametrize("quantity", [Decimal(1), Decimal(3)])
def test_needs_follow_the_quantity(quantity: Decimal) -> None:
    cluster = placed({**CRANE, "quantity": quantity})
    assert cluster.state is not None
    wanted = {need.item: need.quantity for need in explode.needs(cluster.state, MASTER)}
    assert wanted["coating-girders"] == 350 * quantity
