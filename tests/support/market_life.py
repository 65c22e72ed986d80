"""The random lives of several orders that share one market, step by step in any order."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from streams.routing.context import DecisionContext
from tests.support import invariants
from tests.support.choices import ITEMS, PLANTS, Choices, Life, obliging, random_master
from tests.support.market import Market, Trader
from tests.support.plants import Event, full_action
from tests.support.worlds import silent

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
