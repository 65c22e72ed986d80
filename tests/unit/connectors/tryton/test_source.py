"""What a Tryton's purchases, stock and clocks do to the source, on a Tryton in memory."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest

from connectors.tryton.config import Config
from connectors.tryton.source import TrytonSource
from connectors.tryton.stock import Stock
from connectors.tryton.streams import Productions, Purchases, Sales, Stream
from kranhub.connector import Checkpoint, Event, Progress, Read, Unreadable
from kranhub.errors import KranhubError, Misconfigured, Unavailable
from kranhub.polling import SEGMENT
from tests.support.fake_tryton import FAULTS, START, Clock, FakeTryton, broken_at, error
from tests.support.fields import fields

Item = Read | Unreadable
Kind = type[Stream]


class Poller:
    """One connector's source and its checkpoint; `restart` forgets everything else."""

    def __init__(self, erp: FakeTryton, kind: Kind = Purchases, clock: Clock | None = None, **changes: Any) -> None:
        self.erp, self._kind, self.clock = erp, kind, clock or Clock()
        self._codes = erp.codes("customer" if kind is Purchases else "plant", **changes)
        self.checkpoint: Checkpoint | None = None
        self.restart()

    def restart(self) -> None:
        self._client = self.erp.client(self._codes)
        self._source = TrytonSource([self._kind(self._client, self._codes)], self._codes, self.clock)
        self._reading: AsyncGenerator[Item | Progress, None] | None = None

    async def poll(self) -> list[Item]:
        """Go on reading to the end of the next poll."""
        self._reading = self._reading or cast(
            "AsyncGenerator[Item | Progress, None]", self._source.read(self.checkpoint)
        )
        found: list[Item] = []
        try:
            async for item in self._reading:
                self.checkpoint = item.checkpoint
                if isinstance(item, Progress):
                    return found
                found.append(item)
        except KranhubError:
            self._reading = None
            raise
        raise AssertionError("read() ended")

    async def told(self) -> list[tuple[str, str]]:
        """Return key and status of what the next poll tells."""
        return [(event.key, fields(event)["document_status"]) for event in events(await self.poll())]


def events(items: Sequence[Item]) -> list[Event]:
    assert [item.code for item in items if isinstance(item, Unreadable)] == []
    return [item.event for item in items if isinstance(item, Read)]


def letters(items: Sequence[Item]) -> list[tuple[str, str]]:
    return [(item.key, item.code) for item in items if isinstance(item, Unreadable)]


@pytest.fixture
def erp() -> FakeTryton:
    return FakeTryton()


# --- identity


async def test_two_purchases_with_one_number_are_two_orders(erp: FakeTryton) -> None:
    first, second = erp.purchase("1"), erp.purchase("1")
    found = events(await Poller(erp).poll())
    assert [(event.key, fields(event)["order_id"], fields(event)["number"]) for event in found] == [
        (str(first), str(first), "1"),
        (str(second), str(second), "1"),
    ]


# --- withdrawal


def draft(erp: FakeTryton, purchase: int) -> None:
    erp.write("purchase.purchase", purchase, state="draft")


def move(erp: FakeTryton, purchase: int) -> None:
    erp.write("purchase.purchase", purchase, party=erp.other)


def delete(erp: FakeTryton, purchase: int) -> None:
    del erp.rows["purchase.purchase"][purchase]


LEAVING = [draft, move, delete]


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("leave", LEAVING)
async def test_an_order_that_leaves_is_cancelled_after_the_grace_period(
    erp: FakeTryton, leave: Any, restarts: bool
) -> None:
    purchase, other = erp.purchase(), erp.purchase("PO-2")
    poller = Poller(erp)
    assert await poller.told() == [(str(purchase), "ACTIVE"), (str(other), "ACTIVE")]
    leave(erp, purchase)
    for _ in range(2):
        if restarts:
            poller.restart()
        assert await poller.told() == []
        poller.clock.forward(seconds=59)
    if restarts:
        poller.restart()
    poller.clock.forward(seconds=3)
    (event,) = events(await poller.poll())
    assert (event.key, fields(event)["document_status"], fields(event)["currency"]) == (
        str(purchase),
        "CANCELLED",
        "RUB",
    )
    assert bool(fields(event)["lines"]) == (leave is draft)
    if restarts:
        poller.restart()
    poller.clock.forward(seconds=600)
    assert await poller.told() == []


@pytest.mark.parametrize("leave", [draft, move])
async def test_back_within_the_grace_period_is_nothing(erp: FakeTryton, leave: Any) -> None:
    purchase = erp.purchase()
    poller = Poller(erp)
    await poller.poll()
    leave(erp, purchase)
    assert await poller.told() == []
    poller.clock.forward(seconds=100)
    erp.write("purchase.purchase", purchase, state="confirmed", party=erp.hub)
    assert await poller.told() == []
    leave(erp, purchase)
    poller.clock.forward(seconds=100)
    assert await poller.told() == []
    poller.clock.forward(seconds=100)
    assert await poller.told() == []
    poller.clock.forward(seconds=21)
    assert await poller.told() == [(str(purchase), "CANCELLED")]


async def test_each_return_is_an_event_of_its_own_even_in_the_same_version(erp: FakeTryton) -> None:
    purchase = erp.purchase()
    poller = Poller(erp, withdraw_after_seconds=0)
    row = erp.rows["purchase.purchase"][purchase]
    told = []
    for _ in range(3):
        told += events(await poller.poll())
        row["state"] = "draft"  # without a new stamp, as a rule that hides a record does
        told += events(await poller.poll())
        row["state"] = "confirmed"
    assert [fields(event)["document_status"] for event in told] == ["ACTIVE", "CANCELLED"] * 3
    assert len({event.id for event in told}) == 6


async def test_a_cancelled_purchase_is_told_at_once_and_not_again_when_it_is_deleted(erp: FakeTryton) -> None:
    purchase = erp.purchase()
    poller = Poller(erp, withdraw_after_seconds=0)
    await poller.poll()
    erp.write("purchase.purchase", purchase, state="cancelled")
    assert await poller.told() == [(str(purchase), "CANCELLED")]
    delete(erp, purchase)
    assert await poller.told() == []


async def test_a_wrong_database_withdraws_nothing_and_says_so(erp: FakeTryton) -> None:
    for number in range(30):
        erp.purchase(str(number))
    poller = Poller(erp)
    await poller.poll()
    gone = erp.rows.pop("purchase.purchase")
    assert await poller.told() == []
    poller.clock.forward(seconds=121)
    with pytest.raises(Misconfigured, match="30 purchases"):
        await poller.poll()
    erp.rows["purchase.purchase"] = gone
    assert await poller.told() == []
    poller.clock.forward(seconds=121)
    assert await poller.told() == []


async def test_the_check_for_those_that_left_is_bounded(erp: FakeTryton) -> None:
    purchases = [erp.purchase(str(number)) for number in range(520)]
    poller = Poller(erp, withdraw_after_seconds=0)
    await poller.poll()
    delete(erp, purchases[-1])
    told: list[tuple[str, str]] = []
    for _ in range(4):
        before = len(erp.requests)
        told += await poller.told()
        assert len(erp.requests) - before <= 6
    assert told == [(str(purchases[-1]), "CANCELLED")]


# --- clocks


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(hours=23), timedelta(days=3650)])
async def test_a_clock_ahead_hides_nothing(erp: FakeTryton, ahead: timedelta) -> None:
    poller = Poller(erp)
    erp.now = START + ahead
    jumped = erp.purchase("ahead")
    assert await poller.told() == [(str(jumped), "ACTIVE")]
    for _ in range(3):
        poller.restart()
        poller.clock.forward(seconds=5)
        erp.now = poller.clock.now
        later = erp.purchase("later")
        assert await poller.told() == [(str(later), "ACTIVE")]


async def test_a_change_below_the_watermark_is_found_by_the_sweep(erp: FakeTryton) -> None:
    purchase = erp.purchase()
    poller = Poller(erp)
    await poller.poll()
    erp.now = START - timedelta(days=2)  # the server's clock was set back
    erp.write("purchase.line", erp.rows["purchase.purchase"][purchase]["lines"][0], quantity=7.0)
    new = erp.purchase("new")
    found = events(await poller.poll())
    assert [(event.key, fields(event)["lines"][0]["quantity"]) for event in found] == [
        (str(purchase), 7),
        (str(new), 2),
    ]


async def test_rows_without_stamps_are_told_once(erp: FakeTryton) -> None:
    purchase = erp.purchase()
    for model in ("purchase.purchase", "purchase.line"):
        for row in erp.rows[model].values():
            row["last_modified_at"] = None
    poller = Poller(erp)
    assert await poller.told() == [(str(purchase), "ACTIVE")]
    poller.restart()
    assert await poller.told() == []
    erp.write("purchase.purchase", purchase, delivery_date=datetime(2026, 10, 1, tzinfo=UTC).date())
    assert await poller.told() == [(str(purchase), "ACTIVE")]


async def test_many_purchases_of_one_moment_are_all_read_whatever_changes_meanwhile(erp: FakeTryton) -> None:
    purchases = [erp.purchase(str(number)) for number in range(520)]
    poller = Poller(erp)

    def touch(number: int, method: str) -> None:
        if method == "model.purchase.purchase.search_read":
            erp.write("purchase.purchase", purchases[number % len(purchases)])

    erp.fault = touch
    found = {event.key for event in events(await poller.poll())}
    assert found == {str(purchase) for purchase in purchases}


async def test_old_rows_cost_a_bounded_checkpoint_and_one_look_each(erp: FakeTryton) -> None:
    for number in range(600):
        erp.purchase(str(number))
    poller = Poller(erp)
    assert len(await poller.poll()) == 600
    assert poller.checkpoint is not None
    positions = poller.checkpoint.positions.values()
    assert max(len(position.seen) for position in positions) <= SEGMENT
    assert max(sum(map(len, position.seen)) for position in positions) < 40_000
    erp.requests.clear()
    poller.restart()
    assert await poller.poll() == []
    assert len(erp.requests) < 10


# --- stock


async def levels(poller: Poller) -> list[tuple[str, Any]]:
    return [(event.key, fields(event)["on_hand"]) for event in events(await poller.poll())]


def moved(erp: FakeTryton, product: int, quantity: float, warehouse: int | None = None) -> None:
    erp.quantities[product, warehouse or erp.warehouse] = quantity
    erp.add("stock.move", product=product)


async def test_warehouses_of_one_site_are_summed(erp: FakeTryton) -> None:
    second = erp.add("stock.location", type="warehouse", code="WH2")
    moved(erp, erp.crane, 3.0)
    moved(erp, erp.crane, 4.0, second)
    assert await levels(Poller(erp, Stock)) == [("ruskran-assembly:CRANE-10", Decimal(7))]


async def test_two_products_with_one_code_are_one_dead_letter_that_names_both(erp: FakeTryton) -> None:
    twin = erp.product("CRANE-10")
    other = erp.product("STEEL")
    for product in (erp.crane, twin, other):
        moved(erp, product, 5.0)
    items = await Poller(erp, Stock).poll()
    (letter,) = [item for item in items if isinstance(item, Unreadable)]
    assert (letter.key, letter.code) == ("ruskran-assembly:CRANE-10", "ambiguous-item")
    assert f"id {erp.crane})" in letter.reason["en"]
    assert f"id {twin})" in letter.reason["ru"]
    assert [item.event.key for item in items if isinstance(item, Read)] == ["ruskran-assembly:STEEL"]


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=3650)])
async def test_stock_that_goes_there_and_back_is_told_each_time(erp: FakeTryton, ahead: timedelta) -> None:
    poller, told = Poller(erp, Stock), []
    erp.now = START + ahead
    moved(erp, erp.crane, 5.0)
    told += events(await poller.poll())
    for quantity in (6.0, 5.0, 6.0):
        erp.now = START
        moved(erp, erp.crane, quantity)
        poller.restart()
        told += events(await poller.poll())
    assert [fields(event)["on_hand"] for event in told] == [5, 6, 5, 6]
    assert len({event.id for event in told}) == 4


async def test_a_product_that_never_lay_anywhere_says_nothing_until_it_does(erp: FakeTryton) -> None:
    poller = Poller(erp, Stock)
    assert await levels(poller) == []
    erp.quantities[erp.crane, erp.warehouse] = 1.0  # no move, no stamp: only the sweep can see it
    erp.add("stock.move", product=erp.product("OTHER"))
    await levels(poller)
    erp.quantities[erp.crane, erp.warehouse] = 0.0
    assert ("ruskran-assembly:CRANE-10", Decimal(0)) in [*await levels(poller), *await levels(poller)]


# --- strange values, and a Tryton that fails

STRANGE = [
    {"state": "confirmed", "number": 7},
    {"delivery_date": "soon"},
    {"quantity": "two"},
    {"quantity": 1e40},
    {"quantity": float("nan")},
    {"delivery_date": None},
]


@pytest.mark.parametrize("changes", STRANGE)
async def test_one_strange_purchase_is_one_dead_letter(erp: FakeTryton, changes: Any) -> None:
    bad, good = erp.purchase(**changes), erp.purchase("PO-2")
    poller = Poller(erp)
    items = await poller.poll()
    assert [key for key, _ in letters(items)] == [str(bad)]
    assert [item.event.key for item in items if isinstance(item, Read)] == [str(good)]
    poller.restart()
    assert await poller.poll() == []


async def test_a_document_that_breaks_tryton_is_a_dead_letter_in_the_end(erp: FakeTryton) -> None:
    bad, good = erp.purchase("bad"), erp.purchase("good")
    poller = Poller(erp)
    erp.breaking.add(bad)
    items = [item for _ in range(6) for item in await poller.poll()]
    assert letters(items) == [(str(bad), "not-readable")]
    assert [item.event.key for item in items if isinstance(item, Read)] == [str(good)]


async def test_a_tryton_that_breaks_over_everything_is_waited_for(erp: FakeTryton) -> None:
    for number in range(3):
        erp.purchase(str(number))
    poller = Poller(erp)
    erp.fault = lambda number, method: error("KeyError: 'x'", "") if method.endswith("search_read") else None
    for _ in range(8):
        with pytest.raises(Unavailable):
            await poller.poll()
    erp.fault = lambda number, method: None
    poller.restart()
    assert len(await poller.poll()) == 3


@pytest.mark.parametrize("kind", [Purchases, Sales, Productions, Stock])
async def test_whatever_tryton_answers_at_any_step_is_waiting_or_a_persons_job(kind: Kind) -> None:
    """Nothing but our own errors comes out of the source, and once it is well again everything is told once."""
    steps = await _steps(kind)
    assert steps > 3
    errors: list[KranhubError] = []
    turns = 1 if kind is Purchases else 5
    for step in range(1, steps + 1):
        for fault in FAULTS[step % turns :: turns]:
            erp = _filled()
            poller = Poller(erp, kind)
            erp.fault = broken_at(step, fault)
            items: list[Item] = []
            try:
                items += await poller.poll()
            except (Unavailable, Misconfigured) as caught:
                errors.append(caught)
            poller.restart()
            erp.fault = lambda number, method: None
            items += await poller.poll()
            keys = [item.event.key for item in items if isinstance(item, Read)]
            assert len(keys) == len(set(keys)) or kind is Sales
    assert all(caught.text.en and caught.text.ru for caught in errors)


async def _steps(kind: Kind) -> int:
    erp = _filled()
    await Poller(erp, kind).poll()
    return len(erp.requests)


def _filled() -> FakeTryton:
    erp = FakeTryton()
    erp.purchase()
    moved(erp, erp.crane, 5.0)
    sale = {"number": "S-1", "reference": "sibir-terminal:1/1.1.1", "state": "draft", "lines": []}
    erp.add("sale.sale", **sale)
    production = {"number": "P-1", "reference": "S-1", "state": "draft", "product": erp.crane, "quantity": 1.0}
    erp.add("production", unit=erp.piece, **production)
    return erp


def test_the_grace_period_is_a_setting() -> None:
    assert Config.model_fields["withdraw_after_seconds"].default == 120
