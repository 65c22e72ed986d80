"""The simulation's checker is checked: it names a planted loss, a planted double and a planted double reservation."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.simulated_days import (
    BUYER,
    FILES,
    ITEM,
    NOW,
    ORDERS,
    PLANT,
    QUANTITY,
    READY,
    STOCK,
    a_day,
    alert,
    level,
    plant_order,
    production,
    request,
    result,
    seen,
    status,
)
from tools.simulation import result as checks
from tools.simulation.verify import placements
from tools.simulation.verify.record import DayRecord


def findings(record: DayRecord) -> dict[str, list[str]]:
    return {kind: names for kind, names in checks.findings(record, FILES).items() if names}


def test_a_sound_day_has_no_findings() -> None:
    assert findings(a_day()) == {}


def test_the_last_word_on_what_is_made_counts_and_one_that_comes_again_does_not() -> None:
    name = f"{BUYER}:1/1.1.1"
    running, done = production(1, "RUNNING", 2, NOW + timedelta(days=3653)), production(1, "COMPLETED", 6, NOW)
    day = a_day(out={"production": [running, done, running], "shipments": []})
    assert placements.made_of(day) == {name: 6}


def test_what_several_production_orders_have_made_is_together() -> None:
    first, second = (production(1, "COMPLETED", 2, NOW, production_order_id=name) for name in ("P1", "P2"))
    assert placements.made_of(a_day(out={"production": [first, second], "shipments": []})) == {f"{BUYER}:1/1.1.1": 4}


@given(st.integers(1, ORDERS))
def test_an_order_that_ingest_lost_is_named(number: int) -> None:
    sound = a_day()
    work = [one for one in sound.work if one.id != f"{BUYER}/Order/{number}/0/1"]
    assert findings(replace(sound, work=work)) == {"lost": [f"document {BUYER}/Order/{number}/0/1: sent 1, arrived 0"]}


@given(st.integers(1, ORDERS))
def test_a_plant_order_that_was_lost_is_named(number: int) -> None:
    sound = a_day()
    left = [
        one for one in sound.addressed["orders"] if not one.value["plant_order_id"].startswith(f"{BUYER}:{number}/")
    ]
    assert findings(replace(sound, addressed={**sound.addressed, "orders": left})) == {
        "lost": [f"order {BUYER}:{number} line 1: 4 wanted, 0 at plants, told PLANNED"],
        "without_end": [f"order {BUYER}:{number}: PLANNED, nothing promised, nobody alerted"],
    }


@given(st.integers(1, ORDERS))
def test_an_order_of_which_nothing_is_said_is_named(number: int) -> None:
    sound = a_day()
    left = [one for one in sound.addressed["statuses"] if one.value["order_id"] != str(number)]
    found = findings(replace(sound, addressed={**sound.addressed, "statuses": left}))
    assert found == {"lost": [f"order {BUYER}:{number}: nothing was said of it"]}


def test_what_is_on_hold_is_not_lost_and_what_a_plant_has_made_is_not_too_much() -> None:
    sound = a_day()
    held = [status(1, "ON_HOLD"), *sound.addressed["statuses"][1:]]
    left = {"orders": sound.addressed["orders"][1:], "statuses": held}
    assert findings(replace(sound, addressed=left, alerts=[alert(1, "no-candidate")])) == {}
    more = [plant_order(1, 2, 6), *sound.addressed["orders"]]
    made = [production(1, "COMPLETED", 6, NOW)]
    taken = [*sound.work, made[0]._replace(topic="hub.work")]
    assert (
        findings(
            replace(
                sound,
                addressed={**sound.addressed, "orders": more},
                out={**sound.out, "production": made},
                work=taken,
            )
        )
        == {}
    )


@given(st.integers(1, ORDERS))
def test_a_record_that_was_said_twice_is_named(number: int) -> None:
    sound = a_day()
    twice = [*sound.addressed["orders"], plant_order(number)._replace(offset=99)]
    name = f"{BUYER}:{number}/1.1.1"
    assert findings(replace(sound, addressed={**sound.addressed, "orders": twice})) == {
        "doubled": [f"in.{PLANT}.orders: hub/PlantOrder/{name}/1 x 2", f"plant order {name} revision 1 x 2"]
    }


def test_a_revision_with_two_contents_is_named() -> None:
    sound = a_day()
    another = plant_order(2, quantity=5)._replace(offset=99, id="another")
    found = findings(replace(sound, addressed={**sound.addressed, "orders": [*sound.addressed["orders"], another]}))
    assert f"plant order {BUYER}:2/1.1.1 revision 1 x 2" in found["doubled"]


def test_a_part_that_two_plants_have_is_named() -> None:
    sound = a_day()
    both = [*sound.addressed["orders"], plant_order(3, attempt=2)]
    assert findings(replace(sound, addressed={**sound.addressed, "orders": both})) == {
        "doubled": [f"part {BUYER}:3/1.1: at 2 plants at once", f"order {BUYER}:3 line 1: 4 wanted, 8 at plants"]
    }


def test_one_reservation_more_than_there_is_stock_is_named() -> None:
    found = findings(a_day(allocation=[level(STOCK - 1), *(request(number) for number in range(1, ORDERS + 1))]))
    assert found == {
        "double_reserved": [
            f"oemz {ITEM} at hub.allocation/0/{ORDERS}: 24 promised beside 0 that the ERP keeps, 23 available"
        ]
    }


def test_stock_that_shrinks_takes_promises_back_or_is_named() -> None:
    requests = [request(number) for number in range(1, ORDERS + 1)]
    shrunk = level(STOCK - 4, ORDERS + 1, NOW + timedelta(hours=1))
    sound = a_day()
    short = result(ORDERS, 0, 4, cause=shrunk.place)
    assert findings(a_day(allocation=[level(), *requests, shrunk], work=[*sound.work, short])) == {}
    named = [f"oemz {ITEM} at {shrunk.place}: 24 promised beside 0 that the ERP keeps, 20 available"]
    assert findings(a_day(allocation=[level(), *requests, shrunk])) == {"double_reserved": named}
    tick = seen("hub.allocation", ORDERS + 2, "tick", "Tick", {})
    assert findings(a_day(allocation=[level(), *requests, shrunk, tick])) == {"double_reserved": named}
    by_tick = result(ORDERS, 0, 4, cause=tick.id)
    assert findings(a_day(allocation=[level(), *requests, shrunk, tick], work=[*sound.work, by_tick])) == {}


def test_stock_that_is_promised_while_too_much_is_promised_already_is_named() -> None:
    requests = [request(number) for number in range(1, ORDERS)]
    shrunk = level(STOCK - 8, ORDERS, NOW + timedelta(hours=1))
    found = findings(a_day(allocation=[level(), *requests, shrunk, request(ORDERS, offset=50)]))
    assert len(found["double_reserved"]) == 2
    assert "hub.allocation/0/50: 24 promised" in found["double_reserved"][0]


YOUNGER_OR_OLDER = pytest.mark.parametrize(
    ("as_of", "free"), [(NOW + timedelta(hours=1), True), (NOW - timedelta(hours=1), False)]
)


@YOUNGER_OR_OLDER
def test_what_an_erp_keeps_by_itself_counts_until_a_younger_level(as_of: datetime, free: bool) -> None:
    requests = [request(number) for number in range(1, ORDERS)]
    taken = [request(number, "DELIVERED", 50 + number, NOW) for number in range(1, ORDERS)]
    shown = level(QUANTITY, 90, as_of)
    late = request(ORDERS, offset=91)
    first = level(STOCK - QUANTITY, as_of=NOW - timedelta(hours=2))
    found = findings(a_day(allocation=[first, *requests, *taken, shown, late]))
    assert (found == {}) is free


@YOUNGER_OR_OLDER
def test_a_younger_level_counts_although_it_came_before_the_word_of_the_delivery(as_of: datetime, free: bool) -> None:
    requests = [request(number) for number in range(1, ORDERS)]
    taken = [request(number, "DELIVERED", 50 + number, NOW) for number in range(1, ORDERS)]
    late = request(ORDERS, offset=91)
    found = findings(a_day(allocation=[level(STOCK - 1, as_of=as_of), *requests, *taken, late]))
    assert (found == {}) is free


def test_a_week_that_was_given_away_twice_is_named() -> None:
    weekly = next(one for one in FILES.members[PLANT]["capabilities"] if one["okpd2"] == "27.11.24")["capacity"]
    full = int(weekly["quantity"])
    requests = [request(number) for number in (1, 2)]
    orders = a_day().work[:ORDERS]

    def placed(ready: date) -> DayRecord:
        results = [result(1, 0, 4 * full), result(2, 0, 4 * full, ready)]
        return a_day(allocation=requests, work=[*orders, *results])

    assert findings(placed(FILES.calendar(PLANT).finish(READY, 25))) == {}
    found = findings(placed(READY))["double_reserved"]
    assert [f"oemz 27.11.24: {BUYER}:" in name for name in found] == [True]


def test_working_days_are_those_of_the_calendar() -> None:
    days = FILES.calendar(PLANT)
    assert days.finish(NOW.date(), 25) == READY
    assert days.finish(date(2026, 12, 30), 1) == date(2026, 12, 30)
    assert days.finish(date(2026, 12, 31), 1) == date(2027, 1, 11)
    assert days.share_of_week(date(2027, 1, 4)) == 0
