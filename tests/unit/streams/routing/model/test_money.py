"""Amounts keep their sum through tax and exchange; a rate is never taken from the future."""

from datetime import date, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kranhub.errors import InvalidDocument
from kranhub.parties import currencies
from streams.routing.model.money import ExchangeRate, convert, net_and_vat, rate_on

DAY = date(2026, 11, 24)
AMOUNTS = st.decimals(-(10**15), 10**15, places=4)
PERCENT = st.decimals(0, 100, places=6)
POSITIVE = st.decimals("0.000001", 10**9, places=6)
ULP = Decimal("0.0001")


def exchange(source: str, target: str, value: str, day: date = DAY, nominal: int = 1) -> ExchangeRate:
    return ExchangeRate(source, target, Decimal(value), Decimal(nominal), day, "CBR")


RATES = (
    exchange("CNY", "RUB", "11.2500", DAY - timedelta(days=3)),
    exchange("CNY", "RUB", "11.3000", DAY),
    exchange("CNY", "RUB", "99", DAY + timedelta(days=1)),
    exchange("KZT", "RUB", "15.1234", DAY, nominal=100),
    exchange("RUB", "EUR", "0.0105", DAY - timedelta(days=1)),
    exchange("EUR", "RUB", "94", DAY - timedelta(days=2)),
)


class TestVat:
    @pytest.mark.parametrize(
        ("amount", "rate", "included", "net", "vat"),
        [
            ("122", "22", True, "100", "22"),
            ("100", "22", False, "100", "22"),
            ("100", "22", True, "81.9672", "18.0328"),
            ("0.0001", "22", True, "0.0001", "0"),
            ("100", "0", True, "100", "0"),
            ("0.0001", "50", False, "0.0001", "0"),  # half to even, down
            ("0.0003", "50", False, "0.0003", "0.0002"),  # half to even, up
            ("-122", "22", True, "-100", "-22"),
        ],
    )
    def test_the_tax_is_that_of_the_rate(self, amount: str, rate: str, included: bool, net: str, vat: str) -> None:
        split = net_and_vat(Decimal(amount), Decimal(rate), included)
        assert split == (Decimal(net), Decimal(vat))

    @given(AMOUNTS, PERCENT)
    def test_parts_of_an_amount_with_tax_sum_up_to_it(self, amount: Decimal, rate: Decimal) -> None:
        split = net_and_vat(amount, rate, included=True)
        assert split.gross == amount
        with localcontext(prec=60):
            assert abs(split.net * (100 + rate) / 100 - amount) <= ULP

    @given(AMOUNTS, PERCENT)
    def test_tax_on_top_leaves_the_net_as_it_was(self, amount: Decimal, rate: Decimal) -> None:
        net, vat = net_and_vat(amount, rate, included=False)
        with localcontext(prec=60):
            assert net == amount
            assert abs(vat - amount * rate / 100) <= ULP / 2

    @pytest.mark.parametrize("rate", ["-1", "100.000001"])
    def test_what_is_no_percentage_is_refused(self, rate: str) -> None:
        with pytest.raises(InvalidDocument) as refused:
            net_and_vat(Decimal(1), Decimal(rate), included=True)
        assert refused.value.code == "bad-vat-rate"

    @pytest.mark.parametrize("amount", ["1.00001", "1e22", "1e400", "NaN", "Infinity"])
    def test_an_amount_that_no_record_can_hold_is_refused(self, amount: str) -> None:
        with pytest.raises(InvalidDocument) as refused:
            net_and_vat(Decimal(amount), Decimal(22), included=False)
        assert refused.value.code == "too-many-digits"
        assert len(refused.value.text.ru) < 200


class TestExchange:
    @pytest.mark.parametrize(
        ("source", "target", "day", "expected"),
        [
            ("CNY", "RUB", DAY, RATES[1]),
            ("CNY", "RUB", DAY - timedelta(days=1), RATES[0]),
            ("CNY", "RUB", DAY + timedelta(days=9), RATES[2]),
            ("RUB", "CNY", DAY, RATES[1].inverse),
            ("EUR", "RUB", DAY, RATES[4].inverse),  # a day later than the direct one
            ("EUR", "RUB", DAY - timedelta(days=2), RATES[5]),
        ],
    )
    def test_the_latest_rate_up_to_the_day_counts(
        self, source: str, target: str, day: date, expected: ExchangeRate
    ) -> None:
        assert rate_on(RATES, source, target, day) == expected

    @pytest.mark.parametrize(("source", "target"), [("CNY", "RUB"), ("USD", "RUB"), ("CNY", "EUR")])
    def test_without_a_rate_a_person_is_told_which(self, source: str, target: str) -> None:
        with pytest.raises(InvalidDocument, match=f"{source} to {target}") as refused:
            rate_on(RATES, source, target, DAY - timedelta(days=5))
        assert refused.value.code == "no-exchange-rate"
        assert source in refused.value.text.ru

    @given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1), st.integers(-6, 6))
    def test_no_rate_is_taken_from_the_future(self, found: list[tuple[int, bool]], day: int) -> None:
        days = [DAY + timedelta(days=offset) for offset, _ in found]
        rates = [exchange("CNY", "RUB", "11", on) for on in days]
        rates = [rate.inverse if turned else rate for rate, (_, turned) in zip(rates, found, strict=True)]
        asked = DAY + timedelta(days=day)
        known = [on for on in days if on <= asked]
        if known:
            chosen = rate_on(rates, "CNY", "RUB", asked)
            assert (chosen.source, chosen.target, chosen.valid_on) == ("CNY", "RUB", max(known))
        else:
            with pytest.raises(InvalidDocument):
                rate_on(rates, "CNY", "RUB", asked)

    def test_of_one_day_the_direct_rate_counts_and_of_two_the_one_told_last(self) -> None:
        turned, first, last = (exchange("RUB", "CNY", "1"), exchange("CNY", "RUB", "2"), exchange("CNY", "RUB", "3"))
        assert rate_on([turned, first], "CNY", "RUB", DAY) == first
        assert rate_on([first, turned], "CNY", "RUB", DAY) == first
        assert rate_on([first, last, turned], "CNY", "RUB", DAY) == last

    def test_the_nominal_divides(self) -> None:
        assert convert(Decimal(1000), rate_on(RATES, "KZT", "RUB", DAY)) == Decimal("151.2340")

    def test_a_currency_is_worth_itself(self) -> None:
        assert convert(Decimal("17.1234"), rate_on((), "RUB", "RUB", DAY)) == Decimal("17.1234")

    @given(AMOUNTS, POSITIVE, st.sampled_from([1, 10, 100, 1000]))
    def test_there_and_back_is_within_rounding(self, amount: Decimal, value: Decimal, nominal: int) -> None:
        rate = ExchangeRate("CNY", "RUB", value, Decimal(nominal), DAY)
        back = convert(convert(amount, rate), rate.inverse)
        with localcontext(prec=60):
            assert abs(back - amount) <= (ULP / 2) * rate.nominal / rate.rate + ULP / 2

    @pytest.mark.parametrize(
        "rate",
        [
            exchange("CNY", "RUB", "0"),
            exchange("CNY", "RUB", "-11"),
            exchange("CNY", "RUB", "11", nominal=0),
            exchange("CNY", "RUR", "11"),
            exchange("RUB", "RUB", "11"),
        ],
    )
    def test_an_impossible_rate_is_refused(self, rate: ExchangeRate) -> None:
        with pytest.raises(InvalidDocument) as refused:
            convert(Decimal(1), rate)
        assert refused.value.code == "bad-exchange-rate"
        assert f"{rate.source} = " in refused.value.text.en


class TestCurrencies:
    @pytest.mark.parametrize(("code", "digits"), [("RUB", 2), ("CNY", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
    def test_minor_units_are_iso_4217s(self, code: str, digits: int) -> None:
        assert currencies.MINOR_UNITS[code] == digits
        assert currencies.currency_problem(code) is None

    @pytest.mark.parametrize("code", ["", "rub", "руб", "РУБ", "RUR", "DEM", "XXX", "XAU", "643", "RUBLE", "RUB\n"])
    def test_what_is_not_in_use_is_refused_in_both_languages(self, code: str) -> None:
        problem = currencies.currency_problem(code)
        assert problem is not None
        assert "ISO 4217" in problem.en
        assert "ISO 4217" in problem.ru

    def test_a_model_takes_currencies_in_use_only(self) -> None:
        adapter: TypeAdapter[str] = TypeAdapter(currencies.CurrencyCode)
        assert adapter.validate_python("CNY") == "CNY"
        with pytest.raises(ValidationError, match="no ISO 4217 currency"):
            adapter.validate_python("RUR")
