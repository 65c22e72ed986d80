"""`kranhub load`: capacity, reserved and free by capability and week, from this week on."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from streams.cli import tables
from streams.cli.load import load
from streams.routing.allocator.capacity import week_of
from tests.support.decisions import party
from tests.support.terminal import NOW, Hub, call, hub

__all__ = ["hub"]

TODAY = datetime.now(UTC).date()


def plant_load(plant: str = "oemz", **changes: Any) -> Any:
    """Return the load of a plant: last week, and 20 more; 7 of 10 are taken in this one."""
    weeks = [
        {
            "week": week_of(TODAY + timedelta(days=7 * number)),
            "capacity": Decimal(10),
            "reserved": Decimal(7) if number == 0 else Decimal(0),
            "free": Decimal(3) if number == 0 else Decimal(10),
        }
        for number in range(-1, 20)
    ]
    return {"plant": plant, "capability": "27.11", "unit": "H87", "weeks": weeks, "as_of": NOW, **changes}


@pytest.fixture
def known(hub: Hub) -> Hub:
    hub.put("hub.parties", "oemz", "Party", party("oemz", "OEMZ", "ОЭМЗ"))
    hub.put("hub.loads", "zmk|25.11|TNE", "PlantLoad", plant_load("zmk", capability="25.11", unit="TNE"))
    hub.put("hub.loads", "oemz|27.11|H87", "PlantLoad", plant_load())
    return hub


@pytest.mark.usefixtures("known")
def test_a_plants_weeks_begin_with_this_one() -> None:
    shown = call(load, "oemz", "--weeks", "2").output.splitlines()
    this, after = week_of(TODAY), week_of(TODAY + timedelta(days=7))
    assert shown == [f"OEMZ  27.11  {this}  10 H87  7  3  70%", f"OEMZ  27.11  {after}  10 H87  0  10  0%"]


@pytest.mark.usefixtures("known")
def test_without_a_plant_all_are_shown_for_eight_weeks() -> None:
    found = json.loads(call(load, "-o", "json").output)
    assert [each["plant"] for each in found] == ["oemz", "zmk"]
    assert {len(each["weeks"]) for each in found} == {8}
    assert found[0]["weeks"][0] == {"week": week_of(TODAY), "capacity": "10", "reserved": "7", "free": "3"}


def test_the_last_record_counts_and_a_deleted_one_is_gone(known: Hub) -> None:
    known.put("hub.loads", "oemz|27.11|H87", "PlantLoad", plant_load(unit="KGM"))
    known.delete("hub.loads", "zmk|25.11|TNE")
    assert [each["unit"] for each in json.loads(call(load, "-o", "json").output)] == ["KGM"]


@pytest.mark.usefixtures("known")
def test_an_unknown_plant_is_a_handled_failure_that_names_those_that_are_known() -> None:
    shown = call(load, "nobody")
    assert shown.exit_code == 1
    assert "Known: oemz, zmk." in str(shown.exception)


def test_a_week_in_which_nothing_can_be_made_has_no_share(hub: Hub) -> None:
    week = {"week": week_of(TODAY), "capacity": Decimal(0), "reserved": Decimal(2), "free": Decimal(0)}
    hub.put("hub.loads", "oemz|27.11|H87", "PlantLoad", plant_load(weeks=[week]))
    assert call(load).output.endswith("0 H87  2  0  -\n")


def test_when_no_plant_was_asked_that_is_said_in_both_languages(hub: Hub) -> None:
    assert hub.topics == {}
    assert call(load).output == "No plant with a capacity has been asked yet.\n"
    assert "ещё не спрашивали" in call(load, lang="ru").output


@pytest.mark.usefixtures("known")
def test_on_a_terminal_it_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "Console", lambda: Console(force_terminal=True, color_system=None, width=140))
    assert "┃ reserved" in call(load, "oemz").output


def test_a_week_count_that_no_record_has_is_refused() -> None:
    assert call(load, "--weeks", "53").exit_code == 2
    assert call(load, "--weeks", "0").exit_code == 2
