"""What a plant's stock and capacity are promised for: examples."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from streams.routing.allocator import allocator
from tests.support.allocation import START, TODAY, Allocations, offer, world

NEXT_WEEK = date(2026, 11, 30)
FAR, LONG_AGO = datetime(2036, 1, 1, tzinfo=UTC), datetime(1990, 1, 1, tzinfo=UTC)


def loads(allocations: Allocations) -> dict[str, Decimal]:
    """Return what is taken of each week, of all that was asked for."""
    taken = [json.loads(data)["weeks"] for key, data in allocations.state.items() if key.startswith("load/")]
    return {week: Decimal(quantity) for weeks in taken for week, quantity in weeks.items()}


def free(allocations: Allocations, item: str = "motor", plant: str = "oemz") -> Decimal:
    """Ask what could be had from stock."""
    (answer,) = allocations.ask("QUOTE", "quote", 10**9, item=item, plant=plant)
    return Decimal(answer["from_stock"])


@pytest.fixture
def allocations() -> Allocations:
    made = Allocations()
    made.level(10)
    return made


def test_stock_is_never_promised_twice(allocations: Allocations) -> None:
    assert [allocations.reserve(f"o:{n}/1.1.1", 4)["from_stock"] for n in range(4)] == [4, 4, 2, 0]


def test_stock_is_ready_at_once_or_on_the_first_day_that_is_wanted(allocations: Allocations) -> None:
    assert offer(allocations.reserve("o:1/1.1.1", 4)) == (4, 0, TODAY)
    assert offer(allocations.reserve("o:2/1.1.1", 4, not_before=NEXT_WEEK)) == (4, 0, NEXT_WEEK)


def test_stock_of_all_sites_and_codes_adds_up_and_the_latest_of_each_counts(allocations: Allocations) -> None:
    allocations.level(5, 1, site="oemz-b")
    allocations.level(7, 1, item_code="ДВ-2")
    allocations.level(6, 2, site="oemz-b")
    assert free(allocations) == 10 + 6 + 7


def test_the_last_level_counts_whatever_its_stamp_says(allocations: Allocations) -> None:
    for available, stamp in ((50, FAR), (7, START), (9, LONG_AGO), (8, LONG_AGO)):
        allocations.level(available, as_of=stamp, ahead=True)
        assert free(allocations) == available


def test_a_clock_ahead_ends_no_promise_before_a_level_has_shown_it(allocations: Allocations) -> None:
    allocations.level(5, as_of=FAR, site="oemz-b", ahead=True)
    allocations.reserve("o:1/1.1.1", 4)
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    assert free(allocations) == 11
    allocations.level(6, 6)
    assert free(allocations) == 6 + 5 - 4, "site b has said nothing since"
    allocations.level(5, 7, site="oemz-b")
    assert free(allocations) == 6 + 5


def test_a_clock_that_stands_still_keeps_nothing_promised_for_ever() -> None:
    allocations = Allocations()
    allocations.level(10, as_of=LONG_AGO)
    allocations.reserve("o:1/1.1.1", 4)
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START)
    allocations.tick(3 * 24 * 60)
    allocations.level(10, as_of=LONG_AGO)
    assert free(allocations) == 6, "nothing has changed, so it may be as old as it says"
    allocations.level(6, as_of=LONG_AGO)
    assert free(allocations) == 6


def test_a_code_that_means_another_item_now_takes_its_stock_along(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 10)
    (lost,) = allocations.level(4, 1, item="girder")
    assert (lost["kind"], lost["request_id"], lost["from_stock"], lost["to_make"]) == ("SHORTAGE", "o:1/1.1.1", 0, 10)
    assert [free(allocations), free(allocations, "girder")] == [0, 4]


def test_the_rest_is_made_in_the_earliest_weeks_with_capacity(allocations: Allocations) -> None:
    first = allocations.reserve("o:1/1.1.1", 17)
    second = allocations.reserve("o:2/1.1.1", 12)
    assert offer(first) == (10, 7, date(2026, 11, 26))
    assert offer(second) == (0, 12, date(2026, 12, 9)), "3 this week, 8 of the short week, 1 in the week after"
    assert (first["load"], second["load"]) == (0, Decimal("0.25"))


def test_a_week_with_a_day_off_has_less_capacity() -> None:
    allocations = Allocations()
    assert allocations.reserve("o:1/1.1.1", 8, not_before=NEXT_WEEK)["available_on"] == date(2026, 12, 3)
    assert allocations.reserve("o:2/1.1.1", 1, not_before=NEXT_WEEK)["available_on"] == date(2026, 12, 9)


def test_without_a_capacity_there_is_no_limit() -> None:
    answer = Allocations(world(motor=None)).reserve("o:1/1.1.1", 10**6)
    assert (*offer(answer), answer["load"]) == (0, 10**6, date(2026, 11, 26), None)


def test_a_capacity_in_a_unit_that_the_item_has_no_mapping_to_is_no_limit() -> None:
    assert Allocations(world(motor=(Decimal(1), "TNE"))).reserve("o:1/1.1.1", 99)["to_make"] == 99


def test_capacity_is_measured_in_its_own_unit() -> None:
    allocations = Allocations()
    answer = allocations.reserve("o:1/1.1.1", 7000, plant="zmk", item="girder")
    assert offer(answer) == (0, 7000, date(2026, 12, 22)), "20 working days, of which 4 are in this week"
    assert loads(allocations) == {
        "2026-W48": Decimal("1.4"),
        "2026-W49": Decimal("1.4"),
        "2026-W50": Decimal("1.75"),
        "2026-W51": Decimal("1.75"),
        "2026-W52": Decimal("0.7"),
    }, "7 t in 20 days are 0.35 t a day"
    full = allocations.reserve("o:2/1.1.1", 13_000, plant="zmk", item="girder", generation=1)
    assert full["available_on"] == date(2026, 12, 22), "13 t more in the same days: the weeks of 4 and 5 days are full"
    assert allocations.reserve("o:3/1.1.1", 1, plant="zmk", item="girder")["available_on"] == date(2027, 1, 15)


def test_what_does_not_fit_into_a_year_is_not_offered() -> None:
    allocations = Allocations()
    answer = allocations.reserve("o:1/1.1.1", 1000)
    assert answer["to_make"] == 52 * 10 - 2
    assert offer(allocations.reserve("o:2/1.1.1", 1)) == (0, 0, None)


def test_pieces_are_offered_whole() -> None:
    allocations = Allocations(world(motor=(Decimal("0.3"), "H87")))
    assert allocations.reserve("o:1/1.1.1", 100)["to_make"] == 15
    assert allocations.reserve("o:2/1.1.1", Decimal("0.5"))["to_make"] == Decimal("0.5")


def test_a_plant_without_the_capability_offers_its_stock_only() -> None:
    allocations = Allocations()
    allocations.level(3, item="paint", item_code="К")
    assert offer(allocations.reserve("o:1/1.1.1", 5, item="paint")) == (3, 0, TODAY)
    assert offer(allocations.reserve("o:2/1.1.1", 5, item="paint")) == (0, 0, None)


def test_a_repeated_request_gets_the_same_answer_and_nothing_more(allocations: Allocations) -> None:
    first = allocations.reserve("o:1/1.1.1", 14, generation=3)
    before = dict(allocations.state)
    allocations.time += timedelta(days=30)
    assert allocations.reserve("o:1/1.1.1", 14, generation=3) == first
    assert allocations.state == before
    assert (first["kind"], first["generation"]) == ("RESERVED", 3)


def test_a_changed_quantity_or_start_is_reserved_anew(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 14)
    assert offer(allocations.reserve("o:1/1.1.1", 6, generation=1))[:2] == (6, 0)
    assert allocations.reserve("o:1/1.1.1", 6, generation=2, not_before=NEXT_WEEK)["available_on"] == NEXT_WEEK
    assert offer(allocations.reserve("o:2/1.1.1", 14))[:2] == (4, 10)


def test_an_offer_is_what_a_reservation_would_be_and_keeps_nothing(allocations: Allocations) -> None:
    before = dict(allocations.state)
    (quote,) = allocations.ask("QUOTE", "o:1/1.1.1", 14, generation=7)
    assert allocations.state == before
    assert allocations.reserve("o:1/1.1.1", 14, generation=7) == {**quote, "kind": "RESERVED"}


def test_a_release_gives_back_stock_and_capacity_once(allocations: Allocations) -> None:
    before = dict(allocations.state)
    first = allocations.reserve("o:1/1.1.1", 16)
    assert allocations.ask("RELEASE", "o:1/1.1.1") == []
    assert allocations.state == before
    allocations.ask("RELEASE", "o:1/1.1.1")
    assert allocations.state == before
    assert offer(allocations.reserve("o:2/1.1.1", 16)) == offer(first)


def test_weeks_that_are_over_are_forgotten() -> None:
    allocations = Allocations()
    allocations.reserve("o:1/1.1.1", 10)
    allocations.time += timedelta(days=14)
    allocations.reserve("o:2/1.1.1", 1)
    (load,) = [json.loads(data) for key, data in allocations.state.items() if key.startswith("load/")]
    assert list(load["weeks"]) == ["2026-W50"]
    allocations.ask("RELEASE", "o:1/1.1.1")
    allocations.ask("RELEASE", "o:2/1.1.1")
    assert not [key for key in allocations.state if key.startswith("load/")]


def test_a_tentative_reservation_ends_with_the_tick_that_passes_its_time(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 14, generation=2, expires_at=START + timedelta(minutes=5))
    assert allocations.tick(4) == []
    (ended,) = allocations.tick(5)
    assert (ended["kind"], ended["order_key"], ended["generation"]) == ("EXPIRED", "o:1", 2)
    assert offer(ended) == (0, 0, None)
    assert allocations.tick(6) == []
    assert offer(allocations.reserve("o:2/1.1.1", 14))[:2] == (10, 4)


def test_a_reservation_that_became_firm_stays_as_it_is(allocations: Allocations) -> None:
    first = allocations.reserve("o:1/1.1.1", 14, expires_at=START + timedelta(minutes=5))
    allocations.reserve("o:2/1.1.1", 5)
    firm = allocations.reserve("o:1/1.1.1", 14, generation=1)
    assert offer(firm) == offer(first)
    assert allocations.tick(60) == []
    assert allocations.reserve("o:1/1.1.1", 14, generation=1) == firm


def test_a_part_that_was_offered_can_be_made_firm() -> None:
    allocations = Allocations()
    allocations.level(3, item="paint", item_code="К")
    allocations.reserve("o:1/1.1.1", 5, item="paint", expires_at=START + timedelta(minutes=5))
    assert offer(allocations.reserve("o:1/1.1.1", 3, item="paint", generation=1)) == (3, 0, TODAY)


def test_a_later_end_counts_and_one_that_is_over_ends_with_the_next_tick(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 1, expires_at=START + timedelta(minutes=5))
    allocations.reserve("o:1/1.1.1", 1, generation=1, expires_at=START + timedelta(minutes=9))
    assert allocations.tick(8) == []
    allocations.reserve("o:2/1.1.1", 1, expires_at=START)
    assert {ended["request_id"] for ended in allocations.tick(9)} == {"o:1/1.1.1", "o:2/1.1.1"}


def test_many_reservations_end_in_portions(allocations: Allocations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 3)
    for number in range(8):
        allocations.reserve(f"o:{number}/1.1.1", 1, expires_at=START + timedelta(minutes=2 + number % 2))
    assert [len(allocations.tick(minutes)) for minutes in (10, 10, 11, 12)] == [3, 3, 2, 0]
    assert free(allocations) == 10
    assert not [key for key in allocations.state if key.startswith("reservation")]


def test_the_erps_own_reservation_is_not_counted_twice(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 4)
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    assert allocations.level(10, 5) == []
    assert free(allocations) == 6
    assert allocations.level(6, 6) == []
    assert free(allocations) == 6
    allocations.ask("RELEASE", "o:1/1.1.1")
    assert free(allocations) == 6


def test_a_release_between_delivery_and_the_next_level_waits_for_that_level(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 4)
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    allocations.ask("RELEASE", "o:1/1.1.1")
    assert free(allocations) == 6
    allocations.level(6, 6)
    allocations.level(10, 7)
    assert free(allocations) == 10


def test_a_delivery_that_the_levels_show_already_ends_the_promise_at_once(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 4)
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START - timedelta(minutes=1))
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START - timedelta(minutes=1))
    assert free(allocations) == 10


def test_every_site_must_have_reported_after_the_delivery(allocations: Allocations) -> None:
    allocations.level(5, 0, site="oemz-b")
    allocations.reserve("o:1/1.1.1", 8)
    allocations.reserve("o:2/1.1.1", 7)
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    assert allocations.level(2, 6) == [], "site b has not spoken: what is missing may be the ERP's own reservation"
    assert free(allocations) == 0
    assert allocations.level(5, 6, site="oemz-b") == []
    allocations.ask("RELEASE", "o:2/1.1.1")
    assert free(allocations) == 7


def test_a_site_that_has_long_been_silent_holds_nothing_up(allocations: Allocations) -> None:
    allocations.level(5, 0, site="oemz-b")
    allocations.reserve("o:1/1.1.1", 8)
    days = 3 * 24 * 60
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=days))
    allocations.level(2, days + 1)
    assert free(allocations) == 7


def test_what_the_erp_has_stays_when_more_is_wanted(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 6)
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    allocations.level(4, 6)
    assert offer(allocations.reserve("o:1/1.1.1", 9, generation=1))[:2] == (9, 0)
    assert free(allocations) == 1
    assert offer(allocations.reserve("o:1/1.1.1", 5, generation=2))[:2] == (5, 0)
    assert free(allocations) == 4


def test_deliveries_at_very_many_times_take_little_room_and_all_end(allocations: Allocations) -> None:
    allocations.level(1000, 1)
    for number in range(300):
        allocations.reserve(f"o:{number}/1.1.1", 1)
        allocations.ask("DELIVERED", f"o:{number}/1.1.1", at=START + timedelta(seconds=100 + number))
    assert len(allocations.state["stock/oemz/motor"]) < 10_000
    allocations.level(1000, 4)
    assert 780 <= free(allocations) <= 860, "those before 240 s have ended, but for a few that wait a little longer"
    allocations.level(700, 60)
    assert free(allocations) == 700


def test_the_capacity_of_a_delivered_order_stays_taken() -> None:
    allocations = Allocations()
    allocations.reserve("o:1/1.1.1", 10, expires_at=START + timedelta(minutes=5))
    allocations.ask("DELIVERED", "o:1/1.1.1", at=START)
    assert allocations.tick(60) == [], "it never ends by itself either"
    assert allocations.reserve("o:2/1.1.1", 1)["available_on"] == date(2026, 12, 3)


def test_when_stock_runs_short_the_youngest_lose_first_and_it_is_made_instead(allocations: Allocations) -> None:
    for number in range(3):
        allocations.reserve(f"o:{number}/1.1.1", 3, generation=number)
    said = allocations.level(5, 1)
    assert [(one["request_id"], one["kind"], one["generation"]) for one in said] == [
        ("o:2/1.1.1", "SHORTAGE", 2),
        ("o:1/1.1.1", "SHORTAGE", 1),
    ]
    assert [offer(one) for one in said] == [(0, 3, date(2026, 11, 26)), (2, 1, date(2026, 11, 26))]
    assert allocations.level(5, 2) == []
    assert offer(allocations.reserve("o:2/1.1.1", 3, generation=2)) == (0, 3, date(2026, 11, 26))
    assert allocations.reserve("o:9/1.1.1", 10)["available_on"] == date(2026, 12, 3), "6 are left this week"


def test_a_plant_without_the_capability_cannot_make_what_is_missing() -> None:
    allocations = Allocations()
    allocations.level(9, item="paint", item_code="К")
    allocations.reserve("o:1/1.1.1", 8, item="paint")
    (lost,) = allocations.level(2, 1, item="paint", item_code="К")
    assert offer(lost) == (2, 0, TODAY)
    (nothing,) = allocations.level(-1, 2, item="paint", item_code="К")
    assert offer(nothing) == (0, 0, None)


def test_what_an_erp_has_taken_is_never_lost(allocations: Allocations) -> None:
    allocations.reserve("o:1/1.1.1", 4)
    allocations.reserve("o:2/1.1.1", 4)
    allocations.ask("DELIVERED", "o:2/1.1.1", at=START + timedelta(minutes=9))
    (lost,) = allocations.level(5, 5)
    assert (lost["request_id"], lost["from_stock"]) == ("o:1/1.1.1", 1)


def test_very_many_losers_are_told_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 4)
    allocations = Allocations()
    allocations.level(10)
    for number in range(10):
        allocations.reserve(f"o:{number}/1.1.1", 1)
    said = [allocations.level(0, 1), allocations.tick(1), allocations.tick(2), allocations.tick(3)]
    assert [len(part) for part in said] == [4, 4, 2, 0]
    assert [one["request_id"] for part in said for one in part] == [f"o:{n}/1.1.1" for n in range(9, -1, -1)]


def test_stock_that_came_back_meanwhile_ends_the_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 1)
    allocations = Allocations()
    allocations.level(10)
    for number in range(10):
        allocations.reserve(f"o:{number}/1.1.1", 1)
    allocations.level(0, 1)
    allocations.level(9, 2)
    assert allocations.tick(5) == []
