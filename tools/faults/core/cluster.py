"""What faults act on: brokers, a registry, topics and schemas of the suite's own, deleted at the context's end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.members import written
from deploy.embedded import artifacts, process, registry, stack
from deploy.embedded.ports import any_free
from deploy.embedded.progress import Progress
from deploy.embedded.waiting import until_answers
from kranhub.operations.probe import registry as ask_registry
from kranhub.parties import members
from kranhub.settings import Settings
from tools.faults.core.brokers import Brokers
from tools.harness.proxy import Proxy
from tools.harness.settings import new_namespace, settings_in


@dataclass
class FaultCluster:
    """What runs. The suite's own settings go to the brokers directly; workers get those of `for_workers`."""

    brokers: Brokers
    registry_url: str
    folder: Path
    proxy: Proxy | None = None

    def settings(self) -> Settings:
        """Return settings of a new namespace whose topics and schemas are there.

        No plant's weeks ever fill up: how many orders a scenario has depends on the machine's speed, and which plants
        they go to must not.
        """
        found = written(settings_in(self.folder, new_namespace()), self.folder).model_copy(
            update={
                "kafka_bootstrap": self.brokers.direct,
                "registry_url": self.registry_url,
                "replication": len(self.brokers.nodes),
            }
        )
        stack.prepare(found, members.load(found.required("members_file")))
        self.brokers.wait_until_there()
        return found

    def for_workers(self, settings: Settings) -> Settings:
        """Return the settings with the workers' way to the brokers."""
        return settings.model_copy(update={"kafka_bootstrap": self.brokers.workers})


@contextmanager
def fault_cluster(*, count: int = 1, proxied: bool = False, data: Path | None = None) -> Iterator[FaultCluster]:
    """Start brokers and a registry; stop them and delete their files at the end.

    Args:
        count: How many brokers: one or three.
        proxied: Whether workers reach the broker through a proxy.
        data: Where the brokers keep their logs; None for the cluster's own folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="kranhub-faults-"))
    proxy = Proxy(any_free(set())) if proxied else None
    brokers = Brokers(data or folder, count, proxy.port if proxy else None)
    if proxy:
        proxy.target = brokers.nodes[0].listens
        proxy.__enter__()
    try:
        with _registry(folder) as url:
            brokers.start_all()
            yield FaultCluster(brokers, url, folder, proxy)
    finally:
        brokers.stop_all()
        if proxy:
            proxy.__exit__()
        if "KRANHUB_FAULTS_KEEP" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _registry(folder: Path) -> Iterator[str]:
    archive = artifacts.ensure(artifacts.load_lock().registry, Progress())[0]
    data, port = folder / "registry", any_free(set())
    data.mkdir()
    command = registry.start_command(registry.unpack(archive), data, data, port, process.token())
    with (data / "console.log").open("wb") as output:
        running = subprocess.Popen(command, cwd=data, env=process.environment(), stdout=output, stderr=output)
    try:
        _wait_for_registry(registry.url(port))
        yield registry.url(port)
    finally:
        running.kill()
        running.wait(10)


def _wait_for_registry(url: str) -> None:
    until_answers(lambda: ask_registry(url), patience_s=60)
