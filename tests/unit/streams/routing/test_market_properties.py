"""Several orders compete for the stock of real allocators, whatever happens in whatever order."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.choices import WORLDS
from tests.support.market import Market, Trader
from tests.support.market_life import ended, live
from tests.support.omsk import OMSK
from tests.support.plants import Event, full_order
from tests.support.worlds import line, silent


def believed(market: Market) -> Iterator[tuple[str, Decimal | None]]:
    """Yield what each order believes to have from stock, by request."""
    for key, trader in market.traders.items():
        for portion in trader.portions():
            attempt = portion.current
            if attempt is not None and attempt.reservation is not None and not attempt.reservation.released:
                yield portion.id_of(key, attempt), attempt.reservation.from_stock


@settings(max_examples=WORLDS, deadline=None)
@given(st.binary(min_size=120, max_size=180), st.binary(min_size=60, max_size=240))
def test_nothing_is_promised_twice_and_orders_and_plants_agree_in_the_end(world: bytes, life: bytes) -> None:
    """After each allocator's event the sum of what it has promised is there (`Promises.check`)."""
    market = ended(live(world, life))
    assert dict(believed(market)) == market.held()
    assert market.held() == {name: promise.from_stock for name, promise in market.promises.live.items()}
    assert market.promised() == market.promises.total()


@settings(max_examples=max(1, WORLDS // 10), deadline=None)
@given(st.integers(0, 2**32))
def test_while_a_crane_is_planned_no_plant_is_told_what_is_changed_a_moment_later(seed: int) -> None:
    """Neither the day nor where the goods go: whichever allocator answers first, each plant order is said once."""
    market, turns = Market(OMSK), Random(seed)
    for number in (str(number) for number in range(20)):
        trader = Trader(silent, number=number)
        market.join(trader)
        market.send("work", trader.key, Event(number, "Order", full_order(number, [line("КР-10-22.5")], OMSK)))
    while market.busy():
        market.step(turns.randrange)
    for trader in market.traders.values():
        told = [value["plant_order_id"] for value in trader.subjects("PlantOrder")]
        assert len(told) == len(set(told)) == len(trader.portions()) == 7
