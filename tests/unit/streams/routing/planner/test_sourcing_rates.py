"""Costs in several currencies: compared in the order's, at the rate of the day; rates are checked and published."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.errors import Misconfigured
from kranhub.readmodel import decision_texts
from streams.routing.masterdata import entries, masterdata, rates
from streams.routing.masterdata.rates import Rates
from streams.routing.model.copying import replace
from tests.support.masters import item, master, plant
from tests.support.plants import MASTER, START
from tests.support.worlds import World, line, world

DEPLOY = Path("deploy")
TODAY = START.date()
BEAM = item("beam", "25.11.23.119", unit="KGM")
BEAMS = line("beam", 100, unit="KGM")
CURRENCIES = ["RUB", "CNY", "KZT"]


def maker(name: str, amount: Any = None, currency: str = "RUB") -> Any:
    cost = {"cost": {"amount": amount, "currency": currency}} if amount is not None else {}
    return plant(name, {"okpd2": "25.11", **cost}, currencies=CURRENCIES)


def rate(value: Any, day: date = TODAY, source: str = "CNY", target: str = "RUB", **more: Any) -> dict[str, Any]:
    return {"source": source, "target": target, "rate": str(value), "valid_on": day, **more}


def cheapest(*makers: Any, rates: Any = (), **changes: Any) -> World:
    """An order of beams among these, under a rule that takes the lowest cost."""
    return world(master(makers, [BEAM], {"rank": "lowest-cost"}, rates=rates), lines=[BEAMS], **changes)


def decided(of: World) -> tuple[str, dict[str, str | None]]:
    """Who was chosen, and why the others were not."""
    (decision,) = of.subjects("RoutingDecision")
    others = {each["member"]: each["why_not"] for each in decision["alternatives"]}
    return str(decision["chosen"]), {name: why for name, why in others.items() if name != decision["chosen"]}


HOME, ABROAD = maker("home", 100), maker("abroad", 10, "CNY")


@pytest.mark.parametrize(("value", "chosen", "other"), [("9.99", "abroad", "home"), ("10.01", "home", "abroad")])
def test_costs_in_two_currencies_are_compared_in_the_orders(value: str, chosen: str, other: str) -> None:
    assert decided(cheapest(HOME, ABROAD, rates=[rate(value)])) == (chosen, {other: "higher-cost"})


def test_the_decision_tells_each_cost_in_its_own_currency() -> None:
    (decision,) = cheapest(HOME, ABROAD, rates=[rate(9)]).subjects("RoutingDecision")
    told = {each["member"]: (each["cost"], each["cost_currency"]) for each in decision["alternatives"]}
    assert told == {"home": (100, "RUB"), "abroad": (10, "CNY")}


def test_a_rate_serves_the_other_way_and_per_nominal() -> None:
    in_yuan = cheapest(HOME, ABROAD, rates=[rate("9.99")], currency="CNY")
    assert decided(in_yuan) == ("abroad", {"home": "higher-cost"})
    tenge = [rate("19.99", source="KZT", nominal=100)]
    assert decided(cheapest(HOME, maker("steppe", 500, "KZT"), rates=tenge))[0] == "steppe"


def test_the_rate_of_the_day_counts_and_none_of_a_later_one() -> None:
    found = [rate(8, TODAY + timedelta(days=1)), rate(11, TODAY), rate(9, TODAY - timedelta(days=1))]
    assert decided(cheapest(HOME, ABROAD, rates=found))[0] == "home"
    assert decided(cheapest(HOME, ABROAD, rates=[found[0], found[2]]))[0] == "abroad"


def test_currencies_that_are_not_quoted_together_are_compared_through_a_third() -> None:
    tenge = maker("home", 55, "KZT")
    roubles = [rate(9), rate(20, source="KZT", nominal=100)]
    assert decided(cheapest(tenge, ABROAD, rates=roubles, currency="KZT")) == ("home", {"abroad": "higher-cost"})
    dear = maker("home", 451, "KZT")
    assert decided(cheapest(dear, ABROAD, rates=roubles, currency="KZT")) == ("abroad", {"home": "higher-cost"})


def test_of_several_third_currencies_the_one_with_the_youngest_rates_serves() -> None:
    old, young = TODAY - timedelta(days=9), TODAY - timedelta(days=1)
    through_roubles = [rate(10, old), rate(100, young, source="KZT", target="RUB")]
    through_dollars = [rate(1, young, source="CNY", target="USD"), rate(2, young, source="KZT", target="USD")]
    found = Rates.model_validate({"rates": [*through_roubles, *through_dollars]}).on("CNY", "KZT", TODAY)
    assert found is not None
    assert (found.rate / found.nominal, found.valid_on) == (Decimal("0.5"), young)


@given(st.lists(st.sampled_from(CURRENCIES), min_size=2, max_size=2, unique=True), st.data())
def test_a_rate_through_a_third_and_back_is_one(pair: list[str], data: st.DataObject) -> None:
    numbers = st.integers(1, 10**6)
    quoted = [rate(data.draw(numbers), source=code, target="USD", nominal=data.draw(numbers)) for code in CURRENCIES]
    rates = Rates.model_validate({"rates": quoted})
    there, back = rates.on(pair[0], pair[1], TODAY), rates.on(pair[1], pair[0], TODAY)
    assert there is not None
    assert back is not None
    assert there.rate * back.rate == there.nominal * back.nominal


def test_the_day_is_the_buyers() -> None:
    found = [rate(11, TODAY), rate(9, TODAY + timedelta(days=1))]
    of = World(master=master([HOME, ABROAD], [BEAM], {"rank": "lowest-cost"}, rates=found))
    of.today = START.replace(hour=18, minute=30)
    of.order(BEAMS)
    assert decided(of)[0] == "abroad", "it is 00:30 of the next day in Omsk"


def test_a_cost_without_a_rate_stands_last_and_the_decision_says_so() -> None:
    dear = maker("dear", 10**9)
    assert decided(cheapest(ABROAD, dear)) == ("dear", {"abroad": "no-exchange-rate"})
    assert decided(cheapest(ABROAD, maker("silent"))) == ("silent", {"abroad": "no-exchange-rate"})
    assert "no-exchange-rate" in decision_texts.WHY_NOT


def test_costs_without_a_rate_are_compared_among_their_own() -> None:
    assert decided(cheapest(maker("beijing", 20, "CNY"), ABROAD)) == ("abroad", {"beijing": "higher-cost"})
    assert decided(cheapest(maker("steppe", 20, "KZT"), ABROAD))[1] == {"steppe": "no-exchange-rate"}


def test_without_a_rate_somebody_is_chosen_all_the_same() -> None:
    assert decided(cheapest(ABROAD)) == ("abroad", {})


amounts = st.integers(1, 5).map(Decimal)
costs = st.lists(st.tuples(st.none() | amounts, st.sampled_from(CURRENCIES)), min_size=2, max_size=4)
RATES = st.lists(
    st.builds(rate, amounts, st.dates(TODAY - timedelta(days=2), TODAY + timedelta(days=1)), st.just("CNY")),
    max_size=3,
    unique_by=lambda found: found["valid_on"],
)


@given(costs, RATES, st.randoms(use_true_random=False))
def test_neither_the_order_of_rates_nor_that_of_offers_changes_who_is_chosen(
    found: Any, listed: list[Any], random: Any
) -> None:
    makers = [maker(f"plant-{at}", amount, currency) for at, (amount, currency) in enumerate(found)]
    shuffled = random.sample(listed, len(listed))
    one, other = cheapest(*makers, rates=listed), cheapest(*makers, rates=shuffled)
    assert decided(one) == decided(other)
    rated = [at for at, (amount, currency) in enumerate(found) if amount is not None and currency == "RUB"]
    if rated:
        chosen = int(decided(one)[0].removeprefix("plant-"))
        assert found[chosen][0] is not None, "who names a cost that can be compared goes before who does not"


# the file and the entries


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "rates.yaml"
    file.write_text(f"rates:\n  - {text}\n", encoding="utf-8")
    with pytest.raises(Misconfigured) as error:
        masterdata.load(DEPLOY / "members/omsk.yaml", DEPLOY / "nomenclature/omsk.yaml", rates_file=file)
    assert f"{file}:2" in error.value.text.ru
    return error.value.text.en


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{source: CNY, target: RUB, rate: 0, valid_on: 2026-01-01}", "greater than 0"),
        ("{source: CNY, target: RUB, rate: 1, nominal: 0, valid_on: 2026-01-01}", "greater than or equal to 1"),
        ("{source: RUR, target: RUB, rate: 1, valid_on: 2026-01-01}", "RUR"),
        ("{source: RUB, target: RUB, rate: 1, valid_on: 2026-01-01}", "one to one"),
        ("{source: CNY, target: RUB, rate: 1, valid_on: 0001-01-01}", "1990"),
        ("{source: CNY, target: RUB, rate: 1}", "valid_on"),
    ],
)
def test_a_mistake_in_the_rates_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text)


def test_a_rate_that_stands_twice_is_refused(tmp_path: Path) -> None:
    again = "{source: CNY, target: RUB, rate: 1, valid_on: 2026-01-01}"
    file = tmp_path / "rates.yaml"
    file.write_text(f"rates:\n  - {again}\n  - {again}\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"CNY/RUB/2026-01-01 stands twice"):
        rates.load(file)


def test_omsks_rates_make_the_round_as_entries_by_pair_and_day() -> None:
    found = rates.load(DEPLOY / "rates/omsk.yaml")
    of = entries.entries(replace(MASTER, rates=found))
    listed = [entry for entry in of if entry.kind == entries.Kind.RATE]
    assert [entry.key for entry in listed] == ["CNY/RUB/2026-01-01", "CNY/RUB/2026-07-01", "KZT/RUB/2026-01-01"]
    assert entries.of(of).rates == found


def test_a_currency_that_is_withdrawn_after_it_was_published_is_still_read() -> None:
    old = Rates.model_validate({"rates": [rate(1, source="RUR")]})
    assert old.on("RUR", "RUB", TODAY) is not None
    assert old.on("RUR", "CNY", TODAY) is None
