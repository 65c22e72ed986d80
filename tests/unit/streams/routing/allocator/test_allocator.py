"""What a plant's stock and capacity are promised for: examples."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from streams.routing.allocator import allocator
from tests.support.allocation import START, TODAY, Desk, offer, world

NEXT_WEEK = date(2026, 11, 30)
FAR, LONG_AGO = datetime(2036, 1, 1, tzinfo=UTC), datetime(1990, 1, 1, tzinfo=UTC)


def free(desk: Desk, item: str = "motor", plant: str = "oemz") -> Decimal:
    """Ask what could be had from stock."""
    (answer,) = desk.ask("QUOTE", "quote", 10**9, item=item, plant=plant)
    return Decimal(answer["from_stock"])


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.level(10)
    return made


def test_stock_is_never_promised_twice(desk: Desk) -> None:
    assert [desk.reserve(f"o:{n}/1.1.1", 4)["from_stock"] for n in range(4)] == [4, 4, 2, 0]


def test_stock_is_ready_at_once_or_on_the_first_day_that_is_wanted(desk: Desk) -> None:
    assert offer(desk.reserve("o:1/1.1.1", 4)) == (4, 0, TODAY)
    assert offer(desk.reserve("o:2/1.1.1", 4, not_before=NEXT_WEEK)) == (4, 0, NEXT_WEEK)


def test_stock_of_all_sites_and_codes_adds_up_and_the_latest_of_each_counts(desk: Desk) -> None:
    desk.level(5, 1, site="b")
    desk.level(7, 1, item_code="ДВ-2")
    desk.level(6, 2, site="b")
    assert free(desk) == 10 + 6 + 7


def test_the_last_level_counts_whatever_its_stamp_says(desk: Desk) -> None:
    for available, stamp in ((50, FAR), (7, START), (9, LONG_AGO), (8, LONG_AGO)):
        desk.level(available, as_of=stamp, ahead=True)
        assert free(desk) == available


def test_a_clock_ahead_ends_no_promise_before_a_level_has_shown_it(desk: Desk) -> None:
    desk.level(5, as_of=FAR, site="b", ahead=True)
    desk.reserve("o:1/1.1.1", 4)
    desk.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    assert free(desk) == 11
    desk.level(6, 6)
    assert free(desk) == 6 + 5 - 4, "site b has said nothing since"
    desk.level(5, 7, site="b")
    assert free(desk) == 6 + 5


def test_a_clock_that_stands_still_keeps_nothing_promised_for_ever() -> None:
    desk = Desk()
    desk.level(10, as_of=LONG_AGO)
    desk.reserve("o:1/1.1.1", 4)
    desk.ask("DELIVERED", "o:1/1.1.1", at=START)
    desk.tick(3 * 24 * 60)
    desk.level(10, as_of=LONG_AGO)
    assert free(desk) == 6, "nothing has changed, so it may be as old as it says"
    desk.level(6, as_of=LONG_AGO)
    assert free(desk) == 6


def test_a_code_that_means_another_item_now_takes_its_stock_along(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 10)
    (lost,) = desk.level(4, 1, item="girder")
    assert (lost["kind"], lost["request_id"], lost["from_stock"], lost["to_make"]) == ("SHORTAGE", "o:1/1.1.1", 0, 10)
    assert [free(desk), free(desk, "girder")] == [0, 4]


def test_the_rest_is_made_in_the_earliest_weeks_with_capacity(desk: Desk) -> None:
    first = desk.reserve("o:1/1.1.1", 17)
    second = desk.reserve("o:2/1.1.1", 12)
    assert offer(first) == (10, 7, date(2026, 11, 26))
    assert offer(second) == (0, 12, date(2026, 12, 9)), "3 this week, 8 of the short week, 1 in the week after"
    assert (first["load"], second["load"]) == (0, Decimal("0.25"))


def test_a_week_with_a_day_off_has_less_capacity() -> None:
    desk = Desk()
    assert desk.reserve("o:1/1.1.1", 8, not_before=NEXT_WEEK)["available_on"] == date(2026, 12, 3)
    assert desk.reserve("o:2/1.1.1", 1, not_before=NEXT_WEEK)["available_on"] == date(2026, 12, 9)


def test_without_a_capacity_there_is_no_limit() -> None:
    answer = Desk(world(motor=None)).reserve("o:1/1.1.1", 10**6)
    assert (*offer(answer), answer["load"]) == (0, 10**6, date(2026, 11, 26), None)


def test_a_capacity_in_a_unit_that_the_item_has_no_mapping_to_is_no_limit() -> None:
    assert Desk(world(motor=(Decimal(1), "TNE"))).reserve("o:1/1.1.1", 99)["to_make"] == 99


def test_capacity_is_measured_in_its_own_unit() -> None:
    desk = Desk()
    answer = desk.reserve("o:1/1.1.1", 7000, plant="zmk", item="girder")
    assert offer(answer) == (0, 7000, date(2026, 12, 28)), "5 t this week, 2 t the next, and 20 days from its Monday"


def test_what_does_not_fit_into_a_year_is_not_offered() -> None:
    desk = Desk()
    answer = desk.reserve("o:1/1.1.1", 1000)
    assert answer["to_make"] == 52 * 10 - 2
    assert offer(desk.reserve("o:2/1.1.1", 1)) == (0, 0, None)


def test_pieces_are_offered_whole() -> None:
    desk = Desk(world(motor=(Decimal("0.3"), "H87")))
    assert desk.reserve("o:1/1.1.1", 100)["to_make"] == 15
    assert desk.reserve("o:2/1.1.1", Decimal("0.5"))["to_make"] == Decimal("0.5")


def test_a_plant_without_the_capability_offers_its_stock_only() -> None:
    desk = Desk()
    desk.level(3, item="paint", item_code="К")
    assert offer(desk.reserve("o:1/1.1.1", 5, item="paint")) == (3, 0, TODAY)
    assert offer(desk.reserve("o:2/1.1.1", 5, item="paint")) == (0, 0, None)


def test_a_repeated_request_gets_the_same_answer_and_nothing_more(desk: Desk) -> None:
    first = desk.reserve("o:1/1.1.1", 14, generation=3)
    before = dict(desk.state)
    desk.time += timedelta(days=30)
    assert desk.reserve("o:1/1.1.1", 14, generation=3) == first
    assert desk.state == before
    assert (first["kind"], first["generation"]) == ("RESERVED", 3)


def test_a_changed_quantity_or_start_is_reserved_anew(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 14)
    assert offer(desk.reserve("o:1/1.1.1", 6, generation=1))[:2] == (6, 0)
    assert desk.reserve("o:1/1.1.1", 6, generation=2, not_before=NEXT_WEEK)["available_on"] == NEXT_WEEK
    assert offer(desk.reserve("o:2/1.1.1", 14))[:2] == (4, 10)


def test_an_offer_is_what_a_reservation_would_be_and_keeps_nothing(desk: Desk) -> None:
    before = dict(desk.state)
    (quote,) = desk.ask("QUOTE", "o:1/1.1.1", 14, generation=7)
    assert desk.state == before
    assert desk.reserve("o:1/1.1.1", 14, generation=7) == {**quote, "kind": "RESERVED"}


def test_a_release_gives_back_stock_and_capacity_once(desk: Desk) -> None:
    before = dict(desk.state)
    first = desk.reserve("o:1/1.1.1", 16)
    assert desk.ask("RELEASE", "o:1/1.1.1") == []
    assert desk.state == before
    desk.ask("RELEASE", "o:1/1.1.1")
    assert desk.state == before
    assert offer(desk.reserve("o:2/1.1.1", 16)) == offer(first)


def test_weeks_that_are_over_are_forgotten() -> None:
    desk = Desk()
    desk.reserve("o:1/1.1.1", 10)
    desk.time += timedelta(days=14)
    desk.reserve("o:2/1.1.1", 1)
    (load,) = [json.loads(data) for key, data in desk.state.items() if key.startswith("load/")]
    assert list(load["weeks"]) == ["2026-W50"]
    desk.ask("RELEASE", "o:1/1.1.1")
    desk.ask("RELEASE", "o:2/1.1.1")
    assert not [key for key in desk.state if key.startswith("load/")]


def test_a_tentative_reservation_ends_with_the_tick_that_passes_its_time(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 14, generation=2, expires_at=START + timedelta(minutes=5))
    assert desk.tick(4) == []
    (ended,) = desk.tick(5)
    assert (ended["kind"], ended["order_key"], ended["generation"]) == ("EXPIRED", "o:1", 2)
    assert offer(ended) == (0, 0, None)
    assert desk.tick(6) == []
    assert offer(desk.reserve("o:2/1.1.1", 14))[:2] == (10, 4)


def test_a_reservation_that_became_firm_stays_as_it_is(desk: Desk) -> None:
    first = desk.reserve("o:1/1.1.1", 14, expires_at=START + timedelta(minutes=5))
    desk.reserve("o:2/1.1.1", 5)
    firm = desk.reserve("o:1/1.1.1", 14, generation=1)
    assert offer(firm) == offer(first)
    assert desk.tick(60) == []
    assert desk.reserve("o:1/1.1.1", 14, generation=1) == firm


def test_a_part_that_was_offered_can_be_made_firm() -> None:
    desk = Desk()
    desk.level(3, item="paint", item_code="К")
    desk.reserve("o:1/1.1.1", 5, item="paint", expires_at=START + timedelta(minutes=5))
    assert offer(desk.reserve("o:1/1.1.1", 3, item="paint", generation=1)) == (3, 0, TODAY)


def test_a_later_end_counts_and_one_that_is_over_ends_with_the_next_tick(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 1, expires_at=START + timedelta(minutes=5))
    desk.reserve("o:1/1.1.1", 1, generation=1, expires_at=START + timedelta(minutes=9))
    assert desk.tick(8) == []
    desk.reserve("o:2/1.1.1", 1, expires_at=START)
    assert {ended["request_id"] for ended in desk.tick(9)} == {"o:1/1.1.1", "o:2/1.1.1"}


def test_many_reservations_end_in_portions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 3)
    for number in range(8):
        desk.reserve(f"o:{number}/1.1.1", 1, expires_at=START + timedelta(minutes=2 + number % 2))
    assert [len(desk.tick(minutes)) for minutes in (10, 10, 11, 12)] == [3, 3, 2, 0]
    assert free(desk) == 10
    assert not [key for key in desk.state if key.startswith("reservation")]


def test_the_erps_own_reservation_is_not_counted_twice(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 4)
    desk.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    assert desk.level(10, 5) == []
    assert free(desk) == 6
    assert desk.level(6, 6) == []
    assert free(desk) == 6
    desk.ask("RELEASE", "o:1/1.1.1")
    assert free(desk) == 6


def test_a_release_between_delivery_and_the_next_level_waits_for_that_level(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 4)
    desk.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    desk.ask("RELEASE", "o:1/1.1.1")
    assert free(desk) == 6
    desk.level(6, 6)
    desk.level(10, 7)
    assert free(desk) == 10


def test_a_delivery_that_the_levels_show_already_ends_the_promise_at_once(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 4)
    desk.ask("DELIVERED", "o:1/1.1.1", at=START - timedelta(minutes=1))
    desk.ask("DELIVERED", "o:1/1.1.1", at=START - timedelta(minutes=1))
    assert free(desk) == 10


def test_every_site_must_have_reported_after_the_delivery(desk: Desk) -> None:
    desk.level(5, 0, site="b")
    desk.reserve("o:1/1.1.1", 8)
    desk.reserve("o:2/1.1.1", 7)
    desk.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    assert desk.level(2, 6) == [], "site b has not spoken: what is missing may be the ERP's own reservation"
    assert free(desk) == 0
    assert desk.level(5, 6, site="b") == []
    desk.ask("RELEASE", "o:2/1.1.1")
    assert free(desk) == 7


def test_a_site_that_has_long_been_silent_holds_nothing_up(desk: Desk) -> None:
    desk.level(5, 0, site="b")
    desk.reserve("o:1/1.1.1", 8)
    days = 3 * 24 * 60
    desk.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=days))
    desk.level(2, days + 1)
    assert free(desk) == 7


def test_what_the_erp_has_stays_when_more_is_wanted(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 6)
    desk.ask("DELIVERED", "o:1/1.1.1", at=START + timedelta(minutes=5))
    desk.level(4, 6)
    assert offer(desk.reserve("o:1/1.1.1", 9, generation=1))[:2] == (9, 0)
    assert free(desk) == 1
    assert offer(desk.reserve("o:1/1.1.1", 5, generation=2))[:2] == (5, 0)
    assert free(desk) == 4


def test_deliveries_at_very_many_times_take_little_room_and_all_end(desk: Desk) -> None:
    desk.level(1000, 1)
    for number in range(300):
        desk.reserve(f"o:{number}/1.1.1", 1)
        desk.ask("DELIVERED", f"o:{number}/1.1.1", at=START + timedelta(seconds=100 + number))
    assert len(desk.state["stock/oemz/motor"]) < 10_000
    desk.level(1000, 4)
    assert 780 <= free(desk) <= 860, "those before 240 s have ended, but for a few that wait a little longer"
    desk.level(700, 60)
    assert free(desk) == 700


def test_the_capacity_of_a_delivered_order_stays_taken() -> None:
    desk = Desk()
    desk.reserve("o:1/1.1.1", 10, expires_at=START + timedelta(minutes=5))
    desk.ask("DELIVERED", "o:1/1.1.1", at=START)
    assert desk.tick(60) == [], "it never ends by itself either"
    assert desk.reserve("o:2/1.1.1", 1)["available_on"] == date(2026, 12, 3)


def test_when_stock_runs_short_the_youngest_lose_first_and_it_is_made_instead(desk: Desk) -> None:
    for number in range(3):
        desk.reserve(f"o:{number}/1.1.1", 3, generation=number)
    said = desk.level(5, 1)
    assert [(one["request_id"], one["kind"], one["generation"]) for one in said] == [
        ("o:2/1.1.1", "SHORTAGE", 2),
        ("o:1/1.1.1", "SHORTAGE", 1),
    ]
    assert [offer(one) for one in said] == [(0, 3, date(2026, 11, 26)), (2, 1, date(2026, 11, 26))]
    assert desk.level(5, 2) == []
    assert offer(desk.reserve("o:2/1.1.1", 3, generation=2)) == (0, 3, date(2026, 11, 26))
    assert desk.reserve("o:9/1.1.1", 10)["available_on"] == date(2026, 12, 3), "6 are left this week"


def test_a_plant_without_the_capability_cannot_make_what_is_missing() -> None:
    desk = Desk()
    desk.level(9, item="paint", item_code="К")
    desk.reserve("o:1/1.1.1", 8, item="paint")
    (lost,) = desk.level(2, 1, item="paint", item_code="К")
    assert offer(lost) == (2, 0, TODAY)
    (nothing,) = desk.level(-1, 2, item="paint", item_code="К")
    assert offer(nothing) == (0, 0, None)


def test_what_an_erp_has_taken_is_never_lost(desk: Desk) -> None:
    desk.reserve("o:1/1.1.1", 4)
    desk.reserve("o:2/1.1.1", 4)
    desk.ask("DELIVERED", "o:2/1.1.1", at=START + timedelta(minutes=9))
    (lost,) = desk.level(5, 5)
    assert (lost["request_id"], lost["from_stock"]) == ("o:1/1.1.1", 1)


def test_very_many_losers_are_told_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 4)
    desk = Desk()
    desk.level(10)
    for number in range(10):
        desk.reserve(f"o:{number}/1.1.1", 1)
    said = [desk.level(0, 1), desk.tick(1), desk.tick(2), desk.tick(3)]
    assert [len(part) for part in said] == [4, 4, 2, 0]
    assert [one["request_id"] for part in said for one in part] == [f"o:{n}/1.1.1" for n in range(9, -1, -1)]


def test_stock_that_came_back_meanwhile_ends_the_shortage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "PORTION", 1)
    desk = Desk()
    desk.level(10)
    for number in range(10):
        desk.reserve(f"o:{number}/1.1.1", 1)
    desk.level(0, 1)
    desk.level(9, 2)
    assert desk.tick(5) == []
