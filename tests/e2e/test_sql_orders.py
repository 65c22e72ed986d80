"""A customer's SQL database on the real Kafka: two orders with one number, a row stamped ahead, an order withdrawn."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.connector_process import connector
from tests.support.stack import Stack
from tools.harness.core import World, core, wait_for, world
from tools.harness.settings import new_namespace
from tools.harness.sql_shop import BUYER, MOTOR, Shop

pytestmark = pytest.mark.stack

PLANT, NUMBER = "oemz", "ЗП-1/2027"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "shop.db")


@pytest.fixture
def running(stack: Stack, shop: Shop) -> Iterator[World]:
    settings = stack.prepare(new_namespace())
    file = shop.file.with_suffix(".yaml")
    shop.write_file(file, poll_seconds=0.2, compare_rows=1, page_rows=1, withdraw_after_seconds=1)
    with world(settings) as around, core(settings), connector(settings, file):
        yield around


def told(around: World) -> dict[str, set[str]]:
    """Return what the plant was told last of every order: the status of each of its plant orders."""
    orders: dict[str, dict[str, str]] = {}
    for value in around.addressed(PLANT, "orders"):
        assert value["order_number"] == NUMBER
        orders.setdefault(value["order_key"], {})[value["plant_order_id"]] = value["document_status"]
    return {key: set(statuses.values()) for key, statuses in orders.items()}


def test_one_number_a_clock_ahead_and_a_withdrawal(running: World, shop: Shop) -> None:
    shop.order(1, NUMBER, MOTOR, 4, "2027-03-01", timedelta(minutes=10))
    ahead, right = f"{BUYER}:1", f"{BUYER}:2"
    wait_for(lambda: told(running) == {ahead: {"ACTIVE"}}, "the order that is stamped ahead goes to the plant")
    shop.order(2, NUMBER, MOTOR, 4, "2027-03-01")
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
