"""A rule that wants an approval raises one alert for each attempt, whose deadline is the reservation's end."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from streams.routing.masterdata.rules import Mode, Rule, Rules
from streams.routing.model.copying import replace
from streams.routing.model.terms import Terms
from streams.routing.planner.reserve import APPROVAL_TIME
from tests.support.order_lines import PAINT
from tests.support.plants import MASTER, START, Cluster, Event, Value, full_action, full_order, full_response

CAREFUL = replace(MASTER, rules=Rules(rules=(Rule(rule="careful", mode=Mode.APPROVE),)))
NUMBER = "sibir-terminal:17/1.1.1"


def placed(answers: Any = lambda asked: [], master: Any = CAREFUL, **changes: Any) -> Cluster:
    cluster = Cluster(answers, master)
    cluster.take(Event("o1", "Order", full_order("17", [PAINT], **changes)))
    cluster.run()
    return cluster


def asked(cluster: Cluster) -> list[Value]:
    return [value for value in cluster.subjects("Alert") if value["code"] == "approval-needed"]


def refuse(order: Value) -> list[Event]:
    return [Event(f"{order['plant_order_id']}/RE", "OrderResponse", full_response(order, "RE", START))]


def test_a_person_is_asked_once_before_the_plant_is_told() -> None:
    cluster = placed()
    cluster.wake()
    cluster.take(Event("o2", "Order", full_order("17", [PAINT])))
    cluster.run()
    (alert,) = asked(cluster)
    assert alert["alert_id"] == f"approval-needed/{NUMBER}"
    assert alert["order_key"] == "sibir-terminal:17"
    assert cluster.subjects("PlantOrder") == []
    for words in alert["text"].values():
        assert NUMBER in words
        assert "100 MTK" in words


def test_the_deadline_is_the_end_of_the_reservation() -> None:
    cluster = placed()
    (alert,) = asked(cluster)
    (request,) = cluster.subjects("AllocationRequest")
    assert alert["deadline"] == request["expires_at"] == START + timedelta(seconds=1) + APPROVAL_TIME


def test_a_quotation_is_asked_for_until_it_is_no_longer_valid() -> None:
    cluster = placed(quotation=True, valid_until=date(2026, 12, 10))
    assert cluster.state is not None
    assert cluster.state.order.terms == Terms(quotation=True, valid_until=date(2026, 12, 10))
    (alert,) = asked(cluster)
    (request,) = cluster.subjects("AllocationRequest")
    assert alert["deadline"] == request["expires_at"] == datetime(2026, 12, 10, 17, tzinfo=UTC), (
        "midnight in Novosibirsk"
    )


def test_a_quotation_without_an_end_has_that_of_its_rule() -> None:
    (alert,) = asked(placed(quotation=True, valid_until=None))
    assert alert["deadline"] == datetime(2026, 12, 8, 17, tzinfo=UTC), "the end of the 14th day after 24 November"


def test_an_approved_attempt_is_told_and_asked_for_no_more() -> None:
    cluster = placed()
    cluster.take(Event("a1", "PlannerAction", full_action("APPROVE", plant_order_id=NUMBER)))
    cluster.run()
    assert len(cluster.subjects("PlantOrder")) == 1
    assert len(asked(cluster)) == 1


def test_the_next_plant_needs_an_approval_of_its_own() -> None:
    cluster = placed(refuse)
    cluster.take(Event("a1", "PlannerAction", full_action("APPROVE")))
    cluster.run()
    assert [alert["alert_id"] for alert in asked(cluster)] == [
        f"approval-needed/{NUMBER}",
        "approval-needed/sibir-terminal:17/1.1.2",
    ]


def test_a_plant_chosen_by_hand_needs_no_approval() -> None:
    cluster = placed()
    cluster.take(Event("a1", "PlannerAction", full_action("OVERRIDE_PLANT", plant="zmk-most")))
    cluster.run()
    assert len(asked(cluster)) == 1
    assert [order["plant"] for order in cluster.subjects("PlantOrder")] == ["zmk-most"]


def test_an_automatic_rule_asks_nobody() -> None:
    assert asked(placed(master=MASTER)) == []
