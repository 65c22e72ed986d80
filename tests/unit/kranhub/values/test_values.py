"""The rules by which every connector reads and writes values."""

import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.values import numbers, texts, times
from kranhub.values.spellings import Spellings, among
from kranhub.values.texts import Strange

OMSK = ZoneInfo("Asia/Omsk")
BERLIN = ZoneInfo("Europe/Berlin")
marks: st.SearchStrategy[numbers.Mark] = st.sampled_from([".", ","])
formats: st.SearchStrategy[times.Format] = st.sampled_from(["yyyy-mm-dd", "dd.mm.yyyy"])
quantities = st.decimals(Decimal("-1e15"), Decimal("1e15"), places=6)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
instants = st.datetimes(
    datetime.fromisoformat("1990-01-02"), datetime.fromisoformat("2100-12-30"), timezones=st.just(UTC)
)
zones = st.sampled_from([OMSK, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu"), UTC])


def code(read: Any, *arguments: Any) -> str:
    with pytest.raises(Strange) as caught:
        read(*arguments)
    assert caught.value.expected.en != caught.value.expected.ru
    return caught.value.code


class TestNumbers:
    @given(quantities, marks)
    def test_what_was_written_reads_back_equal(self, value: Decimal, mark: numbers.Mark) -> None:
        written = numbers.spelled(value, mark)
        assert "E" not in written
        assert numbers.number(written, mark) == value == numbers.number(value, mark)

    @given(st.integers(-(10**12), 10**12), st.sampled_from(numbers.GROUPED), marks)
    def test_groups_of_three(self, value: int, group: str, mark: numbers.Mark) -> None:
        written = f"{value:,}".replace(",", group) + f"{mark}25"
        assert numbers.number(f" {written}\t", mark) == Decimal(f"{value}.25")

    @pytest.mark.parametrize(
        ("raw", "mark", "value"),
        [
            ("1.5", ".", "1.5"),
            ("2,5", ",", "2.5"),
            ("2.5", ",", "2.5"),
            ("0.500", ",", "0.5"),
            ("\N{MINUS SIGN}1\N{NARROW NO-BREAK SPACE}234,5", ",", "-1234.5"),
            (",5", ",", "0.5"),
            ("1e3", ".", "1000"),
            ("-0", ".", "0"),
            (7, ",", "7"),
        ],
    )
    def test_spellings(self, raw: Any, mark: numbers.Mark, value: str) -> None:
        assert str(numbers.number(raw, mark)) == str(Decimal(value).quantize(numbers.SCALE))

    @pytest.mark.parametrize(
        ("raw", "mark"),
        [
            ("1.500", ","),  # one and a half, or fifteen hundred
            ("12.000", ","),
            ("1,500", "."),
            ("1.234,5", ","),
            ("1 50", "."),
            ("1 5000", "."),
            ("1_000", "."),
            ("٣", "."),
            ("2,5 т", ","),
            (".", "."),
            ("много", "."),
            ("NaN", "."),
            (float("inf"), "."),
            (Decimal("NaN"), "."),
            ("9" * 40, "."),
            (True, "."),
            (b"\x01", "."),
        ],
    )
    def test_what_is_no_number_or_may_be_two_is_refused(self, raw: Any, mark: numbers.Mark) -> None:
        assert code(numbers.number, raw, mark) == "bad-number"

    @pytest.mark.parametrize("raw", ["0.0000001", 1e-7, Decimal("1.0000001"), 1 / 3, 12345.1234567])
    def test_a_seventh_digit_is_not_rounded_away(self, raw: Any) -> None:
        assert code(numbers.number, raw) == "too-many-digits"

    @pytest.mark.parametrize(
        ("raw", "value"),
        [
            (0.3 - 0.1 - 0.1 - 0.1, "0"),
            (sum([0.1] * 1000), "100"),
            (reduce(float.__add__, [0.1] * 100_000), "10000"),
            (0.1 + 0.2, "0.3"),
            (0.10000000149011612, "0.1"),
            (1234.5670166015625, "1234.567"),
            (1024.015625, "1024.015625"),
            (1234567936.0, "1234567936"),
            (-0.0, "0"),
        ],
    )
    def test_noise_of_binary_fractions_is_none(self, raw: float, value: str) -> None:
        assert str(numbers.number(raw)) == str(Decimal(value).quantize(numbers.SCALE))

    @given(st.decimals(-(10**8), 10**8, places=6))
    def test_a_binary_fraction_of_eight_bytes_is_the_decimal_it_was(self, value: Decimal) -> None:
        assert numbers.number(float(value)) == value

    @given(st.decimals(-4000, 4000, places=3))
    def test_a_binary_fraction_of_four_bytes_is_the_decimal_it_was(self, value: Decimal) -> None:
        assert numbers.number(numbers.single(value)) == value

    @pytest.mark.parametrize("raw", [None, "", "   ", "\N{NO-BREAK SPACE}"])
    def test_empty(self, raw: Any) -> None:
        assert numbers.number(raw) is None


class TestTimes:
    @given(days, zones, formats)
    def test_a_day_that_was_written_reads_back_equal(self, day: date, zone: ZoneInfo, written: times.Format) -> None:
        assert times.day(times.spelled(day, zone, written), zone, written) == day == times.day(day, zone, written)

    @given(instants, zones, formats)
    def test_an_instant_that_was_written_shows_the_same_time(
        self, instant: datetime, zone: ZoneInfo, written: times.Format
    ) -> None:
        text = times.spelled(instant, zone, written)
        read = times.instant(text, zone, written)
        assert read is not None
        assert times.spelled(read, zone, written) == text
        assert times.day(text, zone, written) == instant.astimezone(zone).date()

    @given(instants, zones, zones)
    def test_a_day_is_a_day_at_the_site_whatever_the_zone_that_it_is_told_in(
        self, instant: datetime, told: ZoneInfo, site: ZoneInfo
    ) -> None:
        expected = instant.astimezone(site).date()
        assert times.day(instant.astimezone(told), site) == expected
        assert times.day(instant.astimezone(told).isoformat(), site) == expected

    @pytest.mark.parametrize(
        "raw",
        [
            datetime(2026, 3, 31, tzinfo=timezone(timedelta(hours=6))),
            datetime(2026, 3, 30, 18, tzinfo=UTC),
            datetime.fromisoformat("2026-03-31 00:00"),
            date(2026, 3, 31),
            "2026-03-31 00:00+06",
            "2026-03-30T18:00:00Z",
            "2026-03-30 18:00:00.000000+00",
            "2026-03-31",
            " 2026-03-31 ",
            "31.03.2026",
            "31.03.2026 0:00:00",
            "31.3.2026",
            "31.03.2026 9:05",
            "31.03.2026 23:59:59,999",
        ],
    )
    def test_a_day_in_omsk(self, raw: Any) -> None:
        assert times.day(raw, OMSK, "dd.mm.yyyy") == date(2026, 3, 31)

    def test_a_short_day_and_a_short_time(self) -> None:
        assert times.day("1.3.2026", OMSK, "dd.mm.yyyy") == date(2026, 3, 1)
        assert times.instant("31.03.2026 9:05", OMSK, "dd.mm.yyyy") == datetime(2026, 3, 31, 3, 5, tzinfo=UTC)

    @pytest.mark.parametrize(
        "raw",
        [
            None,
            "",
            " " * 10,
            "0001-01-01",
            "0001-01-01T00:00:00Z",
            "01.01.0001 0:00:00",
            "0000-00-00",
            "  .  .    ",
            date(1, 1, 1),
            datetime.fromisoformat("0001-01-01 00:00:00+00:00"),
        ],
    )
    def test_what_erps_write_for_no_date_is_empty(self, raw: Any) -> None:
        assert times.day(raw, OMSK, "dd.mm.yyyy") is None
        assert times.instant(raw, OMSK, "dd.mm.yyyy") is None

    @pytest.mark.parametrize(
        ("raw", "expected"),
        [
            ("infinity", "date-out-of-range"),
            ("-infinity", "date-out-of-range"),
            ("1753-01-01", "date-out-of-range"),
            (date(9999, 12, 31), "date-out-of-range"),
            ("31.03.2026", "bad-date"),
            ("2026-02-30", "bad-date"),
            ("2026-W01-1", "bad-date"),
            ("20260331", "bad-date"),
            ("2026-03-31 25:00", "bad-date"),
            ("44-03-15 BC", "bad-date"),
            (45000, "bad-date"),
            (b"2026-03-31", "bad-date"),
        ],
    )
    def test_what_is_no_date_has_a_code(self, raw: Any, expected: str) -> None:
        for read in (times.day, times.instant):
            assert code(read, raw, OMSK) == expected


class TestTexts:
    @pytest.mark.parametrize(
        "raw",
        [
            None,
            "",
            " " * 10,
            0,
            0.0,
            Decimal("0.00"),
            False,
            "0",
            "0.00",
            "false",
            "Ложь",
            "Нет",
            "00000000-0000-0000-0000-000000000000",
            "{00000000-0000-0000-0000-000000000000}",
            uuid.UUID(int=0),
            bytes(16),
            date(1, 1, 1),
            "0001-01-01 00:00:00",
            "01.01.0001 0:00:00",
            "\N{EM DASH}",
            "None",
        ],
    )
    def test_nobody_holds_the_row(self, raw: Any) -> None:
        assert texts.is_unset(raw)

    @pytest.mark.parametrize(
        "raw", ["Иванова", 1, True, "+", "*", uuid.uuid4(), b"\0\1", date(2026, 3, 31), "0a", "01.01.2026"]
    )
    def test_somebody_holds_the_row(self, raw: Any) -> None:
        assert not texts.is_unset(raw)

    @pytest.mark.parametrize(
        ("raw", "text"), [("  a b ", "a b"), (7, "7"), (7.0, "7"), (Decimal("7.500"), "7.5"), (" \u202f", None)]
    )
    def test_a_text(self, raw: Any, text: str | None) -> None:
        assert texts.text(raw) == text

    @pytest.mark.parametrize("raw", [b"\xca", "a\0b"])
    def test_what_is_no_text(self, raw: Any) -> None:
        assert code(texts.text, raw) == "bad-text"

    @pytest.mark.parametrize(
        ("raw", "like", "value"),
        [
            ("1", 1, 1),
            ("1   ", Decimal(1), 1),
            (Decimal("1.0"), 1, 1),
            (1, "1", "1"),
            (1.0, "1", "1"),
            (Decimal("1.00"), "1", "1"),
            (float("inf"), "1", "inf"),
            ("01", "1", "01"),
            ("a  ", "b", "a"),
            ("A-1", 1, "A-1"),
            (str(uuid.UUID(int=5)), uuid.UUID(int=7), uuid.UUID(int=5)),
        ],
    )
    def test_a_reference_is_compared_by_value(self, raw: Any, like: Any, value: Any) -> None:
        assert texts.linked(raw, like) == value


class TestSpellings:
    def test_any_case_and_spacing(self) -> None:
        words = Spellings({"Отгружен": 1, "Склад  металла": 2, "й": 3})
        assert [
            words.get(word) for word in (" ОТГРУЖЕН ", "склад\N{NO-BREAK SPACE}металла", "и\N{COMBINING BREVE}")
        ] == [
            1,
            2,
            3,
        ]
        assert words.get("закрыт") is None
        assert among("Отгружен", ["ОТГРУЖЕН"])
        assert not among(None, ["ОТГРУЖЕН"])

    def test_words_that_only_their_case_tells_apart(self) -> None:
        words = Spellings({"МВт": "MAW", "мВт": "C31"})
        assert [words.get(word) for word in ("МВт", "мВт", "мвт")] == ["MAW", "C31", None]
