"""What `kranhub status` finds wrong: each kind by its code, in both languages, and nothing where all is well."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from kranhub.broker.lag import STAGES, Group, Worker
from kranhub.cli import status as command
from kranhub.operations.status import findings
from kranhub.operations.status import status as asking
from kranhub.operations.status.connector_states import ConnectorState
from kranhub.operations.status.findings import Finding
from kranhub.operations.status.status import Status
from kranhub.operations.supervision import Supervised, Supervision
from kranhub.settings import Settings, is_external
from streams import stages

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LIMIT_S = 300


def supervision(running: bool = True, **child: Any) -> Supervision:
    process = Supervised(name="core", **{"state": "running", "pid": 7, **child})
    return Supervision(command="kranhub run", pid=1, running=running, processes=[process])


def group(name: str, served: bool = True, lag: int = 0, lag_s: float | None = 0.0) -> Group:
    worker = Worker(group=name, instance="a", host="h", partitions=1, lag=lag, lag_s=lag_s)
    return Group(name=name, state="Stable", lag=lag, lag_s=lag_s, workers=[worker] if served else [])


def connector(task: str = "source", **changes: Any) -> ConnectorState:
    told = {"member": "oemz", "connector": "erp", "task": task, "state": "RUNNING", "reason": "", "worker": "vm/7"}
    ages = {"changed_at": NOW, "age_s": 9, "heartbeat_s": 30, "heartbeat_age_s": 9, "progress_age_s": 2}
    return ConnectorState.model_validate({**told, **ages, **changes})


ALL = [group(f"core.{stage}") for stage in STAGES]


def found(
    supervisions: Any = (), connectors: Any = (), groups: Any = ALL, *, served: bool = True
) -> list[tuple[str, str]]:
    told = findings.findings(supervisions, connectors, groups, LIMIT_S, served=served, now=NOW)
    return [(each.code, each.subject) for each in told]


def test_where_all_is_well_nothing_is_found() -> None:
    ends = [NOW - timedelta(minutes=11), *[NOW - timedelta(minutes=1)] * 2]
    tasks = [connector(), connector("sink", lag=9, lag_s=299.0), connector("sink", progress_age_s=None)]
    waits = connector(state="BACKING_OFF", age_s=LIMIT_S, progress_age_s=9_000)
    assert found([supervision(ends=ends)], [*tasks, waits], [*ALL, group("views.timeline.a", lag=2, lag_s=1.0)]) == []


def test_the_stages_that_must_be_served_are_the_cores() -> None:
    assert set(STAGES) == set(stages.STAGES)


@pytest.mark.parametrize(
    ("supervised", "code"),
    [
        (supervision(running=False), ("supervisor-killed", "kranhub run")),
        (supervision(state="waiting", exit_code=3), ("process-ended", "core")),
        (supervision(ends=[NOW - timedelta(minutes=3)] * 3, exit_code=1), ("crash-loop", "core")),
    ],
)
def test_a_process_that_does_not_stay_is_found(supervised: Supervision, code: tuple[str, str]) -> None:
    assert found([supervised]) == [code]


def test_who_serves_nobody_is_found_wherever_it_should_be_served() -> None:
    assert found(groups=()) == [("unserved", f"core.{stage}") for stage in STAGES]
    unserved = [*ALL[1:], group("core.ingest", served=False), group("views.timeline.a", served=False)]
    assert found(groups=unserved) == [("unserved", "core.ingest"), ("unserved", "views.timeline.a")]
    assert found(groups=(), served=False) == []


def test_a_hub_that_recovers_says_so_and_lets_two_stages_rest() -> None:
    served = [each for each in ALL if each.name not in findings.RESTING]
    waiting = [*served, group("core.dispatch", served=False, lag=9, lag_s=999.0)]
    told = findings.findings((), (), waiting, LIMIT_S, recovering=True, now=NOW)
    assert [each.code for each in told] == ["recovering"]
    assert ("unserved", "core.dispatch") in found(groups=waiting)


def test_what_waits_for_longer_than_the_limit_is_found() -> None:
    late = group("core.planner", lag=3, lag_s=301.0)
    assert found(groups=[*ALL, late]) == [("waits-too-long", "core.planner")]
    assert found(groups=[*ALL, group("core.planner", lag=3, lag_s=None)]) == []
    sink = connector("sink", lag=1, lag_s=400.0)
    assert found(connectors=[sink]) == [("waits-too-long", "oemz/erp sink")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state": "FAILED", "heartbeat_age_s": 9_000}, "connector-failed"),
        ({"state": "STOPPED", "heartbeat_age_s": 9_000}, "connector-stopped"),
        ({"heartbeat_age_s": 121}, "connector-silent"),
        ({"state": "BACKING_OFF", "heartbeat_age_s": 121}, "connector-silent"),
        ({"heartbeat_s": None, "heartbeat_age_s": 121}, "connector-silent"),
        ({"state": "BACKING_OFF", "age_s": 301}, "connector-waits"),
        ({"progress_age_s": 301}, "source-still"),
    ],
)
def test_a_connector_is_found_by_what_it_said_last_and_when(changes: dict[str, Any], code: str) -> None:
    assert found(connectors=[connector(**changes)]) == [(code, "oemz/erp source")]


def every() -> list[Finding]:
    states: list[dict[str, Any]] = [{"state": "FAILED"}, {"state": "STOPPED"}, {"heartbeat_age_s": 999}]
    states += [
        {"progress_age_s": 999},
        {"state": "BACKING_OFF", "age_s": 999},
        {"heartbeat_s": None, "heartbeat_age_s": 999},
    ]
    crashing = supervision(ends=[NOW] * 3)
    supervised = [supervision(running=False), supervision(state="waiting"), crashing]
    groups = [*ALL[1:], group("views.t", served=False), group("core.clock", lag=1, lag_s=999.0)]
    connectors = [connector(**state) for state in states]
    return [
        *findings.findings(supervised, connectors, groups, LIMIT_S, now=NOW),
        *findings.findings((), (), ALL, LIMIT_S, recovering=True, now=NOW),
        findings.incomplete("groups", "KeyError"),
    ]


def test_every_finding_is_told_in_both_languages_as_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRANHUB_LANG", "en")
    english = every()
    assert {each.code for each in english} == set(findings.CODES)
    monkeypatch.setenv("KRANHUB_LANG", "ru")
    russian = every()
    assert all(is_russian(each.text) and "\n" not in each.text for each in russian)
    assert [each.code for each in russian] == [each.code for each in english]
    assert all(a.text != b.text for a, b in zip(english, russian, strict=True))


def is_russian(text: str) -> bool:
    return any("а" <= letter <= "я" for letter in text.lower())


RUNS = Status(kind="embedded", broker_answers=True, registry_answers=True)
TROUBLE = Finding(code="connector-failed", subject="oemz/erp sink", text="It has failed.")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RUNS, 0),
        (RUNS.model_copy(update={"findings": [TROUBLE]}), 5),
        (RUNS.model_copy(update={"problems": ["The brokers went away."]}), 5),
        (RUNS.model_copy(update={"broker_answers": False, "findings": [TROUBLE]}), 3),
    ],
)
def test_the_exit_code_says_whether_all_is_well(monkeypatch: pytest.MonkeyPatch, status: Status, code: int) -> None:
    monkeypatch.setenv("KRANHUB_LANG", "en")
    monkeypatch.setattr(asking, "status", lambda _settings: status)
    ended = CliRunner().invoke(command.status, ["-o", "json"])
    told = json.loads(ended.output)
    assert (ended.exit_code, told["ok"], told["findings"]) == (code, code == 0, status.model_dump()["findings"])
    lines = CliRunner().invoke(command.status).output.splitlines()
    assert lines[-1] == "Finding: It has failed." or not status.findings


def test_a_machine_on_which_nothing_was_started_is_no_finding_but_away(tmp_path: Any) -> None:
    settings = Settings(data_dir=tmp_path, kafka_bootstrap=None, registry_url=None)
    found = asking.status(settings)
    assert (found.running, found.findings, is_external(settings)) == (False, [], False)
