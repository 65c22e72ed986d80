"""What ``kranhub status`` tells: what runs, where, since when, how connectors, core and views are, what is wrong."""

from collections.abc import Callable
from datetime import datetime

import psutil
import structlog
from pydantic import BaseModel, computed_field

from deploy.embedded import findings, probe, process, stack_file
from deploy.embedded.connector_states import ConnectorState, connector_states
from deploy.embedded.findings import Finding
from deploy.embedded.stack import is_external
from kranhub.broker import lag
from kranhub.broker.lag import Group
from kranhub.errors import KranhubError, Unavailable
from kranhub.operations import recovery, recovery_mark, redaction, supervision
from kranhub.operations.supervision import Supervision
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

log = structlog.get_logger()


class Part(BaseModel):
    """One process: ``memory_mib`` is its resident memory, None when it does not run."""

    name: str
    pid: int
    running: bool
    memory_mib: int | None
    log: str


class Status(BaseModel):
    """The whole answer. ``problems`` say why something does not answer, ``findings`` what else is wrong."""

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
    supervisors: list[Supervision] = []
    connectors: list[ConnectorState] = []
    groups: list[Group] = []
    recovering: bool = False
    problems: list[str] = []
    findings: list[Finding] = []

    @computed_field  # type: ignore[prop-decorator]
    @property
    def running(self) -> bool:
        """Whether the broker and the registry answer."""
        return self.broker_answers and self.registry_answers

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.running and not self.problems and not self.findings


def status(settings: Settings) -> Status:
    """Look at everything; never raises for something that is merely away."""
    external = is_external(settings)
    last = stack_file.Record() if external else stack_file.read(settings)
    found = Status(
        kind="external" if external else last.kind,
        since=last.since,
        versions=last.versions,
        processes=[_part(started) for started in last.processes],
        supervisors=_supervisors(settings),
    )
    _ask(found, settings)
    return found


def _ask(found: Status, settings: Settings) -> None:
    """Ask the broker and the registry; what is wrong with groups and connectors is only known where both answer."""
    try:
        where = endpoints(settings)
    except KranhubError:
        found.problems.append(str(NOT_RUNNING))
    else:
        found.bootstrap, found.registry_url = where.bootstrap, redaction.shown(where.registry_url)
        _ask_broker(found, settings)
        _ask_registry(found, where.registry_url)
    asked = found.running and _ask_works(found, settings)
    found.recovering = _recovers(settings, asked=asked)
    found.findings += findings.findings(
        found.supervisors,
        found.connectors,
        found.groups,
        settings.lag_limit_s,
        served=asked,
        recovering=found.recovering,
    )


def _recovers(settings: Settings, *, asked: bool) -> bool:
    """Return whether the hub was restored and has not read again yet what the ERPs hold, as far as that is known."""
    if (settings.data_dir / recovery_mark.NAME).exists():
        return True
    if not asked:
        return False
    try:
        with Registry(endpoints(settings).registry_url) as registry:
            known = recovery.current(settings, Codec(registry))
    except KranhubError:  # there is no such topic yet, or it is said already that something is away
        return False
    return known is not None and known.is_open


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


def _ask_registry(found: Status, url: str) -> None:
    try:
        found.subjects = probe.registry(url)
    except Unavailable as error:
        found.problems.append(str(error))
    else:
        found.registry_answers = True


def _ask_works(found: Status, settings: Settings) -> bool:
    """Ask the brokers who works, and return whether all was told.

    What went away meanwhile, or says the unforeseen, is a problem or a finding more.
    """
    told = [
        _told(found, "connectors", lambda: _set_connectors(found, settings)),
        _told(found, "groups", lambda: _set_groups(found, settings)),
    ]
    return all(told)


def _told(found: Status, name: str, ask: Callable[[], None]) -> bool:
    try:
        ask()
    except KranhubError as error:
        found.problems.append(str(error))
    except Exception as error:
        log.exception("status incomplete")
        found.findings.append(findings.incomplete(name, type(error).__name__))
    else:
        return True
    return False


def _set_connectors(found: Status, settings: Settings) -> None:
    found.connectors = connector_states(settings)


def _set_groups(found: Status, settings: Settings) -> None:
    """Take the groups of core and views; those of the sinks go to their connectors."""
    sinks = {state.group: state for state in found.connectors if state.task == "sink"}
    for group in lag.groups(settings, sinks):
        if group.name in sinks:
            sinks[group.name].lag, sinks[group.name].lag_s = group.lag, group.lag_s
        else:
            found.groups.append(group)


def _supervisors(settings: Settings) -> list[Supervision]:
    said = supervision.supervisions(settings)
    return [each.model_copy(update={"running": _runs(each, settings)}) for each in said]


def _runs(said: Supervision, settings: Settings) -> bool:
    """Whether the supervisor lives; a process that is younger than its word got the same pid later."""
    try:
        written = supervision.state_file(settings, said.command).stat().st_mtime
        found = psutil.Process(said.pid)
        young = found.create_time() > written + process.CLOCK_TOLERANCE_SECONDS
        return not young and found.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _part(started: stack_file.Started) -> Part:
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
