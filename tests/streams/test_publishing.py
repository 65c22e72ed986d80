"""Publishing on the real Kafka: a member is renamed while it has an open order, by mistake, and back."""

import json
from pathlib import Path

import pytest

from kranhub.broker import admin, topics
from kranhub.parties import members
from kranhub.settings import Settings
from tests.support.cli_process import kranhub
from tests.support.stack import Stack
from tools.harness.core import World, core, line, order, wait_for, world

pytestmark = pytest.mark.stack

BUYER, OLD, NEW = "sibir-terminal", "oemz", "oemz-elektro"
MOTORS = line("1", "ДВ-7.5", 4)


def files(settings: Settings, folder: Path, version: int, member: str) -> Settings:
    """Return settings whose files are of this version and call the plant so."""
    found = {}
    for name in ("members_file", "nomenclature_file"):
        text = getattr(settings, name).read_text("utf-8")
        path = folder / f"{name}-{version}.yaml"
        path.write_text(text.replace("\nversion: 1\n", f"\nversion: {version}\n").replace(OLD, member), "utf-8")
        found[name] = path
    return settings.model_copy(update=found)


def waiting(settings: Settings) -> list[tuple[str, str]]:
    """Return code and order of what waits for a person."""
    said = kranhub(settings, "orders", "waiting", "-o", "json")
    return [(alert["code"], alert["order_key"]) for alert in json.loads(said.stdout)]


def revisions(around: World, member: str, order_id: str) -> list[int]:
    """Return the revisions of the order's plant orders that the member has got."""
    found = [value for value in around.addressed(member, "orders") if value["order_id"] == order_id]
    return [value["revision"] for value in found]


def test_a_rename_with_an_open_order_is_refused_then_held_and_goes_on_once_it_is_taken_back(
    stack: Stack, namespace: str, tmp_path: Path
) -> None:
    settings = stack.prepare(namespace)
    renamed, back = (files(settings, tmp_path, version, name) for version, name in ((2, NEW), (3, OLD)))
    with world(settings) as around, core(settings):
        around.write(BUYER, "Order", "1", order("1", MOTORS))
        around.status(BUYER, "1", "PLANNED")

        refused = kranhub(renamed, "core", "publish")
        assert (refused.returncode, f"{BUYER}:1/1.1.1" in refused.stderr) == (4, True)
        preview = json.loads(kranhub(renamed, "core", "publish", "--dry-run", "-o", "json").stdout)
        assert preview["leaving"]["members"] == [OLD]
        assert len(preview["topics"]) == len([name for name in preview["topics"] if NEW in name]) > 0
        assert kranhub(renamed, "core", "publish", "--force").returncode == 0
        assert admin.missing_of_members(settings, members.load(renamed.required("members_file"))) == []

        around.status(BUYER, "1", "ON_HOLD")
        assert waiting(settings) == [("plant-gone", f"{BUYER}:1")]
        around.write(BUYER, "Order", "1", order("1", line("1", "ДВ-7.5", 6), revision=1))
        around.write(BUYER, "Order", "2", order("2", MOTORS))
        around.status(BUYER, "2", "PLANNED")
        assert (revisions(around, OLD, "1"), revisions(around, NEW, "2")) == ([1], [1])

        assert kranhub(back, "core", "publish", "--force").returncode == 0
        around.status(BUYER, "1", "PLANNED")
        around.status(BUYER, "2", "ON_HOLD")
        wait_for(lambda: revisions(around, OLD, "1") == [1, 2], "the change reaches the plant")
        assert waiting(settings) == [("plant-gone", f"{BUYER}:2")]
        assert around.dead_letters() == []


def test_the_core_starts_with_a_file_that_must_not_be_published_and_works_by_what_is(
    stack: Stack, namespace: str, tmp_path: Path
) -> None:
    settings = stack.prepare(namespace)
    renamed = files(settings, tmp_path, 2, NEW)
    with world(settings) as around:
        with core(settings):
            around.write(BUYER, "Order", "1", order("1", MOTORS))
            around.status(BUYER, "1", "PLANNED")
        with core(renamed):
            around.write(BUYER, "Order", "2", order("2", MOTORS))
            around.status(BUYER, "2", "PLANNED")
            assert [revisions(around, OLD, number) for number in ("1", "2")] == [[1], [1]]


@pytest.mark.slow
def test_what_is_for_a_topic_that_does_not_exist_is_held_and_goes_by_itself_once_it_does(
    stack: Stack, namespace: str
) -> None:
    settings = stack.prepare(namespace).model_copy(update={"tick_s": 1})
    topic = topics.inbound(settings.namespace, OLD, "orders")
    with world(settings) as around, core(settings):
        wait_for(lambda: around.read("hub.items"), "the core has published")
        with admin.admin(settings) as client:
            client.delete_topics([topic])
        wait_for(
            lambda: admin.missing_of_members(settings, members.load(settings.required("members_file"))), "it is gone"
        )
        around.write(BUYER, "Order", "1", order("1", MOTORS))
        around.status(BUYER, "1", "ON_HOLD")
        assert waiting(settings) == [("no-topic", f"{BUYER}:1")]
        assert kranhub(settings, "core", "publish").returncode == 0
        around.status(BUYER, "1", "PLANNED")
        assert (revisions(around, OLD, "1"), waiting(settings), around.dead_letters()) == ([1], [], [])
