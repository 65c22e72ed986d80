"""The checks that promises are followed to their end are checked: each names one planted violation."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.support.simulated_days import (
    BUYER,
    FILES,
    NOW,
    PLANT,
    alert,
    happened,
    plant_order,
    production,
    response,
    shipment,
    status,
)
from tools.simulation import result as checks
from tools.simulation.consumer import ConsumedRecord

JANUARY = date(2027, 1, 20)
"""The day that motors of order 1 are promised for: a Wednesday."""
KEY = f"{BUYER}:1"
FIRST = f"{KEY}/1.1.1"
FOLLOWING = ("without_end", "passed_promises", "untold", "lost_scrap")
OTHERS = [status(number, "CLOSED", JANUARY) for number in range(2, 7)]


def morning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def found(*records: ConsumedRecord, end: date, **changes: object) -> dict[str, list[str]]:
    """Return what is found of order 1, as all others are closed."""
    day = happened(*OTHERS, *records, end=morning(end), **changes)
    names = checks.findings(day, FILES)
    return {kind: names[kind] for kind in FOLLOWING if names[kind]}


def promised(state: str = "CONFIRMED", day: date = JANUARY) -> list[ConsumedRecord]:
    return [response(1, day - timedelta(days=1)), status(1, state, day)]


# --- every order ends, or has an owner and a deadline


@pytest.mark.parametrize("state", ["DELIVERED", "CLOSED", "CANCELLED", "REJECTED"])
def test_an_order_that_is_over_needs_nobody(state: str) -> None:
    assert found(status(1, state), end=JANUARY) == {}


def test_an_order_for_which_nobody_has_to_act_is_named() -> None:
    stopped = {"without_end": [f"order {KEY}: ON_HOLD, nothing promised, nobody alerted"]}
    assert found(status(1, "ON_HOLD"), end=NOW.date()) == stopped
    hold = alert(1, "no-candidate", NOW)
    assert found(status(1, "ON_HOLD"), hold, end=NOW.date()) == {}
    nobody, whenever = alert(1, "no-candidate", owner=""), alert(1, "no-candidate", deadline=None)
    assert found(status(1, "ON_HOLD"), nobody, end=NOW.date()) == stopped
    assert found(status(1, "ON_HOLD"), whenever, end=NOW.date()) == stopped
    assert found(status(1, "ON_HOLD"), hold, end=JANUARY) == stopped, "people are reminded every four weeks"


def test_an_order_whose_plant_may_still_answer_is_not_named_and_one_that_is_not_answered_is() -> None:
    assert found(status(1, "PLANNED"), end=date(2026, 11, 30)) == {}
    assert found(status(1, "PLANNED"), end=date(2026, 12, 1)) == {
        "without_end": [f"order {KEY}: PLANNED, nothing promised, nobody alerted"]
    }


# --- no promise lies in the past


def test_a_promise_that_has_passed_is_named() -> None:
    told = alert(1, "readiness-overdue", morning(date(2027, 1, 21)))
    # Five working days to report it, from Thursday the 21st on: until Wednesday, 27 January.
    assert found(*promised(), told, end=date(2027, 1, 27)) == {}
    assert found(*promised(), told, end=date(2027, 1, 28)) == {
        "passed_promises": [f"order {KEY} line 1: CONFIRMED, promised for {JANUARY}"]
    }
    moved = status(1, "CONFIRMED", date(2027, 2, 3), revision=2)
    assert found(*promised(), moved, told, end=date(2027, 1, 28)) == {}


def test_a_line_that_has_arrived_has_kept_its_promise() -> None:
    part = status(1, "IN_PRODUCTION", JANUARY)
    part = part._replace(value={**part.value, "lines": [{**part.value["lines"][0], "state": "DELIVERED"}]})
    sent = shipment(1, 4, morning(date(2027, 1, 18)))
    assert found(response(1, JANUARY), part, sent, end=date(2027, 2, 20)) == {}


# --- nothing late is untold


def late(*records: ConsumedRecord, end: date) -> list[str]:
    """Return what is untold of order 1, of which the buyer reads a day to come."""
    return found(response(1, JANUARY), status(1, "CONFIRMED", end), *records, end=end).get("untold", [])


def test_a_plant_order_that_is_late_and_untold_is_named() -> None:
    # A working day to report it, Thursday the 21st; the next tick but one after that is on Saturday the 23rd.
    assert late(end=date(2027, 1, 22)) == []
    untold = [f"plant order {FIRST} at {PLANT}: not made, due on {JANUARY}, no alert since"]
    assert late(end=date(2027, 1, 23)) == untold
    then = morning(date(2027, 1, 22))
    assert late(alert(1, "readiness-overdue", then), end=date(2027, 1, 23)) == []
    assert late(alert(1, "shortage", then), end=date(2027, 1, 23)) == untold
    assert late(alert(2, "readiness-overdue", then), end=date(2027, 1, 23)) == untold
    assert late(alert(1, "production-start-overdue", NOW), end=date(2027, 1, 23)) == untold, "that was before its day"


def test_what_waits_for_its_parts_in_the_frozen_zone_is_late_after_the_day_that_they_allow() -> None:
    asked = alert(1, "frozen-zone", alert_id=f"frozen-zone/{FIRST}/2027-01-25")
    assert late(asked, end=date(2027, 1, 27)) == []
    assert late(asked, end=date(2027, 1, 28)) == [
        f"plant order {FIRST} at {PLANT}: not made, due on 2027-01-25, no alert since"
    ]
    assert late(asked, alert(1, "readiness-overdue", morning(date(2027, 1, 22))), end=date(2027, 1, 28)) == []


def test_what_the_plant_has_named_a_later_day_for_is_late_after_that() -> None:
    running = production(1, "RUNNING", 0, NOW, estimated_completion=date(2027, 1, 25))
    assert late(running, end=date(2027, 1, 27)) == []
    assert late(running, end=date(2027, 1, 28)) != []


def test_what_is_made_and_does_not_leave_is_named() -> None:
    made = production(1, "COMPLETED", 4, morning(JANUARY))
    # Working days from the 21st on: the 21st, 22nd, 25th and 26th.
    assert late(made, end=date(2027, 1, 26)) == []
    assert late(made, end=date(2027, 1, 27)) == [
        f"plant order {FIRST} at {PLANT}: made, not sent since {JANUARY}, no alert since"
    ]
    left = morning(date(2027, 1, 21))
    assert late(made, shipment(1, 3, left), end=date(2027, 1, 27)) != []
    assert late(made, shipment(1, 3, left), shipment(1, 1, left, leg=2), end=date(2027, 1, 27)) == []


def test_a_completion_that_was_taken_back_is_none() -> None:
    words = [production(1, state, made, morning(JANUARY)) for state, made in (("COMPLETED", 4), ("RUNNING", 0))]
    assert late(*words, end=date(2027, 1, 25)) != []


def test_what_has_gone_into_something_that_is_made_is_late_no_longer() -> None:
    into = plant_order(1, feeds_into=f"{BUYER}:2/1.1.1")
    assert late(into, response(2, JANUARY), end=date(2027, 1, 23)) != []
    assert late(into, response(2, JANUARY), production(2, "COMPLETED", 4, NOW), end=date(2027, 1, 23)) == []


# --- scrap is planned again


def scrapped(*records: ConsumedRecord, **changes: object) -> list[str]:
    closed = production(1, "CLOSED", 3, morning(JANUARY))
    told = [response(1, JANUARY), status(1, "IN_PRODUCTION", date(2027, 3, 1)), alert(1, "production-short")]
    return found(*told, closed, *records, end=date(2027, 1, 21), **changes).get("lost_scrap", [])


def less() -> ConsumedRecord:
    return plant_order(1, 2, quantity=3, issued_at=morning(date(2027, 1, 21)))


def test_scrap_that_is_left_with_the_plant_is_named() -> None:
    assert scrapped() == [f"plant order {FIRST}: 1 scrapped, 4 still wanted of it"]


def test_scrap_that_nobody_is_asked_for_is_named() -> None:
    assert scrapped(less()) == [f"plant order {FIRST}: 1 scrapped, nobody is asked for them"]
    earlier = plant_order(1, attempt=2, quantity=1)
    assert scrapped(less(), earlier) != []
    again = plant_order(1, attempt=2, quantity=1, issued_at=morning(date(2027, 1, 21)))
    assert scrapped(less(), again) == []


def test_scrap_of_what_is_on_hold_or_no_longer_wanted_is_not_named() -> None:
    assert scrapped(less(), status(1, "ON_HOLD", revision=2)) == []
    withdrawn = plant_order(1, 2, document_status="CANCELLED")
    assert scrapped(withdrawn) == []
