"""The plan of an order: the days by hand, what decides them, and by how much each part may slip."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.routing.schedule import dates
from streams.routing.schedule.plan import CONSIGNEE, DateBasis, LinePlan, Plan, plan
from tests.support.order_lines import CRANE, MOTORS, PAINT, lines
from tests.support.plants import MASTER, START, Cluster, Event, Value, full_order, full_production, full_response
from tests.support.recorded_events import accepting, recorded

END = START + timedelta(hours=1)


def planned(cluster: Cluster) -> Plan:
    assert cluster.state is not None
    return plan(cluster.state, cluster.master, END)


def by_node(line: LinePlan) -> dict[str, Any]:
    return {each.portion.node: each for each in line.portions}


def test_a_painted_part_is_there_a_day_after_its_promise_and_may_slip_by_27_days() -> None:
    """Promised for 1 February, a day on the way: 2 February. Wanted on 1 March: the plant has until 28 February."""
    (line,) = planned(recorded(PAINT)).lines
    (part,) = line.portions
    assert part.earliest is not None
    assert part.latest is not None
    assert (part.earliest.finish, line.arrives, line.slack) == (date(2027, 2, 1), date(2027, 2, 2), 27)
    assert (part.latest.start, part.latest.finish) == (date(2027, 2, 22), date(2027, 2, 28))
    assert (part.slack, part.basis, line.critical_path) == (27, DateBasis.PROMISE, ("1.1",))


def test_a_crane_waits_for_its_coated_girders() -> None:
    """Every plant has promised 1 February.

    The girders are at the painter's on the 2nd, whose five days end on Monday the 8th; at the assembly on the 9th, and
    its ten working days end on the 22nd; three days on the way: 25 February, four days before it is wanted.
    """
    order = planned(recorded(CRANE))
    (line,) = order.lines
    parts = by_node(line)
    girders, coating, crane = parts["girder-main-22m5"], parts["coating-girders"], parts[""]
    assert (coating.earliest.start, coating.earliest.finish) == (date(2027, 2, 2), date(2027, 2, 8))
    assert (crane.earliest.start, crane.earliest.finish) == (date(2027, 2, 9), date(2027, 2, 22))
    assert (order.earliest_date, order.slack) == (date(2027, 2, 25), 4)
    assert order.critical_path == tuple(each.portion.place for each in (girders, coating, crane))
    assert (girders.basis, coating.basis, crane.basis) == (DateBasis.PROMISE, DateBasis.COUNT, DateBasis.COUNT)
    assert (crane.latest.start, crane.latest.finish, crane.slack) == (date(2027, 2, 15), date(2027, 2, 26), 4)
    assert (coating.latest.finish, girders.latest.finish) == (date(2027, 2, 14), date(2027, 2, 7))


def test_what_is_made_is_a_fact() -> None:
    cluster = recorded(MOTORS)
    asked = cluster.subjects("PlantOrder")[-1]
    cluster.take(Event("p1", "ProductionStatus", full_production(asked, "COMPLETED", START)))
    (line,) = planned(cluster).lines
    assert line.portions[0].basis is DateBasis.FACT
    assert line.arrives == START.date() + timedelta(days=MASTER.transport_days("oemz", "sibir-terminal"))


def test_a_part_without_a_plant_decides_alone() -> None:
    order = planned(recorded(CRANE, answers=accepting(refusing=frozenset({"oemz"}))))
    motors = by_node(order.lines[0])["motor-crane-7kw5"]
    assert (motors.earliest, motors.latest, motors.slack, motors.basis) == (None, None, None, None)
    assert (order.slack, order.earliest_date, order.critical_path) == (None, None, (motors.portion.place,))


def test_the_line_with_the_least_slack_decides_the_first_of_several() -> None:
    motors = {**MOTORS, "line_id": "2", "requested_date": date(2027, 2, 1)}
    order = planned(recorded(PAINT, motors, {**motors, "line_id": "3"}))
    assert [line.slack for line in order.lines] == [27, -1, -1]
    assert (order.slack, order.critical_path) == (-1, ("2.1",))


def test_a_line_that_waits_for_a_mapping_has_no_day() -> None:
    order = planned(recorded({**PAINT, "item_code": "НЕТ"}, {**PAINT, "line_id": "2"}))
    assert (order.lines[0].portions, order.lines[0].arrives, order.lines[0].critical_path) == ((), None, ())
    assert (order.earliest_date, order.slack, order.critical_path) == (None, 27, ("2.1",))
    assert Plan(order.lines[:1]).critical_path == ()
    assert Plan(order.lines[:1]).deciding is None


def test_the_way_to_the_consignee_counts_also_from_its_own_plant() -> None:
    assert CONSIGNEE not in MASTER.members.by_id
    assert MASTER.transport_days(CONSIGNEE, "oemz") == MASTER.members.transport.default_days


def later(cluster: Cluster, place: str, day: date) -> Cluster:
    """Have the plant of a part promise another day."""
    assert cluster.state is not None
    (portion,) = [portion for portion in cluster.state.portions if portion.place == place]
    assert portion.current is not None
    number = portion.id_of(cluster.state.key, portion.current)
    asked = [value for value in cluster.subjects("PlantOrder") if value["plant_order_id"] == number][-1]
    changed = full_response(asked, "AP", START + timedelta(hours=1), promised_date=day)
    cluster.take(Event(f"later-{place}", "OrderResponse", changed))
    return cluster


@given(lines, st.integers(0, 60))
def test_a_part_that_slips_by_its_slack_is_not_late_and_by_more_it_is(wanted: list[Value], more: int) -> None:
    """On the critical path, where the part's own word decides: no other part hides it."""
    cluster = recorded(*wanted)
    for line in planned(cluster).lines:
        first = next((each for each in line.portions if each.portion.place in line.critical_path[:1]), None)
        if first is None or first.basis is not DateBasis.PROMISE or first.latest is None:
            continue
        day = first.latest.finish + timedelta(days=more)
        moved = later(recorded(*wanted), first.portion.place, day)
        (again,) = [each for each in planned(moved).lines if each.line.line_id == line.line.line_id]
        assert again.slack is not None
        assert again.slack >= 0 if more == 0 else again.slack < 0


@given(lines)
def test_the_plan_says_what_the_status_says(wanted: list[Value]) -> None:
    cluster = recorded(*wanted)
    assert cluster.state is not None
    for line in planned(cluster).lines:
        assert line.arrives == dates.arrival(cluster.state, line.line, MASTER, END)
        assert {each.portion.place for each in line.portions} == {
            portion.place for portion in dates.line_portions(cluster.state, line.line.line_id)
        }
        assert (line.arrives is None) == any(each.earliest is None for each in line.portions) or not line.portions


@given(lines)
def test_every_part_of_the_critical_path_goes_into_the_next(wanted: list[Value]) -> None:
    for line in planned(recorded(*wanted)).lines:
        known = {each.portion.place: each for each in line.portions}
        path = [known[place] for place in line.critical_path]
        for part, into in pairwise(path):
            assert part.portion.feeds == into.portion.node
        if line.arrives is not None:
            assert path[-1].portion.feeds is None


def test_a_plan_is_a_value() -> None:
    order = planned(recorded(PAINT))
    assert replace(order, lines=order.lines) == order


def test_an_order_of_one_line_has_the_quantity_it_asks_for() -> None:
    cluster = Cluster()
    cluster.take(Event("o1", "Order", full_order("17", [{**PAINT, "quantity": Decimal(7)}])))
    cluster.run()
    assert [each.portion.quantity for each in planned(cluster).lines[0].portions] == [Decimal(7)]
