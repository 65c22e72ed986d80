"""Collects what `kranhub status` reports: what runs, where, since when, connectors, core and views, what is wrong."""

from collections.abc import Callable
from datetime import datetime

import psutil
import structlog
from pydantic import BaseModel, computed_field

from kranhub import redaction
from kranhub.broker import lag
from kranhub.broker.lag import Group
from kranhub.errors import KranhubError, Unavailable
from kranhub.operations import probe, recovery, recovery_mark, supervision
from kranhub.operations.local_stack import StackProcess, StackState, local_stack
from kranhub.operations.status import findings
from kranhub.operations.status.connector_states import ConnectorState, connector_states
from kranhub.operations.status.findings import Finding
from kranhub.operations.supervision import Supervision
from kranhub.settings import Settings, endpoints, is_external
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

log = structlog.get_logger()

CLOCK_TOLERANCE_S = 2.0
"""How far a process' creation time and its file's time may differ."""


class Status(BaseModel):
    """The whole report of `kranhub status`.

    Attributes:
        kind: Which stack it is: external, embedded or docker.
        bootstrap: The brokers' addresses; None where not known.
        registry_url: The registry's address without its password; None where not known.
        since: When the stack was started; None where not known.
        versions: The versions of the stack's parts.
        broker_answers: Whether a broker answers.
        registry_answers: Whether the registry answers.
        topics: How many topics the namespace has; None where not known.
        subjects: How many subjects the registry has; None where not known.
        processes: The processes of the stack.
        supervisors: The supervisors of this data folder.
        connectors: The states of all connector tasks.
        groups: The consumer groups of core and views.
        recovering: Whether the hub recovers after a restore.
        problems: Why something does not answer.
        findings: What else is wrong.
    """

    kind: str
    bootstrap: str | None = None
    registry_url: str | None = None
    since: datetime | None = None
    versions: dict[str, str] = {}
    broker_answers: bool = False
    registry_answers: bool = False
    topics: int | None = None
    subjects: int | None = None
    processes: list[StackProcess] = []
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
    """Collect everything; a system that is away becomes a problem of the report.

    Raises:
        Misconfigured: The settings name only one of broker and registry.
    """
    external = is_external(settings)
    stack = StackState(kind="external") if external else local_stack().state(settings)
    found = Status(
        kind=stack.kind,
        since=stack.since,
        versions=stack.versions,
        processes=stack.processes,
        supervisors=_supervisors(settings),
    )
    _ask(found, settings)
    return found


def _ask(found: Status, settings: Settings) -> None:
    """Ask the broker and the registry; what is wrong with groups and connectors is known only where both answer."""
    try:
        where = endpoints(settings)
    except KranhubError:
        found.problems.append(str(NOT_RUNNING))
    else:
        found.bootstrap, found.registry_url = where.bootstrap, redaction.shown(where.registry_url)
        _ask_broker(found, settings)
        _ask_registry(found, where.registry_url)
    asked = found.running and _ask_groups(found, settings)
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
    """Return whether the hub was restored and has not yet read what the ERPs hold, as far as that is known."""
    if (settings.data_dir / recovery_mark.NAME).exists():
        return True
    if not asked:
        return False
    try:
        with Registry(endpoints(settings).registry_url) as registry:
            known = recovery.current(settings, Codec(registry))
    except KranhubError:  # there is no such topic yet, or it is reported already that something is away
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


def _ask_groups(found: Status, settings: Settings) -> bool:
    """Ask the brokers for connectors and consumer groups. Return whether both are known.

    A broker that went away meanwhile adds a problem, an unforeseen answer adds a finding.
    """
    answered = [
        _answered(found, "connectors", lambda: _set_connectors(found, settings)),
        _answered(found, "groups", lambda: _set_groups(found, settings)),
    ]
    return all(answered)


def _answered(found: Status, name: str, ask: Callable[[], None]) -> bool:
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
    """Store the groups of core and views; the lag of a sink's group is stored with its connector."""
    sinks = {state.group: state for state in found.connectors if state.task == "sink"}
    for group in lag.groups(settings, sinks):
        if group.name in sinks:
            sinks[group.name].lag, sinks[group.name].lag_s = group.lag, group.lag_s
        else:
            found.groups.append(group)


def _supervisors(settings: Settings) -> list[Supervision]:
    written = supervision.supervisions(settings)
    return [each.model_copy(update={"running": _runs(each, settings)}) for each in written]


def _runs(supervisor: Supervision, settings: Settings) -> bool:
    """Return whether the supervisor lives; a process created after its state was written only has the same pid."""
    try:
        written_at = supervision.state_file(settings, supervisor.command).stat().st_mtime
        found = psutil.Process(supervisor.pid)
        is_younger = found.create_time() > written_at + CLOCK_TOLERANCE_S
        return not is_younger and found.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
