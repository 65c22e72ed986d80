"""`kranhub status` without a broker: what supervisors say is shown, and nothing that is merely away makes it raise."""

import contextlib
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import TopicAuthorizationFailedError

from kranhub.broker import first_visible, lag, reading
from kranhub.errors import Unavailable
from kranhub.operations import probe, supervision
from kranhub.operations.local_stack import StackProcess
from kranhub.operations.status import status, texts
from kranhub.operations.status.connector_states import ConnectorState
from kranhub.operations.supervisor import Child, write_state
from kranhub.settings import Settings
from kranhub.text import Text

CHILDREN = [
    Child("core a", [], state="running", pid=11, restarts=2, exit_code=3),
    Child("views", [], state="waiting", restarts=5, exit_code=3),
]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("KRANHUB_LANG", "en")
    return Settings(data_dir=tmp_path, kafka_bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:1")


def test_what_the_supervisors_of_this_machine_run_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_state(settings.data_dir / "streams.json", CHILDREN)
    write_state(settings.data_dir / "run.json", CHILDREN[:1])
    found = status.status(settings).model_dump(mode="json")["supervisors"]
    assert [(each["command"], each["pid"], each["running"]) for each in found] == [
        ("kranhub run", os.getpid(), True),
        ("kranhub streams run", os.getpid(), True),
    ]
    assert found[1]["processes"] == [child.public() for child in CHILDREN]
    said = supervision.lines(status.status(settings).supervisors[1])
    assert said[0] == "core a          running, pid 11, restarts 2, last exit code 3 (kranhub streams run)"
    monkeypatch.setenv("KRANHUB_LANG", "ru")
    assert "ждёт перезапуска" in supervision.lines(status.status(settings).supervisors[1])[1]
    assert any("views завершился с кодом 3" in finding.text for finding in status.status(settings).findings)


FOUND = status.Status(
    kind="embedded",
    bootstrap="127.0.0.1:9092",
    broker_answers=True,
    since=datetime(2026, 11, 24, 13, tzinfo=timezone(timedelta(hours=6))),
    versions={"registry": "2.6"},
    processes=[StackProcess(name="kafka", pid=7, running=False, memory_mib=None, log="kafka.log")],
    topics=176,
    connectors=[
        ConnectorState(
            member="oemz",
            connector="erp",
            task="sink",
            state="BACKING_OFF",
            reason="away",
            worker="vm",
            changed_at=datetime(2026, 11, 24, tzinfo=UTC),
            age_s=7_300,
            heartbeat_s=30,
            heartbeat_age_s=9,
            lag=3,
            lag_s=431.0,
        )
    ],
)


def test_status_is_told_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRANHUB_LANG", "en")
    assert list(texts.lines(FOUND)) == [
        "Kafka     127.0.0.1:9092 answers",
        "Registry  - does not answer",
        "Registry  version 2.6",
        "Kafka     does not run, kafka.log",
        "Since     2026-11-24 07:00:00 UTC",
        "Topics    176",
        "Connector oemz/erp, into the ERP: waiting for the ERP or the hub (since 2026-11-24 00:00:00 UTC, 2 hours; "
        "heard 9 seconds ago; records behind 3, the oldest 7 minutes). away",
    ]
    monkeypatch.setenv("KRANHUB_LANG", "ru")
    last = "Коннектор oemz/erp, в систему: ждёт учётную систему или центр (с 2026-11-24 00:00:00 UTC, 2 ч; "
    last += "пульс 9 с назад; отставание 3 записей, старейшая 7 мин). away"
    assert list(texts.lines(FOUND))[-1] == last


@pytest.mark.process
def test_a_supervisor_that_was_killed_is_not_believed(settings: Settings) -> None:
    write_state(settings.data_dir / "run.json", CHILDREN[:1])
    file = settings.data_dir / "run.json"
    with stranger() as other:
        file.write_text(file.read_text().replace(f'"pid": {os.getpid()}', f'"pid": {other.pid}'))
        os.utime(file, (time.time() - 3600, time.time() - 3600))
        reused = status.status(settings)
    gone = status.status(settings)
    for found in (reused, gone):
        assert [each.running for each in found.supervisors] == [False]
        assert [(each.code, each.subject) for each in found.findings] == [("supervisor-killed", "kranhub run")]


@contextlib.contextmanager
def stranger() -> Any:
    """A process that has nothing to do with kranhub."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("content", ["", "[]", '{"pid": 1}', '{"pid": 1, "processes": [{"name": "x", "state": "?"}]}'])
def test_a_state_file_of_another_kind_is_nobodys(settings: Settings, content: str) -> None:
    (settings.data_dir / "run.json").write_text(content)
    assert status.status(settings).supervisors == []


@pytest.mark.parametrize(
    ("error", "told", "code"),
    [
        (Unavailable(Text(en="away now", ru="нет")), "away now", []),
        (KeyError("groups"), "KeyError", ["answer-incomplete"]),
    ],
)
def test_a_broker_that_goes_away_meanwhile_is_a_problem_not_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str, code: list[str]
) -> None:
    def raises(*_words: Any) -> Any:
        raise error

    monkeypatch.setattr(probe, "broker", lambda *_: [])
    monkeypatch.setattr(probe, "registry", lambda _: 0)
    monkeypatch.setattr(status, "connector_states", raises)
    monkeypatch.setattr(lag, "groups", raises)
    found = status.status(settings)
    assert (found.running, found.ok) == (True, False)
    assert sum(told in line for line in [*found.problems, *(each.text for each in found.findings)]) == 2
    assert [each.code for each in found.findings] == code * 2


def test_partitions_that_were_never_committed_are_behind_by_all_that_they_hold() -> None:
    zero, one, two = (TopicPartition("t", number) for number in range(3))
    places = lag.whole({zero}, {"t": 3, "other": 2})
    assert places == {zero, one, two}
    assert lag.lags({zero: 10, one: 7, two: 0}, {zero: 8, one: 3, two: 0}) == {zero: 2, one: 4, two: 0}
    assert lag.whole({TopicPartition("deleted", 0)}, {"t": 3}) == set()


class Passing:
    """Stands in for a consumer: each partition has records at some offsets; a poll passes one partition to its end."""

    def __init__(self, ends: dict[TopicPartition, int], records: dict[TopicPartition, list[int]]) -> None:
        self.ends, self.records = ends, records
        self.places: dict[TopicPartition, int] = {}

    def assign(self, places: list[TopicPartition]) -> None:
        self.left = list(places)

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.places[place] = offset

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        if not self.left:
            return {}
        place = self.left.pop()
        found = [
            SimpleNamespace(offset=at, timestamp=1000 + at)
            for at in self.records.get(place, [])
            if at >= self.places[place]
        ]
        self.places[place] = self.ends[place]
        return {place: found} if found else {}

    def position(self, place: TopicPartition) -> int:
        return self.places[place]

    def pause(self, *places: TopicPartition) -> None:
        pass


def test_markers_at_the_end_are_nothing_and_a_record_is_something() -> None:
    idle, busy, later, stuck = (TopicPartition("t", number) for number in range(4))
    ends = {idle: 11, busy: 11, later: 11}
    consumer = Passing({**ends, later: 13}, {idle: [3], busy: [3, 9], later: [3, 12]})
    stands = dict.fromkeys([*ends, stuck], 8)
    assert first_visible.first(consumer, stands, ends, time.monotonic() + 9) == {idle: None, busy: 1009, later: None}
    away = Passing({stuck: 8}, {})
    assert first_visible.first(away, stands, {stuck: 11}, time.monotonic() + 0.1) == {}


def test_what_the_brokers_do_not_show_counts_as_records(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**_config: Any) -> Any:
        raise TopicAuthorizationFailedError

    monkeypatch.setattr(reading, "KafkaConsumer", refused)
    reader = first_visible.Reader(settings)
    assert reader.first({}, {}) == {}
    place = TopicPartition("t", 0)
    assert reader.first({place: 0}, {place: 1}) == {}
    reader.close()
