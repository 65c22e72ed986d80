"""Several orders compete for the stock of real allocators, whatever happens in whatever order."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.routing.context import DecisionContext
from streams.routing.masterdata import masterdata
from tests.support import invariants
from tests.support.choices import ITEMS, PLANTS, Choices, Life, obliging, random_master
from tests.support.market import Market, Trader
from tests.support.plants import Event, full_action, full_order
from tests.support.worlds import line, silent
from tests.unit.streams.routing.test_world_properties import WORLDS

ORDERS = ("17", "18", "19")


class MarketLife(Life):
    """What may happen to one order, and to the plants and the time that it shares with the others."""

    world: Trader

    def step(self) -> Iterator[Event]:
        """Yield what arrives next from outside; stock moves more often than anything else."""
        if self.choose.number(3) == 1:
            self._short()
        else:
            yield from super().step()

    def _short(self) -> None:
        choose = self.choose
        plant, item = choose.of(PLANTS), choose.of(ITEMS)
        self._market().level(plant, item, choose.of(["4", "0", "1", "9"]), choose.of([0, 9]))

    def _wait(self) -> None:
        self._market().later(hours=self.choose.of([1, 30, 80, 200]))

    def _publish(self) -> None:
        market = self._market()
        after = random_master(Choices(Random(self.choose.number(256)).randbytes(160)))
        market.publish(type(market.master)(market.master.members, after.nomenclature, after.rules))

    def _market(self) -> Market:
        assert self.world.market is not None
        return self.world.market


def opened(choose: Choices) -> Market:
    """Return a market with some stock, which every plant has reported."""
    market = Market(random_master(choose))
    for name in ITEMS:
        for plant in PLANTS:
            if choose.number(3) == 1:
                market.level(plant, name, choose.of(["4", "1", "100"]))
    while market.busy():
        market.step()
    for number in ORDERS:
        market.join(Trader(choose.of([obliging, silent]), number=number))
    return market


def live(world: bytes, life: bytes) -> Market:
    """Live the lives of the orders at once, and check each order after each of its events."""
    market, choose = opened(Choices(world)), Choices(life)
    lives = [MarketLife(trader, choose) for trader in market.traders.values()]
    for one in lives:
        market.send("work", one.world.key, one.order())
    while choose.left > 0 or market.busy():
        if market.busy() and (choose.left <= 0 or choose.number(4) != 3):
            step(market, choose)
        else:
            one = choose.of(lives)
            for event in one.step():
                market.send("work", one.world.key, renamed(event, one.world))
    return market


def renamed(event: Event, trader: Trader) -> Event:
    """Give the event an id that no other order's has."""
    return Event(f"{trader.number}-{event.id}", event.subject, event.value)


def step(market: Market, choose: Choices) -> None:
    before = {key: trader.state for key, trader in market.traders.items()}
    taken = market.step(choose.number)
    if taken is not None:
        trader, _ = taken
        context = DecisionContext("again", market.today + timedelta(seconds=trader.clock + 1), trader.master)
        invariants.check(trader, context, changed=trader.state != before[trader.key])


def ended(market: Market) -> Market:
    """Let everything be planned once more, and everything happen that follows."""
    for key, trader in market.traders.items():
        action = full_action("RELEASE", action_id=f"last-{trader.number}", order_key=key)
        market.send("work", key, Event(f"last-{trader.number}", "PlannerAction", action))
    while market.busy():
        market.step()
    return market


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


OMSK = masterdata.load(
    *(Path("deploy") / kind / "omsk.yaml" for kind in ("members", "nomenclature", "rules", "calendars", "rates"))
)


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
