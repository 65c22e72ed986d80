"""Currencies in use by ISO 4217, and the digits of their minor units. The list is the package iso4217's own."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from iso4217 import Currency
from pydantic import AfterValidator

from kranhub.configuration.checks import refusing, shown
from kranhub.text import Text

MINOR_UNITS: Mapping[str, int] = MappingProxyType(
    {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}
)
"""The digits after the point by currency code: RUB 2, JPY 0. Gold (XAU), tests (XTS) and whatever else has no minor
unit is no money."""


def currency_problem(code: str) -> Text | None:
    """Check a currency code: ISO 4217 must list it as in use, so withdrawn codes (RUR, BGN) are refused."""
    if code in MINOR_UNITS:
        return None
    return Text(
        en=f"{shown(code)} is no ISO 4217 currency in use. Use three capital letters such as RUB or CNY.",
        ru=f"{shown(code)} не действующий код валюты ISO 4217. Укажите три заглавные буквы, например RUB или CNY.",
    )


CurrencyCode = Annotated[str, AfterValidator(refusing(currency_problem))]
