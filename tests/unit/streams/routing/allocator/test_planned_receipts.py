"""What is still to come is promised once, whichever record of its coming is first: examples, counted by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.allocation import ITEMS, START, TODAY, Allocations, offer, world

DEC_10 = date(2026, 12, 10)
MADE = date(2026, 12, 29)
"""25 working days from Tuesday, 24 November on, without the 2nd of December."""

DAY = 24 * 60
A, B, C = "o:a/1.1.1", "o:b/1.1.1", "o:c/1.1.1"


def plant(**capacities: Any) -> Allocations:
    """Return the allocator of a plant that makes any number of motors in 25 working days and has two."""
    made = Allocations(world(**{"motor": None, "days": 25, "contains": False, **capacities}))
    made.level(2)
    return made


@pytest.fixture
def allocations() -> Allocations:
    made = plant()
    assert made.receipt(6, DEC_10) == []
    return made


def free(allocations: Allocations) -> Decimal:
    """Ask what could be had from stock and from what comes."""
    (answer,) = allocations.ask("QUOTE", "quote", 1)
    found = [Decimal(answer["from_stock"])]
    for quantity in range(2, 20):
        (answer,) = allocations.ask("QUOTE", "quote", quantity)
        found.append(Decimal(answer["from_stock"]))
    return max(found)


def kinds(said: list[Any]) -> list[tuple[Any, ...]]:
    return [(one["request_id"], one["kind"], *offer(one)) for one in said]


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def test_stock_goes_first_then_what_comes_and_the_next_order_gets_the_rest(allocations: Allocations) -> None:
    assert offer(allocations.reserve(A, 6)) == (6, 0, DEC_10)
    assert offer(allocations.reserve(B, 2)) == (2, 0, DEC_10)
    assert offer(allocations.reserve(C, 1)) == (0, 1, MADE)


def test_what_comes_is_taken_only_where_all_of_the_rest_comes(allocations: Allocations) -> None:
    assert offer(allocations.reserve(A, 9)) == (2, 7, MADE)


def test_what_comes_later_than_it_is_made_is_not_taken() -> None:
    allocations = plant()
    allocations.receipt(6, MADE + timedelta(days=1))
    assert offer(allocations.reserve(A, 6)) == (2, 4, MADE)
    allocations.receipt(6, MADE, "PO-2")
    assert offer(allocations.reserve(B, 4)) == (4, 0, MADE)


def test_a_plant_that_does_not_make_the_item_promises_what_comes() -> None:
    allocations = Allocations()
    fields = {"item": "paint", "item_code": "К"}
    allocations.receipt(5, DEC_10, **fields)
    assert offer(allocations.reserve(A, 9, item="paint")) == (5, 0, DEC_10)


def test_where_neither_gives_all_whatever_gives_more_counts() -> None:
    allocations = Allocations(world(motor=(Decimal("0.1"), "H87")))
    allocations.receipt(6, DEC_10)
    assert offer(allocations.reserve(A, 9)) == (6, 0, DEC_10)


def test_several_receipts_are_taken_by_the_day_on_which_they_come(allocations: Allocations) -> None:
    allocations.receipt(3, DEC_10 - timedelta(days=5), "PO-2")
    assert offer(allocations.reserve(A, 5)) == (5, 0, DEC_10 - timedelta(days=5))
    assert offer(allocations.reserve(B, 6)) == (6, 0, DEC_10)


def test_work_that_may_begin_later_waits_for_that_day(allocations: Allocations) -> None:
    later = DEC_10 + timedelta(days=4)
    assert offer(allocations.reserve(A, 6, not_before=later)) == (6, 0, later)


def test_a_released_promise_may_be_given_again(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    allocations.ask("RELEASE", A)
    assert offer(allocations.reserve(B, 8)) == (8, 0, DEC_10)


def test_a_quote_promises_nothing(allocations: Allocations) -> None:
    (quote,) = allocations.ask("QUOTE", A, 8)
    assert offer(quote) == (8, 0, DEC_10)
    assert offer(allocations.reserve(B, 8)) == (8, 0, DEC_10)


def test_a_repeat_changes_nothing_and_the_last_that_comes_counts(allocations: Allocations) -> None:
    allocations.mark = "one"
    allocations.receipt(4, DEC_10)
    allocations.mark = "two"
    allocations.receipt(5, DEC_10)
    allocations.mark = "one"
    before = dict(allocations.state)
    assert allocations.receipt(4, DEC_10) == []
    assert allocations.state == before
    allocations.mark = ""
    assert free(allocations) == 2 + 5


# What comes in: the receipt first, or the level first.


def test_the_receipt_first_then_the_level(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    allocations.tick(16 * DAY)
    assert allocations.receipt(0, DEC_10) == []
    assert free(allocations) == 0, "nothing of it is there as far as levels show"
    assert allocations.level(8, 16 * DAY + 5) == []
    assert free(allocations) == 2
    allocations.ask("RELEASE", A)
    assert free(allocations) == 8


def test_the_level_first_then_the_receipt(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    assert allocations.level(8, 16 * DAY) == []
    assert free(allocations) == 2, "six are there, and the receipt still promises them as well"
    assert allocations.receipt(0, DEC_10) == []
    assert free(allocations) == 2
    allocations.ask("RELEASE", A)
    assert free(allocations) == 8


def test_a_part_comes_in_and_the_oldest_have_it_first(allocations: Allocations) -> None:
    allocations.reserve(A, 5)
    allocations.reserve(B, 3)
    allocations.receipt(3, DEC_10)
    assert allocations.level(5, DAY) == [{**allocations_result(A, 5, TODAY + timedelta(days=1))}]
    said = allocations.receipt(0, DEC_10, document_status="CANCELLED")
    assert kinds(said) == [(B, "SHORTAGE", 0, 3, date(2026, 12, 30))]


def allocations_result(request_id: str, from_stock: int, day: date) -> dict[str, Any]:
    """Return that a request has all from stock, on another day than before."""
    return {
        "request_id": request_id,
        "order_key": request_id.rpartition("/")[0],
        "plant": "oemz",
        "from_stock": Decimal(from_stock),
        "to_make": Decimal(0),
        "kind": "MOVED",
        "generation": 0,
        "available_on": day,
        "load": None,
        "disruption": None,
    }


def test_what_no_level_shows_within_two_days_has_not_come_and_the_youngest_lose(allocations: Allocations) -> None:
    allocations.reserve(A, 5)
    allocations.reserve(B, 3)
    assert allocations.receipt(4, DEC_10) == []
    assert allocations.tick(DAY) == []
    assert kinds(allocations.tick(2 * DAY)) == [(B, "SHORTAGE", 1, 2, date(2026, 12, 31))]
    assert free(allocations) == 0


def test_what_a_level_shows_and_no_receipt_explains_within_two_days_is_stock(allocations: Allocations) -> None:
    allocations.level(5, 1)
    assert free(allocations) == 2 + 6
    allocations.tick(2 * DAY + 1)
    assert free(allocations) == 5 + 6


def test_a_level_without_anything_to_come_is_stock_at_once() -> None:
    allocations = plant()
    allocations.level(5, 1)
    assert free(allocations) == 5


def test_the_first_level_of_a_site_may_be_what_came() -> None:
    allocations = Allocations(world(motor=None, days=25, contains=False))
    allocations.receipt(6, DEC_10)
    allocations.reserve(A, 4)
    allocations.level(6)
    assert free(allocations) == 2


# What the plant's ERP has taken.


@pytest.mark.parametrize("contains", [True, False])
@pytest.mark.parametrize("level_first", [True, False])
def test_what_comes_for_an_order_that_the_erp_has_is_promised_once(contains: bool, level_first: bool) -> None:
    allocations = plant(contains=contains)
    allocations.level(2, 1)
    allocations.receipt(6, DEC_10)
    allocations.reserve(A, 6)
    allocations.ask("DELIVERED", A, at=at(0.5))
    reserved = 6 if contains else 0
    allocations.level(0, DAY, on_hand=Decimal(2), reserved=Decimal(reserved), blocked=Decimal(0))
    assert free(allocations) <= 2

    def come(minute: float) -> None:
        there: dict[str, Any] = {"on_hand": Decimal(8), "reserved": Decimal(reserved), "blocked": Decimal(0)}
        assert all(one["kind"] == "MOVED" for one in allocations.level(0, minute, **there))

    if level_first:
        come(2 * DAY)
    assert all(one["kind"] == "MOVED" for one in allocations.receipt(0, DEC_10))
    if not level_first:
        come(2 * DAY)
    assert free(allocations) == 2


def test_what_has_been_shipped_before_the_receipt_says_so_is_not_sought_again(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    allocations.ask("DELIVERED", A, at=START)
    allocations.ask("SHIPPED", A, 6, at=at(1))
    allocations.receipt(0, DEC_10)
    assert allocations.tick(4 * DAY) == []
    (answer,) = allocations.ask("QUOTE", B, 1)
    assert answer["to_make"] == 1


def test_what_comes_after_the_order_has_left_is_no_longer_counted(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    allocations.ask("DELIVERED", A, at=START)
    allocations.receipt(0, DEC_10)
    allocations.level(8, DAY)
    allocations.ask("SHIPPED", A, 6, at=at(1.5))
    allocations.level(2, 2 * DAY)
    assert free(allocations) == 2


# What changes.


def test_a_cancelled_receipt_ends_at_once_and_its_promises_are_made(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    said = allocations.receipt(6, DEC_10, document_status="CANCELLED")
    assert kinds(said) == [(A, "SHORTAGE", 2, 4, MADE)]
    assert free(allocations) == 0


def test_who_loses_a_receipt_has_from_another_what_comes_before_it_is_made(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    allocations.receipt(4, DEC_10 + timedelta(days=3), "PO-2")
    said = allocations.receipt(6, DEC_10, document_status="CANCELLED")
    assert kinds(said) == [(A, "MOVED", 6, 0, DEC_10 + timedelta(days=3))]


def test_a_later_day_moves_its_promises_or_has_them_made(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    assert kinds(allocations.receipt(6, DEC_10 + timedelta(days=8))) == [(A, "MOVED", 6, 0, DEC_10 + timedelta(days=8))]
    assert kinds(allocations.receipt(6, MADE + timedelta(days=30))) == [(A, "SHORTAGE", 2, 4, MADE)]
    allocations.ask("RELEASE", A)
    assert free(allocations) == 2, "what comes so late is made sooner"


def test_an_earlier_day_moves_its_promises_too(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    earlier = DEC_10 - timedelta(days=6)
    assert kinds(allocations.receipt(6, earlier)) == [(A, "MOVED", 6, 0, earlier)]


def test_an_overdue_receipt_counts_from_the_next_day_on_for_two_weeks() -> None:
    allocations = plant(motor=(Decimal("0.1"), "H87"))
    allocations.receipt(6, TODAY)
    allocations.reserve(A, 8)
    assert allocations.tick(9 * 60) == [], "still the same day in Omsk"
    said = allocations.tick(10 * 60)
    assert kinds(said) == [(A, "MOVED", 8, 0, TODAY + timedelta(days=2))]
    said = [allocations.tick(10 * 60 + number * DAY) for number in range(1, 15)]
    assert [one["available_on"] for part in said[:13] for one in part] == [
        TODAY + timedelta(days=number) for number in range(3, 16)
    ]
    ((last,),) = said[13:]
    assert (last["kind"], last["from_stock"]) == ("SHORTAGE", 2)


def test_an_overdue_receipt_is_not_promised_for_today() -> None:
    allocations = plant()
    allocations.receipt(1, TODAY - timedelta(days=1), "late")
    assert offer(allocations.reserve(A, 3)) == (3, 0, TODAY + timedelta(days=1))
    allocations.receipt(1, TODAY, "today")
    assert offer(allocations.reserve(B, 1)) == (1, 0, TODAY)


def test_a_receipt_that_is_overdue_for_more_than_two_weeks_counts_for_nothing() -> None:
    allocations = plant()
    allocations.receipt(6, TODAY - timedelta(days=15))
    assert free(allocations) == 2
    allocations.receipt(6, TODAY - timedelta(days=14))
    assert free(allocations) == 8


def test_a_code_that_means_another_item_now_takes_its_receipts_along(allocations: Allocations) -> None:
    allocations.reserve(A, 6)
    assert kinds(allocations.receipt(6, DEC_10, item="girder")) == [(A, "SHORTAGE", 2, 4, MADE)]
    assert offer(allocations.reserve(B, 1)) == (0, 1, MADE)


def test_who_waits_hears_when_something_is_to_come() -> None:
    allocations = Allocations()
    allocations.ask("WAIT", A, 4, item="paint")
    (said,) = allocations.receipt(6, DEC_10, item="paint", item_code="К")
    assert (said["kind"], *offer(said)) == ("FREED", 4, 0, DEC_10)
    allocations.ask("WAIT", B, 4, item="paint")
    assert allocations.tick(1) == [], "two are left beside what the first has heard of"


def test_at_most_so_many_requests_share_one_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.routing.allocator.planned_receipts.MAX_SHARES", 2)
    allocations = Allocations(world(motor=None, days=25))
    allocations.receipt(6, DEC_10)
    assert [offer(allocations.reserve(f"o:{n}/1.1.1", 1))[0] for n in range(3)] == [1, 1, 0]


# Safety stock.


def test_safety_stock_is_promised_to_nobody_and_lost_by_nobody() -> None:
    motor = {**ITEMS[0], "safety_stock": {"oemz": 3}}
    allocations = Allocations(world([motor], motor=None))
    allocations.level(10)
    assert allocations.reserve(A, 10)["from_stock"] == 7
    assert allocations.level(7, 1) == [], "the safety stock stands in for what is missing"
    assert kinds(allocations.level(6, 2))[0][:3] == (A, "SHORTAGE", 6)
    assert free(allocations) == 0
