"""The real Kafka and registry for tests: one embedded stack per run, one namespace per test."""

import os
import shutil
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.embedded import process, stack_file
from deploy.embedded import stack as embedded
from deploy.embedded.progress import Progress
from kranhub.broker import admin
from kranhub.parties import members
from kranhub.parties.members import Members
from kranhub.settings import Settings, endpoints
from tools.harness.settings import new_namespace, settings_in

FOLDER = "KRANHUB_TEST_STACK"
"""Names the folder of the stack that all workers of a run share."""

KEPT = 12
"""Namespaces whose topics are kept by each worker; no test needs so many at once."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack. ``settings`` name its data folder and a namespace of the session's own."""

    settings: Settings
    bootstrap: str
    registry_url: str
    prepared: list[str] = field(default_factory=list)
    """Namespaces of earlier tests whose topics still exist."""

    def settings_for(self, namespace: str) -> Settings:
        """Return settings of this stack under another namespace, whose topics do not exist yet."""
        return self.settings.model_copy(update={"namespace": namespace})

    def prepare(self, namespace: str, *only: str) -> Settings:
        """Return such settings after creating the topics there, of these members only where any are named.

        Name them where a test needs few: those of all members are 190, and creating them takes a second or more.
        """
        settings = self.settings_for(namespace)
        self._forget()
        self.prepared.append(namespace)
        companies = members.load(settings.required("members_file"))
        if only:
            companies = Members(members=tuple(companies.by_id[member] for member in only))
        admin.apply(settings, companies)
        return settings

    def _forget(self) -> None:
        """Delete the topics of tests long over: some 200 partitions each would exhaust the broker's open files."""
        if len(self.prepared) < KEPT:
            return
        over = tuple(self.prepared[: KEPT // 2])
        with admin.admin(self.settings) as client:
            client.delete_topics([each["name"] for each in client.describe_topics() if each["name"].startswith(over)])
        del self.prepared[: len(over)]


@pytest.fixture(scope="session")
def stack() -> Stack:
    """Return the run's one embedded stack, started by whoever needs it first; `stop` ends it with the run."""
    settings = settings_in(Path(os.environ[FOLDER]), new_namespace())
    embedded.up(settings, Progress())
    where = endpoints(settings)
    return Stack(settings, where.bootstrap, where.registry_url)


def begin() -> None:
    """Name the folder of the run's stack, which its first user makes. To be called once, before the workers start."""
    os.environ[FOLDER] = str(Path(tempfile.gettempdir()) / f"kranhub-test-{uuid.uuid4().hex[:8]}")


def stop() -> None:
    """Stop the run's stack if it was started, and leave nothing behind. To be called once, after the workers' end."""
    folder = Path(os.environ.pop(FOLDER))
    try:
        settings = settings_in(folder, new_namespace())
        started = stack_file.read(settings).processes
        embedded.down(settings, Progress())
        assert not [entry for entry in started if process.find(entry)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def namespace() -> str:
    """Return a namespace of this test alone."""
    return new_namespace()
