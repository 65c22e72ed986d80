"""The commands that steer routing, on the real Kafka with a running core: explain, step in, try out, publish."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from kranhub.cli.plan import plan
from kranhub.cli.why import why
from kranhub.settings import variables
from streams.cli.load import load
from streams.cli.orders import orders
from streams.cli.repromise import repromise
from streams.cli.rules import rules
from tests.support.fields import fields
from tests.support.stack import Stack
from tests.support.terminal import call
from tools.harness.core import World, core, line, order, wait_for, world
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack

BUYER = "sibir-terminal"
WHY = ("--reason", "as agreed by telephone", "--actor", "dispatcher")
PAINT = line("1", "ОКР-М2", 100, "MTK")
MOTORS = line("1", "ДВ-7.5", 300)
"""As many as the plant makes in five weeks."""


@pytest.fixture(scope="module")
def hub(stack: Stack) -> Iterator[World]:
    settings = stack.prepare(new_namespace())
    with world(settings) as around, core(settings):
        yield around


@pytest.fixture(autouse=True)
def _there(hub: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(hub.settings).items():
        monkeypatch.setenv(name, value)


def shown(command: Any, *words: str) -> Any:
    result = call(command, *words, "-o", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_person_gives_a_part_to_another_plant_and_sees_why(hub: World) -> None:
    key = f"{BUYER}:701"
    hub.write(BUYER, "Order", "701", order("701", PAINT))
    asked = hub.plant_order("tsvetnoy-bulvar", key)
    (first,) = shown(why, "701")
    assert (first["chosen"], first["rule"]) == ("tsvetnoy-bulvar", "stock-then-earliest")
    assert [other["why_not"] for other in first["alternatives"]] == [None, "later-date"]
    sent = shown(orders, "override-plant", key, "--plant-order", asked["plant_order_id"], "--plant", "zmk-most", *WHY)
    hub.plant_order("zmk-most", key)
    last = wait_for(lambda: shown(why, key)[1:], "the second decision is known")[-1]
    assert (last["chosen"], last["inputs"]["by_hand"]) == ("zmk-most", "yes")
    assert "ЗМК-Мост" in last["text"]["ru"]
    audit = [fields(message) for message in hub.read("hub.audit") if message.key == key and message.value]
    assert [(entry["entry_id"], entry["actor"]) for entry in audit] == [(sent["action_id"], "dispatcher")]


def test_a_planner_sees_the_plan_what_is_late_and_how_full_a_plant_is(hub: World) -> None:
    key = f"{BUYER}:703"
    hub.write(BUYER, "Order", "703", order("703", line("1", "ДВ-7.5", 4)))
    asked = hub.plant_order("oemz", key)
    found = wait_for(lambda: [value for value in [planned("703")] if value], "the plan is known")[0]
    assert (found["order_key"], found["critical_path"]) == (key, ["1.1"])
    assert found["parts"][0]["plant_order_id"] == asked["plant_order_id"]
    listed = {entry["plan"]["order_key"] for entry in shown(orders, "late", "--within", "100000")}
    assert key in listed
    wait_for(lambda: "oemz" in {each["plant"] for each in shown(load)}, "a tick has published the plant's load")


def test_what_is_freed_goes_to_an_order_that_has_a_day_once_a_person_agrees(hub: World) -> None:
    first, second = f"{BUYER}:704", f"{BUYER}:705"
    hub.write(BUYER, "Order", "704", order("704", MOTORS))
    hub.plant_order("oemz", first)
    hub.write(BUYER, "Order", "705", order("705", MOTORS, requested_date=datetime.now(UTC).date()))
    asked = hub.plant_order("oemz", second)
    hub.write(BUYER, "Order", "704", order("704", MOTORS, document_status="CANCELLED"))
    proposal = wait_for(
        lambda: [found for found in [shown(repromise, "oemz")["proposal"]] if found["moves"]], "something is freed"
    )[0]
    (move,) = proposal["moves"]
    assert (proposal["state"], move["request_id"]) == ("PROPOSED", asked["plant_order_id"])
    assert move["after"] < move["before"] == asked["requested_date"].isoformat()
    done = shown(repromise, "oemz", "--yes", *WHY)
    assert (done["done"], done["proposal"]["moves"]) == (True, [move])
    revised = wait_for(lambda: _revised(hub, second), "the plant reads the new day")
    assert revised["requested_date"].isoformat() == move["after"]
    assert [entry["actor"] for entry in map(fields, hub.read("hub.audit")) if entry["action"] == "REPROMISE"] == [
        "dispatcher"
    ]
    assert shown(repromise, "oemz")["proposal"]["moves"] == []


def _revised(hub: World, key: str) -> Any:
    found = hub.plant_order("oemz", key)
    return found if found["revision"] == 2 else None


def planned(number: str) -> Any:
    result = call(plan, number, "-o", "json")
    return json.loads(result.output) if result.exit_code == 0 else None


def test_an_action_that_the_planner_refuses_is_a_dead_letter(hub: World) -> None:
    shown(orders, "freeze", f"{BUYER}:never-placed", *WHY)
    letters = wait_for(
        lambda: [letter for letter in hub.dead_letters() if letter["code"] == "unknown-order"], "it is refused"
    )
    assert letters[0]["key"] == f"{BUYER}:never-placed"


def test_rules_are_tried_out_published_and_followed(hub: World, tmp_path: Path) -> None:
    key = f"{BUYER}:702"
    hub.write(BUYER, "Order", "702", order("702", PAINT))
    hub.plant_order("tsvetnoy-bulvar", key)
    assert shown(rules, "diff")["changes"] == []
    files = _changed(hub, tmp_path)
    changes = {(change["kind"], change["what"]) for change in shown(rules, "diff", *files)["changes"]}
    assert ("RULE", "added") in changes
    tried = shown(rules, "what-if", *files)
    moved = {moved["order_key"]: moved["after"] for moved in tried["moved"]}
    assert [(place["plant"], place["waits"]) for place in moved[key]] == [("zmk-most", True)]
    assert shown(rules, "publish", *files, *WHY)["version"] == {"published": 1, "files": 2}
    assert shown(rules, "diff", *files)["changes"] == []
    audit = [fields(message) for message in hub.read("hub.audit") if message.key == "masterdata" and message.value]
    assert [(entry["before"], entry["after"]) for entry in audit] == [("1", "2")]
    _follow(hub)


def _changed(hub: World, folder: Path) -> tuple[str, ...]:
    """Files of version 2, in which painting is not for Tsvetnoy Bulvar and waits for a person."""
    careful = {"rule": "careful", "when": {"okpd2": ["25.61"]}, "mode": "approve", "deny": ["tsvetnoy-bulvar"]}
    rest = yaml.safe_load(Path(hub.settings.required("rules_file")).read_text("utf-8"))["rules"]
    items = yaml.safe_load(Path(hub.settings.required("nomenclature_file")).read_text("utf-8"))
    for name, content in (("rules", {"rules": [careful, *rest]}), ("nomenclature", {**items, "version": 2})):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return "--rules", str(folder / "rules.yaml"), "--nomenclature", str(folder / "nomenclature.yaml")


def _follow(hub: World) -> None:
    """An order under the new rule waits for a person, and goes out when one agrees."""
    key = f"{BUYER}:703"
    wait_for(lambda: [m for m in hub.read("hub.rules") if m.key.startswith("careful")], "the core has the rule")
    hub.write(BUYER, "Order", "703", order("703", PAINT))
    (waits,) = wait_for(
        lambda: [alert for alert in shown(orders, "waiting") if alert["order_key"] == key], "it waits for a person"
    )
    assert waits["code"] == "approval-needed"
    number = waits["alert_id"].removeprefix("approval-needed/")
    assert not [value for value in hub.addressed("zmk-most", "orders") if value["order_key"] == key]
    shown(orders, "approve", number, *WHY)
    assert hub.plant_order("zmk-most", key)["plant_order_id"] == number
    assert not [alert for alert in shown(orders, "waiting") if alert["order_key"] == key]
    (decided,) = shown(why, number)
    assert (decided["rule"], decided["mode"]) == ("careful", "approve")
