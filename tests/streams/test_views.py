"""The timeline view: killed again and again it equals a plain fold of the topic, and shows committed records only."""

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from confluent_kafka import Producer
from kafka.admin import MemberToRemove
from kafka.errors import NoError

from deploy.demo import independent
from kranhub.broker.admin import admin
from kranhub.settings import Settings
from kranhub.wire import envelope
from kranhub.wire.envelope import Envelope
from kranhub.wire.messages import Subject
from streams.views.app import group
from tests.support.stack import Stack
from tools.harness.core import NOW, World, environment, order, proofs, stop, wait_for, world

pytestmark = pytest.mark.stack

KILLS = 10
Row = tuple[int, int, str]
"""Partition, offset, event id."""


@pytest.fixture
def settings(stack: Stack, namespace: str, tmp_path: Path) -> Settings:
    """A namespace of the stack with a read model of the test's own."""
    return stack.prepare(namespace).model_copy(update={"readmodel_url": f"sqlite:///{tmp_path / 'model.sqlite'}"})


def start(
    settings: Settings,
    log: Path | None = None,
    instance: str = "a",
    failpoints: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start the view; ``log`` takes what it says on standard error."""
    command = [sys.executable, "-m", "kranhub", "views", "run", "--instance", instance]
    variables = environment(settings, KRANHUB_READMODEL_URL=str(settings.readmodel_url), **failpoints or {})
    variables["KRANHUB_LANG"] = "en"
    with contextlib.nullcontext() if log is None else log.open("wb") as stderr:
        return subprocess.Popen(command, env=variables, stderr=stderr)


@contextlib.contextmanager
def running(settings: Settings, log: Path | None = None, instance: str = "a") -> Iterator[subprocess.Popen[bytes]]:
    process = start(settings, log, instance)
    try:
        yield process
    finally:
        stop(process)


def rows(settings: Settings) -> list[Row]:
    """Return what the view has, read without SQLAlchemy."""
    file = str(settings.readmodel_url).removeprefix("sqlite:///")
    if not Path(file).exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as database:
        try:
            found = database.execute('SELECT partition, "offset", event_id FROM timeline').fetchall()
        except sqlite3.OperationalError:  # the tables are just being made
            return []
    return sorted(found)


def more_than(settings: Settings, count: int) -> bool:
    return len(rows(settings)) > count


def plain_fold(stack: Stack, settings: Settings) -> list[Row]:
    """Return what a fold of the whole topic gives, by another client and another codec."""
    topic = f"{settings.namespace}hub.events"
    seen = independent.read(stack.bootstrap, stack.registry_url, topic)
    return sorted((each.partition, each.offset, each.id) for each in seen if ":" in each.key)


def say(around: World, number: int) -> None:
    """Write an event of an order to hub.events, as the core would."""
    key = f"sibir-terminal:{number}"
    head = Envelope(f"e/{number}", "/hub/ingest", "kranhub.Order", NOW, NOW)
    data = around.codec.encode(Subject.ORDER, order(str(number)))
    topic = f"{around.settings.namespace}hub.events"
    around.producer.send(topic, key=key.encode(), value=data, headers=envelope.headers(head))


@pytest.mark.slow
def test_killed_ten_times_it_equals_a_plain_fold(stack: Stack, settings: Settings) -> None:
    with world(settings) as around:
        said = 0
        for _ in range(KILLS):
            before = len(rows(settings))
            process = start(settings)
            try:
                for number in range(said, said + 300):
                    say(around, number)
                said += 300
                around.producer.flush()
                wait_for(partial(more_than, settings, before), "the view folds something")
                process.send_signal(signal.SIGKILL)
                assert process.wait(30) == -signal.SIGKILL
            finally:
                stop(process)
        with running(settings):
            wait_for(lambda: len(rows(settings)) >= said, "all events are folded")
        assert rows(settings) == plain_fold(stack, settings)
        assert len(rows(settings)) == said


@pytest.mark.parametrize(("point", "written"), [("views.before-commit", False), ("views.after-commit", True)])
def test_killed_around_its_commit_it_equals_a_plain_fold(
    stack: Stack, settings: Settings, tmp_path: Path, point: str, written: bool
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    armed = {"KRANHUB_FAILPOINTS": f"{point}=kill@2", "KRANHUB_FAILPOINTS_DIR": str(marks)}
    with world(settings) as around:
        process = start(settings, failpoints=armed)
        try:
            say(around, 0)
            around.producer.flush()
            wait_for(lambda: rows(settings), "the first transaction commits")
            for number in range(1, 50):
                say(around, number)
            around.producer.flush()
            assert process.wait(30) == -signal.SIGKILL
        finally:
            stop(process)
        assert proofs(marks) == [point]
        assert (len(rows(settings)) > 1) == written
        with running(settings):
            wait_for(lambda: len(rows(settings)) == 50, "all events are folded")
        assert rows(settings) == plain_fold(stack, settings)


def test_an_aborted_transaction_never_shows_and_a_poison_record_stops_nothing(settings: Settings) -> None:
    topic = f"{settings.namespace}hub.events"
    with world(settings) as around, running(settings):
        servers = ",".join(around.producer.config["bootstrap_servers"])
        producer = Producer({"bootstrap.servers": servers, "transactional.id": f"{settings.namespace}test"})
        producer.init_transactions(30)
        data = around.codec.encode(Subject.ORDER, order("1"))
        for name, end in (("aborted", producer.abort_transaction), ("committed", producer.commit_transaction)):
            producer.begin_transaction()
            producer.produce(topic, b"no avro at all", b"sibir-terminal:1", 3)
            producer.produce(topic, data, b"sibir-terminal:1", 3, headers=[("ce_id", name.encode())])
            producer.flush(10)
            end(10)
        wait_for(lambda: rows(settings), "the committed event shows")
        say(around, 2)
        around.producer.flush()
        wait_for(lambda: len(rows(settings)) == 2, "the next event shows")
    assert sorted(event_id for _, _, event_id in rows(settings)) == ["committed", "e/2"]


def test_a_database_that_is_locked_ends_the_view_and_loses_nothing(settings: Settings) -> None:
    file = str(settings.readmodel_url).removeprefix("sqlite:///")
    with world(settings) as around:
        with running(settings) as locked_out:
            say(around, 1)
            around.producer.flush()
            wait_for(lambda: rows(settings), "the first event")
            with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                say(around, 2)
                around.producer.flush()
                assert locked_out.wait(60) == 3
        with running(settings):
            wait_for(lambda: len(rows(settings)) == 2, "the second event, after the lock")


def test_a_read_model_that_is_away_in_a_rebalance_ends_the_view(settings: Settings, tmp_path: Path) -> None:
    file = str(settings.readmodel_url).removeprefix("sqlite:///")
    log = tmp_path / "view.log"
    with world(settings) as around, running(settings, log) as process:
        say(around, 1)
        around.producer.flush()
        wait_for(lambda: rows(settings), "the first event")
        with contextlib.closing(sqlite3.connect(file)) as other:
            other.execute("DROP TABLE view_offsets")
        throw_out(settings)
        assert process.wait(40) == 3
    assert "Check the database" in log.read_text()


def test_each_machine_with_a_sqlite_file_of_its_own_tells_of_every_order(
    stack: Stack, settings: Settings, tmp_path: Path
) -> None:
    other = settings.model_copy(update={"readmodel_url": f"sqlite:///{tmp_path / 'other.sqlite'}"})
    with world(settings) as around, running(settings), running(other, instance="b"):
        for number in range(60):
            say(around, number)
        around.producer.flush()
        wait_for(lambda: len(rows(settings)) == len(rows(other)) == 60, "both machines know all")
    assert rows(settings) == rows(other) == plain_fold(stack, settings)


def throw_out(settings: Settings) -> None:
    """Take the view's membership away, so that it joins its group again and is given its partitions anew."""
    with admin(settings) as client:
        name = group(settings, "a")
        (gone,) = client.remove_group_members(name, [MemberToRemove(group_instance_id=f"{name}.a")]).values()
    assert gone is NoError


def test_a_deleted_read_model_is_built_anew_and_tells_the_same(stack: Stack, settings: Settings) -> None:
    file = Path(str(settings.readmodel_url).removeprefix("sqlite:///"))
    with world(settings) as around:
        for number in range(50):
            say(around, number)
        around.producer.flush()
    with running(settings):
        wait_for(lambda: len(rows(settings)) == 50, "the first fold")
    before = rows(settings)
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()
    with running(settings):
        wait_for(lambda: len(rows(settings)) == 50, "the second fold")
    assert rows(settings) == before == plain_fold(stack, settings)
    shown = kranhub(settings, "trace", "7", "-o", "json")
    assert [each["id"] for each in json.loads(shown)] == ["e/7"]
    assert (
        json.loads(kranhub(settings, "tail", "--order", "sibir-terminal:7", "--no-follow", "-o", "json"))["id"] == "e/7"
    )


def kranhub(settings: Settings, *arguments: str) -> str:
    """Run a command and return what it says on standard output."""
    command = [sys.executable, "-m", "kranhub", *arguments]
    variables = environment(settings, KRANHUB_READMODEL_URL=str(settings.readmodel_url))
    return subprocess.run(command, env=variables, check=True, capture_output=True, text=True, timeout=60).stdout
