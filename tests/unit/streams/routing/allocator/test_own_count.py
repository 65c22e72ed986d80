"""Stock is promised once, whatever a plant's ERP reserves: what the hub counts until the goods are shipped."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.allocation import START, Allocations, world

A, B, C = (f"o:{number}/1.1.1" for number in range(1, 4))
ZERO = Decimal(0)


def free(allocations: Allocations) -> Decimal:
    """Ask what could be had from stock."""
    (answer,) = allocations.ask("QUOTE", "quote", 10**9)
    return Decimal(answer["from_stock"])


def counted(on_hand: int, contains: bool | None = None) -> Allocations:
    """Return a plant that has so much, and of which the setting says so much."""
    allocations = Allocations(world(motor=None, contains=contains))
    level(allocations, on_hand, 0)
    return allocations


def level(allocations: Allocations, on_hand: int, minute: float, reserved: int = 0) -> list[Any]:
    amounts: dict[str, Any] = {"on_hand": Decimal(on_hand), "reserved": Decimal(reserved), "blocked": ZERO}
    return allocations.level(0, minute, **amounts)


def at(minute: float) -> Any:
    return START + timedelta(minutes=minute)


@pytest.mark.parametrize("contains", [None, False])
def test_stock_that_was_taken_stays_promised_until_it_is_shipped(contains: bool | None) -> None:
    """On hand 4, A takes 4, receipt, a level of 4 with reserved 0: B gets 0 until A is shipped, and then 0 of 0."""
    allocations = counted(4, contains)
    assert allocations.reserve(A, 4)["from_stock"] == 4
    allocations.ask("DELIVERED", A, at=at(1))
    assert level(allocations, 4, 2) == []
    assert allocations.reserve(B, 4)["from_stock"] == 0
    allocations.ask("RELEASE", B)
    level(allocations, 4, 3 * 24 * 60)
    assert free(allocations) == 0, "days later as well"
    allocations.ask("SHIPPED", A, 4, at=at(5000))
    assert free(allocations) == 0
    assert level(allocations, 0, 5001) == []
    assert free(allocations) == 0
    assert level(allocations, 5, 5002) == []
    assert allocations.reserve(B, 9)["from_stock"] == 5
    allocations.ask("RELEASE", A)
    allocations.ask("RELEASE", B)
    assert free(allocations) == 5


def test_where_the_levels_contain_the_hubs_orders_the_first_one_after_the_receipt_counts() -> None:
    allocations = counted(4, contains=True)
    allocations.reserve(A, 4)
    allocations.ask("DELIVERED", A, at=at(1))
    level(allocations, 4, 2, reserved=4)
    assert free(allocations) == 0
    allocations.ask("SHIPPED", A, 4, at=at(3))
    level(allocations, 0, 4)
    assert free(allocations) == 0
    level(allocations, 5, 5)
    assert free(allocations) == 5


def test_all_sites_that_report_the_item_must_contain_the_hubs_orders() -> None:
    allocations = counted(4, contains=True)
    allocations.level(3, site="a-store-that-says-nothing")
    allocations.reserve(A, 7)
    allocations.ask("DELIVERED", A, at=at(1))
    level(allocations, 4, 2)
    allocations.level(3, 2, site="a-store-that-says-nothing")
    assert free(allocations) == 0


def test_nobody_loses_stock_where_the_erp_reserves_and_nobody_has_said_so() -> None:
    """On hand 10, A has 4 and B has 3: the ERP reserves A's 4, so that 6 are left, and B keeps its 3."""
    allocations = counted(10)
    allocations.reserve(A, 4)
    allocations.reserve(B, 3)
    allocations.ask("DELIVERED", A, at=at(1))
    assert level(allocations, 10, 2, reserved=4) == []
    assert free(allocations) == 0, "the 4 are counted twice, so that nothing is promised twice"
    assert level(allocations, 6, 3) == [], "shipped, and the hub does not know it yet"
    allocations.ask("SHIPPED", A, 4, at=at(2))
    assert level(allocations, 6, 4) == []
    assert free(allocations) == 3


def test_a_level_that_is_lower_since_the_departure_shows_it_at_once() -> None:
    allocations = counted(10)
    allocations.reserve(A, 4)
    allocations.ask("DELIVERED", A, at=at(1))
    level(allocations, 6, 5)
    allocations.ask("SHIPPED", A, 4, at=at(4))
    assert free(allocations) == 6


def test_a_shipment_that_is_booked_later_than_the_goods_leave_waits_for_the_next_level() -> None:
    allocations = counted(10)
    allocations.reserve(A, 4)
    allocations.ask("DELIVERED", A, at=at(1))
    level(allocations, 10, 5)
    allocations.ask("SHIPPED", A, 4, at=at(4))
    assert free(allocations) == 6, "the 4 that have left are in the level still"
    level(allocations, 6, 6)
    assert free(allocations) == 6


def test_what_is_made_is_not_counted_as_shipped_from_stock_before_the_stock_is_gone() -> None:
    """Of 9, 4 are from stock: 3 leave, then 6 more; 4 of these 9 were from stock."""
    allocations = counted(4)
    allocations.reserve(A, 9)
    allocations.ask("DELIVERED", A, at=at(1))
    allocations.ask("SHIPPED", A, 3, at=at(2))
    level(allocations, 1, 3)
    assert free(allocations) == 0
    allocations.ask("SHIPPED", A, 9, at=at(4))
    level(allocations, 7, 5)
    assert free(allocations) == 7


def test_a_shipment_that_is_taken_back_is_promised_again() -> None:
    allocations = counted(4)
    allocations.reserve(A, 4)
    allocations.ask("DELIVERED", A, at=at(1))
    allocations.ask("SHIPPED", A, 4, at=at(2))
    level(allocations, 0, 3)
    allocations.ask("SHIPPED", A, 0, at=at(4))
    level(allocations, 4, 5)
    assert free(allocations) == 0
    allocations.ask("RELEASE", A)
    assert free(allocations) == 4


def test_a_release_gives_back_what_was_not_shipped() -> None:
    allocations = counted(10)
    allocations.reserve(A, 6)
    allocations.ask("DELIVERED", A, at=at(1))
    allocations.ask("SHIPPED", A, 2, at=at(2))
    level(allocations, 8, 3)
    assert free(allocations) == 4
    allocations.ask("RELEASE", A)
    assert free(allocations) == 8


def test_a_changed_quantity_keeps_what_its_plant_has_taken() -> None:
    """The ERP reserves 4 of 4 and nobody has said so: a change to 3 keeps 3 of them, one to 6 keeps 3 and makes 3."""
    allocations = counted(4)
    allocations.reserve(A, 4)
    allocations.ask("DELIVERED", A, at=at(1))
    level(allocations, 4, 2, reserved=4)
    assert allocations.reserve(A, 3, generation=1)["from_stock"] == 3
    assert free(allocations) == 0
    assert [allocations.reserve(A, 6, generation=2)[name] for name in ("from_stock", "to_make")] == [3, 3]
    allocations.ask("SHIPPED", A, 6, at=at(3))
    level(allocations, 1, 4)
    assert free(allocations) == 1


def test_the_erp_has_what_it_ships_although_no_receipt_came() -> None:
    allocations = counted(4)
    allocations.reserve(A, 4)
    allocations.ask("SHIPPED", A, 4, at=at(1))
    assert level(allocations, 0, 2) == []
    assert free(allocations) == 0


def test_reported_twice_changes_nothing() -> None:
    allocations = counted(4)
    allocations.reserve(A, 4)
    for _ in range(2):
        allocations.ask("DELIVERED", A, at=at(1))
    allocations.ask("SHIPPED", A, 3, at=at(2))
    before = dict(allocations.state)
    allocations.ask("SHIPPED", A, 3, at=at(2))
    allocations.ask("DELIVERED", A, at=at(1))
    assert allocations.state == before


@dataclass
class TrueErp:
    """A plant's own ERP: what truly lies there, and what it reserves for the hub's orders."""

    reserves: bool
    on_hand: int = 0
    orders: dict[str, int] = field(default_factory=dict)
    shipped: dict[str, int] = field(default_factory=dict)

    @property
    def reserved(self) -> int:
        """What it has reserved for orders that it has taken."""
        left = sum(quantity - self.shipped.get(name, 0) for name, quantity in self.orders.items())
        return min(left, self.on_hand) if self.reserves else 0


class Counting(RuleBasedStateMachine):
    """Requests come and go, the ERP ships from what there is; levels and shipments come late, each kind in order."""

    @initialize(reserves=st.booleans(), says=st.booleans())
    def begin(self, reserves: bool, says: bool) -> None:
        self.erp = TrueErp(reserves)
        self.allocations = Allocations(world(contains=reserves if says else None))
        self.minute = 0.0
        self.was_cancelled = False
        self.has: dict[str, int] = {}
        self.levels: list[tuple[float, int, int]] = []
        self.shipments: list[tuple[str, int, float]] = []
        self.receive(9)
        self.report_levels(1)

    def now(self) -> float:
        self.minute += 1
        self.allocations.time = at(self.minute)
        return self.minute

    @rule(quantity=st.integers(1, 9))
    def receive(self, quantity: int) -> None:
        self.now()
        self.erp.on_hand += quantity
        self.count()

    @rule()
    def count(self) -> None:
        """Let the ERP write down what it has; the hub reads it later."""
        self.levels.append((self.now(), self.erp.on_hand, self.erp.reserved))

    @rule(number=st.integers(1, 9))
    def report_levels(self, number: int) -> None:
        """Let the hub read so many levels; unless an order was cancelled, nobody loses what was promised."""
        reported, self.levels = self.levels[:number], self.levels[number:]
        for minute, on_hand, reserved in reported:
            self.now()
            amounts: dict[str, Any] = {"on_hand": Decimal(on_hand), "reserved": Decimal(reserved), "blocked": ZERO}
            for lost in self.allocations.level(0, minute, **amounts):
                assert self.was_cancelled
                self.has[lost["request_id"]] = int(lost["from_stock"])

    @rule(name=st.sampled_from([A, B, C]), quantity=st.integers(1, 9))
    def reserve(self, name: str, quantity: int) -> None:
        self.now()
        quantity = max(quantity, self.erp.shipped.get(name, 0))
        answer = self.allocations.reserve(name, quantity, generation=self.allocations.events)
        self.has[name] = int(answer["from_stock"])

    @rule(name=st.sampled_from([A, B, C]))
    def deliver(self, name: str) -> None:
        """Let the ERP take the order: it reserves what the hub has promised it."""
        if name in self.has:
            minute = self.now()
            self.erp.orders[name] = self.has[name]
            self.count()
            self.allocations.ask("DELIVERED", name, at=at(minute))

    @rule(name=st.sampled_from([A, B, C]), quantity=st.integers(1, 9))
    def ship(self, name: str, quantity: int) -> None:
        before = self.erp.shipped.get(name, 0)
        more = min(quantity, self.erp.orders.get(name, 0) - before)
        if more > 0:
            assert more <= self.erp.on_hand, "what is promised is there"
            self.erp.on_hand -= more
            self.erp.shipped[name] = before + more
            self.shipments.append((name, before + more, self.now()))
            self.count()

    @rule()
    def report_shipment(self) -> None:
        if self.shipments:
            name, quantity, minute = self.shipments.pop(0)
            self.now()
            self.allocations.ask("SHIPPED", name, quantity, at=at(minute))

    @rule(name=st.sampled_from([A, B, C]))
    def cancel(self, name: str) -> None:
        """Let an order end of which the hub knows all that was shipped."""
        if name in self.has and name not in [entry[0] for entry in self.shipments]:
            self.now()
            self.was_cancelled = True
            self.allocations.ask("RELEASE", name)
            for known in (self.has, self.erp.orders, self.erp.shipped):
                known.pop(name, None)
            self.count()

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        if hasattr(self, "erp"):
            left = sum(has - self.erp.shipped.get(name, 0) for name, has in self.has.items())
            assert left <= self.erp.on_hand


TestCounting = Counting.TestCase


@given(st.booleans(), st.integers(1, 20), st.integers(1, 20), st.integers(0, 20))
def test_once_all_is_shipped_and_reported_what_is_there_is_free(
    says: bool, first: int, quantity: int, more: int
) -> None:
    """Whatever was promised and shipped, the hub's count is the ERP's again once a level has come."""
    allocations = counted(first, False if says else None)
    taken = int(allocations.reserve(A, quantity)["from_stock"])
    allocations.ask("DELIVERED", A, at=at(1))
    allocations.ask("SHIPPED", A, quantity, at=at(2))
    level(allocations, first - taken + more, 3)
    assert free(allocations) == first - taken + more
