"""Random master data and the random life of an order in it, decided by bytes that Hypothesis draws and makes small."""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from kranhub.identifiers import order_key
from streams.routing.masterdata.masterdata import MasterData
from tests.support.masters import item, master, plant
from tests.support.plants import (
    BUYER,
    START,
    Event,
    Value,
    full_action,
    full_order,
    full_production,
    full_receipt,
    full_response,
    full_shipment,
)
from tests.support.worlds import World, line, silent

T = TypeVar("T")
PLANTS = ("alfa", "beta", "gamma", "delta")
CONTAINS = {"alfa": True, "beta": None, "gamma": True, "delta": False}
"""Of which plants what the ERP has reserved contains the hub's orders; of one nobody has said so."""

ITEMS = ("crane", "girder", "coat", "hoist", "motor", "rope")
ZERO = Decimal(0)
UNITS = {"coat": "MTK", "rope": "MTR"}
"""The base units of what is no pieces: of these there are fractions."""
WORLDS = int(os.environ.get("KRANHUB_WORLDS") or ("150" if os.environ.get("KRANHUB_SEARCH") else "50"))
"""How many lives each property tries, more of them in a search; a few thousand take some minutes."""


class Choices:
    """Choices by the bytes, the first of the options once there are no more."""

    def __init__(self, drawn: bytes) -> None:
        """Take what Hypothesis has drawn."""
        self._bytes = iter(drawn)
        self.left = len(drawn)

    def number(self, below: int) -> int:
        """Return a number from 0 to below."""
        self.left -= 1
        return next(self._bytes, 0) % below

    def of(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.number(len(options))]

    def some(self, options: Sequence[T]) -> list[T]:
        """Return some of the options, in their order; none once there are no more bytes."""
        return [option for option in options if self.number(3) == 1]


def random_master(choose: Choices, **rule: Any) -> MasterData:
    """Return master data in which somebody makes most items, by bills without a circle; the rule as given."""
    capabilities = {name: _capabilities(choose) for name in PLANTS}
    plants = [
        plant(name, *found, contains=CONTAINS[name], currencies=choose.of([["RUB"], ["RUB", "CNY"]]))
        for name, found in capabilities.items()
        if found
    ]
    items = [_item(number, choose) for number in range(len(ITEMS))]
    first = {**_rule(choose), **rule}
    rules = [first, {}] if first["when"] and choose.number(2) else [first]
    return master(plants, items, *rules, default_days=choose.of([1, 0, 6]))


def _capabilities(choose: Choices) -> list[Any]:
    makes = [number for number in range(len(ITEMS)) if choose.number(4) != 3]
    return [
        {
            "okpd2": f"25.{number + 10}",
            "working_days": choose.of([5, 0, 1, 12, 40]),
            **choose.of([{}, {}, {"minimum_lot": _amount(3, number)}, {"capacity": _amount(4, number)}]),
            **choose.of([{}, {"cost": {"amount": 7, "currency": "RUB"}}, {"cost": {"amount": 3, "currency": "RUB"}}]),
        }
        for number in makes
    ]


def _amount(quantity: int, number: int) -> dict[str, Any]:
    return {"quantity": quantity, "unit": unit_of(ITEMS[number])}


def unit_of(item: str) -> str:
    """Return the item's base unit."""
    return UNITS.get(item, "H87")


def _item(number: int, choose: Choices) -> Any:
    """Return an item built of later ones, of which each may go into the next first."""
    parts = choose.some(ITEMS[number + 1 :]) if number < 4 else []
    bill = {
        name: {
            "quantity": choose.of(["1", "2", "0.5"]),
            "feeds": parts[at + 1] if at + 1 < len(parts) and choose.number(3) == 1 else None,
        }
        for at, name in enumerate(parts)
    }
    supply = choose.of(["make", "make", "make", "buy"])
    changes: dict[str, Any] = {"bills": _bills(number, choose), "alternative_items": _alternatives(number, choose)}
    return item(ITEMS[number], f"25.{number + 10}.11", bill, supply=supply, unit=unit_of(ITEMS[number]), **changes)


def _bills(number: int, choose: Choices) -> list[Any]:
    """Return the bills for lines that are wanted from some day on: none, or one."""
    if number >= 4 or choose.number(4) != 1:
        return []
    since = START.date() + timedelta(days=choose.of([9, 60]))
    return [{"bill": "later", "valid_from": since, "components": [{"item": ITEMS[number + 1], "quantity": 2}]}]


def _alternatives(number: int, choose: Choices) -> list[Any]:
    """Return the alternatives of an item: none, or some of the others that are counted in the same unit."""
    name = ITEMS[number]
    others = [other for other in ITEMS if other != name and unit_of(other) == unit_of(name)]
    return [{"item": other} for other in choose.some(others)] if choose.number(2) else []


def _rule(choose: Choices) -> Any:
    return {
        "rank": choose.of(["capability", "earliest-promise", "lowest-cost", "balanced-load"]),
        "mode": choose.of(["auto", "auto", "auto", "approve"]),
        "deny": choose.of([[], [], ["beta"]]),
        "maximum_portions": choose.of([4, 1, 2]),
        "when": {"kind": ["LEASE"]} if choose.number(9) == 8 else {},
        "alternative_items": choose.of(["never", "where-late", "where-none"]),
        "alternatives_need_consent": choose.number(2) == 0,
    }


def random_lines(choose: Choices) -> list[Any]:
    """Return one to three lines."""
    return [_line(number, choose) for number in range(1, 2 + choose.number(3))]


def _line(number: int, choose: Choices) -> Any:
    code, quantity = choose.of([*ITEMS, "unknown", *ITEMS]), choose.of(["3", "1", "10", "2.5", "0.000001"])
    wanted = START.date() + timedelta(days=choose.of([60, 0, 9, 300]))
    return line(code, quantity, str(number), unit_of(code), requested_date=wanted)


def obliging(asked: Value) -> list[Event]:
    """What a plant does that accepts and makes whatever it is asked for, and sends what it was asked for at first."""
    if asked["document_status"] == "CANCELLED":
        return []
    name = f"{asked['plant_order_id']}/{asked['revision']}"
    at = asked["issued_at"]
    found = [
        Event(f"{name}/yes", "OrderResponse", full_response(asked, "AP", at, promised_date=asked["requested_date"])),
        Event(f"{name}/done", "ProductionStatus", full_production(asked, "COMPLETED", at + timedelta(minutes=1))),
        Event(f"{name}/left", "Shipment", full_shipment(asked, START, actual_arrival=START + timedelta(days=1))),
    ]
    return found if asked["revision"] == 1 else found[:2]


def random_world(choose: Choices, **rule: Any) -> World:
    """Return a world with some stock and some limits, without an order."""
    made = World(choose.of([silent, obliging]), random_master(choose, **rule))
    for name in ITEMS:
        for plant_name in PLANTS:
            kind = choose.number(8)
            if kind in (1, 2):
                made.stock[plant_name, name] = Decimal(choose.of(["1", "4", "100"]))
            if kind in (2, 3):
                made.limit[plant_name, name] = Decimal(choose.of(["2", "0", "5"]))
    made.mute = set(choose.some(PLANTS)) if choose.number(4) == 1 else set()
    return made


class Life:
    """What may happen to the order, step by step. Each event has its own id and its plant's own time (`_time`)."""

    def __init__(self, made: World, choose: Choices) -> None:
        """Take the world and what decides."""
        self.world, self.choose, self.count = made, choose, 0

    def events(self) -> Iterator[Event]:
        """Yield what arrives, until there are no more choices."""
        yield self.order()
        while self.choose.left > 0 or self.world.pending:
            pending = self.world.pending
            if pending and (self.choose.left <= 0 or self.choose.number(3) != 2):
                yield pending.pop(self.choose.number(len(pending)))
            elif self.choose.left > 0:
                yield from self.step()

    def step(self) -> Iterator[Event]:
        """Yield what arrives next from outside, if anything does."""
        steps = (self._answer, self._produce, self._ship, self._receive, self.order, self._short, self._act)
        event = self.choose.of((*steps, self._answer, self._answer, self._wait, self._publish))()
        if event is not None:
            yield event

    def _new(self, subject: str, value: Value) -> Event:
        self.count += 1
        return Event(f"{subject}-{self.count}", subject, value)

    def order(self) -> Event:
        """Return the order, or another version of it."""
        soon = self.world.today.date() + timedelta(days=3)
        options: list[Any] = [
            {},
            {},
            {},
            {"document_status": "CANCELLED"},
            {"currency": "CNY"},
            {"complete_delivery": True},
            {"quotation": True, "valid_until": soon},
            {"programme": "x"},
            {"alternatives_allowed": True},
            {"alternatives_allowed": False},
        ]
        changes = self.choose.of(options)
        lines = random_lines(self.choose)
        return self._new("Order", full_order(self.world.number, lines, self.world.master, **changes))

    def _asked(self) -> Value | None:
        """Return a version of some plant order."""
        known = self.world.subjects("PlantOrder")
        return known[-1 - self.choose.number(len(known))] if known else None

    def _time(self) -> datetime:
        """Return the plant's own time: its clock may be right, far ahead or far behind."""
        right = self.world.today + timedelta(minutes=self.count)
        return right + timedelta(days=self.choose.of([0, 0, 0, 3653, -12_000]))

    def _answer(self) -> Event | None:
        asked = self._asked()
        if asked is None:
            return None
        code = self.choose.of(["AP", "AP", "CA", "RE", "AB"])
        part = self.choose.of([Decimal(1), Decimal("0.5")]) if code == "CA" else Decimal(1)
        quantity = max((asked["lines"][0]["quantity"] * part).quantize(Decimal("0.000001")), Decimal("0.000001"))
        promised = START.date() + timedelta(days=self.choose.of([50, 0, 200]))
        words = {"quantity": quantity, "promised_date": promised}
        return self._new("OrderResponse", full_response(asked, code, self._time(), **words))

    def _produce(self) -> Event | None:
        asked = self._asked()
        if asked is None:
            return None
        state = self.choose.of(["RUNNING", "COMPLETED", "RELEASED", "ABORTED"])
        part = self.choose.of([Decimal("0.5"), Decimal(1), Decimal(1), ZERO])
        completed = (asked["lines"][0]["quantity"] * part).quantize(Decimal("0.000001"))
        number = f"P{self.choose.number(2)}-{asked['plant_order_id']}"
        words = {"completed": completed, "production_order_id": number}
        return self._new("ProductionStatus", full_production(asked, state, self._time(), **words))

    def _ship(self) -> Event | None:
        asked = self._asked()
        if asked is None:
            return None
        number = self.choose.number(2)
        quantity = Decimal(["1.5", "4"][number])
        options: list[Any] = [
            {},
            {"actual_arrival": START + timedelta(days=9)},
            {"document_status": "CANCELLED"},
            {"actual_departure": None, "estimated_arrival": START + timedelta(days=8)},
        ]
        number_of = f"S{number}-{asked['plant_order_id']}"
        words = {"quantity": quantity, "shipment_id": number_of, **self.choose.of(options)}
        return self._new("Shipment", full_shipment(asked, START + timedelta(days=6), **words))

    def _receive(self) -> Event | None:
        asked = self._asked()
        if asked is None:
            return None
        return self._new("Receipt", full_receipt(asked, self.choose.of(["APPLIED", "REJECTED"]), self._time()))

    def _short(self) -> None:
        held = sorted(number for number, amount in self.world.holds.items() if amount and number in self.world.asked)
        if held:
            self.world.pending.append(self.world.shortage(self.choose.of(held), self.choose.of([1, 100])))

    def _act(self) -> Event:
        asked = self._asked()
        places: list[Any] = [{}, {"line_id": "1"}, {"plant_order_id": asked and asked["plant_order_id"]}]
        place = self.choose.of(places)
        actions = ("APPROVE", "REJECT", "FREEZE", "RELEASE", "CANCEL", "OVERRIDE_PLANT", "OVERRIDE_DATE", "APPROVE")
        action = self.choose.of(actions)
        given: dict[str, dict[str, Any]] = {
            "OVERRIDE_PLANT": {"plant": self.choose.of(PLANTS)},
            "OVERRIDE_DATE": {"date": START.date() + timedelta(days=90)},
        }
        self.count += 1
        order = {"order_key": order_key(BUYER, self.world.number)}
        changes: Any = {"action_id": f"a{self.count}", **order, **place, **given.get(action, {})}
        return self._new("PlannerAction", full_action(action, **changes))

    def _publish(self) -> None:
        """Let other bills and another rule be published; plants stay as they are."""
        before = self.world.master
        after = random_master(Choices(Random(self.choose.number(256)).randbytes(160)))
        self.world.master = type(before)(before.members, after.nomenclature, after.rules, before.calendars)

    def _wait(self) -> None:
        """Let time pass; who is due is woken, what ends has its word on the way."""
        self.world.today += timedelta(hours=self.choose.of([1, 30, 80, 200]))
        self.world.pending += self.world.overdue()
