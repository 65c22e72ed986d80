"""The embedded stack as a person meets it: started twice at once, killed, restarted, misused."""

import json
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from deploy.embedded import artifacts, initialisation
from deploy.embedded import stack as embedded
from deploy.embedded.progress import Progress
from kranhub.broker import topics
from kranhub.broker.closing import CLOSES
from kranhub.errors import Misconfigured
from kranhub.operations.status.status import status
from kranhub.parties import members
from kranhub.wire.codec import Codec
from kranhub.wire.messages import Subject
from kranhub.wire.registry import Registry
from tests.support.commandline import Cli
from tests.support.stack import Stack
from tools.harness.settings import new_namespace

pytestmark = [pytest.mark.stack, pytest.mark.slow]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """Give a running stack that these tests may kill."""
    cli = Cli(tmp_path_factory.mktemp("own") / "data", new_namespace())
    try:
        yield cli
    finally:
        cli.run("down")


@pytest.fixture
def idle(tmp_path: Path, namespace: str) -> Iterator[Cli]:
    """Give a data folder where nothing runs; whatever a test starts there is stopped."""
    cli = Cli(tmp_path / "данные 1", namespace)
    try:
        yield cli
    finally:
        cli.run("down")


def kill(process: psutil.Process) -> None:
    process.send_signal(signal.SIGKILL)
    psutil.wait_procs([process], timeout=10)


def write(bootstrap: str, topic: str, value: bytes, key: bytes = b"key") -> None:
    with closing(KafkaProducer(bootstrap_servers=bootstrap, **CLOSES)) as producer:
        producer.send(topic, value, key=key).get(timeout=20)


def read_all(bootstrap: str, topic: str) -> list[bytes]:
    config = {"enable_auto_commit": False, "consumer_timeout_ms": 20_000, **CLOSES}
    with closing(KafkaConsumer(bootstrap_servers=bootstrap, **config)) as consumer:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = consumer.end_offsets([partition])[partition]
        return [next(consumer).value for _ in range(end)]


def test_two_at_once_start_one_stack(own: Cli) -> None:
    with own.command("up", "-o", "json") as first, own.command("up", "-o", "json") as second:
        answers = [json.loads(each.communicate(timeout=120)[0]) for each in (first, second)]
    assert sorted(answer["already"] for answer in answers) == [False, True]
    assert answers[0]["bootstrap"] == answers[1]["bootstrap"]
    assert own.json("status", expect=5)["running"]  # the stack runs, and nobody serves the stages


def test_a_killed_stack_starts_anew_with_its_data(own: Cli) -> None:
    before = own.json("up")
    topic = topics.hub(own.namespace, "items")
    write(before["bootstrap"], topic, b"kept")
    schema = {"schema": json.dumps({"type": "record", "name": "Late", "fields": [{"name": "x", "type": "int"}]})}
    late = httpx.post(f"{before['registry_url']}/subjects/Late/versions", json=schema).json()["id"]
    processes = own.processes()

    kill(processes["registry"])
    seen = own.json("status", expect=3)
    assert (seen["broker_answers"], seen["registry_answers"]) == (True, False)
    kill(processes["kafka"])
    assert own.json("doctor", expect=5)["ok"] is False

    after = own.json("up")
    assert after["already"] is False
    assert after["created_topics"] == []
    assert (after["bootstrap"], after["registry_url"]) == (before["bootstrap"], before["registry_url"])
    assert b"kept" in read_all(after["bootstrap"], topic)
    assert httpx.get(f"{after['registry_url']}/schemas/ids/{late}").is_success
    assert own.json("doctor")["ok"] is True


def test_java_starts_from_a_cache_that_is_made_once_and_without_one_that_is_damaged(idle: Cli, tmp_path: Path) -> None:
    """A Maven repository of its own, whose caches a test may damage."""
    own = tmp_path / "m2"
    for pin in artifacts.load_lock().pins:
        file = artifacts.path(pin)
        there = own / file.relative_to(artifacts.repository())
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, there)
    repository = {"M2_REPO": str(own)}
    said = []
    for damaged in (False, False, True):
        if damaged:
            for cache in own.rglob("*.aot"):
                cache.write_bytes(b"damaged")
        code, _, err = idle.run("up", **repository)
        assert code == 0, err
        used = [word for process in idle.processes().values() for word in process.cmdline() if "AOTCache=" in word]
        assert len(used) == len(list(own.rglob("*.aot"))) == 2
        said.append("preparing quick starts" in err)
        assert idle.run("down", **repository)[0] == 0
    assert said == [True, False, False]


def test_a_first_up_that_was_interrupted_is_begun_anew(idle: Cli) -> None:
    """What a kill leaves in the middle of the first start: half a storage, half a database, and the marks."""
    for part, name in (("kafka", "log"), ("registry", "schemas.mv.db")):
        folder = idle.folder / part
        folder.mkdir(parents=True)
        (folder / initialisation.MARK).touch()
        (folder / name).mkdir() if part == "kafka" else (folder / name).write_bytes(b"half a database")
    (idle.folder / "kafka" / "log" / "meta.properties").write_text("version=1", encoding="utf-8")
    assert idle.json("up")["already"] is False
    assert not list(idle.folder.rglob(initialisation.MARK))


def test_an_up_that_was_killed_leaves_nothing_locked(idle: Cli) -> None:
    with idle.command("up") as command:
        assert command.stderr is not None
        for line in command.stderr:
            if "starting Kafka" in line:
                break
        orphans = idle.processes()
        command.kill()
    assert idle.json("up")["already"] is False
    assert not any(process.is_running() for process in orphans.values())


def test_everything_listens_on_loopback_only(own: Cli) -> None:
    own.json("up")
    listening = [
        connection.laddr.ip
        for process in own.processes().values()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 3
    assert set(listening) == {"127.0.0.1"}


def test_down_stops_everything_and_status_says_so(idle: Cli) -> None:
    code, _, err = idle.run("up", LC_ALL="C")  # a folder in Russian letters, in a locale that has none
    assert code == 0, err
    assert sorted(path.name for path in (idle.folder / "kafka").iterdir()) == ["log", "server.properties"]
    assert list((idle.folder / "registry").glob("schemas*"))
    processes = idle.processes()
    assert idle.json("down") == {"stopped": True, "killed": []}
    assert not any(process.is_running() for process in processes.values())
    assert idle.json("down") == {"stopped": False, "killed": []}
    assert idle.json("status", expect=3)["running"] is False


def test_a_port_in_use_is_named_with_the_remedy(idle: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, _, err = idle.run("up", "--kafka-port", port)
    assert code == 4
    assert port in err
    assert "--kafka-port" in err
    assert "Traceback" not in err


def test_a_changed_artifact_is_refused_by_name(idle: Cli, tmp_path: Path) -> None:
    pins = artifacts.load_lock().pins
    repository = tmp_path / "repository"
    home = artifacts.repository()
    for pin in pins:
        copy = repository / artifacts.path(pin).relative_to(home)
        copy.parent.mkdir(parents=True)
        copy.symlink_to(artifacts.path(pin))
    changed = repository / artifacts.path(pins[1]).relative_to(home)
    changed.unlink()
    changed.write_bytes(b"something else")
    code, _, err = idle.run("up", M2_REPO=str(repository))
    assert code == 1
    assert str(changed) in err
    assert "Delete this file" in err
    findings = {
        each["check"]: each["ok"]
        for each in json.loads(idle.run("doctor", "-o", "json", M2_REPO=str(repository))[1])["findings"]
    }
    assert findings["artifacts"] is False
    assert findings["java"] is True


def test_a_first_start_without_network_says_what_to_do(idle: Cli, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    code, _, err = idle.run("up", M2_REPO=str(tmp_path / "empty"), HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, NO_PROXY="")
    assert code == 3
    assert "cannot be fetched" in err
    assert "Traceback" not in err


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path, namespace: str) -> None:
    (tmp_path / "file").touch()
    code, _, err = Cli(tmp_path / "file" / "data", namespace).run("up")
    assert code == 4
    assert str(tmp_path / "file") in err
    assert "Traceback" not in err


def test_a_broker_that_dies_at_its_start_says_why(idle: Cli) -> None:
    log = idle.folder / "kafka" / "log"
    log.mkdir(parents=True)
    (log / "meta.properties").write_text("version=1\ncluster.id=AAAAAAAAAAAAAAAAAAAAAA\nnode.id=7\n", encoding="utf-8")
    code, _, err = idle.run("up")
    assert code == 1
    assert "Stored node id 7 doesn't match" in err
    assert str(idle.folder / "logs") in err
    assert idle.json("status", expect=3)["running"] is False


def test_an_unknown_docker_daemon_is_said_plainly(idle: Cli) -> None:
    code, _, err = idle.run("up", "--docker", DOCKER_HOST="tcp://127.0.0.1:9")
    assert code == 3
    assert "No Docker daemon answers" in err


def test_status_tells_the_last_state_of_each_connector_task(stack: Stack, namespace: str) -> None:
    settings = stack.prepare(namespace)
    member = members.load(settings.required("members_file")).members[0].id
    topic = topics.out(namespace, member, "connector-status")
    state: Any = {
        "member": member,
        "connector": "erp",
        "task": "sink",
        "worker": "box:1",
        "changed_at": datetime.now(UTC),
    }
    with Registry(stack.registry_url) as registry:
        codec = Codec(registry)
        for name in ("RUNNING", "BACKING_OFF"):
            value = codec.encode(
                Subject.CONNECTOR_STATUS, state | {"state": name, "reason": {"en": "away", "ru": "нет связи"}}
            )
            write(stack.bootstrap, topic, value, key=b"erp/sink")
    assert [(each.member, each.task, each.state) for each in status(settings).connectors] == [
        (member, "sink", "BACKING_OFF")
    ]


def test_an_external_stack_is_only_checked(stack: Stack, namespace: str, tmp_path: Path) -> None:
    settings = stack.settings_for(namespace).model_copy(
        update={
            "kafka_bootstrap": stack.bootstrap,
            "registry_url": stack.registry_url,
            "data_dir": tmp_path / "unused",
        }
    )
    found = embedded.up(settings, Progress())
    assert (found.kind, found.already) == ("external", True)
    assert not settings.data_dir.exists()
    with pytest.raises(Misconfigured):
        embedded.up(settings.model_copy(update={"registry_url": None}), Progress())
