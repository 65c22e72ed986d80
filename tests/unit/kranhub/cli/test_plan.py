"""`kranhub plan`: what goes into what, where and by when, with a mark on what decides, in both languages."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from kranhub.cli import plan
from kranhub.readmodel import plan_lines, plan_texts
from kranhub.wire.messages import OrderPlanPartState, OrderPlanState
from tests.support.decisions import party
from tests.support.order_plan import CRANE, MOTORS, PAINT, order_plan, part
from tests.support.plants import KEY
from tests.support.terminal import Hub, call, hub

__all__ = ["hub"]


@pytest.fixture
def known(hub: Hub) -> Hub:
    hub.put("hub.parties", "ruskran", "Party", party("ruskran", "RusKran", "РусКран"))
    hub.put("hub.plans", KEY, "OrderPlan", order_plan(CRANE, MOTORS, PAINT))
    return hub


@pytest.mark.usefixtures("known")
def test_parts_stand_under_what_they_go_into() -> None:
    shown = call(plan.plan, KEY)
    assert shown.exit_code == 0
    assert shown.output.splitlines() == [
        f"{KEY}: confirmed; wanted on 2027-03-01, promised for 2027-02-25, earliest 2027-02-25, slack 4 days; "
        "plan 3 of 2026-11-24 08:30 UTC",
        "The day is decided by 1.2 coating, tsvetnoy-bulvar.",
        "  part           quantity  plant            start       ready       latest      slack, days  state      "
        "day by",
        "* 1.1 crane      1 H87     RusKran          2027-02-09  2027-02-22  2027-02-26  4            confirmed  "
        "hub's count",
        "    1.3 motor    6 H87     oemz             2027-02-09  2027-02-01  2027-02-26  13           confirmed  made",
        "*   1.2 coating  350 MTK   tsvetnoy-bulvar  2027-02-02  2027-02-08  2027-02-14  6            confirmed  "
        "plant's promise",
        "* decides the day (critical path). latest: the last day to be ready so that the line is there when it is "
        "wanted.",
    ]


@pytest.mark.usefixtures("known")
def test_it_is_told_in_russian_too() -> None:
    shown = call(plan.plan, "17", lang="ru").output
    for words in ("подтверждено", "запас дней: 4", "Срок решает 1.2", "РусКран", "обещанию завода", "критический путь"):
        assert words in shown


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("order", [KEY, "17", f"{KEY}/1.1.1"])
def test_an_order_is_found_by_what_a_person_calls_it(order: str) -> None:
    found = json.loads(call(plan.plan, order, "-o", "json").output)
    assert (found["order_key"], found["slack"], found["critical_path"]) == (KEY, 4, ["1.2", "1.1"])
    assert found["parts"][0]["finish"] == "2027-02-22"


def test_a_number_and_several_buyers_and_the_last_plan_counts(known: Hub) -> None:
    known.put("hub.plans", KEY, "OrderPlan", order_plan(revision=4, order_number="№ 12"))
    assert json.loads(call(plan.plan, "№ 12", "-o", "json").output)["revision"] == 4
    known.put("hub.plans", "irtysh-stroy:17", "OrderPlan", order_plan(order_key="irtysh-stroy:17"))
    assert call(plan.plan, "17").exit_code == 2


def test_a_closed_order_has_none_and_the_next_step_is_said(known: Hub) -> None:
    known.delete("hub.plans", KEY)
    shown = call(plan.plan, "17")
    assert shown.exit_code == 1
    assert "kranhub trace 17" in str(shown.exception)


def test_a_part_without_a_plant_says_why(hub: Hub) -> None:
    nobody = {"finish": None, "start": None, "latest_finish": None, "slack": None, "date_basis": "UNKNOWN"}
    held = part("1.1", None, state="ON_HOLD", hold_reason="no-candidate", **nobody)
    hub.put("hub.plans", KEY, "OrderPlan", order_plan(held, slack=None, promised_date=None, earliest_date=None))
    shown = call(plan.plan, KEY).output
    assert "The day is decided by 1.1 crane, without a plant (no-candidate)." in shown
    assert "on hold (no-candidate)" in shown
    assert "без завода" in call(plan.plan, KEY, lang="ru").output


def test_parts_that_are_left_out_are_counted_and_no_part_is_no_decision(hub: Hub) -> None:
    hub.put("hub.plans", KEY, "OrderPlan", {**order_plan(parts_left_out=7), "parts": [], "critical_path": []})
    shown = call(plan.plan, KEY).output
    assert "7 more parts are not shown." in shown
    assert "decided by" not in shown


@pytest.mark.usefixtures("known")
def test_on_a_terminal_it_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "Console", partial(Console, force_terminal=True, color_system=None, width=160))
    shown = call(plan.plan, KEY).output
    assert "┃ latest" in shown
    assert "│ *   1.2 coating" in shown


def test_every_state_has_both_languages() -> None:
    states = {str(state) for state in (*OrderPlanPartState, *OrderPlanState)} - {"UNKNOWN"}
    assert states == set(plan_texts.STATES)
    assert plan_texts.state_of("UNKNOWN").en == "UNKNOWN"


def test_what_decides_is_the_first_part_that_is_not_made() -> None:
    made, waiting = {**PAINT, "date_basis": "FACT"}, CRANE
    assert plan_texts.deciding(order_plan(waiting, made)) == waiting
    both = order_plan({**waiting, "date_basis": "FACT"}, made)
    assert plan_texts.deciding(both)["place"] == "1.1"  # type: ignore[index]


NODES = [("", None), ("a", ""), ("b", ""), ("c", "a"), ("d", "gone")]


@given(st.lists(st.tuples(st.sampled_from(["1", "2"]), st.sampled_from(NODES)), max_size=9))
def test_the_tree_has_every_part_once_and_components_deeper_than_their_target(found: list[Any]) -> None:
    parts = [part(f"{line}.{number}", node=node, feeds=feeds) for number, (line, (node, feeds)) in enumerate(found, 1)]
    tree = list(plan_lines.tree(parts))
    assert sorted(placed.part["place"] for placed in tree) == sorted(each["place"] for each in parts)
    for placed in tree:
        if placed.depth:
            into = [
                each
                for each in tree
                if each.part["line_id"] == placed.part["line_id"] and each.part["node"] == placed.part["feeds"]
            ]
            assert {each.depth for each in into} == {placed.depth - 1}
