"""What ``kranhub status`` tells: what runs, where, since when, and how the connectors are."""

from datetime import datetime

import psutil
from pydantic import BaseModel, computed_field

from deploy.embedded import probe, process, record
from deploy.embedded.connectorstates import ConnectorState, connector_states
from deploy.embedded.stack import is_external
from kranhub import workers
from kranhub.errors import KranhubError, Unavailable
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.workers import Group


class Part(BaseModel):
    """One process: ``memory_mib`` is its resident memory, None when it does not run."""

    name: str
    pid: int
    running: bool
    memory_mib: int | None
    log: str


class Status(BaseModel):
    """The whole answer. ``problems`` are sentences in the reader's language."""

    kind: str
    bootstrap: str | None = None
    registry_url: str | None = None
    since: datetime | None = None
    versions: dict[str, str] = {}
    broker_answers: bool = False
    registry_answers: bool = False
    topics: int | None = None
    subjects: int | None = None
    processes: list[Part] = []
    connectors: list[ConnectorState] = []
    groups: list[Group] = []
    problems: list[str] = []

    @computed_field  # type: ignore[prop-decorator]
    @property
    def running(self) -> bool:
        """Whether the broker and the registry answer."""
        return self.broker_answers and self.registry_answers


def status(settings: Settings) -> Status:
    """Look at everything; never raises for something that is merely away."""
    external = is_external(settings)
    last = record.Record() if external else record.read(settings)
    found = Status(
        kind="external" if external else last.kind,
        since=last.since,
        versions=last.versions,
        processes=[_part(started) for started in last.processes],
    )
    try:
        where = endpoints(settings)
    except KranhubError:
        found.problems.append(str(NOT_RUNNING))
        return found
    found.bootstrap, found.registry_url = where.bootstrap, where.registry_url
    _ask_broker(found, settings)
    _ask_registry(found)
    if found.running:
        found.connectors = connector_states(settings)
        found.groups = workers.groups(settings)
    return found


NOT_RUNNING = Text(
    en="The stack does not run here. Start it with `kranhub up`.",
    ru="Стек здесь не запущен. Запустите его: `kranhub up`.",
)


def _ask_broker(found: Status, settings: Settings) -> None:
    try:
        names = probe.broker(settings, found.bootstrap or "")
    except Unavailable as error:
        found.problems.append(str(error))
    else:
        found.broker_answers = True
        found.topics = sum(name.startswith(settings.namespace) for name in names)


def _ask_registry(found: Status) -> None:
    try:
        found.subjects = probe.registry(found.registry_url or "")
    except Unavailable as error:
        found.problems.append(str(error))
    else:
        found.registry_answers = True


def _part(started: record.Started) -> Part:
    running = process.find(started)
    return Part(
        name=started.name,
        pid=started.pid,
        running=running is not None,
        memory_mib=_memory(running) if running else None,
        log=str(started.log.with_name(f"{started.name}.log")),
    )


def _memory(running: psutil.Process) -> int | None:
    try:
        return int(running.memory_info().rss) >> 20
    except psutil.Error:
        return None
