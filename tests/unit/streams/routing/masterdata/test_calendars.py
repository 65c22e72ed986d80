"""Working-day calendars: Omsk's days are the governments', and counting forth and back agrees."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kranhub.errors import Misconfigured
from kranhub.parties.members import Name
from streams.routing.masterdata import calendars
from streams.routing.masterdata.calendars import Calendar, Covers

OMSK = Path("deploy/calendars/omsk.yaml")
KNOWN = calendars.load(OMSK).by_id
RUSSIA, CHINA, EVERY_DAY = KNOWN["ru-5x2"], KNOWN["cn-5x2"], KNOWN["every-day"]

FILE = """calendars:
  - calendar: works
    name: {en: Works, ru: Завод}
    weekdays: [1, 2, 3, 4, 5]
    covers: {first_year: 2026, last_year: 2027}
    days_off:
      - 2026-01-01
      - 2026-05-01
    working_days:
      - 2026-01-03
    fixed_days_off: ["01-01"]
"""


def days(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]


def made(off: set[date], worked: set[date], weekdays: set[int]) -> Calendar:
    """A calendar of 2026 with these exceptions, as far as they are exceptions."""
    return Calendar(
        calendar="made",
        name=Name(en="Made", ru="Составлен"),
        weekdays=tuple(sorted(weekdays)),
        covers=Covers(first_year=2026, last_year=2026),
        days_off=tuple(sorted(off)),
        working_days=tuple(sorted(day for day in worked - off if day.isoweekday() not in weekdays)),
        fixed_days_off=("01-01", "02-29"),
    )


in_2026 = st.dates(date(2026, 1, 1), date(2026, 12, 31))
exceptions = st.sets(in_2026, max_size=40)
made_calendars = st.builds(made, exceptions, exceptions, st.sets(st.integers(1, 7), min_size=1))
any_calendar = st.one_of(st.sampled_from([RUSSIA, CHINA, EVERY_DAY]), made_calendars)
near = st.dates(date(2025, 6, 1), date(2028, 6, 30))
valid = st.dates(date(1990, 1, 1), date(2100, 12, 31))
amounts = st.integers(0, 80)


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_russias_days_are_those_that_another_source_knows(year: int) -> None:
    holidays = pytest.importorskip("holidays", reason="the oracle, of the dev extra")
    oracle = holidays.country_holidays("RU", years=year)
    assert [day for day in days(year) if RUSSIA.is_working(day) != oracle.is_working_day(day)] == []


@pytest.mark.parametrize("year", [2025, 2026])
def test_chinas_days_are_those_that_another_source_knows(year: int) -> None:
    holidays = pytest.importorskip("holidays", reason="the oracle, of the dev extra")
    oracle = holidays.country_holidays("CN", years=year)
    assert [day for day in days(year) if CHINA.is_working(day) != oracle.is_working_day(day)] == []


def test_chinas_year_without_a_notice_has_at_least_the_days_off_of_the_law() -> None:
    holidays = pytest.importorskip("holidays", reason="the oracle, of the dev extra")
    oracle = holidays.country_holidays("CN", years=2027)
    assert [day for day in days(2027) if CHINA.is_working(day) and not oracle.is_working_day(day)] == []


def test_a_russian_year_has_the_working_days_of_the_published_calendar() -> None:
    months = [15, 19, 21, 22, 19, 21, 23, 21, 22, 22, 20, 22]
    counted = [sum(RUSSIA.is_working(day) for day in days(2026) if day.month == month) for month in range(1, 13)]
    assert counted == months
    assert [RUSSIA.between(date(year, 1, 1), date(year, 12, 31)) for year in (2025, 2026, 2027)] == [247, 247, 247]


def test_russias_moved_days() -> None:
    assert RUSSIA.is_working(date(2025, 11, 1))  # a Saturday, for Monday the 3rd
    assert not RUSSIA.is_working(date(2025, 11, 3))
    assert not RUSSIA.is_working(date(2026, 12, 31))
    assert RUSSIA.next_working(date(2026, 12, 31)) == date(2027, 1, 11)
    assert RUSSIA.previous_working(date(2027, 1, 10)) == date(2026, 12, 30)


def test_work_stands_still_in_the_golden_week() -> None:
    # 21-24 September (4), the 25th is Mid-Autumn, 28-30 (7), 1-7 October off, 8 and 9 (9), Saturday the 10th worked
    assert CHINA.finish(date(2026, 9, 21), 10) == date(2026, 10, 10)
    assert CHINA.start(date(2026, 10, 10), 10) == date(2026, 9, 21)
    assert CHINA.working_days_in_week(date(2026, 10, 1)) == 3
    assert CHINA.working_days_in_week(date(2026, 9, 20)) == 6  # its Sunday is worked


def test_no_spring_festival_day_is_worked() -> None:
    festival = [date(2026, 2, 15) + timedelta(days=n) for n in range(9)]
    assert not any(CHINA.is_working(day) for day in festival)
    assert not any(CHINA.is_working(date(2027, 2, day)) for day in range(5, 12))


def test_carriers_work_every_day() -> None:
    assert EVERY_DAY.finish(date(2026, 12, 30), 5) == date(2027, 1, 3)
    assert EVERY_DAY.working_days_in_week(date(2027, 1, 1)) == 7


def test_another_year_has_the_weekdays_without_the_fixed_days_off() -> None:
    assert not RUSSIA.is_working(date(2030, 5, 9))  # a Thursday
    assert RUSSIA.is_working(date(2030, 5, 10))
    assert not RUSSIA.is_working(date(2030, 5, 11))


def test_no_work_is_done_on_its_first_day_and_a_day_of_work_on_the_next_working_one() -> None:
    saturday, monday = date(2026, 11, 28), date(2026, 11, 30)
    assert RUSSIA.finish(saturday, 0) == saturday
    assert RUSSIA.finish(saturday, 1) == monday
    assert RUSSIA.start(monday, 1) == monday
    assert RUSSIA.start(saturday, 1) == date(2026, 11, 27)
    assert RUSSIA.start(saturday, 0) == saturday


@pytest.mark.parametrize("calendar", [RUSSIA, CHINA, EVERY_DAY], ids=lambda calendar: calendar.calendar)
@pytest.mark.parametrize("day", [date.min, date(1990, 1, 1), date(2100, 12, 31), date.max])
def test_the_ends_of_time_end_no_process(calendar: Calendar, day: date) -> None:
    for amount in (0, 1, 10**12):
        assert calendar.finish(day, amount) >= day
        assert calendar.start(day, amount) <= day
    assert calendar.next_working(day) >= day >= calendar.previous_working(day)
    assert 0 <= calendar.working_days_in_week(day) <= 7
    assert calendars.shifted(day, 10**12) == date.max
    assert calendars.shifted(day, -(10**12)) == date.min


def test_a_calendar_survives_json() -> None:
    assert Calendar.model_validate_json(RUSSIA.model_dump_json()) == RUSSIA


@given(any_calendar, near, amounts)
def test_the_finish_is_the_last_of_so_many_working_days(calendar: Calendar, begin: date, amount: int) -> None:
    counted, day = 0, begin
    while counted < amount:
        counted += calendar.is_working(day)
        day += timedelta(days=1)
    assert calendar.finish(begin, amount) == (day - timedelta(days=1) if amount else begin)


@given(any_calendar, st.one_of(near, valid), amounts)
def test_the_start_is_the_latest_that_is_done_in_time(calendar: Calendar, end: date, amount: int) -> None:
    begin = calendar.start(end, amount)
    assert begin <= end
    assert calendar.finish(begin, amount) <= end
    assert calendar.finish(begin + timedelta(days=1), amount) > end


@given(any_calendar, st.one_of(near, valid), st.integers(0, 9), amounts)
def test_who_begins_later_is_not_done_sooner(calendar: Calendar, begin: date, later: int, amount: int) -> None:
    done = calendar.finish(begin, amount)
    assert done >= begin
    assert calendar.finish(calendars.shifted(begin, later), amount) >= done
    assert calendar.start(done, amount) >= begin


@given(any_calendar, near, st.integers(0, 400))
def test_days_between_are_counted_one_by_one(calendar: Calendar, first: date, length: int) -> None:
    all_days = [first + timedelta(days=n) for n in range(length + 1)]
    assert calendar.between(first, all_days[-1]) == sum(map(calendar.is_working, all_days))
    assert calendar.between(first, first - timedelta(days=1)) == 0
    week = [
        day for n in range(-6, 7) if (day := first + timedelta(days=n)).isocalendar()[:2] == first.isocalendar()[:2]
    ]
    assert calendar.working_days_in_week(first) == sum(map(calendar.is_working, week))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("      - 2026-05-01\n", "      - 2028-05-01\n", 8, "no year that the calendar covers"),
        ("      - 2026-05-01\n", "      - 2026-01-01\n", 8, "2026-01-01 stands twice"),
        ("      - 2026-05-01\n", "      - '2026-05-32'\n", 8, "date"),
        ("      - 2026-01-03\n", "      - 2026-05-01\n", 10, "is a day off, too"),
        ("      - 2026-01-03\n", "      - 2026-01-05\n", 10, "is worked anyway"),
        ('["01-01"]', '["01-32"]', 11, "no day of a year"),
        ('["01-01"]', '["W01-1"]', 11, "no day of a year"),
        ("first_year: 2026", "first_year: 2028", 5, "after last_year"),
        ("last_year: 2027", "last_year: 9999", 5, "2100"),
        ("weekdays: [1, 2, 3, 4, 5]", "weekdays: [0, 1]", 4, "weekdays"),
        ("weekdays: [1, 2, 3, 4, 5]", "weekdays: []", 4, "weekdays"),
        ("    covers: {first_year: 2026, last_year: 2027}\n", "", 2, "covers"),
        ("calendar: works", "calendar: Works 1", 2, "calendar"),
        ("    weekdays", "    weekends: [6, 7]\n    weekdays", 4, "weekends"),
    ],
)
def test_a_mistake_names_the_line(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    file = tmp_path / "calendars.yaml"
    assert old in FILE
    file.write_text(FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(Misconfigured, match=words) as caught:
        calendars.load(file)
    assert f"{file}:{line}:" in caught.value.text.en
    assert f"{file}:{line}:" in caught.value.text.ru


def test_a_calendar_that_stands_twice_is_refused_at_its_second_line(tmp_path: Path) -> None:
    file = tmp_path / "calendars.yaml"
    file.write_text(FILE + FILE.removeprefix("calendars:\n"), encoding="utf-8")
    with pytest.raises(Misconfigured, match="stands twice") as caught:
        calendars.load(file)
    assert f"{file}:12:" in caught.value.text.en


def test_a_calendar_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        RUSSIA.days_off = ()  # type: ignore[misc]


def test_a_year_without_a_working_day_is_refused() -> None:
    sundays = [date(2027, 1, 3) + timedelta(days=7 * number) for number in range(52)]
    content = {
        "calendar": "closed",
        "name": {"en": "Closed", "ru": "Закрыто"},
        "covers": {"first_year": 2026, "last_year": 2027},
        "weekdays": [7],
        "days_off": sundays,
    }
    with pytest.raises(ValidationError, match="no day of 2027 is worked"):
        Calendar.model_validate(content)
    assert Calendar.model_validate({**content, "days_off": sundays[1:]}).next_working(date(2027, 1, 1)) == sundays[0]
