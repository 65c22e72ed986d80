"""A member in shadow on the real Kafka: decided, not delivered, and compared with what people placed."""

import json
from pathlib import Path

import pytest
import yaml

from kranhub.settings import Settings, variables
from streams.cli.orders import orders
from tests.support.stack import Stack
from tests.support.terminal import call
from tools.harness.core import core, line, order, wait_for, world

pytestmark = pytest.mark.stack

BUYER = "sibir-terminal"
PAINT = line("1", "ОКР-М2", 100, "MTK")
IN_SHADOW = ("tsvetnoy-bulvar", "zmk-most")


def shadowed(settings: Settings, folder: Path) -> Settings:
    """Return the settings with two plants in shadow."""
    content = yaml.safe_load(settings.required("members_file").read_text("utf-8"))
    for member in content["members"]:
        if member["id"] in IN_SHADOW:
            member["cutover"] = "shadow"
    path = folder / "members.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return settings.model_copy(update={"members_file": path})


def test_what_is_decided_in_shadow_reaches_nobody_and_is_compared(
    stack: Stack, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = shadowed(stack.prepare(namespace), tmp_path)
    for name, value in variables(settings).items():
        monkeypatch.setenv(name, value)
    with world(settings) as around, core(settings):
        for number in ("1", "2"):
            around.write(BUYER, "Order", number, order(number, PAINT))
            around.status(BUYER, number, "PLANNED")
        for number, plant in (("1", "tsvetnoy-bulvar"), ("2", "zmk-most")):
            placed = order(number, {**PAINT, "opening_plant": plant}, opening=True, revision=1)
            around.write(BUYER, "Order", number, placed)
            around.status(BUYER, number, "CONFIRMED")
        found = wait_for(lambda: json.loads(call(orders, "shadow", "-o", "json").output)["lines"], "both are compared")
        verdicts = {each["order_key"]: (list(each["hub"]), each["placed_at"], each["verdict"]) for each in found}
        assert verdicts == {
            f"{BUYER}:1": (["tsvetnoy-bulvar"], "tsvetnoy-bulvar", "same-plant"),
            f"{BUYER}:2": (["tsvetnoy-bulvar"], "zmk-most", "other-plant"),
        }
        assert [around.addressed(plant, "orders") for plant in IN_SHADOW] == [[], []]
