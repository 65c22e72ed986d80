"""`kranhub orders late`: the least slack first, with what decides; quotations and orders that are over are left out."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from streams.admin import late_orders
from streams.cli import tables
from streams.cli.orders import orders
from tests.support.order_plan import CRANE, MOTORS, PAINT, order_plan, part
from tests.support.terminal import Hub, call, hub

__all__ = ["hub"]

TODAY = date(2027, 1, 10)


def listed(*words: str) -> list[str]:
    found = json.loads(call(orders, "late", "-o", "json", *words).output)
    return [entry["plan"]["order_key"] for entry in found]


@pytest.fixture
def known(hub: Hub) -> Hub:
    """Five orders: 4 days, late, far away, of another buyer, and one that is over."""
    soon = datetime.now(UTC).date() + timedelta(days=300)
    some: dict[str, Any] = {
        "soon": {"slack": 4},
        "late": {"slack": -3, "order_number": "7/2026", "state": "IN_PRODUCTION"},
        "easy": {"slack": 30},
        "over": {"slack": -9, "state": "DELIVERED"},
        "asked": {"slack": -9, "quotation": True},
    }
    for number, changes in some.items():
        key = f"sibir-terminal:{number}"
        hub.put("hub.plans", key, "OrderPlan", order_plan(order_key=key, requested_date=soon, **changes))
    motors = part("1.1", "oemz", item="motor", date_basis="PROMISE")
    key = "irtysh-stroy:motor"
    hub.put("hub.plans", key, "OrderPlan", order_plan(motors, order_key=key, requested_date=soon, slack=5))
    return hub


@pytest.mark.usefixtures("known")
def test_the_least_slack_comes_first_and_what_is_over_or_only_asked_is_left_out() -> None:
    assert listed() == ["sibir-terminal:late", "sibir-terminal:soon", "irtysh-stroy:motor"]


@pytest.mark.usefixtures("known")
def test_it_can_be_narrowed() -> None:
    assert listed("--within", "4") == ["sibir-terminal:late", "sibir-terminal:soon"]
    assert listed("--within", "-1") == ["sibir-terminal:late"]
    assert listed("--within", "30")[-1] == "sibir-terminal:easy"
    assert listed("--plant", "oemz") == ["irtysh-stroy:motor"]
    assert listed("--buyer", "irtysh-stroy") == ["irtysh-stroy:motor"]
    assert listed("--buyer", "nobody") == []


@pytest.mark.usefixtures("known")
def test_each_has_the_part_that_decides_and_its_plant() -> None:
    first, *_ = call(orders, "late").output.splitlines()
    assert first.startswith("-3  sibir-terminal:late (№ 7/2026)  ")
    assert first.endswith("2027-02-25  in production  1.2 coating, tsvetnoy-bulvar")
    found = json.loads(call(orders, "late", "-o", "json").output)
    assert [(entry["part"], entry["plant"]) for entry in found][-1] == ("1.1", "oemz")
    assert "в производстве" in call(orders, "late", lang="ru").output


def test_when_nothing_is_late_that_is_said(hub: Hub) -> None:
    assert hub.topics == {}
    assert call(orders, "late").output == "No open order has 5 days of slack or less.\n"
    assert "запасом 9 дн." in call(orders, "late", "--within", "9", lang="ru").output


@pytest.mark.usefixtures("known")
def test_on_a_terminal_it_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "Console", lambda: Console(force_terminal=True, color_system=None, width=140))
    assert "┃ what decides" in call(orders, "late").output


def test_an_order_without_a_day_has_at_most_the_days_that_are_left() -> None:
    nobody: Any = order_plan(part("1.1", None), slack=None, earliest_date=None, promised_date=None)
    for days in (2, -2):
        wanted: Any = {**nobody, "requested_date": TODAY + timedelta(days=days)}
        (found,) = late_orders.late([wanted], TODAY)
        assert found.slack == days
    partly: Any = {**nobody, "slack": 4, "requested_date": TODAY + timedelta(days=90)}
    assert [each.slack for each in late_orders.late([partly], TODAY)] == [4]


def test_it_says_that_no_day_is_known(hub: Hub) -> None:
    gone = date(2020, 1, 1)
    held: dict[str, Any] = {"slack": None, "earliest_date": None, "promised_date": None, "requested_date": gone}
    hub.put("hub.plans", "a:1", "OrderPlan", order_plan(part("1.1", None), order_key="a:1", **held))
    assert call(orders, "late").output.startswith("≤ -")


plans = st.builds(
    lambda number, slack, state, days: order_plan(
        CRANE,
        PAINT,
        MOTORS,
        order_key=f"b:{number}",
        slack=slack,
        state=state,
        requested_date=TODAY + timedelta(days=days),
    ),
    st.integers(0, 99),
    st.one_of(st.none(), st.integers(-40, 40)),
    st.sampled_from(["PLANNED", "CONFIRMED", "DELIVERED", "CANCELLED", "ON_HOLD"]),
    st.integers(-40, 40),
)


@given(st.lists(plans, max_size=9), st.integers(-9, 9))
def test_more_slack_only_adds_orders_and_they_are_in_order(found: list[Any], within: int) -> None:
    fewer, more = (late_orders.late(found, TODAY, within=days) for days in (within, within + 1))
    assert [order.slack for order in more] == sorted(order.slack for order in more)
    assert all(order in more for order in fewer)
    assert all(order.slack == within + 1 for order in more if order not in fewer)
    assert {order.plan["state"] for order in more} <= {"PLANNED", "CONFIRMED", "ON_HOLD"}
