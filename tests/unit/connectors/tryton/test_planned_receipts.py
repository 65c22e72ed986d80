"""What a Tryton says is still to come into stock, on a Tryton in memory."""

from collections.abc import AsyncGenerator
from datetime import date
from typing import Any, cast

import pytest

from connectors.tryton import Config, checks
from connectors.tryton.planned_receipts import PlannedProductions, PlannedPurchases
from connectors.tryton.source import TrytonSource
from kranhub.connector import Event, Progress, Read, Unreadable
from kranhub.wire.messages import Subject
from streams.routing.validation.validate import validate
from tests.support.fake_tryton import Clock, FakeTryton

DEC_10 = date(2026, 12, 10)
SALE = {"number": "S-1", "reference": "sibir-terminal:17/1.1.1", "comment": None}


class Reading:
    """A source of what is to come; each poll goes on where the one before ended."""

    def __init__(self, erp: FakeTryton) -> None:
        codes = erp.codes("plant", sites={"WH": "ruskran-works"})
        client = erp.client(codes)
        streams = [PlannedPurchases(client, codes), PlannedProductions(client, codes)]
        self._items = cast("AsyncGenerator[Any, None]", TrytonSource(streams, codes, Clock()).read(None))

    async def poll(self) -> list[Read | Unreadable]:
        found: list[Read | Unreadable] = []
        async for item in self._items:
            if isinstance(item, Progress):
                return found
            found.append(item)
        raise AssertionError("read() ended")

    async def told(self) -> list[tuple[str, float, str]]:
        """Return key, quantity and status of what the next poll tells."""
        return [_told(item.event) for item in await self.poll() if isinstance(item, Read)]


def _told(event: Event) -> tuple[str, float, str]:
    value: Any = event.value
    validate(Subject.PLANNED_RECEIPT, value, "ruskran")
    return event.key, float(value["quantity"]), value["document_status"]


def purchased(erp: FakeTryton, state: str = "confirmed", **changes: Any) -> int:
    """Add a purchase from another supplier; return its line."""
    line = {
        "type": "line",
        "product": erp.crane,
        "quantity": 6.0,
        "unit": erp.piece,
        "delivery_date": DEC_10,
        "moves": [],
        **changes,
    }
    purchase = erp.purchase(state=state, party=erp.other, lines=[line])
    number = erp.rows["purchase.purchase"][purchase]["lines"][0]
    erp.rows["purchase.line"][number]["purchase"] = purchase
    return int(number)


def produced(erp: FakeTryton, state: str = "waiting", **changes: Any) -> int:
    values = {
        "number": "P-1",
        "reference": None,
        "product": erp.crane,
        "quantity": 3.0,
        "unit": erp.piece,
        "planned_date": DEC_10,
        "effective_date": None,
        "warehouse": erp.warehouse,
        "state": state,
    }
    return erp.add("production", **values | changes)


async def test_a_confirmed_line_is_to_come_less_what_has_come_in() -> None:
    erp = FakeTryton()
    line = purchased(erp)
    reading = Reading(erp)
    (item,) = await reading.poll()
    assert isinstance(item, Read)
    value: Any = item.event.value
    assert (item.event.key, value["site"], value["item_code"]) == (f"purchase.line,{line}", "ruskran-works", "CRANE-10")
    assert (value["quantity"], value["expected_date"], value["source"]) == (6, DEC_10, "PURCHASE")
    assert await reading.told() == []
    moves = [erp.add("stock.move", state=state, quantity=4.0) for state in ("done", "draft")]
    erp.write("purchase.line", line, moves=moves)
    assert await reading.told() == [(f"purchase.line,{line}", 2, "ACTIVE")]


@pytest.mark.parametrize(
    ("state", "told"), [("done", (0, "ACTIVE")), ("cancelled", (6, "CANCELLED")), ("draft", (6, "CANCELLED"))]
)
async def test_a_purchase_that_ends_is_told_once(state: str, told: tuple[float, str]) -> None:
    erp = FakeTryton()
    line = purchased(erp)
    reading = Reading(erp)
    assert len(await reading.told()) == 1
    erp.write("purchase.purchase", erp.rows["purchase.line"][line]["purchase"], state=state)
    assert await reading.told() == [(f"purchase.line,{line}", *told)]
    assert await reading.told() == []


@pytest.mark.parametrize("state", ["draft", "quotation", "done", "cancelled"])
async def test_what_never_was_to_come_is_not_told(state: str) -> None:
    erp = FakeTryton()
    purchased(erp, state)
    assert await Reading(erp).told() == []


@pytest.mark.parametrize("changes", [{"delivery_date": None}, {"quantity": -1.0}])
async def test_a_line_without_a_day_or_that_goes_back_is_nothing_to_come(changes: Any) -> None:
    erp = FakeTryton()
    purchased(erp, **changes)
    assert await Reading(erp).poll() == []


async def test_a_production_for_stock_is_to_come_and_one_for_a_plant_order_is_not() -> None:
    erp = FakeTryton()
    erp.add("sale.sale", **SALE)
    mine = produced(erp)
    produced(erp, reference="S-1")
    produced(erp, "draft")
    reading = Reading(erp)
    assert await reading.told() == [(f"production,{mine}", 3, "ACTIVE")]
    erp.write("production", mine, state="running", planned_date=date(2026, 12, 14))
    assert await reading.told() == [(f"production,{mine}", 3, "ACTIVE")]
    erp.write("production", mine, state="done")
    assert await reading.told() == [(f"production,{mine}", 0, "ACTIVE")]


async def test_a_purchase_and_a_production_of_one_number_are_two() -> None:
    erp = FakeTryton()
    line, production = purchased(erp), produced(erp)
    erp.rows["production"][line] = {**erp.rows["production"].pop(production), "id": line}
    items = await Reading(erp).poll()
    assert len({item.event.id for item in items if isinstance(item, Read)}) == 2


async def test_an_unknown_unit_is_a_dead_letter() -> None:
    erp = FakeTryton()
    purchased(erp, unit=erp.add("product.uom", symbol="?"))
    (letter,) = await Reading(erp).poll()
    assert isinstance(letter, Unreadable)
    assert (letter.code, letter.subject) == ("unmapped-unit", "PlannedReceipt")


def test_who_reads_purchases_needs_the_right_to() -> None:
    erp = FakeTryton()
    with_receipts: Config = erp.codes("plant", planned_receipts=["purchases"]).config
    assert {"purchase.purchase", "purchase.line"} <= set(checks.needs(with_receipts))
    assert "purchase.line" not in checks.needs(erp.codes("plant", planned_receipts=["productions"]).config)
