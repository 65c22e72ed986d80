"""The night on the embedded stack: what dies comes back alone, what a person stopped stays stopped, a disk fills up."""

import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy import omsk
from deploy.embedded import process, restarting, stack_file
from deploy.embedded import stack as embedded
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Started
from kranhub.errors import Failed, Misconfigured
from kranhub.operations.supervisor import read_state
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from tests.support.file_erp import FileErp
from tools.harness.core import stop, wait_for
from tools.harness.settings import REPOSITORY, new_namespace, settings_in
from tools.harness.small_disk import mounted

pytestmark = pytest.mark.stack

PATIENCE_S = 60
MOST_LINES = 15
"""Of one process in an outage of some seconds, what it says of its end and its new start among them."""


@dataclass(frozen=True)
class Hub:
    """An installation with a stack of its own that these tests may kill."""

    settings: Settings

    def environment(self) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith("KRANHUB_")}
        own = {"DATA_DIR": str(self.settings.data_dir), "NAMESPACE": self.settings.namespace, "LANG": "en"}
        return outer | omsk.variables() | {f"KRANHUB_{name}": value for name, value in own.items()}

    def run(self, *words: str, expect: int = 0, shell: str = "") -> tuple[str, str]:
        command = [sys.executable, "-m", "kranhub", *words]
        if shell:
            command = ["sh", "-c", f'{shell}; exec "$@"', "sh", *command]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=self.environment(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == expect, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout, done.stderr

    def parts(self) -> dict[str, Started]:
        return {started.name: started for started in stack_file.read(self.settings).processes}

    def revived(self, name: str, former: Started) -> Started:
        """Return the part once it runs again and everything answers."""
        found = wait_for(lambda: self.parts()[name].pid != former.pid and self.parts()[name], f"{name} is back", 60)
        wait_for(lambda: json.loads(self.status())["running"], "everything answers", PATIENCE_S)
        return found  # type: ignore[no-any-return]

    def status(self) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "kranhub", "status", "-o", "json"],
            cwd=REPOSITORY,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def child(self) -> dict[str, Any]:
        """Return the supervised core as the supervisor last wrote of it."""
        state = read_state(self.settings.data_dir / "run.json") or {"processes": [{"state": "none"}]}
        return dict(state["processes"][0])

    @contextmanager
    def supervised(self, **more: Any) -> Iterator["subprocess.Popen[bytes]"]:
        file = self.settings.data_dir / "kranhub.yaml"
        file.write_text("core: true\nviews: false\n", encoding="utf-8")
        command = [sys.executable, "-m", "kranhub", "run", str(file)]
        running = subprocess.Popen(command, cwd=REPOSITORY, env=self.environment(), **more)
        try:
            wait_for(lambda: self.child()["state"] == "running", "the core runs")
            yield running
        finally:
            stop(running)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    hub = Hub(settings_in(tmp_path_factory.mktemp("night") / "data", new_namespace()))
    try:
        embedded.up(hub.settings, Progress())
        yield hub
    finally:
        embedded.down(hub.settings, Progress())


def kill(started: Started) -> None:
    found = process.find(started)
    assert found is not None
    found.send_signal(signal.SIGKILL)
    psutil.wait_procs([found], timeout=10)


def stepped(restarter: restarting.StackRestarter) -> bool:
    restarter.step()
    return True


@pytest.mark.slow
def test_a_part_that_dies_comes_back_alone_and_the_core_is_not_told_that_a_person_must_act(hub: Hub) -> None:
    with hub.supervised() as running:
        before = hub.parts()
        kill(before["registry"])
        registry = hub.revived("registry", before["registry"])
        assert (registry.restarts, hub.parts()["kafka"]) == (1, before["kafka"])
        kill(before["kafka"])
        assert endpoints(hub.settings).bootstrap
        hub.revived("kafka", before["kafka"])
        assert hub.parts()["registry"] == registry
        assert hub.child()["exit_code"] in (None, 1, 3)
        core, supervisor = hub.child()["pid"], running
        supervisor.kill()
        wait_for(lambda: not psutil.pid_exists(core), "the core ends with its supervisor", 25)
    assert all(process.find(started) for started in hub.parts().values())


@pytest.mark.slow
def test_an_outage_is_a_handful_of_lines_and_each_is_json_with_its_process(hub: Hub, tmp_path: Path) -> None:
    erp, file, log = tmp_path / "erp.sqlite", tmp_path / "kranhub.yaml", tmp_path / "log"
    FileErp(erp)
    head = "member: sibir-terminal\nconnector: tests.support.file_erp:FileErpConnector\n"
    (tmp_path / "erp.yaml").write_text(f"{head}name: erp\nconfig: {{path: {erp}}}\n", encoding="utf-8")
    file.write_text("connectors: [erp.yaml]\n", encoding="utf-8")
    embedded.up(hub.settings, Progress())

    def works() -> bool:
        found = json.loads(hub.status() or "{}")
        running = {each["state"] for each in found.get("connectors", [])} == {"RUNNING"}
        return running and not [each for each in found["findings"] if each["code"] == "unserved"]

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]

    with log.open("wb") as output:
        command = [sys.executable, "-m", "kranhub", "run", str(file)]
        running = subprocess.Popen(command, cwd=REPOSITORY, env=hub.environment(), stderr=output)
        try:
            wait_for(works, "core, views and connector work", PATIENCE_S)
            before = len(lines())
            kafka = hub.parts()["kafka"]
            kill(kafka)
            hub.revived("kafka", kafka)
            wait_for(works, "core, views and connector work again", PATIENCE_S)
            told = lines()[before:]
        finally:
            code = stop(running)
    assert code == 0
    machine = platform.node()
    assert all(line["process"] for line in lines())
    assert {f"core {machine}", f"views {machine}", "connector sibir-terminal/erp"} <= {x["process"] for x in lines()}
    for process_name in {line["process"] for line in told}:
        mine = [line["event"] for line in told if line["process"] == process_name]
        assert len(mine) <= MOST_LINES, mine


def test_a_full_disk_stops_nothing_that_runs_and_what_died_is_started_alone(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.up(hub.settings, Progress())
    before, said = hub.parts(), list[str]()
    restarter = restarting.StackRestarter(hub.settings, lambda text: said.append(text.en))
    kill(before["kafka"])
    with monkeypatch.context() as full:
        full.setattr("deploy.embedded.artifacts.free_bytes", lambda _folder: 1 << 20)
        wait_for(lambda: stepped(restarter) and any("only 1 MiB free" in each for each in said), "it is said")
        with pytest.raises(Failed, match="only 1 MiB free"):
            embedded.up(hub.settings, Progress())
        assert hub.parts() == before
        assert endpoints(hub.settings).bootstrap
    assert process.find(before["registry"])
    assert sum("MiB free" in each for each in said) == 1
    assert embedded.up(hub.settings, Progress()).already is False
    assert hub.parts()["registry"] == before["registry"]
    assert hub.parts()["kafka"].pid != before["kafka"].pid


def test_a_low_limit_of_open_files_is_a_sentence(hub: Hub) -> None:
    other = Hub(hub.settings.model_copy(update={"data_dir": hub.settings.data_dir / "other"}))
    _, said = other.run("up", expect=4, shell="ulimit -n 256")
    assert "only 256 files" in said
    assert "ulimit -n" in said
    out, _ = other.run("doctor", "-o", "json", expect=5, shell="ulimit -n 256")
    assert {each["check"]: each["ok"] for each in json.loads(out)["findings"]}["open-files"] is False


if os.name == "posix" and os.geteuid() == 0 and shutil.which("mount"):

    @pytest.fixture
    def small(tmp_path: Path) -> Iterator[Path]:
        """Give a disk of its own of 64 MiB."""
        folder = tmp_path / "small"
        folder.mkdir()
        with mounted(folder, "64m"):
            yield folder

    def test_a_real_disk_that_is_full_and_then_read_only(hub: Hub, small: Path) -> None:
        where = endpoints(hub.settings)
        named = {"data_dir": small, "kafka_bootstrap": where.bootstrap, "registry_url": where.registry_url}
        other = Hub(hub.settings.model_copy(update=named))
        environment = {
            **other.environment(),
            "KRANHUB_KAFKA_BOOTSTRAP": where.bootstrap,
            "KRANHUB_REGISTRY_URL": where.registry_url,
        }
        command = [sys.executable, "-m", "kranhub", "streams", "run", "--only", "core"]
        log = small / "log"
        with log.open("wb") as output:
            filler = small / "filler"
            fill(filler)
            running = subprocess.Popen(command, env=environment, cwd=REPOSITORY, stdout=output, stderr=output)
        try:
            wait_for(lambda: psutil.Process(running.pid).children(), "the core is started nevertheless")
            assert read_state(small / "streams.json") is None
            filler.unlink()
            wait_for(lambda: read_state(small / "streams.json"), "the state is written once there is room")
            assert running.poll() is None
        finally:
            assert stop(running) == 0
        assert "Traceback" not in log.read_text(encoding="utf-8")
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        for words in (["streams", "run"], ["up"]):
            done = subprocess.run(
                [sys.executable, "-m", "kranhub", *words],
                env=environment if words[0] == "streams" else other.environment(),
                cwd=REPOSITORY,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 4
            assert f"{small} cannot be written" in done.stderr
            assert "Traceback" not in done.stderr


def fill(file: Path) -> None:
    """Write until the disk is full."""
    with file.open("wb", buffering=0) as stream:
        try:
            while stream.write(b"\0" * 65_536):
                pass
        except OSError:
            return


def test_what_a_person_stopped_stays_stopped(hub: Hub) -> None:
    embedded.down(hub.settings, Progress())
    said = list[Text]()
    restarting.StackRestarter(hub.settings, said.append).step()
    assert (said, hub.parts()) == ([], {})
    with pytest.raises(Misconfigured, match="kranhub up"):
        endpoints(hub.settings)
