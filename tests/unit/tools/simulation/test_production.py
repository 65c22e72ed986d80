"""What simulated plants do with what they have accepted: one behaviour at a time, beside what is made early."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.simulated_plants import PLANT, PROMISED, asked
from tools.simulation.behaviour import BEHAVIOURS, EARLY, Behaviour, Course
from tools.simulation.event_queue import EventQueue
from tools.simulation.jobs import Job
from tools.simulation.production import Production
from tools.simulation.stock import PER_ORDER
from tools.simulation.timetable import DAY, END, OPENING

ALL = 100 - EARLY
"""The share of everything that is not made early."""
STEADY = Behaviour(late=0, silent=0)
"""A plant that makes everything in time, and some of it early."""

Values = list[Mapping[str, Any]]


def worked(behaviour: Behaviour, item_code: str = "EM-MTF-75") -> dict[str, Values]:
    """Return what the plant says of each plant order, by its number, in the order in which it says it."""
    events = EventQueue(PLANT, 1)
    production = Production(events, {}, behaviour)
    for number in range(100):
        order = asked(number)
        order["lines"][0]["item_code"] = item_code
        job = Job(order, quantity=Decimal(4), promised=PROMISED, accepted=True)
        production.begin(job, OPENING)
    found: dict[str, Values] = defaultdict(list)
    known = set()
    for document in events.run(END + 30 * DAY):
        if document.event_id not in known:
            known.add(document.event_id)
            value = document.value
            found[value.get("plant_order_id") or value["lines"][0]["plant_order_id"]].append(value)
    return found


def states(values: Values) -> list[str]:
    return [value["state"] for value in values if "state" in value]


def legs(values: Values) -> Values:
    return [value for value in values if "shipment_id" in value and value["actual_arrival"] is None]


def ended(values: Values) -> Any:
    return max(value["as_of"].date() for value in values if value.get("state") in ("COMPLETED", "CLOSED"))


def is_early(values: Values) -> bool:
    return bool(ended(values) < OPENING.date() + timedelta(days=5))


def test_every_plant_behaves_in_a_way_of_its_own() -> None:
    assert BEHAVIOURS.keys() == PER_ORDER.keys()
    assert len({id(one) for one in BEHAVIOURS.values()}) == len(set(BEHAVIOURS.values())) == 6
    for behaviour in BEHAVIOURS.values():
        for shares in (behaviour.answers, behaviour.courses):
            assert sum(shares.values()) == pytest.approx(100)
            assert min(shares.values()) >= 0
        assert behaviour.courses[Course.AS_PROMISED] > 50, "a few percent are otherwise"


def test_most_is_made_on_the_promised_day_and_some_early() -> None:
    found = worked(STEADY)
    early = [values for values in found.values() if is_early(values)]
    assert 10 < len(early) < 40
    assert {ended(values) for values in found.values() if values not in early} == {PROMISED}
    assert all(states(values) == ["RUNNING", "COMPLETED"] for values in found.values())


def test_an_assembly_is_never_made_before_its_promise() -> None:
    found = worked(STEADY, item_code="RK-CRANE-10")
    assert {ended(values) for values in found.values()} == {PROMISED}


def test_late_work_ends_days_after_the_promise_and_about_half_of_it_is_said_before() -> None:
    found = worked(Behaviour(late=ALL, silent=0))
    late = {number: (ended(values) - PROMISED).days for number, values in found.items() if not is_early(values)}
    assert 2 <= min(late.values()) <= max(late.values()) <= 12
    said = {
        number: value["estimated_completion"]
        for number, values in found.items()
        for value in values
        if value.get("state") == "RUNNING" and value["estimated_completion"] > PROMISED
    }
    assert len(late) / 4 < len(said) < len(late)
    assert {number: PROMISED + timedelta(days=late[number]) for number in said} == said


def test_of_silent_work_nothing_is_heard() -> None:
    assert 10 < len(worked(Behaviour(late=0, silent=ALL))) < 40


def test_scrap_closes_the_production_with_less_than_planned_and_the_rest_leaves() -> None:
    found = worked(replace(STEADY, scraps=ALL))
    closed = {number: values for number, values in found.items() if states(values) == ["RUNNING", "CLOSED"]}
    assert len(closed) > 50
    for values in closed.values():
        last = next(value for value in values if value.get("state") == "CLOSED")
        assert (last["planned"], last["completed"], last["scrapped"]) == (4, 3, 1)
        assert [leg["lines"][0]["quantity"] for leg in legs(values)] == [3]


def test_deliveries_in_parts_leave_days_apart() -> None:
    for values in worked(replace(STEADY, in_parts=100)).values():
        first, second = legs(values)
        assert [leg["lines"][0]["quantity"] for leg in (first, second)] == [2, 2]
        assert 2 * DAY <= second["actual_departure"] - first["actual_departure"] <= 5 * DAY
        assert first["shipment_id"] != second["shipment_id"]


def test_an_aborted_production_is_followed_by_another_that_is_late() -> None:
    found = worked(replace(STEADY, aborts=ALL))
    aborted = [values for values in found.values() if "ABORTED" in states(values)]
    assert len(aborted) > 50
    for values in aborted:
        assert states(values) == ["RUNNING", "ABORTED", "RUNNING", "COMPLETED"]
        names = [value["production_order_id"] for value in values if "state" in value]
        assert names[0] == names[1] != names[2] == names[3]
        assert 3 <= (ended(values) - PROMISED).days <= 10
        assert [leg["lines"][0]["quantity"] for leg in legs(values)] == [4]


def test_a_completion_is_taken_back_and_reported_again_days_later() -> None:
    found = worked(replace(STEADY, takes_back=ALL))
    taken_back = [values for values in found.values() if states(values).count("COMPLETED") == 2]
    assert len(taken_back) > 50
    for values in taken_back:
        first, again, last = (value for value in values if "state" in value and value["as_of"].date() >= PROMISED)
        assert [value["completed"] for value in (first, again, last)] == [4, 0, 4]
        assert again["as_of"] == first["as_of"] + DAY
        assert 3 * DAY <= last["as_of"] - first["as_of"] <= 5 * DAY
        (leg,) = legs(values)
        assert leg["actual_departure"] > last["as_of"]


@pytest.mark.parametrize("reports", [(), ("arrivals",)])
def test_arrivals_are_reported_by_plants_that_report_them(reports: tuple[str, ...]) -> None:
    found = worked(replace(STEADY, reports=reports))
    arrived = [value for values in found.values() for value in values if value.get("actual_arrival")]
    assert (len(arrived) > 80) is bool(reports)
    assert all(DAY <= value["actual_arrival"] - value["actual_departure"] <= 2 * DAY for value in arrived)


def test_work_follows_a_promise_that_moves() -> None:
    events = EventQueue(PLANT, 1)
    job = Job(asked(1), quantity=Decimal(4), promised=PROMISED, accepted=True)
    Production(events, {}, STEADY).begin(job, OPENING)
    list(events.run(OPENING + 9 * DAY))
    assert job.ready == 0
    job.promised = PROMISED + timedelta(days=2)
    values = [document.value for document in events.run(END)]
    assert ended(values) == job.promised
