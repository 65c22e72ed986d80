"""Nothing is promised twice while purchases come in, are moved, cut and cancelled, whichever record of it is first."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.allocation import START, TODAY, Allocations, world

NAMES = [f"o:{number}/1.1.1" for number in range(5)]
SITES = ["oemz-a", "oemz-b"]
RECEIPTS = ["PO-1", "PO-2", "PO-3"]
HOUR = 60
DAY = 24 * HOUR

names, sites, receipts = st.sampled_from(NAMES), st.sampled_from(SITES), st.sampled_from(RECEIPTS)
days = st.integers(0, 30).map(lambda number: TODAY + timedelta(days=number))
amounts = st.integers(1, 6)


class Receiving(RuleBasedStateMachine):
    """The allocator of a plant that only stores, beside what really lies there and what is really to come.

    The records of what comes in wait in ``unsent``, and go out in any order, within a day.
    """

    @initialize(contains=st.booleans(), there=st.integers(0, 6))
    def begin(self, contains: bool, there: int) -> None:
        self.allocations = Allocations(world(contains=contains))
        self.on_hand = {site: Decimal(0) for site in SITES}
        self.to_come: dict[str, tuple[str, Decimal, date]] = {}
        self.promised: dict[str, Decimal] = {}
        self.unsent: list[tuple[str, str]] = []
        self.cuts: list[tuple[datetime, Decimal]] = []
        self.less = False
        self.on_hand["oemz-a"] += there
        for site in SITES:
            self.send("level", site)

    @property
    def minute(self) -> float:
        return (self.allocations.time - START).total_seconds() / 60

    def send(self, kind: str, name: str) -> None:
        """Report what is true now."""
        if kind == "level":
            fields: dict[str, Any] = {"on_hand": self.on_hand[name], "reserved": Decimal(0), "blocked": Decimal(0)}
            where: dict[str, Any] = {"item": "paint", "item_code": "К", "site": name}
            self.hear(self.allocations.level(0, self.minute, **fields, **where))
            return
        site, quantity, day = self.to_come[name]
        self.hear(self.allocations.receipt(quantity, day, name, item="paint", item_code="К", site=site))

    def send_all(self) -> None:
        while self.unsent:
            self.send(*self.unsent.pop(0))

    def hear(self, said: list[Any]) -> None:
        for one in said:
            before, now = self.promised[one["request_id"]], one["from_stock"]
            assert one["kind"] in ("MOVED", "SHORTAGE")
            assert now == before if one["kind"] == "MOVED" else now < before
            assert one["kind"] == "MOVED" or self.less, "nothing has become less"
            self.promised[one["request_id"]] = now

    def supply(self) -> Decimal:
        coming = sum((quantity for _, quantity, _ in self.to_come.values()), Decimal(0))
        return sum(self.on_hand.values(), Decimal(0)) + coming

    def taken_for_there(self) -> Decimal:
        """Return what was cut lately: who has some of it may still hope that it has come in."""
        since = self.allocations.time - timedelta(days=2)
        return sum((quantity for at, quantity in self.cuts if at >= since), Decimal(0))

    @rule(name=names, quantity=st.integers(1, 8), more=st.integers(0, 2))
    def reserve(self, name: str, quantity: int, more: int) -> None:
        others = sum((has for key, has in self.promised.items() if key != name), Decimal(0))
        answer = self.allocations.reserve(name, quantity, item="paint", generation=more)
        had = self.promised.get(name, Decimal(0))
        assert answer["from_stock"] <= max(had, self.supply() + self.taken_for_there() - others), "promised twice"
        self.promised[name] = answer["from_stock"]

    @rule(name=names)
    def release(self, name: str) -> None:
        self.allocations.ask("RELEASE", name, item="paint")
        self.promised.pop(name, None)

    @rule(name=receipts, site=sites, quantity=amounts, day=days)
    def order(self, name: str, site: str, quantity: int, day: date) -> None:
        if name not in self.to_come and day >= self.allocations.time.date():
            self.to_come[name] = (site, Decimal(quantity), day)
            self.send("receipt", name)

    @precondition(lambda self: self.to_come)
    @rule(data=st.data(), quantity=amounts, level_first=st.booleans())
    def come_in(self, data: Any, quantity: int, level_first: bool) -> None:
        """Let some come in. What is sent of it is true when it is sent, so one more of the kind says nothing new."""
        name = data.draw(st.sampled_from(sorted(self.to_come)))
        site, left, day = self.to_come[name]
        part = min(left, Decimal(quantity))
        self.on_hand[site] += part
        self.to_come[name] = (site, left - part, day)
        pair = [("level", site), ("receipt", name)]
        self.unsent += pair if level_first else pair[::-1]

    @precondition(lambda self: self.unsent)
    @rule(data=st.data())
    def send_one(self, data: Any) -> None:
        self.send(*self.unsent.pop(data.draw(st.integers(0, len(self.unsent) - 1))))

    @precondition(lambda self: self.to_come)
    @rule(data=st.data(), day=days)
    def move(self, data: Any, day: date) -> None:
        name = data.draw(st.sampled_from(sorted(self.to_come)))
        site, left, _ = self.to_come[name]
        if day >= self.allocations.time.date():
            self.to_come[name] = (site, left, day)
            self.unsent.append(("receipt", name))

    @precondition(lambda self: self.to_come)
    @rule(data=st.data(), quantity=amounts)
    def cut(self, data: Any, quantity: int) -> None:
        """Let less come, which the record says as if it had come in."""
        self.send_all()
        name = data.draw(st.sampled_from(sorted(self.to_come)))
        site, left, day = self.to_come[name]
        self.less = True
        self.to_come[name] = (site, max(Decimal(0), left - quantity), day)
        self.cuts.append((self.allocations.time, min(left, Decimal(quantity))))
        self.send("receipt", name)

    @precondition(lambda self: self.to_come)
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        self.send_all()
        name = data.draw(st.sampled_from(sorted(self.to_come)))
        site, left, day = self.to_come.pop(name)
        self.less = self.less or left > 0
        fields: dict[str, Any] = {"item": "paint", "item_code": "К", "site": site, "document_status": "CANCELLED"}
        self.hear(self.allocations.receipt(left, day, name, **fields))

    @rule(site=sites, quantity=amounts)
    def sell(self, site: str, quantity: int) -> None:
        """Let the plant sell some of its own account."""
        self.send_all()
        self.less = True
        self.on_hand[site] = max(Decimal(0), self.on_hand[site] - quantity)
        self.send("level", site)

    @rule(hours=st.integers(1, 12))
    def pass_hours(self, hours: int) -> None:
        self.tick(hours * HOUR)

    @rule(number=st.integers(1, 10))
    def pass_days(self, number: int) -> None:
        self.send_all()
        self.less = self.less or any(left > 0 for _, left, _ in self.to_come.values())  # it may be overdue for too long
        for _ in range(number):
            self.tick(DAY)

    def tick(self, minutes: float) -> None:
        if minutes >= DAY:
            self.send_all()
        elif self.unsent:
            self.hours = getattr(self, "hours", 0.0) + minutes
            if self.hours >= DAY:
                self.send_all()
        if not self.unsent:
            self.hours = 0.0
        self.hear(self.allocations.tick(self.minute + minutes))

    def teardown(self) -> None:
        if not hasattr(self, "allocations"):
            return
        self.send_all()
        for _ in range(4):
            self.tick(DAY)
        assert sum(self.promised.values(), Decimal(0)) <= self.supply(), "more is promised than there is and comes"

    @invariant()
    def nothing_was_lost_while_all_came_as_it_was_said(self) -> None:
        if hasattr(self, "allocations") and not self.less:
            assert sum(self.promised.values(), Decimal(0)) <= self.supply()


TestReceiving = Receiving.TestCase
TestReceiving.settings = settings(stateful_step_count=40)
