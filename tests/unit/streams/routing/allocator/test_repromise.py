"""Re-promising: who gains and who loses where a plant's reservations are promised anew, and that nothing is lost."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kranhub.parties.members import Members, Quota
from kranhub.wire.messages import Subject
from streams.routing.allocator import allocator, repromise
from streams.routing.allocator.capacity import week_begin, workshop
from streams.routing.allocator.reservations import BY_AGE, LOADS, RESERVATIONS, STOCKS, Reservation
from streams.routing.context import DecisionContext
from streams.routing.masterdata.masterdata import MasterData
from streams.routing.model.copying import replace
from tests.support.allocation import TODAY, Allocations, world

FAR = TODAY + timedelta(days=13)
"""A Monday; nothing of it is begun before."""


@dataclass
class Plant(Allocations):
    """A plant whose orders can be promised anew."""

    answers: list[Any] = field(default_factory=list)

    def promise_anew(self, action: str = "PROPOSE", **fields: Any) -> Any:
        """Ask for a proposal, or carry it out; return the answer."""
        self.events += 1
        context = DecisionContext(f"e{self.events}", self.time, self.master)
        value: Any = {"request_id": f"r{self.events}", "order_key": "", "plant": "oemz", "item": "", "action": action}
        value |= {"quantity": Decimal(0), "generation": 0, "not_before": None, "at": None, "expires_at": None, **fields}
        outcome = allocator.handle(self.store, Subject.ALLOCATION_REQUEST, value, context)
        assert action == "REPROMISE" or not outcome.changes
        self.store.apply(outcome.changes)
        self.answers = [dict(result.value) for result in outcome.results]
        return outcome.repromising

    def carry_out(self, **fields: Any) -> Any:
        """Carry out what is proposed; return the answer."""
        proposed = self.promise_anew(**fields)
        done = self.promise_anew("REPROMISE", fingerprint=proposed["fingerprint"], **fields)
        assert done["state"] == "DONE"
        assert done["moves"] == proposed["moves"]
        return done

    def days(self) -> dict[str, date]:
        """Return the day on which each request is ready."""
        return {name: one.available_on for name, one in self.reserved().items() if one.available_on}

    def reserved(self) -> dict[str, Reservation]:
        """Return what the requests have reserved."""
        return {entry.key[2]: entry.value for entry in RESERVATIONS.scan(self.store, ("oemz",))}


def moves(answer: Any) -> list[tuple[str, int]]:
    """Return who moves, and by how many days."""
    return [(move["request_id"], (move["after"] - move["before"]).days) for move in answer["moves"]]


def full() -> Plant:
    """Return a plant that makes ten motors a week in one day each: two orders of ten, the later of a higher class."""
    made = Plant(world(days=1))
    made.reserve("low/1", 10, priority=5, not_before=FAR)
    made.reserve("high/1", 10, priority=1, not_before=FAR)
    return made


def test_a_higher_class_gets_the_day_of_a_lower_one_and_both_are_said_before() -> None:
    made = full()
    before = made.days()
    proposed = made.promise_anew()
    assert (proposed["state"], made.days()) == ("PROPOSED", before)
    assert moves(proposed) == [("high/1", -7), ("low/1", 7)]
    assert [move["priority"] for move in proposed["moves"]] == [1, 5]
    made.carry_out()
    assert made.days() == {"low/1": before["high/1"], "high/1": before["low/1"]}
    told = {one["request_id"]: (one["kind"], one["available_on"], one["repromising"]) for one in made.answers}
    assert told == {name: ("MOVED", day, f"r{made.events}") for name, day in made.days().items()}


def test_what_is_freed_is_for_those_who_have_a_day_already() -> None:
    made = Plant(world(days=1))
    for name in ("a/1", "b/1", "c/1"):
        made.reserve(name, 10, not_before=FAR)
    made.ask("RELEASE", "a/1")
    assert moves(made.carry_out()) == [("b/1", -7), ("c/1", -7)]


def test_of_one_class_nobody_loses() -> None:
    made = Plant(world(days=1))
    made.reserve("first/1", 10, not_before=FAR)
    made.reserve("second/1", 5, not_before=FAR)
    assert moves(made.promise_anew()) == []


def test_what_the_plants_erp_has_stays_unless_a_person_says_otherwise() -> None:
    made = full()
    made.ask("DELIVERED", "low/1", at=made.time)
    assert moves(made.promise_anew()) == []
    proposed = made.promise_anew(include_sent=True)
    assert moves(proposed) == [("high/1", -7), ("low/1", 7)]
    assert [move["in_erp"] for move in proposed["moves"]] == [False, True]


def test_what_has_begun_or_left_stays_in_any_case() -> None:
    made = Plant(world(days=1))
    made.reserve("low/1", 10, priority=5)
    made.ask("DELIVERED", "low/1", at=made.time)
    made.reserve("gone/1", 10, priority=5, not_before=FAR)
    made.ask("DELIVERED", "gone/1", at=made.time)
    made.ask("SHIPPED", "gone/1", 2, at=made.time)
    made.reserve("high/1", 20, priority=1)
    before = made.days()
    made.carry_out(include_sent=True)
    assert made.days() == before


def test_a_higher_class_gets_the_stock_and_the_lower_one_is_made() -> None:
    made = Plant(world(days=3))
    made.level(10)
    made.reserve("low/1", 10, priority=5, not_before=FAR)
    made.reserve("high/1", 10, priority=1, not_before=FAR)
    made.carry_out()
    amounts = {name: (one.from_stock, one.to_make) for name, one in made.reserved().items()}
    assert amounts == {"high/1": (Decimal(10), Decimal(0)), "low/1": (Decimal(0), Decimal(10))}
    told = {one["request_id"]: (one["from_stock"], one["to_make"]) for one in made.answers}
    assert told == amounts


def test_a_plan_that_is_no_longer_true_is_not_carried_out() -> None:
    made = full()
    proposed = made.promise_anew()
    made.ask("RELEASE", "low/1")
    before = dict(made.state)
    answer = made.promise_anew("REPROMISE", fingerprint=proposed["fingerprint"])
    assert (answer["state"], moves(answer)) == ("CHANGED_SINCE", [("high/1", -7)])
    assert (made.state, made.answers) == (before, [])


def test_what_does_not_concern_the_moves_keeps_the_plan_true() -> None:
    made = full()
    proposed = made.promise_anew()
    made.reserve("later/1", 1, priority=9, not_before=FAR + timedelta(days=60))
    assert made.promise_anew("REPROMISE", fingerprint=proposed["fingerprint"])["state"] == "DONE"


def test_one_item_only() -> None:
    made = full()
    assert moves(made.promise_anew(item="paint")) == []
    assert made.promise_anew(item="motor")["item"] == "motor"


def test_nobody_loses_quantity_where_a_lower_class_could_not_be_made_elsewhere() -> None:
    made = Plant(world(motor=(Decimal(10), "H87"), days=1))
    made.level(10, item="paint", item_code="К")
    made.reserve("low/1", 10, item="paint", priority=5)
    made.receipt(10, FAR, item="paint", item_code="К")
    made.reserve("high/1", 10, item="paint", priority=1)
    assert moves(made.promise_anew()) == [("high/1", -13), ("low/1", 13)]
    made.reserve("other/1", 3, item="paint", priority=1)
    assert made.reserved()["other/1"].offered == 0
    assert moves(made.carry_out()) == [("high/1", -13), ("low/1", 13)]


def test_who_held_stock_first_is_no_younger_afterwards() -> None:
    made = Plant(world(days=5))
    made.level(15)
    made.reserve("a/1", 10)
    made.reserve("b/1", 8)
    made.level(17, 1)
    made.reserve("c/1", 2)
    made.level(20, 2)
    assert [name for name, _ in moves(made.carry_out())] == ["b/1"]
    assert made.reserved()["b/1"].from_stock == 8
    assert [entry.value for entry in BY_AGE.scan(made.store, ("oemz", "motor"))] == ["a/1", "b/1", "c/1"]


def limited() -> MasterData:
    """Return the small world in which one buyer's orders take half of each week at most."""
    plain = world(days=1)
    known = plain.members.by_id["oemz"]
    (able,) = known.capabilities
    quota = Quota.model_validate({"buyer": ["low"], "percent": 50})
    changed = able.model_copy(update={"quotas": (quota,)})
    members = [known.model_copy(update={"capabilities": (changed,)}), plain.members.by_id["zmk"]]
    return replace(plain, members=Members(members=tuple(members)))


ORDERS = st.lists(
    st.tuples(
        st.integers(0, 2),  # priority
        st.integers(1, 25),  # quantity
        st.integers(0, 5).map(lambda weeks: TODAY + timedelta(days=7 * weeks)),
        st.sampled_from(["open", "sent", "released", "shipped"]),
        st.sampled_from(["low", "other"]),
    ),
    min_size=1,
    max_size=8,
)


@given(
    orders=ORDERS,
    days=st.integers(0, 12),
    with_quota=st.booleans(),
    stock=st.integers(0, 30),
    receipt=st.integers(0, 20),
    include_sent=st.booleans(),
    stopped=st.booleans(),
)
def test_nothing_is_promised_twice_and_only_a_higher_class_takes_days_from_others(
    orders: list[Any], days: int, with_quota: bool, stock: int, receipt: int, include_sent: bool, stopped: bool
) -> None:
    made = _planned(orders, limited() if with_quota else world(days=days), stock, receipt, stopped=stopped)
    before, loads = made.reserved(), weeks(made)
    answer = made.carry_out(include_sent=include_sent)
    after = made.reserved()
    assert before.keys() == after.keys()
    _sums_agree(made, after)
    for (name, week), used in weeks(made).items():
        assert used <= max(loads.get((name, week), Decimal(0)), _most(made, name, week)), (name, week)
    _compare(before, after, include_sent=include_sent)
    seen = {move["request_id"] for move in answer["moves"]}
    assert seen >= {name for name in after if day(after[name]) != day(before[name])}
    assert made.promise_anew(include_sent=include_sent)["moves"] == []


def _planned(orders: list[Any], master: MasterData, stock: int, receipt: int, *, stopped: bool) -> Plant:
    """Return a plant at which these orders were planned, and something has been freed since."""
    made = Plant(master)
    made.level(stock // 2)
    for number, (priority, quantity, start, _, buyer) in enumerate(orders):
        made.reserve(f"{buyer}:{number}/1", quantity, priority=priority, not_before=start)
        if number == 1 and receipt:
            made.receipt(receipt, FAR)
        if number == 3 and stopped:
            made.disrupt()
    for number, (_, quantity, _, state, buyer) in enumerate(orders):
        if state in HAPPENED:
            made.ask(HAPPENED[state], f"{buyer}:{number}/1", quantity, at=made.time)
    made.level(stock, 1)
    if stopped:
        made.disrupt(minutes=2, status="RESOLVED")
    return made


HAPPENED = {"sent": "DELIVERED", "released": "RELEASE", "shipped": "SHIPPED"}


def _compare(before: dict[str, Reservation], after: dict[str, Reservation], *, include_sent: bool) -> None:
    """Nobody has less than before, and only lower classes a later day; what the ERP has stays as it was."""
    gained = {name for name in after if day(after[name]) < day(before[name])}
    for name, one in after.items():
        known = before[name]
        assert one.offered >= known.offered
        if day(one) > day(known):
            assert any(before[other].priority < one.priority for other in gained), name
        if known.delivered_at and not include_sent:
            assert one == known


def day(one: Reservation) -> date:
    return one.available_on or date.max


def weeks(made: Plant) -> dict[tuple[str, str], Decimal]:
    """Return what is taken, by load and week."""
    found = LOADS.scan(made.store)
    return {(entry.key[0], week): used for entry in found for week, used in entry.value.weeks.items()}


def _most(made: Plant, name: str, week: str) -> Decimal:
    """Return what may be taken of a week: of a quota half of it."""
    shop = workshop("oemz", "motor", made.master)
    assert shop is not None
    share = Decimal("0.5") if "quota" in name else 1
    return shop.capacity(week_begin(week)) * share + Decimal("0.00001")


def _sums_agree(made: Plant, after: dict[str, Reservation]) -> None:
    """The loads and the stock are what the reservations have, and no more stock is promised than before or there is."""
    used: dict[tuple[str, str], Decimal] = {}
    for one in after.values():
        for work in one.work:
            for name in filter(None, (work.load, one.quota)):
                used[name, work.week] = used.get((name, work.week), Decimal(0)) + work.quantity
    assert used == weeks(made)
    (stock,) = [entry.value for entry in STOCKS.scan(made.store)]
    assert stock.missing == 0
    assert len(list(BY_AGE.scan(made.store))) == sum(one.in_hub > 0 for one in after.values())


def test_of_too_many_the_lowest_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repromise, "LOOKED_AT", 1)
    assert moves(full().promise_anew()) == []
