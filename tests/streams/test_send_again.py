"""Refused on the real Kafka, mended, and sent again: an order that goes by itself stays one, an answer is taken."""

import json
from pathlib import Path

import pytest

from kranhub.settings import Settings, variables
from streams.cli.send_again import send_again
from tests.support.cli_process import kranhub
from tests.support.stack import Stack
from tests.support.terminal import call
from tools.harness.core import World, core, line, order, response, wait_for, world

pytestmark = pytest.mark.stack

BUYER, PLANT, CODE = "sibir-terminal", "oemz", "ДВ-НОВЫЙ"


def mended(settings: Settings, folder: Path) -> Settings:
    """Return settings whose nomenclature knows the buyer's code, and how many motors a set has."""
    text = settings.required("nomenclature_file").read_text("utf-8")
    path = folder / "nomenclature.yaml"
    item = next(part for part in text.split("\n  - ") if "ДВ-7.5" in part)
    told = item.rstrip("\n") + f"\n    more_codes: {{{BUYER}: [{CODE}]}}\n    conversions: {{SET: 2}}\n"
    path.write_text(text.replace(item, told).replace("\nversion: 1\n", "\nversion: 2\n"), "utf-8")
    return settings.model_copy(update={"nomenclature_file": path})


def letter(around: World, code: str) -> str:
    """Wait for the dead letter of this code; return its id."""
    found = wait_for(lambda: [each for each in around.dead_letters() if each["code"] == code], f"the letter {code}")
    return str(found[0]["dead_letter_id"])


@pytest.mark.slow
def test_what_was_refused_is_sent_again_once_its_cause_is_gone(
    stack: Stack, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = stack.prepare(namespace)
    for name, value in variables(settings).items():
        monkeypatch.setenv(name, value)
    with world(settings) as around, core(settings):
        around.write(BUYER, "Order", "1", order("1", line("1", CODE, 4)))
        unmapped = letter(around, "unmapped-item")
        around.write(BUYER, "Order", "2", order("2"))
        asked = around.plant_order(PLANT, f"{BUYER}:2")
        answer = response(asked)
        answer["lines"][0] |= {"unit": "SET", "quantity": answer["lines"][0]["quantity"] / 2}
        around.write(PLANT, "OrderResponse", asked["plant_order_id"], answer)
        unit = letter(around, "unmapped-unit")

        assert kranhub(mended(settings, tmp_path), "core", "publish").returncode == 0
        around.status(BUYER, "1", "PLANNED")
        shown = json.loads(call(send_again, unmapped, unit, "-o", "json").output)
        assert (shown["sent"], [record["code"] for record in shown["records"]]) == (
            False,
            ["unmapped-item", "unmapped-unit"],
        )
        assert call(send_again, unmapped, unit, "--yes").exit_code == 0
        around.status(BUYER, "2", "CONFIRMED")
        around.write(BUYER, "Order", "3", order("3"))
        around.status(BUYER, "3", "PLANNED")
        assert len([value for value in around.addressed(PLANT, "orders") if value["order_id"] == "1"]) == 1
        assert len(around.dead_letters()) == 2
        assert call(send_again, "nonsense").exit_code == 1
