"""The embedded stack's parts that need no Java."""

import errno
import io
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from deploy.embedded import (
    aot_cache,
    artifacts,
    broker,
    embedded,
    initialisation,
    java,
    ports,
    process,
    registry,
    stack_file,
)
from deploy.embedded.embedded import Embedded
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Ports, Record, Started
from kranhub.errors import Failed, Misconfigured, Unavailable
from kranhub.operations.file_lock import locked
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from tools.harness.core import wait_for

SLEEP = "import time; time.sleep(60)"


def started(pid: int, token: str, log: Path) -> Started:
    return Started(name="kafka", pid=pid, created=psutil.Process(pid).create_time(), token=token, log=log)


def test_the_lock_pins_one_version_of_kafka_with_a_checksum_each() -> None:
    lock = artifacts.load_lock()
    assert {pin.version for pin in lock.kafka if pin.group == "org.apache.kafka"} == {"4.4.0"}
    assert [(pin.name, pin.version, pin.type) for pin in lock.registry] == [
        ("apicurio-registry-app", "2.6.13.Final", "zip")
    ]
    assert len({(pin.group, pin.name, pin.classifier) for pin in lock.pins}) == len(lock.pins)


def test_java_uses_a_cache_where_there_is_one_for_its_version_and_jars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jars = [tmp_path / "a.jar", tmp_path / "b.jar"]
    cache = aot_cache.path(jars)
    assert cache.parent == tmp_path
    assert aot_cache.options(jars) == ()
    cache.touch()
    assert f"-XX:AOTCache={cache}" in aot_cache.options(jars)
    assert aot_cache.options(jars[:1]) == ()
    monkeypatch.setattr(java, "version", lambda: "99")
    assert aot_cache.options(jars) == ()


def test_data_whose_making_was_interrupted_are_made_anew_and_others_are_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "schemas.mv.db"

    def begun() -> bool:
        initialisation.begin(tmp_path, tmp_path.glob("schemas*"))
        return file.exists()

    assert not begun()
    file.touch()
    assert not begun(), "it was interrupted: begun anew"
    file.touch()
    initialisation.end(tmp_path)
    assert begun(), "whole"
    assert begun(), "and so it stays"
    (tmp_path / "log" / "meta").mkdir(parents=True)
    (tmp_path / initialisation.MARK).touch()
    initialisation.begin(tmp_path, tmp_path.glob("log"))
    assert not (tmp_path / "log").exists()


def test_the_lock_names_no_host() -> None:
    assert "://" not in artifacts.LOCK_FILE.read_text(encoding="utf-8")


def test_a_wanted_port_in_use_is_refused_and_a_last_one_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured, match=str(port)):
            ports.choose(Ports(registry=port), Ports())
        assert ports.choose(Ports(), Ports(kafka=port)).kafka != port


def test_last_ports_are_taken_again_and_all_differ() -> None:
    first = ports.choose(Ports(), Ports())
    assert ports.choose(Ports(), first) == first
    assert len(set(first.model_dump().values())) == 3


def test_one_port_is_not_given_twice() -> None:
    free = ports.any_free(set())
    with pytest.raises(Misconfigured):
        ports.choose(Ports(kafka=free, registry=free), Ports())


@pytest.mark.process
def test_a_process_that_got_the_pid_of_ours_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEP]) as stranger:
        try:
            wait_for(psutil.Process(stranger.pid).cmdline, "its command can be seen")
            stale = started(stranger.pid, "some-token", tmp_path / "log")
            assert process.find(stale) is None
            assert process.stop([stale]) == []
            assert stranger.poll() is None
        finally:
            stranger.kill()


@pytest.mark.process
def test_our_process_is_found_and_stopped(tmp_path: Path) -> None:
    token = process.token()
    command = [sys.executable, "-c", SLEEP, process.MARK + token]
    ours = process.start("kafka", command, token, tmp_path, tmp_path)
    assert process.find(ours) is not None
    assert process.stop([ours]) == []
    assert process.find(ours) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to ignore")
@pytest.mark.process
def test_a_process_that_ignores_the_request_is_killed_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "STOP_SECONDS", 0.5)
    token = process.token()
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); " + SLEEP
    ours = process.start("kafka", [sys.executable, "-c", stubborn, process.MARK + token], token, tmp_path, tmp_path)
    deadline = time.monotonic() + 10
    while "deaf" not in ours.log.read_text(encoding="utf-8") and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.stop([ours]) == [ours]
    assert process.find(ours) is None


@pytest.mark.process
def test_the_lock_of_a_killed_holder_is_free(tmp_path: Path) -> None:
    file = tmp_path / "stack.lock"
    hold = (
        "import pathlib, time, sys\nfrom kranhub.operations.file_lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), timeout=1, waiting=lambda: None):\n"
        "    print('held', flush=True); time.sleep(60)"
    )
    waited: list[bool] = []
    with subprocess.Popen([sys.executable, "-c", hold, str(file)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "held"
        with (
            pytest.raises(Unavailable, match=r"stack\.lock"),
            locked(file, timeout=0.2, waiting=lambda: waited.append(True)),
        ):
            pass
        holder.kill()
    with locked(file, timeout=0.2, waiting=lambda: waited.append(False)):
        assert waited == [True]


def test_a_record_without_endpoints_means_not_ready(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, kafka_bootstrap=None, registry_url=None)
    stack_file.write(settings, Record(ports=Ports(kafka=1)))
    with pytest.raises(Misconfigured):
        endpoints(settings)
    ready = Record(bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:2")
    stack_file.write(settings, ready)
    assert endpoints(settings).bootstrap == "127.0.0.1:1"
    assert stack_file.read(settings) == ready


def test_a_stack_that_is_being_started_is_waited_for(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, kafka_bootstrap=None, registry_url=None)
    stack_file.write(settings, Record(ports=Ports(kafka=1), starting=True))
    with pytest.raises(Unavailable):
        endpoints(settings)


def test_a_record_takes_the_old_ones_room_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_words: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    settings = Settings(data_dir=tmp_path, kafka_bootstrap=None, registry_url=None)
    ready = Record(bootstrap="127.0.0.1:1", registry_url="http://127.0.0.1:2", ports=Ports(kafka=1))
    stack_file.write(settings, ready)
    monkeypatch.setattr("tempfile.mkstemp", full)
    stack_file.write(settings, stack_file.stopped(ready))
    assert stack_file.read(settings) == stack_file.stopped(ready)
    with pytest.raises(OSError, match="No space"):
        stack_file.write(settings, ready.model_copy(update={"versions": {"kafka": "4" * 999}}))


def test_what_runs_keeps_its_port_whatever_else_is_wanted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        last = Ports(kafka=taken.getsockname()[1], controller=None, registry=None)
        chosen = ports.choose(Ports(kafka=ports.any_free(set())), last, kept=["kafka"])
    assert chosen.kafka == last.kafka


def test_a_damaged_record_is_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text('{"kind": "embed', encoding="utf-8")
    assert stack_file.read(Settings(data_dir=tmp_path)) == Record()


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("INFO a\nERROR Exiting\njava.net.BindException: taken\n\tat x.y(Z.java:1)\n", "java.net.BindException: taken"),
        ("a.BException: out\n\tat q\nCaused by: c.DException: in\n\t... 3 more\n", "Caused by: c.DException: in"),
        ("Error: could not create the Java Virtual Machine.\n", "Error: could not create the Java Virtual Machine."),
        ("\n", "(no output)"),
    ],
)
def test_the_decisive_line_of_a_log(tmp_path: Path, output: str, line: str) -> None:
    log = tmp_path / "kafka.console.log"
    log.write_text(output, encoding="utf-8")
    assert process.decisive(log) == line


def test_a_full_disk_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "free_bytes", lambda _folder: 3 << 20)
    stack = embedded.Embedded(Settings(data_dir=tmp_path / "data"), Progress())
    with pytest.raises(Failed, match="only 3 MiB free"):
        stack.start(Ports(), Record())


def test_a_damaged_unpacked_archive_is_unpacked_anew(tmp_path: Path) -> None:
    archive = tmp_path / "app-all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app-runner.jar", b"whole")
    home = registry.unpack(archive)
    (home / "app-runner.jar").write_bytes(b"other")
    assert (registry.unpack(archive) / "app-runner.jar").read_bytes() == b"whole"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app-all", "app-all.zip"]


@pytest.mark.parametrize("terminal", [False, True])
def test_a_download_is_shown_on_a_terminal_and_elsewhere(terminal: bool) -> None:
    shown = io.StringIO()
    progress = Progress(Console(file=shown, force_terminal=terminal))
    with progress.download(files=2, size=2 << 20) as bar:
        for name in ("one", "two"):
            bar.received(1 << 20)
            bar.finished(name)
    progress.say(Text(en="done", ru="готово"))
    assert "2/2" in shown.getvalue()
    assert ("\x1b[" in shown.getvalue()) is terminal


def test_a_folder_in_russian_letters_stands_in_kafkas_settings_as_java_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "данные 1 \\ 😀"
    folder.mkdir()
    written = broker.write_settings(folder, Ports(kafka=1, controller=2)).read_bytes()
    line = next(line for line in written.split(b"\n") if line.startswith(b"log.dirs="))
    assert written.isascii()
    unescaped = re.sub(rb"\\u([0-9a-f]{4})", lambda found: bytes.fromhex(found[1].decode()), line.split(b"=", 1)[1])
    assert b"\\u0434\\u0430" in line
    assert unescaped.endswith(b"/log")


@pytest.mark.process
def test_java_gets_a_locale_in_utf8_where_the_own_one_has_ascii_only() -> None:
    script = "from deploy.embedded import process as p; print(p.is_ascii_only(), p.environment().get('LC_ALL'))"
    told = {}
    for name in ("C", "POSIX", "C.UTF-8"):
        environment = {**os.environ, "LC_ALL": name}
        told[name] = subprocess.check_output([sys.executable, "-c", script], env=environment, text=True).split()
    assert told["C.UTF-8"] == ["False", "C.UTF-8"]
    for name in ("C", "POSIX"):
        assert told[name][0] == "True"
        assert told[name][1].lower().replace("-", "").endswith("utf8")


def test_without_any_locale_in_utf8_the_reason_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "is_ascii_only", lambda: True)
    monkeypatch.setattr(process, "utf8_locale", lambda: "")
    settings = Settings(data_dir=tmp_path / "данные")
    with pytest.raises(Misconfigured, match="KRANHUB_DATA_DIR"):
        Embedded(settings, Progress())._require_readable_name()
    Embedded(Settings(data_dir=tmp_path / "data"), Progress())._require_readable_name()
