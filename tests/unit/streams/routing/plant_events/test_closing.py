"""The end of an order: closed some time after its last state, with everything given back and little kept."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from kranhub.parties.members import CutoverMode
from kranhub.wire.messages import Subject
from streams.routing.context import DecisionContext
from streams.routing.handler import handle
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model import order
from streams.routing.model.copying import replace
from streams.routing.plant_events.closing import KEEP
from tests.support.order_lines import MOTORS
from tests.support.plants import (
    MASTER,
    START,
    Cluster,
    Event,
    Value,
    full_order,
    full_receipt,
    full_response,
    full_shipment,
)

WAKE: Any = {}


def willing(asked: Value) -> list[Event]:
    """A plant that takes, ships and delivers everything at once."""
    number = f"{asked['plant_order_id']}/{asked['revision']}"
    arrived = full_shipment(asked, START + timedelta(days=1), actual_arrival=START + timedelta(days=2))
    return [
        Event(f"{number}/r", "Receipt", full_receipt(asked, "APPLIED", START)),
        Event(f"{number}/a", "OrderResponse", full_response(asked, "AP", START)),
        Event(f"{number}/s", "Shipment", arrived),
    ]


def delivered() -> Cluster:
    cluster = Cluster(willing)
    cluster.take(Event("o1", "Order", full_order("17", [MOTORS])))
    cluster.run()
    assert cluster.status()["state"] == "DELIVERED"
    return cluster


def after_a_while(cluster: Cluster) -> Cluster:
    cluster.today = START + KEEP + timedelta(days=1)
    cluster.wake()
    return cluster


def test_a_delivered_order_is_closed_after_a_while_and_its_reservations_are_given_back() -> None:
    cluster = after_a_while(delivered())
    assert cluster.status()["state"] == "CLOSED"
    assert [line["state"] for line in cluster.status()["lines"]] == ["CLOSED"]
    assert cluster.holds == {}
    assert cluster.state is not None
    assert cluster.state.portions == ()


def test_before_its_time_an_order_stays_open() -> None:
    cluster = delivered()
    cluster.today = START + KEEP - timedelta(days=1)
    cluster.wake()
    assert cluster.status()["state"] == "DELIVERED"


def test_an_order_that_is_sent_again_after_its_end_is_no_new_order() -> None:
    cluster = after_a_while(delivered())
    said = len(cluster.sent)
    cluster.take(Event("o1", "Order", full_order("17", [MOTORS])))
    cluster.take(Event("o1-again", "Order", full_order("17", [MOTORS])))
    assert len(cluster.sent) == said
    assert cluster.refused == []


def test_what_comes_new_after_the_end_is_refused_and_what_is_late_is_passed_by() -> None:
    cluster = after_a_while(delivered())
    asked = cluster.subjects("PlantOrder")[0]
    cluster.take(Event("late", "Receipt", full_receipt(asked, "DUPLICATE", START)))
    assert cluster.refused == []
    cluster.take(Event("o2", "Order", full_order("17", [{**MOTORS, "quantity": Decimal(9)}])))
    cluster.take(Event("late-answer", "OrderResponse", full_response(asked, "AP", START)))
    assert cluster.refused == ["order-closed", "order-closed"]


def test_a_cancelled_order_is_closed_without_a_word() -> None:
    cluster = Cluster()
    cluster.take(Event("o1", "Order", full_order("17", [MOTORS])))
    cluster.take(Event("o2", "Order", full_order("17", [MOTORS], document_status="CANCELLED")))
    cluster.run()
    told = len(cluster.subjects("OrderStatus"))
    after_a_while(cluster)
    assert len(cluster.subjects("OrderStatus")) == told
    assert cluster.state is not None
    assert cluster.state.closed


def test_an_order_is_not_closed_while_a_stopped_plant_is_still_to_learn_of_its_cancel() -> None:
    cluster = Cluster()
    cluster.take(Event("o1", "Order", full_order("17", [MOTORS])))
    cluster.run()
    cluster.master = stopped("oemz")
    cluster.take(Event("o2", "Order", full_order("17", [MOTORS], document_status="CANCELLED")))
    cluster.run()
    after_a_while(cluster)
    assert cluster.state is not None
    assert (cluster.state.closed, cluster.state.due) == (False, None)
    cluster.master = MASTER
    cluster.wake()
    assert [value["document_status"] for value in cluster.subjects("PlantOrder")] == ["ACTIVE", "CANCELLED"]
    assert cluster.state.due is not None
    cluster.wake()
    assert cluster.state.closed


def stopped(member: str) -> MasterData:
    """The master data with this member stopped."""
    known = MASTER.members.members
    found = [m.model_copy(update={"cutover": CutoverMode.STOPPED}) if m.id == member else m for m in known]
    return replace(MASTER, members=MASTER.members.model_copy(update={"members": tuple(found)}))


def test_a_closed_order_takes_a_fraction_of_the_space() -> None:
    cluster = delivered()
    assert cluster.state is not None
    before = len(order.dump(cluster.state))
    after_a_while(cluster)
    assert len(order.dump(cluster.state)) < before / 2


def test_an_order_that_comes_back_to_life_is_not_closed() -> None:
    cluster = delivered()
    more = full_order("17", [{**MOTORS, "quantity": Decimal(6)}])
    cluster.take(Event("o2", "Order", more))
    assert cluster.state is not None
    assert cluster.state.final_since is None
    context = DecisionContext("w", START + KEEP + timedelta(days=3), MASTER)
    step = handle(replace(cluster.state), Subject.WAKE, WAKE, context)
    assert step is not None
    assert not step.state.closed
