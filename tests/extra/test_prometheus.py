"""The alert rules before promtool and a real Prometheus: each fires where it should and not where all is well."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.embedded.ports import any_free
from deploy.monitoring import dashboard, rules
from kranhub.broker.lag import STAGES
from tests.extra.conftest import Require
from tests.support import served
from tools.harness.core import wait_for

pytestmark = pytest.mark.extra

RULES = Path(rules.__file__).with_name("kranhub.rules.yml")
MINUTES = 60 * 24
TASK = 'member="oemz",connector="erp",task="source"'

WELL = {
    'process_start_time_seconds{job="k",instance="i"}': "5",
    'kranhub_build_info{job="k",instance="i",version="1"}': "1",
    "kranhub_status_timestamp_seconds": "0+60",
    'kranhub_answers{part="kafka"}': "1",
    **{f'kranhub_group_workers{{group="core.{stage}"}}': "2" for stage in STAGES},
    'kranhub_group_lag_seconds{group="core.planner"}': "3",
    f'kranhub_connector_state{{{TASK},state="RUNNING"}}': "1",
    f'kranhub_connector_state{{{TASK},state="STOPPED"}}': "0",
    f'kranhub_connector_state{{{TASK},state="FAILED"}}': "0",
    f'kranhub_connector_state{{{TASK},state="BACKING_OFF"}}': "0",
    f"kranhub_connector_heartbeat_age_seconds{{{TASK}}}": "20",
    f"kranhub_connector_progress_age_seconds{{{TASK}}}": "20",
    f"kranhub_connector_lag_seconds{{{TASK}}}": "0",
    'kranhub_findings{code="crash-loop"}': "0",
    "kranhub_live": "1",
    "kranhub_ready": "1",
    'kranhub_core_dead_letters_total{stage="ingest",code="old"}': "7",
    "kranhub_orders_on_hold": "1",
    "kranhub_orders_on_hold_oldest_seconds": "60",
    'kranhub_orders_oldest_seconds{state="RECEIVED"}': "60",
    'kranhub_orders_oldest_seconds{state="PLANNED"}': "60",
    "kranhub_view_unreadable_total": "4",
    'kranhub_core_aborts_total{stage="planner"}': "4",
    'kranhub_core_state_bytes{stage="planner"}': "10",
    'kranhub_core_state_limit_bytes{stage="planner"}': "100",
}
"""Each series and its value, or its first value and what it grows by each minute, where all is well."""

GONE = None
BAD: dict[str, dict[str, str | None]] = {
    "KranhubNotWatched": {"kranhub_status_timestamp_seconds": GONE},
    "KranhubAway": {'kranhub_answers{part="kafka"}': "0"},
    "KranhubUnserved": {'kranhub_group_workers{group="core.planner"}': GONE},
    "KranhubLag": {'kranhub_group_lag_seconds{group="core.planner"}': "301"},
    "KranhubConnectorLag": {f"kranhub_connector_lag_seconds{{{TASK}}}": "901"},
    "KranhubConnectorFailed": {f'kranhub_connector_state{{{TASK},state="FAILED"}}': "1"},
    "KranhubConnectorStopped": {f'kranhub_connector_state{{{TASK},state="STOPPED"}}': "1"},
    "KranhubConnectorWaits": {f'kranhub_connector_state{{{TASK},state="BACKING_OFF"}}': "1"},
    "KranhubConnectorSilent": {f"kranhub_connector_heartbeat_age_seconds{{{TASK}}}": "121"},
    "KranhubSourceStill": {f"kranhub_connector_progress_age_seconds{{{TASK}}}": "901"},
    "KranhubNoConnectors": {name: GONE for name in WELL if name.startswith("kranhub_connector_state")},
    "KranhubRestarts": {'process_start_time_seconds{job="k",instance="i"}': "0+60"},
    "KranhubSupervision": {'kranhub_findings{code="crash-loop"}': "1"},
    "KranhubNotLive": {"kranhub_live": "0"},
    "KranhubNotReady": {"kranhub_ready": "0"},
    "KranhubDeadLetters": {'kranhub_core_dead_letters_total{stage="ingest",code="old"}': "0+1"},
    "KranhubOrdersOnHold": {"kranhub_orders_on_hold_oldest_seconds": "86401"},
    "KranhubOrderWaits": {'kranhub_orders_oldest_seconds{state="RECEIVED"}': "3601"},
    "KranhubNoViews": {"kranhub_orders_on_hold": GONE},
    "KranhubUnreadable": {"kranhub_view_unreadable_total": "0+1"},
    "KranhubAborts": {'kranhub_core_aborts_total{stage="planner"}': "0+3"},
    "KranhubStateLarge": {'kranhub_core_state_bytes{stage="planner"}': "81"},
    "KranhubReleases": {'kranhub_build_info{job="k",instance="j",version="2"}': "1"},
}
"""What makes each alert fire, beside what is well; None: the series is not there."""


def case(changes: dict[str, str | None], fires: dict[str, list[dict[str, Any]]], at: str = "3h") -> dict[str, Any]:
    series = [{"series": name, "values": values(value)} for name, value in {**WELL, **changes}.items() if value]
    tests = [{"alertname": alert, "eval_time": at, "exp_alerts": expected} for alert, expected in fires.items()]
    return {"interval": "1m", "input_series": series, "alert_rule_test": tests}


def values(value: str) -> str:
    return value if " " in value else f"{value}x{MINUTES}" if "+" in value else f"{value}+0x{MINUTES}"


def promtool(require: Require, folder: Path, tests: list[dict[str, Any]]) -> str:
    """Run the tests; give what promtool says of those that fail, "" where none does."""
    file = folder / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    ended = subprocess.run(
        [require("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


def test_promtool_takes_the_rules(require: Require) -> None:
    ended = subprocess.run(
        [require("promtool"), "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert f"{len(rules.ALERTS)} rules found" in ended.stdout


def test_where_all_is_well_no_alert_fires(require: Require, tmp_path: Path) -> None:
    assert promtool(require, tmp_path, [case({}, {alert.name: [] for alert in rules.ALERTS})]) == ""


def test_each_alert_fires_for_what_it_is_there_for(require: Require, tmp_path: Path) -> None:
    assert BAD.keys() == {alert.name for alert in rules.ALERTS}
    for name, changes in BAD.items():
        said = promtool(require, tmp_path, [case(changes, {name: []})])  # where it fires, promtool says so
        assert f"alertname: {name}" in said or f'alertname="{name}"' in said, f"{name} does not fire\n{said}"


def test_the_first_dead_letter_of_a_code_fires(require: Require, tmp_path: Path) -> None:
    new = 'kranhub_core_dead_letters_total{stage="ingest",code="new"}'
    quiet = case({new: f"_x170 1+0x{MINUTES}"}, {"KranhubDeadLetters": []}, at="2h49m")
    later = case({new: f"_x170 1+0x{MINUTES}"}, {"KranhubDeadLetters": []}, at="3h10m")
    assert promtool(require, tmp_path, [quiet, later]) == ""
    assert "new" in promtool(
        require, tmp_path, [case({new: f"_x170 1+0x{MINUTES}"}, {"KranhubDeadLetters": []}, at="2h52m")]
    )


@contextmanager
def prometheus(program: str, folder: Path, target: int) -> Iterator[str]:
    """Run a real Prometheus with the rules, which looks at this target; give its address."""
    port = any_free({target})
    scrape = {"job_name": "kranhub", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
    config = {"global": {"scrape_interval": "1s"}, "rule_files": [str(RULES)], "scrape_configs": [scrape]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.process
def test_a_real_prometheus_loads_the_rules_and_answers_every_panel(require: Require, tmp_path: Path) -> None:
    program = require("prometheus")
    with served.everything(tmp_path) as target, prometheus(program, tmp_path, target) as address:

        def ask(path: str, **query: str) -> Any:
            try:
                answer = httpx.get(f"{address}/{path}", params=query)
            except httpx.TransportError:
                return None
            return answer.json().get("data") if answer.status_code == 200 else None

        def empty() -> list[str]:
            expressions = [expr for panel in dashboard.PANELS for expr, _ in panel.queries]
            return [expr for expr in expressions if not (ask("query", query=expr) or {}).get("result")]

        wait_for(lambda: not empty(), "every panel has an answer")
        (group,) = wait_for(lambda: (ask("rules") or {}).get("groups"), "the rules are loaded")
        assert {rule["name"] for rule in group["rules"]} == {alert.name for alert in rules.ALERTS}
        assert {rule["health"] for rule in group["rules"]} <= {"ok", "unknown"}
