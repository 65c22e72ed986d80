"""A customer's SQL database on the real Kafka: two orders with one number, a row stamped ahead, an order withdrawn."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.connector_process import connector
from tests.support.core import World, core, wait_for, world
from tests.support.stack import Stack, new_namespace

pytestmark = pytest.mark.stack

BUYER = "sibir-terminal"
TABLES = """
CREATE TABLE zakupka (id INTEGER PRIMARY KEY, nomer TEXT, status TEXT, srok TEXT, izmenena TEXT);
CREATE TABLE stroka (zakupka INTEGER, n INTEGER, kod TEXT, kol NUMERIC, ed TEXT);
"""


class Shop:
    """The customer's database, as its own people use it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.do(TABLES)

    def do(self, script: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(script)

    def order(self, key: int, **ahead: float) -> None:
        """Order four motors under the number that every order here has; the row's clock may be ahead."""
        stamp = (datetime.now(UTC) + timedelta(**ahead)).strftime("%Y-%m-%d %H:%M:%S")
        self.do(
            f"INSERT INTO stroka VALUES ({key}, 1, 'ДВ-7.5', 4, 'шт');"
            f"INSERT INTO zakupka VALUES ({key}, 'ЗП-1/2027', 'ДА', '2027-03-01', '{stamp}');"
        )


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop.db")


@pytest.fixture
def running(stack: Stack, shop: Shop) -> Iterator[World]:
    settings = stack.prepare(new_namespace())
    file = shop.path.with_suffix(".yaml")
    lines = {"table": "stroka", "head": "zakupka", "position": "n", "item_code": "kod", "quantity": "kol", "unit": "ed"}
    orders = {
        "table": "zakupka",
        "key": "id",
        "changed": {"column": "izmenena", "kind": "timestamp", "time_zone": "UTC"},
        "number": "nomer",
        "status": "status",
        "statuses": {"ДА": "active", "ЧЕРНОВИК": "none"},
        "requested_date": "srok",
        "lines": lines,
    }
    config = {
        "url": f"sqlite:///{shop.path}",
        "units": {"шт": "H87"},
        "poll_seconds": 0.2,
        "compare_rows": 1,
        "page_rows": 1,
        "withdraw_after_seconds": 1,
        "orders": orders,
    }
    text = yaml.safe_dump({"member": BUYER, "connector": "sql", "config": config}, allow_unicode=True)
    file.write_text(text, encoding="utf-8")
    with world(settings) as around, core(settings), connector(settings, file):
        yield around


def last_plant_orders(around: World, order_id: str) -> list[dict[str, Any]]:
    """Return the last revision of every plant order of the order."""
    last: dict[str, dict[str, Any]] = {}
    for member in ("ruskran", "oemz", "oetz", "zmk-most", "tsvetnoy-bulvar"):
        for value in around.inbox(member, "orders"):
            if value["order_key"] == f"{BUYER}:{order_id}":
                last[value["plant_order_id"]] = value
    return list(last.values())


def test_one_number_a_clock_ahead_and_a_withdrawal(running: World, shop: Shop) -> None:
    shop.order(1, minutes=10)
    wait_for(lambda: last_plant_orders(running, "1"), "the order that is stamped ahead goes to a plant")
    shop.order(2)
    wait_for(lambda: last_plant_orders(running, "2"), "the next one, stamped rightly and with the same number, as well")
    assert {order["document_status"] for order in last_plant_orders(running, "1")} == {"ACTIVE"}
    assert {order["order_number"] for key in "12" for order in last_plant_orders(running, key)} == {"ЗП-1/2027"}

    shop.do("DELETE FROM zakupka WHERE id = 1")
    running.status(BUYER, "1", "CANCELLED")
    wait_for(
        lambda: {order["document_status"] for order in last_plant_orders(running, "1")} == {"CANCELLED"},
        "the plants are told that the deleted order is cancelled",
    )
    assert {order["document_status"] for order in last_plant_orders(running, "2")} == {"ACTIVE"}
    assert running.dead_letters() == []
