"""A quotation ends at midnight of its buyer's day, by its own date or the rule's; then it is closed, or comes again.

The values are worked out by hand: Omsk is 6 hours ahead of UTC, Minsk 3, Shanghai 8; it is 24 November 2026, 08:00 UTC.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kranhub.errors import InvalidDocument
from kranhub.parties.members import Members
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.masterdata.rules import Rules
from streams.routing.model.copying import replace
from streams.routing.plant_events.actions import apply_action
from streams.routing.plant_events.closing import KEEP
from tests.support.masters import CUSTOMER, item, master, plant
from tests.support.plants import START, full_action
from tests.support.worlds import World, answering, line, silent, world

ALFA = plant("alfa", "25")
BEAM = item("beam", "25.11.23.119")
BEAMS = line("beam", 4)
STOCK = {("alfa", "beam"): 4}


def of_zone(zone: str = "Asia/Omsk", **rule: Any) -> MasterData:
    """The plant in Omsk, and its customer in this time zone."""
    made = master([ALFA], [BEAM], rule)
    members = [
        each.model_copy(update={"time_zone": zone} if each.id == CUSTOMER else {}) for each in made.members.members
    ]
    return replace(made, members=Members(members=tuple(members)))


def asked(of: MasterData | None = None, at: datetime = START, **changes: Any) -> World:
    """A quotation for beams that are on stock, which came then."""
    made = World(silent, of or of_zone(), stock={place: Decimal(amount) for place, amount in STOCK.items()}, today=at)
    made.order(BEAMS, quotation=True, **changes)
    return made


def end(of: World) -> datetime:
    (request,) = of.asked.values()
    found: datetime = request["expires_at"]
    return found


@pytest.mark.parametrize(
    ("zone", "ends"),
    [
        ("Asia/Omsk", datetime(2026, 12, 8, 18, tzinfo=UTC)),
        ("Europe/Minsk", datetime(2026, 12, 8, 21, tzinfo=UTC)),
        ("Asia/Shanghai", datetime(2026, 12, 8, 16, tzinfo=UTC)),
    ],
)
def test_without_a_date_it_ends_14_days_later_at_midnight_of_the_buyers_zone(zone: str, ends: datetime) -> None:
    made = asked(of_zone(zone))
    assert end(made) == ends
    assert made.status()["valid_until"] == date(2026, 12, 8)


@pytest.mark.parametrize(
    ("minute", "until"), [(59, date(2026, 12, 8)), (60, date(2026, 12, 9))], ids=["23:59 in Omsk", "00:00 in Omsk"]
)
def test_the_day_on_which_it_comes_is_the_buyers(minute: int, until: date) -> None:
    made = asked(at=datetime(2026, 11, 24, 17, tzinfo=UTC) + timedelta(minutes=minute))
    assert made.status()["valid_until"] == until


@pytest.mark.parametrize(
    ("wanted", "until"),
    [
        (date(2026, 12, 1), date(2026, 12, 1)),
        (date(2027, 1, 23), date(2027, 1, 23)),
        (date(2027, 1, 24), date(2027, 1, 23)),
        (date(2099, 12, 31), date(2027, 1, 23)),
    ],
)
def test_a_later_date_than_60_days_is_capped_and_the_buyer_reads_what_counts(wanted: date, until: date) -> None:
    made = asked(valid_until=wanted)
    assert made.status()["valid_until"] == until
    assert end(made) == datetime(until.year, until.month, until.day, 18, tzinfo=UTC)


def test_the_rule_says_how_long() -> None:
    of = of_zone(quotation_valid_days=3, maximum_quotation_valid_days=5)
    assert asked(of).status()["valid_until"] == date(2026, 11, 27)
    assert asked(of, valid_until=date(2026, 12, 24)).status()["valid_until"] == date(2026, 11, 29)
    short = of_zone(maximum_quotation_valid_days=5)
    assert asked(short).status()["valid_until"] == date(2026, 11, 29), "the default is no longer than the most"


def test_of_several_rules_the_shortest_time_counts() -> None:
    of = master(
        [ALFA],
        [BEAM, item("rail", "25.12")],
        {"when": {"okpd2": ["25.12"]}, "quotation_valid_days": 2},
        {},
    )
    made = world(of, lines=[BEAMS, line("rail", 1, "2")], quotation=True)
    assert made.status()["valid_until"] == date(2026, 11, 26)


def test_an_order_has_no_end() -> None:
    made = world(of_zone(), answering("AP"), lines=[BEAMS], valid_until=date(2026, 12, 1))
    assert made.state is not None
    assert made.state.validity is None


# the end


def expired(**changes: Any) -> World:
    made = asked(**changes)
    made.later(days=15)
    return made


def test_an_expired_quotation_is_closed_gives_all_back_and_needs_nobody() -> None:
    made = expired()
    told = made.status()
    assert (told["state"], told["cause"]) == ("CLOSED", "expired")
    assert [each["state"] for each in told["lines"]] == ["CLOSED"]
    assert set(told["reason"]) == set(told["lines"][0]["reason"]) == {"en", "ru"}
    assert made.stock["alfa", "beam"] == 4
    assert made.holds == {}
    assert made.codes() == []


def test_it_ends_at_the_first_instant_behind_its_last_day() -> None:
    made = asked()
    made.later(days=14, hours=9, minutes=59)
    assert made.status()["cause"] == "offered"
    made.later(minutes=1)
    assert made.status()["cause"] == "expired"


def test_a_quotation_that_reserves_nothing_ends_as_well() -> None:
    made = world(of_zone(), lines=[line("unknown", 4)], quotation=True)
    assert made.status()["state"] == "ON_HOLD"
    made.later(days=15)
    assert (made.status()["state"], made.status()["cause"]) == ("CLOSED", "expired")


def test_it_is_closed_for_good_after_the_usual_time() -> None:
    made = expired()
    made.later(days=KEEP.days + 1)
    assert made.state is not None
    assert made.state.closed
    made.order(BEAMS)
    assert made.refused == ["order-closed"]


@pytest.mark.parametrize("again", [{}, {"quotation": True, "requested_date": date(2027, 4, 1)}])
def test_until_then_it_may_be_ordered_or_asked_for_again(again: dict[str, Any]) -> None:
    made = expired()
    made.answers = answering("AP")
    made.later(days=KEEP.days - 10)
    made.order(BEAMS, **again)
    assert made.refused == []
    assert sum(made.holds.values()) == 4
    if again:
        assert made.status()["cause"] == "offered"
        assert made.status()["valid_until"] == dates_later(made, 14)
    else:
        assert made.status()["state"] == "CONFIRMED"
        assert made.state is not None
        assert made.state.validity is None


def dates_later(of: World, days: int) -> date:
    return of.today.date() + timedelta(days=days)


def test_a_revision_with_a_date_that_is_over_stays_closed() -> None:
    made = expired(valid_until=date(2026, 12, 1))
    made.order(line("beam", 5), quotation=True, valid_until=date(2026, 12, 2))
    assert made.status()["state"] == "CLOSED"
    assert made.holds == {}


def test_what_is_published_or_decided_later_does_not_bring_it_back() -> None:
    made = expired()
    said = len(made.sent)
    made.wake()
    made.act("RELEASE")
    assert made.refused == ["order-closed"]
    assert len(made.sent) == said


def test_a_person_may_cancel_it_all_the_same() -> None:
    made = expired()
    made.act("CANCEL")
    assert made.status()["state"] == "CANCELLED"


def test_an_order_that_is_at_a_plant_does_not_expire_as_a_whole() -> None:
    made = world(of_zone(), answering("AP"), lines=[BEAMS])
    made.order(BEAMS, quotation=True)
    made.later(days=20)
    assert made.status()["state"] == "CONFIRMED"


def test_a_quotation_of_a_release_that_stored_no_end_gets_one_with_the_next_event() -> None:
    made = asked()
    assert made.state is not None
    made.state = replace(made.state, validity=None)
    made.later(days=1)
    made.wake()
    assert made.status()["valid_until"] == date(2026, 12, 9)
    assert made.state.validity is not None
    assert made.state.validity.until == date(2026, 12, 9)


def test_the_end_is_the_same_for_a_person_who_approves() -> None:
    made = asked(replace(of_zone(), rules=Rules.model_validate({"rules": [{"rule": "careful", "mode": "approve"}]})))
    (alert,) = made.subjects("Alert")
    assert alert["deadline"] == end(made) == datetime(2026, 12, 8, 18, tzinfo=UTC)


def test_a_refused_action_is_told_readably() -> None:
    made = expired()
    with pytest.raises(InvalidDocument) as refused:
        apply_action(made.state, full_action("APPROVE"), DecisionContext("x", made.today, made.master))
    assert "expired" in refused.value.text.en
    assert "истёк" in refused.value.text.ru
