"""A plant that is no longer a member: its portions are on hold, are told to people, and go on once it is back."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.parties.members import Members
from streams.processor.state.store import Layer, Store
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.copying import replace
from streams.routing.plant_events import deadlines
from streams.stages.support import orders_by_plant
from tests.support.order_lines import CRANE, MOTORS, PAINT
from tests.support.placed_orders import FIRST, Plants, accepts, placed, send, waiting
from tests.support.planner_stage import PlannerStage
from tests.support.plants import KEY, MASTER, Event, Value, full_action, full_order, full_production, full_shipment

BULVAR = "tsvetnoy-bulvar"


def without(*members: str) -> MasterData:
    """The cluster of Omsk without some members."""
    left = tuple(member for member in MASTER.members.members if member.id not in members)
    return replace(MASTER, members=Members.model_construct(members=left, transport=MASTER.members.transport))


def becomes(cluster: Plants, master: MasterData) -> None:
    """Publish these members; who stands at them, or waits for them, is woken up."""
    cluster.master = master
    cluster.wake()


def test_what_stands_at_a_plant_that_is_gone_is_on_hold_and_listed_until_it_is_back() -> None:
    cluster = placed(MOTORS)
    becomes(cluster, without("oemz"))
    assert (cluster.status()["state"], cluster.status()["cause"]) == ("ON_HOLD", "plant-gone")
    (alert,) = waiting(cluster)
    assert (alert["code"], FIRST in alert["text"]["en"], FIRST in alert["text"]["ru"]) == ("plant-gone", True, True)
    becomes(cluster, MASTER)
    assert (cluster.status()["state"], cluster.status()["cause"]) == ("CONFIRMED", "plant-back")
    assert waiting(cluster) == []
    assert len(cluster.delivered("oemz")) == 1


def test_what_changes_meanwhile_reaches_the_plant_once_it_is_back_as_it_is_by_then() -> None:
    cluster = placed(MOTORS)
    cluster.master = without("oemz")
    for quantity in (6, 8, 5):
        send(cluster, f"o{quantity}", {**MOTORS, "quantity": Decimal(quantity)})
    assert (cluster.status()["state"], len(cluster.delivered("oemz"))) == ("ON_HOLD", 1)
    becomes(cluster, MASTER)
    told = [(value["revision"], value["lines"][0]["quantity"]) for value in cluster.delivered("oemz")]
    assert told == [(1, 4), (2, 5)]
    assert cluster.status()["state"] == "CONFIRMED"


def test_a_cancel_reaches_it_as_well() -> None:
    cluster = placed(MOTORS)
    cluster.master = without("oemz")
    send(cluster, "o2", MOTORS, document_status="CANCELLED")
    assert cluster.status()["state"] == "CANCELLED"
    becomes(cluster, MASTER)
    assert [value["document_status"] for value in cluster.delivered("oemz")] == ["ACTIVE", "CANCELLED"]


def test_what_the_plant_was_not_told_of_goes_to_the_next() -> None:
    cluster = Plants(accepts)
    cluster.take(Event("o1", "Order", full_order("17", [PAINT])))
    assert cluster.state is not None
    assert [attempt.plant for attempt in cluster.state.portions[0].attempts] == [BULVAR]
    cluster.master = without(BULVAR)
    cluster.pending.clear()
    cluster.wake()
    assert [value["plant"] for value in cluster.subjects("PlantOrder")] == ["zmk-most"]
    (decision,) = cluster.subjects("RoutingDecision")
    assert decision["chosen"] == "zmk-most"
    assert cluster.status()["state"] == "CONFIRMED"


def _due(cluster: Plants) -> datetime | None:
    assert cluster.state is not None
    return deadlines.due_of_portions(cluster.state)


def test_no_deadline_takes_the_portion_away_and_the_plant_has_its_time_anew() -> None:
    cluster = Plants(lambda asked: [])
    send(cluster, "o1", PAINT)
    becomes(cluster, without(BULVAR))
    assert _due(cluster) is None
    cluster.today += timedelta(days=30)
    becomes(cluster, MASTER)
    assert [value["plant"] for value in cluster.subjects("PlantOrder")] == [BULVAR]
    due = _due(cluster)
    assert due is not None
    assert due > cluster.today
    assert cluster.status()["state"] == "PLANNED"


def test_goods_that_have_left_are_not_held() -> None:
    cluster = placed(MOTORS)
    (asked,) = cluster.delivered("oemz")
    cluster.take(Event("left", "Shipment", full_shipment(asked, cluster.today)))
    becomes(cluster, without("oemz"))
    assert cluster.status()["state"] == "SHIPPED"
    assert cluster.state is not None
    assert cluster.state.awaited_members == ()


def test_a_word_of_the_plant_still_counts() -> None:
    cluster = placed(MOTORS)
    (asked,) = cluster.delivered("oemz")
    becomes(cluster, without("oemz"))
    cluster.take(Event("made", "ProductionStatus", full_production(asked, "COMPLETED", cluster.today)))
    assert cluster.refused == []
    becomes(cluster, MASTER)
    assert cluster.status()["state"] == "READY"


def test_a_person_may_move_it_and_the_plant_learns_that_when_it_is_back() -> None:
    cluster = placed(PAINT)
    becomes(cluster, without(BULVAR))
    cluster.take(Event("by-hand", "PlannerAction", full_action("OVERRIDE_PLANT", plant="zmk-most")))
    cluster.run()
    assert cluster.status()["state"] == "CONFIRMED"
    assert len(cluster.delivered("zmk-most")) == 1
    becomes(cluster, MASTER)
    assert [value["document_status"] for value in cluster.delivered(BULVAR)] == ["ACTIVE", "CANCELLED"]


def test_the_other_lines_go_on_unless_all_is_wanted_at_once() -> None:
    lines = (MOTORS, {**PAINT, "line_id": "2"})
    for complete, state in ((False, "CONFIRMED"), (True, "ON_HOLD")):
        cluster = placed(*lines, complete_delivery=complete)
        becomes(cluster, without("oemz"))
        assert [line["state"] for line in cluster.status()["lines"]] == ["ON_HOLD", "CONFIRMED"]
        assert cluster.status()["state"] == state


def test_an_order_that_comes_while_the_plant_is_gone_is_not_told_to_be_placed() -> None:
    cluster = Plants(accepts, without("oemz"))
    send(cluster, "o1", MOTORS)
    assert (cluster.status()["state"], cluster.status()["cause"]) == ("ON_HOLD", "no-candidate")


def test_the_publication_wakes_just_the_orders_that_stand_there() -> None:
    stage = PlannerStage()
    stage.publish(MASTER)
    stage.come("Order", full_order("17", [MOTORS]))
    ((subject, wake),) = stage.publish(without("oemz", BULVAR))
    assert (subject, wake["order_key"]) == ("Wake", KEY)
    stage.come(subject, wake)
    assert stage.publish(without("oemz")) == []


leavers = st.lists(st.sampled_from(["oemz", "zmk-most", BULVAR]), max_size=2, unique=True)
masters = leavers.map(lambda out: without(*out))
steps = st.lists(st.one_of(masters, st.integers(1, 9).map(Decimal), st.just("cancel")), max_size=7)


@given(steps)
def test_once_all_are_back_every_plant_knows_what_it_should(given_steps: list[Any]) -> None:
    lines = [MOTORS, {**PAINT, "line_id": "2"}]
    cluster = placed(*lines)
    for number, step in enumerate(given_steps):
        if isinstance(step, MasterData):
            becomes(cluster, step)
        elif step == "cancel":
            send(cluster, f"c{number}", *lines, document_status="CANCELLED")
        else:
            lines = [{**line, "quantity": step} for line in lines]
            send(cluster, f"o{number}", *lines)
    becomes(cluster, MASTER)
    send(cluster, "last", *({**line, "quantity": Decimal(3)} for line in lines))
    at: dict[tuple[str, str], list[Decimal]] = {}
    for (plant_order, plant), quantity in cluster.at_plants().items():
        at.setdefault((plant_order.partition("/")[2][0], plant), []).append(quantity)
    assert sum((sum(amounts) for amounts in at.values()), Decimal(0)) == 6
    assert cluster.refused == []
    assert cluster.status()["state"] == "CONFIRMED"


@pytest.mark.parametrize("line", [MOTORS, CRANE])
def test_nothing_is_left_of_an_order_that_is_over(line: Value) -> None:
    cluster = placed(line)
    assert cluster.state is not None
    layer = Layer(Store())
    orders_by_plant.note(None, cluster.state, layer)
    assert layer.changes
    assert list(orders_by_plant.orders("oemz", layer)) == [cluster.state.key]
    orders_by_plant.note(cluster.state, replace(cluster.state, portions=()), layer)
    assert set(layer.changes.values()) == {None}
