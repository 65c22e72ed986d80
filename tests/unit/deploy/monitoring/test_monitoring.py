"""Alert rules and dashboard: what they name is really served, and the files beside the code are current."""

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from deploy.monitoring import cli, dashboard, rules
from deploy.monitoring.exporter import Exporter, look
from kranhub.operations.health import Loops
from kranhub.operations.status.status import Status
from tests.support import served
from tests.support.served import Series

FOLDER = Path(rules.__file__).parent
NAME = r"\b(?:kranhub|process)_[a-z_]+\b"
GROUPED = r"(?:by|on) \(([\w, ]+)\)"

EXPRESSIONS = [
    *((alert.name, alert.expr) for alert in rules.ALERTS),
    *((panel.title.en, expr) for panel in dashboard.PANELS for expr, _ in panel.queries),
]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Series]:
    with served.everything(tmp_path_factory.mktemp("served")) as port:
        yield served.series(port)


@pytest.mark.parametrize(("name", "expr"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_what_is_named_is_served_with_the_labels_that_are_named(told: Series, name: str, expr: str) -> None:
    named = set(re.findall(NAME, re.sub(r"\{[^}]*\}", "", expr)))
    assert named
    assert named <= told.keys()
    for metric, selector in re.findall(rf"({NAME})\{{([^}}]*)\}}", expr):
        wanted = set(re.findall(r"(\w+)=", selector))
        assert any(wanted <= labels.keys() for labels in told[metric]), metric
    for labels in re.findall(GROUPED, expr):
        wanted = set(labels.split(", ")) - {"job", "instance", "le"}
        assert any(wanted <= each.keys() for metric in named for each in told[metric]), labels


def test_a_name_that_nothing_serves_would_be_seen(told: Series) -> None:
    with pytest.raises(AssertionError):
        test_what_is_named_is_served_with_the_labels_that_are_named(told, "x", "kranhub_orders_lost > 0")
    with pytest.raises(AssertionError):
        test_what_is_named_is_served_with_the_labels_that_are_named(told, "x", 'kranhub_orders{status="x"} > 0')


def test_every_metric_of_ours_is_on_the_dashboard_or_in_a_rule(told: Series) -> None:
    named = {name for _, expr in EXPRESSIONS for name in re.findall(NAME, expr)}
    ours = {name for name in told if name.startswith("kranhub_") and not name.endswith(("_created", "_sum", "_count"))}
    shown = {"kranhub_core_outputs_total", "kranhub_core_partitions", "kranhub_core_state_keys"}
    shown |= {"kranhub_view_events_total", "kranhub_connector_commits_total", "kranhub_connector_state_seconds"}
    assert ours - named == shown | {"kranhub_supervised_running"}


def test_the_files_beside_are_current() -> None:
    hint = "run `kranhub monitoring rules > deploy/monitoring/kranhub.rules.yml`, and the same for the dashboard"
    assert (FOLDER / "kranhub.rules.yml").read_text("utf-8") == rules.document(), hint
    assert (FOLDER / "kranhub.dashboard.json").read_text("utf-8") == dashboard.document(), hint


def test_rules_are_told_in_both_languages_and_what_is_gone_is_seen() -> None:
    found: list[dict[str, Any]] = yaml.safe_load(rules.document())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in found}) == len(rules.ALERTS)
    for rule in found:
        said = rule["annotations"]
        assert {"summary", "summary_ru", "description", "description_ru"} == said.keys()
        assert re.search("[а-яё]", said["summary_ru"])
    absent = {name for alert in rules.ALERTS for name in re.findall(rf"absent\(({NAME})", alert.expr)}
    assert absent == {
        "kranhub_status_timestamp_seconds",
        "kranhub_group_workers",
        "kranhub_connector_state",
        "kranhub_orders_on_hold",
    }


def test_a_panel_stands_beside_the_next_and_over_none() -> None:
    panels = json.loads(dashboard.document())["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels) == len({panel["id"] for panel in panels})


def test_the_exporter_tells_nothing_of_groups_that_it_does_not_see() -> None:
    exporter, registry = Exporter(), CollectorRegistry()
    registry.register(exporter)
    assert list(registry.collect()) == []
    exporter.saw(Status(kind="embedded", broker_answers=False))
    names = {metric.name for metric in registry.collect()}
    assert "kranhub_group_workers" not in names
    assert registry.get_sample_value("kranhub_answers", {"part": "kafka"}) == 0
    exporter.saw(served.STATUS)
    assert registry.get_sample_value("kranhub_group_lag_seconds", {"group": "core.planner"}) == 7
    assert registry.get_sample_value("kranhub_findings", {"code": "unserved"}) == 1
    task = {"member": "oemz", "connector": "erp", "task": "sink"}
    assert registry.get_sample_value("kranhub_connector_lag_records", task) == 2
    assert registry.get_sample_value("kranhub_connector_state", {**task, "state": "RUNNING"}) == 1


def test_the_exporter_outlives_a_look_that_fails_and_is_ready_while_the_hub_answers() -> None:
    loops, exporter, stopping = Loops(), Exporter(), threading.Event()
    loop = loops.loop("monitoring", 60)
    looks: list[Any] = [OSError("away"), served.STATUS, Status(kind="embedded")]
    ready: list[bool] = []

    def ask() -> Status:
        ready.append(loops.ready().ok)
        found = looks.pop(0)
        if not looks:
            stopping.set()
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, Status)
        return found

    look(exporter, ask, loop, stopping, 0)
    assert [*ready, loops.ready().ok] == [False, False, True, False]
    assert cli.EVERY_S < cli.LONGEST_S


def test_the_dashboard_is_json_that_names_its_source() -> None:
    found = json.loads(dashboard.document())
    assert {panel["datasource"]["uid"] for panel in found["panels"]} == {"${source}"}
    assert found["templating"]["list"][0]["name"] == "source"
