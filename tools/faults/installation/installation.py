"""One installation in a folder of its own, as the README sets it up: `kranhub up`, `kranhub run`, ERPs in SQLite."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from benchmarks.members import written
from deploy import omsk
from deploy.demo import independent
from deploy.demo.sql_erp import PLANTS, all_plants
from kranhub.settings import Settings, endpoints
from tools.harness.core import wait_for
from tools.harness.settings import REPOSITORY
from tools.harness.sql_shop import BUYER, Shop

NAMESPACE = "life."
MASTER_DATA = ("nomenclature", "rules", "calendars", "rates")


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended.

    Attributes:
        code: Its exit code.
        output: Its standard output and standard error, together.
        out: Its standard output alone.
    """

    code: int
    output: str
    out: str


class Installation:
    """The files, the ERPs and the processes. Its commands run with its settings, in English."""

    def __init__(self, folder: Path, data: Path, release: Path = REPOSITORY) -> None:
        """Take the folder for files and ERPs, the data folder, and the code to run; nothing starts yet."""
        self.folder, self.data = folder, data
        self.data.mkdir(parents=True)
        self.shop = Shop(folder / "shop.sqlite")
        self.plants = all_plants(folder / "plants")
        for plant in self.plants:
            plant.create()
        self.members = written(Settings(data_dir=self.data, **omsk.FILES), folder).required("members_file")
        for name in MASTER_DATA:
            shutil.copy(REPOSITORY / f"deploy/{name}/omsk.yaml", folder / f"{name}.yaml")
        self.file = self._connectors()
        self.release = release
        """Whose code runs: this repository's, or that of another release in a folder of its own."""
        self.hub: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Settings:
        """Return the settings under which it runs."""
        return Settings(data_dir=self.data, namespace=NAMESPACE, **{**omsk.FILES, "members_file": self.members})

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of its processes: nothing of this machine's own installation."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith("KRANHUB_")}
        databases = {plant.variable: f"sqlite:///{plant.file}" for plant in self.plants}
        files = {f"KRANHUB_{name.upper()}_FILE": str(self.folder / f"{name}.yaml") for name in MASTER_DATA}
        files["PYTHONPATH"] = str(self.release)
        own = {"DATA_DIR": str(self.data), "NAMESPACE": NAMESPACE, "MEMBERS_FILE": str(self.members), "LANG": "en"}
        return {**outside, **databases, **files, **{f"KRANHUB_{name}": value for name, value in own.items()}}

    def kranhub(
        self, *arguments: str, timeout_s: float = 180.0, limits: Sequence[str] = (), **more: str
    ) -> CommandResult:
        """Run a command to its end.

        Args:
            arguments: The command and its options.
            timeout_s: How many seconds it may take.
            limits: A bash command to run before it, such as ``ulimit``.
            more: Further environment variables.
        """
        command = [sys.executable, "-m", "kranhub", *arguments]
        if limits:
            command = ["bash", "-c", f'{" ".join(limits)} && exec "$@"', "bash", *command]
        done = subprocess.run(
            command,
            env={**self.environment, **more},
            cwd=self.release,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return CommandResult(done.returncode, done.stdout + done.stderr, done.stdout)

    def start(self, **more: str) -> subprocess.Popen[bytes]:
        """Start `kranhub run`; its log is ``hub.log``."""
        with (self.folder / "hub.log").open("ab") as log:
            self.hub = subprocess.Popen(
                [sys.executable, "-m", "kranhub", "run", str(self.file)],
                env={**self.environment, **more},
                cwd=self.release,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.hub

    def children(self) -> list[psutil.Process]:
        """Return the processes that `kranhub run` has started."""
        assert self.hub is not None
        return psutil.Process(self.hub.pid).children(recursive=True)

    @property
    def log(self) -> str:
        """The output of the processes of `kranhub run` so far."""
        return (self.folder / "hub.log").read_text(encoding="utf-8")

    def stop(self) -> int:
        """Ask `kranhub run` to stop and return its exit code."""
        assert self.hub is not None
        if self.hub.poll() is None:
            self.hub.send_signal(signal.SIGTERM)
        code = self.hub.wait(60)
        self.hub = None
        return code

    def delivered(self, plant: str) -> int:
        """Return how many documents with a reference the plant's system holds."""
        return next(len(each.references()) for each in self.plants if each.plant == plant)

    def without(self, connector: str) -> Path:
        """Return an installation file that leaves one connector out."""
        content = yaml.safe_load((self.folder / "kranhub.yaml").read_text(encoding="utf-8"))
        content["connectors"].remove(f"{connector}.yaml")
        return self._write("without.yaml", content)

    @contextmanager
    def connector(self, name: str, **more: str) -> Iterator[None]:
        """Run one connector by itself, under further variables."""
        command = [sys.executable, "-m", "kranhub", "connector", "run", str(self.folder / f"{name}.yaml")]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env={**self.environment, **more}, cwd=self.release, stdout=log, stderr=log
            )
        try:
            yield
        finally:
            process.terminate()
            code = process.wait(60)
            assert code == 0, f"the connector {name} has ended with {code}"

    def json_of(self, *arguments: str) -> Any:
        """Return the JSON output of a command, which must succeed."""
        result = self.kranhub(*arguments, "-o", "json")
        assert result.code == 0, result.output
        return json.loads(result.out)

    def waiting(self, code: str | None = None) -> list[Any]:
        """Return the alerts about orders that wait for a person; one about a clock or a connector is no order's."""
        alerts = self.json_of("orders", "waiting", *(("--code", code) if code else ()))
        return [alert for alert in alerts if alert["order_key"] is not None]

    def read(self, topic: str) -> list[independent.ReadRecord]:
        """Return the records of a topic, named without the namespace, by a client and a codec of their own."""
        where = endpoints(self.settings)
        return independent.read(where.bootstrap, where.registry_url, f"{NAMESPACE}{topic}")

    def held(self, plant: str) -> list[str]:
        """Return the references of the live documents in the plant's system."""
        found = next(each.references() for each in self.plants if each.plant == plant)
        return [reference for reference, is_live in found if is_live]

    def wait_until_well(self) -> None:
        """Wait until `kranhub status` finds nothing."""
        wait_for(lambda: self.kranhub("status").code == 0, "kranhub status finds nothing", 120)

    def _connectors(self) -> Path:
        names = [BUYER, *(plant.plant for plant in self.plants)]
        self.shop.write_file(self.folder / f"{BUYER}.yaml", poll_seconds=0.5)
        for plant in self.plants:
            shutil.copy(PLANTS / f"{plant.plant}.yaml", self.folder)
        return self._write("kranhub.yaml", {"connectors": [f"{name}.yaml" for name in names]})

    def _write(self, name: str, content: dict[str, Any]) -> Path:
        file = self.folder / name
        file.write_text(yaml.safe_dump(content), encoding="utf-8")
        return file


@contextmanager
def installed(folder: Path, data: Path, release: Path = REPOSITORY) -> Iterator[Installation]:
    """Set up an installation and run it; whatever happens, everything ends with the block.

    Args:
        folder: Where its files and ERPs are.
        data: Its data folder.
        release: The folder of the release to run.
    """
    installation = Installation(folder, data, release)
    try:
        up = installation.kranhub("up")
        assert up.code == 0, up.output
        installation.start()
        yield installation
    finally:
        _end(installation)


def _end(installation: Installation) -> None:
    hub = installation.hub
    if hub is not None and hub.poll() is None:
        children = installation.children()
        hub.terminate()
        try:
            hub.wait(60)
        except subprocess.TimeoutExpired:
            hub.kill()
            hub.wait()
        for child in children:
            if child.is_running():
                child.kill()
    installation.kranhub("down")
