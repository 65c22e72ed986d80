"""A customer's SQL database on the real Kafka: two orders with one number, a row stamped ahead, an order withdrawn."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from tests.support.connector_process import connector
from tests.support.core import World, core, wait_for, world
from tests.support.stack import Stack, new_namespace

pytestmark = pytest.mark.stack

BUYER, PLANT, NUMBER = "sibir-terminal", "oemz", "ЗП-1/2027"
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
            f"INSERT INTO zakupka VALUES ({key}, '{NUMBER}', 'ДА', '2027-03-01', '{stamp}');"
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


def told(around: World) -> dict[str, set[str]]:
    """Return what the plant was told last of every order: the status of each of its plant orders."""
    orders: dict[str, dict[str, str]] = {}
    for value in around.inbox(PLANT, "orders"):
        assert value["order_number"] == NUMBER
        orders.setdefault(value["order_key"], {})[value["plant_order_id"]] = value["document_status"]
    return {key: set(statuses.values()) for key, statuses in orders.items()}


def test_one_number_a_clock_ahead_and_a_withdrawal(running: World, shop: Shop) -> None:
    shop.order(1, minutes=10)
    ahead, right = f"{BUYER}:1", f"{BUYER}:2"
    wait_for(lambda: told(running) == {ahead: {"ACTIVE"}}, "the order that is stamped ahead goes to the plant")
    shop.order(2)
    wait_for(
        lambda: told(running) == {ahead: {"ACTIVE"}, right: {"ACTIVE"}},
        "the next one, stamped rightly and with the same number, goes there as another order",
    )
    shop.do("DELETE FROM zakupka WHERE id = 1")
    wait_for(
        lambda: told(running) == {ahead: {"CANCELLED"}, right: {"ACTIVE"}},
        "the plant is told that the deleted order is cancelled, and nothing of the other",
    )
    running.status(BUYER, "1", "CANCELLED")
    assert running.dead_letters() == []
