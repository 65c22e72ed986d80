"""Backup and restore of a real stack as a person meets them: what comes back, and what is refused with a sentence."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition

from kranhub.broker import topics
from kranhub.broker.closing import CLOSES
from kranhub.operations import file_lock, recovery_mark
from tests.support.commandline import Cli
from tools.harness.settings import new_namespace

pytestmark = pytest.mark.stack

GROUP = "a.group"


@dataclass(frozen=True)
class Kept:
    """An installation that was backed up, what it held, and the backup."""

    cli: Cli
    place: TopicPartition
    folder: Path

    def bad(self, tmp_path: Path) -> Path:
        """Return a copy of the backup that may be spoilt."""
        return Path(shutil.copytree(self.folder, tmp_path / "bad"))


def bootstrap(cli: Cli) -> str:
    return str(json.loads((cli.folder / "stack.json").read_text(encoding="utf-8"))["bootstrap"])


def write(cli: Cli, place: TopicPartition, value: bytes) -> None:
    with closing(KafkaProducer(bootstrap_servers=bootstrap(cli), **CLOSES)) as producer:
        producer.send(place.topic, value, key=b"k").get(timeout=20)


def stands(cli: Cli, place: TopicPartition) -> tuple[list[bytes], int]:
    """Return what the topic holds and where the group stands in it."""
    config: dict[str, Any] = {"group_id": GROUP, "enable_auto_commit": False, "consumer_timeout_ms": 20_000, **CLOSES}
    with closing(KafkaConsumer(bootstrap_servers=bootstrap(cli), **config)) as consumer:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        end = consumer.end_offsets([place])[place]
        return [next(consumer).value for _ in range(end)], consumer.committed(place)


def commit(cli: Cli, place: TopicPartition, offset: int) -> None:
    with closing(KafkaConsumer(bootstrap_servers=bootstrap(cli), group_id=GROUP, **CLOSES)) as consumer:
        consumer.assign([place])
        consumer.commit({place: OffsetAndMetadata(offset, "", -1)})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    root = tmp_path_factory.mktemp("backup")
    cli = Cli(root / "данные", new_namespace())
    place = TopicPartition(topics.hub(cli.namespace, "items"), 0)
    try:
        cli.json("up")
        write(cli, place, b"before")
        commit(cli, place, 1)
        done = cli.json("backup", str(root / "copy"))
        assert done["topics"] > 100
        assert done["seconds"] > 0
        write(cli, place, b"after")
        yield Kept(cli, place, root / "copy")
    finally:
        cli.run("down")


def test_a_backup_says_what_it_holds_and_no_secret(kept: Kept) -> None:
    said = json.loads((kept.folder / "manifest.json").read_text(encoding="utf-8"))
    assert said["ends"][kept.place.topic] == [1]
    assert {"group": GROUP, "topic": kept.place.topic, "partition": 0, "offset": 1} in said["groups"]
    assert (said["namespace"], said["format"]) == (kept.cli.namespace, 1)
    parts = {file["path"].partition("/")[0] for file in said["files"]}
    assert parts == {"kafka", "registry", "masterdata", "settings.json"}
    settings = (kept.folder / "settings.json").read_text(encoding="utf-8")
    assert "kafka_password" not in settings
    assert kept.cli.namespace in settings
    code, out, _ = kept.cli.run("backup", str(kept.folder), "--verify")
    assert code == 0
    assert "is whole" in out


def test_no_backup_goes_into_a_folder_that_is_not_empty(kept: Kept) -> None:
    code, _, err = kept.cli.run("backup", str(kept.folder))
    assert code == 1
    assert "is not empty" in err


def test_a_file_that_is_not_what_it_was_is_named(kept: Kept, tmp_path: Path) -> None:
    folder = kept.bad(tmp_path)
    victim = next((folder / "registry").glob("*.db"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    code, _, err = kept.cli.run("backup", str(folder), "--verify")
    assert code == 1
    assert victim.name in err
    assert "damaged" in err


def test_what_is_no_whole_backup_is_refused_and_changes_nothing(kept: Kept, tmp_path: Path) -> None:
    folder = kept.bad(tmp_path)
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    def refused(words: str, code: int, **changes: Any) -> None:
        (folder / "manifest.json").write_text(json.dumps({**said, **changes}), encoding="utf-8")
        found, _, err = kept.cli.run("restore", str(folder))
        assert (found, words in err) == (code, True), err

    refused("was written by kranhub 0.0.9", 4, release="0.0.9")
    refused("was written by kranhub 0.0.9", 4, format=99, release="0.0.9")
    refused("--other-installation", 4, installation="another")
    refused("--other-installation", 4, namespace="another.")
    refused("has no registry", 1, files=[file for file in said["files"] if not file["path"].startswith("registry/")])
    refused("run `kranhub down`", 1)
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    assert "damaged" in kept.cli.run("restore", str(folder))[2]
    (folder / "manifest.json").unlink()
    assert "was not finished" in kept.cli.run("restore", str(folder))[2]
    assert "There is no folder" in kept.cli.run("restore", str(folder / "nowhere"))[2]
    assert stands(kept.cli, kept.place) == ([b"before", b"after"], 1)


def test_neither_command_runs_beside_a_supervisor(kept: Kept, tmp_path: Path) -> None:
    lock = file_lock.take(kept.cli.folder / "locks" / "core.lock", json.dumps({"pid": 1, "command": "kranhub run"}))
    assert lock is not None
    try:
        for command in (["backup", str(tmp_path / "new")], ["restore", str(kept.folder)]):
            code, _, err = kept.cli.run(*command)
            assert code == 4
            assert "`kranhub run` (pid 1) already runs" in err
    finally:
        lock.close()
    assert not (tmp_path / "new").exists()


def test_an_external_kafka_is_not_covered_and_the_sentence_says_so(kept: Kept, tmp_path: Path) -> None:
    outside = {"KRANHUB_KAFKA_BOOTSTRAP": "127.0.0.1:9", "KRANHUB_REGISTRY_URL": "http://127.0.0.1:9"}
    code, _, err = kept.cli.run("backup", str(tmp_path / "new"), **outside)
    assert code == 4
    assert "by their own means" in err


def test_a_stack_that_is_stopped_is_backed_up_and_stays_stopped(kept: Kept, tmp_path: Path) -> None:
    assert kept.cli.run("down")[0] == 0
    done = kept.cli.json("backup", str(tmp_path / "stopped"))
    assert done["topics"] > 100
    said = json.loads((tmp_path / "stopped" / "manifest.json").read_text(encoding="utf-8"))
    assert {"group": GROUP, "topic": kept.place.topic, "partition": 0, "offset": 1} in said["groups"]
    assert not json.loads(kept.cli.run("status", "-o", "json")[1])["running"]


def test_what_was_backed_up_comes_back_and_what_stood_there_is_kept_aside(kept: Kept) -> None:
    """The last test: the installation goes back in time."""
    kept.cli.run("down")
    done = kept.cli.json("restore", str(kept.folder))
    assert stands(kept.cli, kept.place) == ([b"before"], 1)
    aside = Path(done["aside"])
    assert (aside / "kafka").is_dir()
    code, out, _ = kept.cli.run("recovery", "status", "--output", "json")
    assert (code, json.loads(out)["recovery_id"]) == (5, done["recovery_id"])
    assert recovery_mark.read(kept.cli.folder) is None, "the topic says it now"
    assert not [entry for entry in kept.cli.folder.parent.iterdir() if entry.name.endswith(".restoring")]
