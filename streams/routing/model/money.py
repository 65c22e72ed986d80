"""Amounts: value added tax and exchange rates. Exact inside; what comes out is a decimal(28,4), rounded half-even."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import NamedTuple

from kranhub.errors import DocumentCode, InvalidDocument
from kranhub.parties.currencies import currency_problem
from kranhub.text import Text

_AMOUNT = Decimal("0.0001")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """``nominal`` units of ``source`` are ``rate`` units of ``target``, from ``valid_on`` until a later rate.

    As in UBL's ExchangeRate; the nominal is that of the Bank of Russia (CBR).

    Attributes:
        source: The currency that is converted, an ISO 4217 code.
        target: The currency that it is converted into, an ISO 4217 code.
        rate: How many units of the target.
        nominal: How many units of the source.
        valid_on: The first day of the rate.
        published_by: Who publishes it, such as CBR.
    """

    source: str
    target: str
    rate: Decimal
    nominal: Decimal
    valid_on: date
    published_by: str | None = None

    @property
    def inverse(self) -> "ExchangeRate":
        """The same rate the other way, exactly: rate and nominal change places."""
        return ExchangeRate(self.target, self.source, self.nominal, self.rate, self.valid_on, self.published_by)


class NetAndVat(NamedTuple):
    """What an amount consists of."""

    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        """Both together."""
        with localcontext(prec=60):
            return self.net + self.vat


def net_and_vat(amount: Decimal, rate: Decimal, included: bool) -> NetAndVat:
    """Split an amount into net and value added tax.

    Only one part is rounded, the other is what remains: net and VAT sum up to an amount that includes it, to the last
    digit.

    Args:
        amount: With four digits after the point at most.
        rate: The VAT rate in percent.
        included: Whether the amount includes the tax.

    Raises:
        InvalidDocument: ``too-many-digits`` where an amount does not fit a decimal(28,4), ``bad-vat-rate`` where the
            rate is no percentage from 0 to 100.
    """
    check_vat_rate(rate)
    if _fitting(amount) != amount:
        raise _too_many_digits(amount)
    with localcontext(prec=60):
        if included:
            net = _fitting(amount * _HUNDRED / (_HUNDRED + rate))
            return NetAndVat(net, amount - net)
        return NetAndVat(amount, _fitting(amount * rate / _HUNDRED))


def convert(amount: Decimal, rate: ExchangeRate) -> Decimal:
    """Return an amount of ``rate.source`` in ``rate.target``.

    Raises:
        InvalidDocument: ``too-many-digits`` where the result does not fit a decimal(28,4), ``bad-exchange-rate`` as
            `check_exchange_rate` does.
    """
    check_exchange_rate(rate)
    with localcontext(prec=60):
        return _fitting(amount * rate.rate / rate.nominal)


def rate_on(rates: Iterable[ExchangeRate], source: str, target: str, day: date) -> ExchangeRate:
    """Return the latest rate of the day or before it, never a later one.

    A rate of the inverse pair serves too, turned round; of two of the same day the direct one is taken, then the one
    that stands last. A currency to itself is one to one.

    Args:
        rates: All rates, in the order in which they stand.
        source: The currency that is converted.
        target: The currency that it is converted into.
        day: The day for which the rate is needed.

    Raises:
        InvalidDocument: ``no-exchange-rate`` where there is none until that day.
    """
    if source == target:
        return ExchangeRate(source, target, Decimal(1), Decimal(1), day)
    found = [rate for rate in rates if {rate.source, rate.target} == {source, target} and rate.valid_on <= day]
    if not found:
        raise _no_rate(source, target, day)
    best = max(reversed(found), key=lambda rate: (rate.valid_on, rate.source == source))
    return best if best.source == source else best.inverse


def cross_rate(first: ExchangeRate, second: ExchangeRate) -> ExchangeRate:
    """Return the rate of two that follow each other, such as CNY to RUB and RUB to KZT: exact, as old as the older."""
    with localcontext(prec=60):
        rate, nominal = first.rate * second.rate, first.nominal * second.nominal
    same = first.published_by == second.published_by
    day = min(first.valid_on, second.valid_on)
    return ExchangeRate(first.source, second.target, rate, nominal, day, first.published_by if same else None)


def check_vat_rate(rate: Decimal) -> None:
    """Check that the VAT rate is a percentage, 0 to 100.

    Raises:
        InvalidDocument: ``bad-vat-rate`` where it is not.
    """
    if not 0 <= rate <= _HUNDRED:
        raise InvalidDocument(
            DocumentCode.BAD_VAT_RATE,
            Text(
                en=f"vat_rate is {rate:f}; it is a percentage from 0 to 100, such as 22. Correct it in the ERP.",
                ru=f"vat_rate: {rate:f}, а это проценты от 0 до 100, например 22. Исправьте в учётной системе.",
            ),
        )


def check_exchange_rate(rate: ExchangeRate) -> None:
    """Check that both numbers are above zero and both currencies in use; a currency to itself is one to one.

    Raises:
        InvalidDocument: ``bad-exchange-rate`` where that is not so.
    """
    known = currency_problem(rate.source) is None and currency_problem(rate.target) is None
    same = rate.source != rate.target or rate.rate == rate.nominal
    if known and same and rate.rate > 0 and rate.nominal > 0:
        return
    given = f"{rate.nominal:f} {rate.source} = {rate.rate:f} {rate.target}"
    raise InvalidDocument(
        DocumentCode.BAD_EXCHANGE_RATE,
        Text(
            en=f"The exchange rate {given} cannot be: it takes numbers above zero and two ISO 4217 currencies in use. "
            "Correct it in the ERP.",
            ru=f"Такого курса быть не может: {given}. Нужны числа больше нуля и две действующие валюты ISO 4217. "
            "Исправьте в учётной системе.",
        ),
    )


def _fitting(exact: Decimal) -> Decimal:
    with localcontext(prec=60):
        if not exact.is_finite() or exact.adjusted() > 30:
            raise _too_many_digits(exact)
        rounded = exact.quantize(_AMOUNT, ROUND_HALF_EVEN) + 0
    if rounded.adjusted() >= 22:
        raise _too_many_digits(exact)
    return rounded


def _too_many_digits(amount: Decimal) -> InvalidDocument:
    return InvalidDocument(
        DocumentCode.TOO_MANY_DIGITS,
        Text(
            en=f"The amount {amount:.20g} does not fit 22 digits before the point and 4 after it. Correct it.",
            ru=f"Сумма {amount:.20g} не умещается в 22 знака до запятой и 4 после. Исправьте её.",
        ),
    )


def _no_rate(source: str, target: str, day: date) -> InvalidDocument:
    return InvalidDocument(
        DocumentCode.NO_EXCHANGE_RATE,
        Text(
            en=f"No exchange rate of {source} to {target} is known for {day.isoformat()} or before. "
            "Add one to the hub's rates.",
            ru=f"Нет курса {source} к {target} на {day.isoformat()} или более ранний день. "
            "Добавьте его в курсы центра.",
        ),
    )
