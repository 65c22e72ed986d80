"""Exchange rates as data: what one currency is in another from a day on. Pure but for `load`."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kranhub.configuration import yaml_file
from kranhub.configuration.checks import mistake
from kranhub.errors import InvalidDocument
from kranhub.parties.members import Currency, Positive
from kranhub.text import Text
from kranhub.values.times import FIRST_YEAR, LAST_YEAR
from streams.routing.model import money
from streams.routing.model.money import ExchangeRate

Day = Annotated[date, Field(ge=date(FIRST_YEAR, 1, 1), le=date(LAST_YEAR, 12, 31))]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rate(_Model):
    """``nominal`` units of ``source`` are ``rate`` units of ``target``, from ``valid_on`` until a later rate.

    As in UBL's ExchangeRate; the nominal is the Bank of Russia's.

    Attributes:
        source: The currency that is converted, an ISO 4217 code.
        target: The currency that it is converted into, an ISO 4217 code.
        rate: How many units of the target.
        nominal: How many units of the source.
        valid_on: The first day of the rate.
        published_by: Who publishes it.
    """

    source: Currency
    target: Currency
    rate: Positive
    nominal: int = Field(1, ge=1, le=1_000_000)
    valid_on: Day
    published_by: str | None = Field(None, min_length=1, max_length=200)

    @property
    def key(self) -> str:
        """The place of the rate among all: ``<source>/<target>/<date>``."""
        return f"{self.source}/{self.target}/{self.valid_on.isoformat()}"

    @property
    def exchange(self) -> ExchangeRate:
        """The rate as `money` takes it."""
        return ExchangeRate(
            self.source, self.target, self.rate, Decimal(self.nominal), self.valid_on, self.published_by
        )


class Rates(_Model):
    """All rates; their order means nothing."""

    rates: tuple[Rate, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        mistakes = []
        seen: set[str] = set()
        for at, rate in enumerate(self.rates):
            if rate.source == rate.target:
                mistakes.append(mistake(("rates", at, "target"), _ITSELF))
            if rate.key in seen:
                twice = Text(
                    en=f"{rate.key} stands twice; leave one entry", ru=f"{rate.key} указан дважды; оставьте одну запись"
                )
                mistakes.append(mistake(("rates", at, "valid_on"), twice))
            seen.add(rate.key)
        if mistakes:
            raise ValidationError.from_exception_data("Rates", mistakes)
        return self

    @cached_property
    def _by_pair(self) -> Mapping[frozenset[str], Sequence[ExchangeRate]]:
        found: dict[frozenset[str], list[ExchangeRate]] = {}
        for rate in self.rates:
            found.setdefault(frozenset((rate.source, rate.target)), []).append(rate.exchange)
        return found

    def on(self, source: str, target: str, day: date) -> ExchangeRate | None:
        """Return the rate of the day, as `money.rate_on` finds it.

        Where the two are not quoted together, a third currency that both are quoted in serves, as central banks quote
        all in their own: of several the one whose older rate is the youngest, then the first by its code.

        Args:
            source: The currency that is converted.
            target: The currency that it is converted into.
            day: The day; a later rate never counts.

        Returns:
            None where there is no rate.
        """
        direct = self._quoted(source, target, day)
        return direct if direct is not None else self._through_a_third(source, target, day)

    def _quoted(self, source: str, target: str, day: date) -> ExchangeRate | None:
        try:
            return money.rate_on(self._by_pair.get(frozenset((source, target)), ()), source, target, day)
        except InvalidDocument:
            return None

    def _through_a_third(self, source: str, target: str, day: date) -> ExchangeRate | None:
        found = []
        for third in self._currencies:
            first, second = self._quoted(source, third, day), self._quoted(third, target, day)
            if first is not None and second is not None:
                found.append(money.cross_rate(first, second))
        return max(found, key=lambda rate: rate.valid_on, default=None)

    @cached_property
    def _currencies(self) -> Sequence[str]:
        return sorted({currency for pair in self._by_pair for currency in pair})


NONE = Rates()
"""The rates where there is no rates file."""


def load(path: Path) -> Rates:
    """Read and validate a file of rates.

    Raises:
        Misconfigured: The file cannot be used; it names file, line and remedy.
    """
    return yaml_file.load(path, Rates, "KRANHUB_RATES_FILE")


_ITSELF = Text(
    en="a currency to itself is one to one; take the rate away",
    ru="курс валюты к самой себе всегда единица; уберите его",
)
