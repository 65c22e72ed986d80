"""Promises of which every date was worked out by hand with the calendars of 2026 and 2027: docs/promising.md has them.

In Russia 30 December 2026 is the last working day of its year, and 11 January 2027 the first of the next.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kranhub.parties.members import Member
from streams.routing.masterdata import calendars
from streams.routing.masterdata.masterdata import MasterData
from tests.support.masters import item, master, other, plant
from tests.support.plants import START, Value, full_production, full_response, full_shipment
from tests.support.worlds import World, answering, line, silent, world

CALENDARS = calendars.load(Path("deploy/calendars/omsk.yaml")).calendars
DAY = timedelta(days=1)


def works(name: str, okpd2: str, days: int, **changes: Any) -> Member:
    return plant(name, {"okpd2": okpd2, "working_days": days}, calendar="ru-5x2", **changes)


def cluster(*members: Member, rule: Any = None, items: Any = (), **changes: Any) -> MasterData:
    return master(members, items, *([rule] if rule else []), calendars=CALENDARS, **changes)


OEMZ = works("oemz", "27.11", 25)
RUSKRAN = works("ruskran", "28.22", 10)
MOTOR = item("motor", "27.11.24")
CRANE = item("crane", "28.22.14", {"motor": 6})
MOTORS = cluster(OEMZ, items=[MOTOR])
CRANES = cluster(OEMZ, RUSKRAN, items=[MOTOR, CRANE])
SIX = line("motor", 6)
LATE = date(2027, 6, 1)


def promised(made: World, day: date) -> Value:
    """Have the plant that was asked last accept for this day; return its plant order."""
    asked = made.subjects("PlantOrder")[-1]
    made.happen("OrderResponse", full_response(asked, "AP", made.today, promised_date=day))
    return asked


def six_motors(day: date = date(2027, 1, 20), members: MasterData = MOTORS, **changes: Any) -> tuple[World, Value]:
    made = world(members, lines=[SIX], requested_date=LATE, **changes)
    return made, promised(made, day)


def produced(made: World, asked: Value, state: str, completed: Any, scrapped: Any = 0, **changes: Any) -> None:
    amounts = {"completed": Decimal(completed), "scrapped": Decimal(scrapped), **changes}
    made.happen("ProductionStatus", full_production(asked, state, made.today, **amounts))


def until(made: World, year: int, month: int, day: int, hour: int = 8) -> None:
    made.later(seconds=(datetime(year, month, day, hour, tzinfo=UTC) - made.today).total_seconds())


def statuses(made: World) -> list[Value]:
    return made.addressed("sibir-terminal")


# --- finished means that the quantity is there


def test_two_of_six_motors_are_not_six() -> None:
    made, asked = six_motors()
    assert made.status()["promised_date"] == date(2027, 1, 21)
    until(made, 2026, 12, 10)
    produced(made, asked, "COMPLETED", 2)
    assert (made.status()["state"], made.status()["promised_date"]) == ("IN_PRODUCTION", date(2027, 1, 21))
    produced(made, asked, "COMPLETED", 4, production_order_id="P2")
    assert (made.status()["state"], made.status()["promised_date"]) == ("READY", date(2026, 12, 11))


def test_a_crane_waits_for_all_of_its_motors() -> None:
    made = world(CRANES, lines=[line("crane", 1)], requested_date=LATE)
    by_plant = {value["plant"]: value for value in made.subjects("PlantOrder")}
    made.happen("OrderResponse", full_response(by_plant["oemz"], "AP", START, promised_date=date(2027, 3, 22)))
    made.happen("OrderResponse", full_response(by_plant["ruskran"], "AP", START, promised_date=date(2027, 2, 26)))
    # Motors on Monday, 22 March; on the 23rd at the assembly: 23-26 March (4), 29 March to 2 April (9), Monday, 5 April
    # (10); a day's way.
    assert made.status()["promised_date"] == date(2027, 4, 6)
    produced(made, by_plant["oemz"], "COMPLETED", 2)
    assert made.status()["promised_date"] == date(2027, 4, 6)


def test_what_was_scrapped_is_planned_again_and_said() -> None:
    made, asked = six_motors()
    until(made, 2027, 1, 18)
    produced(made, asked, "CLOSED", 2, 4)
    (alert,) = made.subjects("Alert")
    assert (alert["code"], alert["owner"]) == ("production-short", "operations")
    assert "4 missing, 4 scrapped" in alert["text"]["en"]
    assert "не хватает 4, в браке 4" in alert["text"]["ru"]
    assert "production-short" in [value["cause"] for value in statuses(made)]
    assert sorted(value["lines"][0]["quantity"] for value in made.plant_orders().values()) == [2, 4]
    # 25 working days from Monday, 18 January: 18-22 (5), 25-29 (10), 1-5 February (15), 8-12 (20), 15-19 February (25);
    # a day's way.
    assert made.status()["earliest_date"] == date(2027, 2, 20)


def test_what_was_scrapped_before_the_plant_accepts_is_planned_again_then() -> None:
    made = world(MOTORS, lines=[SIX], requested_date=LATE)
    asked = made.subjects("PlantOrder")[-1]
    produced(made, asked, "CLOSED", 2, 4)
    assert made.codes() == []
    promised(made, date(2027, 1, 20))
    assert made.codes() == ["production-short"]
    assert sorted(value["lines"][0]["quantity"] for value in made.plant_orders().values()) == [2, 4]


def test_what_was_scrapped_in_place_of_stock_that_was_gone_is_planned_again_once() -> None:
    """The hub counts all six from stock; the plant has sold one of them, makes it, and scraps it."""
    made = world(MOTORS, stock={("oemz", "motor"): 6}, lines=[SIX], requested_date=LATE)
    asked = promised(made, date(2026, 12, 1))
    produced(made, asked, "CLOSED", 0, 1, planned=Decimal(1))
    assert made.codes() == ["production-short"]
    assert sorted(value["lines"][0]["quantity"] for value in made.plant_orders().values()) == [1, 5]
    made.later(hours=1)
    produced(made, asked, "CLOSED", 0, 1, planned=Decimal(1))
    assert made.codes() == ["production-short"]
    assert sorted(value["lines"][0]["quantity"] for value in made.plant_orders().values()) == [1, 5]


def test_a_lot_that_was_closed_without_scrap_or_with_enough_is_not_short_of_stock() -> None:
    made = world(MOTORS, stock={("oemz", "motor"): 6}, lines=[SIX], requested_date=LATE)
    asked = promised(made, date(2026, 12, 1))
    produced(made, asked, "CLOSED", 0, 0, planned=Decimal(1))
    produced(made, asked, "CLOSED", 4, 1, planned=Decimal(4), production_order_id="P2")
    assert made.codes() == []
    assert [value["lines"][0]["quantity"] for value in made.plant_orders().values()] == [6]


def test_all_that_was_scrapped_is_asked_for_again_from_the_only_maker() -> None:
    made, asked = six_motors()
    until(made, 2027, 1, 18)
    produced(made, asked, "CLOSED", 0, 6)
    orders = made.plant_orders()
    assert orders[asked["plant_order_id"]]["document_status"] == "CANCELLED"
    (again,) = [value for value in orders.values() if value["document_status"] == "ACTIVE"]
    assert (again["plant"], again["lines"][0]["quantity"]) == ("oemz", 6)
    assert made.status()["earliest_date"] == date(2027, 2, 20)


def test_a_completion_that_is_taken_back_is_none() -> None:
    made, asked = six_motors()
    until(made, 2026, 12, 10)
    produced(made, asked, "COMPLETED", 6)
    assert made.status()["promised_date"] == date(2026, 12, 11)
    produced(made, asked, "RUNNING", 2)
    assert (made.status()["state"], made.status()["promised_date"]) == ("IN_PRODUCTION", date(2027, 1, 21))


def test_more_than_was_ordered_is_finished_as_well() -> None:
    made, asked = six_motors()
    until(made, 2026, 12, 10)
    produced(made, asked, "COMPLETED", 9)
    assert (made.status()["state"], made.status()["promised_date"]) == ("READY", date(2026, 12, 11))
    assert made.codes() == []


def test_what_has_left_was_made_whatever_is_reported_of_it() -> None:
    made, asked = six_motors()
    until(made, 2027, 1, 12)
    made.happen("Shipment", full_shipment(asked, made.today))
    assert (made.status()["state"], made.status()["promised_date"]) == ("SHIPPED", date(2027, 1, 13))
    produced(made, asked, "RUNNING", 2)
    assert (made.status()["state"], made.status()["promised_date"]) == ("SHIPPED", date(2027, 1, 13))


# --- nothing accepted goes silent


def test_a_promise_that_nobody_keeps_moves_and_the_buyer_is_told_once() -> None:
    made, _ = six_motors()
    until(made, 2027, 1, 21)
    told = len(statuses(made))
    assert made.codes() == []
    # A working day to report it: until the end of Thursday, 21 January. From the 22nd the second working day counts:
    # Monday the 25th and Tuesday the 26th, as the 22nd has only begun; a day's way.
    until(made, 2027, 1, 22)
    (last,) = statuses(made)[told:]
    assert (last["state"], last["cause"], last["promised_date"]) == ("CONFIRMED", "overdue", date(2027, 1, 27))
    (alert,) = made.subjects("Alert")
    assert (alert["code"], alert["owner"]) == ("readiness-overdue", "operations")
    assert alert["deadline"] is not None
    assert "20 January" not in alert["text"]["en"]
    assert "expected on 2027-01-20" in alert["text"]["en"]
    assert "ожидалось 2027-01-20" in alert["text"]["ru"]


def test_a_buyer_never_reads_a_promise_that_has_passed() -> None:
    made, _ = six_motors()
    for _ in range(150):
        made.later(days=1)
        assert made.status()["promised_date"] + 2 * DAY >= made.today.date()
    moves = [value for value in statuses(made) if value["cause"] == "overdue"]
    assert len(moves) <= 8, "each wait is twice as long as the one before, up to 20 working days"


@pytest.mark.parametrize("reports", [[], ["production"]])
def test_the_start_is_awaited_where_the_plant_reports_it(reports: list[str]) -> None:
    made, _ = six_motors(members=cluster(works("oemz", "27.11", 25, reports=reports), items=[MOTOR]))
    # 25 working days up to Wednesday, 20 January: 11-15 and 18-20 January (8), 28-30 December (11), 21-25 (16), 14-18
    # (21) and 8-11 December (25): it must begin on Tuesday, 8 December. A working day to report: the 9th.
    until(made, 2026, 12, 10)
    assert made.codes() == (["production-start-overdue"] if reports else [])
    if reports:
        # Counted on the second working day after the 10th: Monday the 14th. From there 14-18 (5), 21-25 (10), 28-30
        # December (13), 11-15 January (18), 18-22 (23), 25 and 26 January; a day's way.
        assert made.status()["promised_date"] == date(2027, 1, 27)


def test_production_that_is_aborted_is_counted_from_its_beginning() -> None:
    made, asked = six_motors()
    until(made, 2027, 1, 11)
    produced(made, asked, "RUNNING", 0)
    until(made, 2027, 1, 15)
    produced(made, asked, "ABORTED", 0)
    # From Monday, 18 January: 18-22 (5), 25-29 (10), 1-5 February (15), 8-12 (20), 15-19 February; a day's way.
    assert (made.status()["cause"], made.status()["promised_date"]) == ("production-aborted", date(2027, 2, 20))
    assert made.codes() == ["production-aborted"]
    until(made, 2027, 1, 21)
    assert made.codes() == ["production-aborted", "production-start-overdue"]


def test_what_is_made_and_does_not_leave_is_overdue() -> None:
    made, asked = six_motors()
    until(made, 2027, 1, 20)
    produced(made, asked, "COMPLETED", 6)
    # Three working days: the 21st, the 22nd and Monday, 25 January.
    until(made, 2027, 1, 25)
    assert made.codes() == []
    until(made, 2027, 1, 26)
    assert made.codes() == ["shipment-overdue"]
    # It leaves on the second working day after the 26th at the earliest: Thursday the 28th; a day's way.
    assert (made.status()["cause"], made.status()["promised_date"]) == ("overdue", date(2027, 1, 29))


def test_what_is_made_early_may_wait_until_it_was_promised() -> None:
    made, asked = six_motors()
    until(made, 2026, 12, 10)
    produced(made, asked, "COMPLETED", 6)
    assert made.status()["promised_date"] == date(2026, 12, 11)
    # Three working days: the 11th, Monday the 14th and the 15th. Then the day that the plant has promised counts again.
    until(made, 2026, 12, 16)
    assert (made.status()["cause"], made.status()["promised_date"]) == ("promise-moved", date(2027, 1, 21))
    assert made.codes() == []
    until(made, 2027, 1, 26)
    assert made.codes() == ["shipment-overdue"]


def test_three_of_four_that_arrived_are_not_all() -> None:
    made = world(MOTORS, lines=[line("motor", 4)], requested_date=LATE)
    asked = promised(made, date(2027, 1, 20))
    until(made, 2027, 1, 20)
    produced(made, asked, "COMPLETED", 4)
    made.happen("Shipment", full_shipment(asked, made.today, quantity=Decimal(3), actual_arrival=made.today))
    assert made.status()["state"] == "READY"
    until(made, 2027, 1, 26)
    assert made.codes() == ["shipment-overdue"], "the fourth has an owner and a deadline"
    made.happen("Shipment", full_shipment(asked, made.today, shipment_id="S2", quantity=Decimal(1)))
    made.happen(
        "Shipment", full_shipment(asked, made.today, shipment_id="S2", quantity=Decimal(1), actual_arrival=made.today)
    )
    assert made.status()["state"] == "DELIVERED"


def test_an_arrival_that_nobody_reports_is_assumed_and_marked() -> None:
    made, asked = six_motors()
    until(made, 2027, 1, 20)
    made.happen("Shipment", full_shipment(asked, made.today))
    # A day's way to the 21st, two days of margin: until the end of the 23rd.
    until(made, 2027, 1, 23)
    assert made.status()["state"] == "SHIPPED"
    until(made, 2027, 1, 24)
    assert (made.status()["state"], made.status()["cause"]) == ("DELIVERED", "arrival-assumed")
    assert made.status()["promised_date"] == date(2027, 1, 21)
    assert made.codes() == []
    until(made, 2027, 2, 24)
    assert made.status()["state"] == "CLOSED", "every order ends"


def test_an_arrival_that_is_reported_replaces_the_assumed_one() -> None:
    made, asked = six_motors()
    until(made, 2027, 1, 20)
    left = made.today
    made.happen("Shipment", full_shipment(asked, left))
    until(made, 2027, 1, 25)
    made.happen("Shipment", full_shipment(asked, left, actual_arrival=made.today))
    assert (made.status()["state"], made.status()["promised_date"]) == ("DELIVERED", date(2027, 1, 25))


def test_where_somebody_reports_arrivals_a_missing_one_is_an_alert() -> None:
    made, asked = six_motors(members=cluster(works("oemz", "27.11", 25, reports=["arrivals"]), items=[MOTOR]))
    until(made, 2027, 1, 20)
    made.happen("Shipment", full_shipment(asked, made.today))
    until(made, 2027, 1, 24)
    assert (made.status()["state"], made.codes()) == ("SHIPPED", ["arrival-overdue"])
    # On Sunday the 24th: two days later.
    assert made.status()["promised_date"] == date(2027, 1, 26)


def test_a_plant_that_answers_for_yesterday_is_believed_for_today_and_asked() -> None:
    made = world(MOTORS, lines=[SIX], requested_date=LATE)
    promised(made, date(2026, 11, 23))
    assert made.status()["promised_date"] == date(2026, 11, 25)
    made.later(days=1)
    assert made.codes() == ["readiness-overdue"]


def test_a_bill_that_changes_while_the_order_is_made_leaves_what_is_made() -> None:
    made = world(CRANES, answering("AP"), lines=[line("crane", 1)], requested_date=LATE)
    motors = next(value for value in made.subjects("PlantOrder") if value["plant"] == "oemz")
    produced(made, motors, "COMPLETED", 6)
    made.master = cluster(OEMZ, RUSKRAN, items=[MOTOR, item("crane", "28.22.14", {"motor": 4})])
    made.wake()
    assert made.wanted() == {"crane": 1, "motor": 6}, "what is made stays with the order"
    made.master = cluster(OEMZ, RUSKRAN, items=[MOTOR, item("crane", "28.22.14", {"motor": 8})])
    made.wake()
    assert made.wanted() == {"crane": 1, "motor": 8}


# --- facts have the day of their site


def test_a_fact_has_the_day_of_its_site() -> None:
    made, asked = six_motors(date(2027, 2, 1))
    until(made, 2027, 1, 19, 20)  # 02:00 on the 20th in Omsk
    produced(made, asked, "COMPLETED", 6)
    assert made.status()["promised_date"] == date(2027, 1, 21)


def test_an_arrival_has_the_day_of_the_consignee() -> None:
    members = cluster(OEMZ, other("novosib", "customer", time_zone="Asia/Novosibirsk"), items=[MOTOR])
    made, asked = six_motors(members=members, consignee="novosib")
    until(made, 2027, 1, 21, 18)  # 01:00 on the 22nd in Novosibirsk
    made.happen("Shipment", full_shipment(asked, made.today - DAY, actual_arrival=made.today))
    assert made.status()["promised_date"] == date(2027, 1, 22)


# --- the earliest date is news


@pytest.mark.parametrize(("tolerance", "is_news"), [(3, True), (60, False)])
def test_an_earliest_date_that_moves_is_news(tolerance: int, is_news: bool) -> None:
    rule = {"date_tolerance_days": tolerance}
    made = world(cluster(OEMZ, items=[MOTOR], rule=rule), silent, lines=[SIX], requested_date=LATE)
    # 25 working days from Tuesday, 24 November: 24-27 (4), 30 November to 4 December (9), 7-11 (14), 14-18 (19), 21-25
    # (24), Monday 28 December; a day's way.
    assert made.status()["earliest_date"] == date(2026, 12, 29)
    number = made.subjects("PlantOrder")[-1]["plant_order_id"]
    amounts = {"from_stock": Decimal(0), "to_make": Decimal(6), "available_on": date(2027, 2, 10), "load": None}
    strike = {
        "request_id": number,
        "kind": "MOVED",
        "generation": 1,
        "disruption": "strike",
        "plant": "oemz",
        **amounts,
    }
    made.happen("AllocationResult", strike)
    assert made.status()["earliest_date"] == (date(2027, 2, 11) if is_news else date(2026, 12, 29))


# --- a late yes is better than none


def test_a_late_yes_of_the_only_maker_is_taken() -> None:
    made = world(MOTORS, lines=[SIX], requested_date=LATE)
    asked = made.subjects("PlantOrder")[-1]
    made.later(days=5)
    assert made.status()["state"] == "ON_HOLD"
    made.happen("OrderResponse", full_response(asked, "AP", made.today, promised_date=date(2027, 1, 20)))
    assert (made.status()["state"], made.status()["promised_date"]) == ("CONFIRMED", date(2027, 1, 21))
    assert {plant: quantity for (_, plant), quantity in made.at_plants().items()} == {"oemz": 6}
    kept = [value for value in made.subjects("AllocationRequest") if value["action"] == "RESERVE"]
    assert [value["generation"] for value in kept] == [1, 2], "what was given back is reserved again"


def test_an_outage_of_the_plant_costs_it_nothing() -> None:
    made = world(MOTORS)
    made.delivers = False
    made.order(SIX, requested_date=LATE)
    until(made, 2026, 11, 30)
    assert (made.status()["state"], made.codes()) == ("PLANNED", ["delivery-overdue"])
    asked = made.subjects("PlantOrder")[-1]
    made.happen("Receipt", made.receipt(asked))
    # Two working days from Monday the 30th: until the end of Wednesday, 2 December.
    until(made, 2026, 12, 2)
    assert made.status()["state"] == "PLANNED"
    until(made, 2026, 12, 3)
    assert made.status()["state"] == "ON_HOLD"


# --- who must know is told


def trolley_and_crane() -> tuple[World, dict[str, Value]]:
    hoists = works("partner", "28.22.11", 30)
    items = [item("trolley", "28.22.11"), item("crane", "28.22.14", {"trolley": 1})]
    made = world(
        cluster(works("ruskran", "28.22.14", 10), hoists, items=items),
        answering("AP"),
        lines=[line("crane", 1)],
        requested_date=date(2027, 2, 27),
    )
    return made, {value["plant"]: value for value in made.subjects("PlantOrder")}


def test_an_assembly_is_dated_again_when_its_part_comes_later() -> None:
    made, asked = trolley_and_crane()
    assert asked["ruskran"]["requested_date"] == date(2027, 2, 26)
    made.happen("OrderResponse", full_response(asked["partner"], "AP", made.today, promised_date=date(2027, 3, 10)))
    # On Thursday, 11 March at the assembly: 11 and 12 (2), 15-19 (7), 22-24 March.
    again = made.plant_orders()[asked["ruskran"]["plant_order_id"]]
    assert (again["revision"], again["requested_date"]) == (2, date(2027, 3, 24))
    assert made.status()["state"] == "CONFIRMED", "a later day takes no acceptance away"
    assert made.status()["promised_date"] == date(2027, 3, 25)
    assert made.codes() == ["promise-late"]


def test_in_the_frozen_zone_a_person_is_asked_first() -> None:
    made, asked = trolley_and_crane()
    # The crane begins on the tenth working day up to Friday, 26 February: 24-26 (3), Saturday the 20th (4), 15-19 (9),
    # Friday the 12th. On Monday, 8 February that is within five working days.
    until(made, 2027, 2, 8)
    made.happen("OrderResponse", full_response(asked["partner"], "AP", made.today, promised_date=date(2027, 3, 10)))
    assert made.plant_orders()[asked["ruskran"]["plant_order_id"]]["requested_date"] == date(2027, 2, 26)
    assert sorted(made.codes()) == ["frozen-zone", "promise-late"]
    alert = next(value for value in made.subjects("Alert") if value["code"] == "frozen-zone")
    assert "--date 2027-03-24" in alert["text"]["en"]
    assert "--date 2027-03-24" in alert["text"]["ru"]
    made.act("OVERRIDE_DATE", plant_order_id=asked["ruskran"]["plant_order_id"], date=date(2027, 3, 24))
    assert made.plant_orders()[asked["ruskran"]["plant_order_id"]]["requested_date"] == date(2027, 3, 24)


def test_a_promise_past_the_requested_date_is_an_alert_once() -> None:
    made = world(MOTORS, answering("AP"), lines=[SIX], requested_date=date(2027, 1, 10))
    promised(made, date(2027, 1, 20))
    promised(made, date(2027, 1, 22))
    assert made.codes() == ["promise-late"]
    promised(made, date(2027, 1, 8))
    promised(made, date(2027, 1, 20))
    assert made.codes() == ["promise-late"] * 2, "it was in time again in between"


def test_what_runs_on_behind_a_refused_part_is_named_until_somebody_decides() -> None:
    made = world(CRANES, silent, lines=[line("crane", 1)], requested_date=LATE)
    asked = {value["plant"]: value for value in made.subjects("PlantOrder")}
    made.happen("OrderResponse", full_response(asked["ruskran"], "AP", made.today))
    made.happen("OrderResponse", full_response(asked["oemz"], "RE", made.today))
    assert made.status()["state"] == "ON_HOLD"
    made.later(days=2)
    reminder = made.subjects("Alert")[-1]
    assert reminder["code"] == "still-on-hold"
    assert asked["ruskran"]["plant_order_id"] in reminder["text"]["en"]
    assert asked["ruskran"]["plant_order_id"] in reminder["text"]["ru"]
    made.later(days=30)
    assert made.codes().count("still-on-hold") == 5, "after 1, 3, 7, 15 and 31 days"


def test_a_surplus_of_a_removed_line_has_an_owner() -> None:
    made = world(MOTORS, answering("AP"), lines=[SIX, line("motor", 2, "2")], requested_date=LATE)
    asked = made.subjects("PlantOrder")[0]
    produced(made, asked, "COMPLETED", 6)
    made.order(line("motor", 2, "2"), requested_date=LATE)
    (alert,) = made.subjects("Alert")
    assert (alert["code"], alert["owner"]) == ("surplus", "operations")
    assert "6 of Motor" in alert["text"]["en"]
    assert "6, «««motor»»»" not in alert["text"]["ru"]
