"""What ``kranhub status`` tells: what runs, where, since when, and how connectors, core and views are."""

from datetime import datetime

import psutil
import structlog
from pydantic import BaseModel, computed_field

from deploy.embedded import probe, process, record
from deploy.embedded.connectorstates import ConnectorState, connector_states
from deploy.embedded.stack import is_external
from kranhub import supervising, urls, workers
from kranhub.errors import KranhubError, Unavailable
from kranhub.settings import Settings, endpoints
from kranhub.supervising import Supervision
from kranhub.text import Text
from kranhub.workers import Group

log = structlog.get_logger()


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
    supervisors: list[Supervision] = []
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
        supervisors=_supervisors(settings),
    )
    found.problems += [problem for each in found.supervisors for problem in _troubles(each)]
    try:
        where = endpoints(settings)
    except KranhubError:
        found.problems.append(str(NOT_RUNNING))
        return found
    found.bootstrap, found.registry_url = where.bootstrap, urls.shown(where.registry_url)
    _ask_broker(found, settings)
    _ask_registry(found, where.registry_url)
    if found.running:
        _ask_works(found, settings)
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


def _ask_registry(found: Status, url: str) -> None:
    try:
        found.subjects = probe.registry(url)
    except Unavailable as error:
        found.problems.append(str(error))
    else:
        found.registry_answers = True


def _ask_works(found: Status, settings: Settings) -> None:
    """Ask the brokers who works; what went away meanwhile, or says the unforeseen, is a problem more."""
    for name, ask in (("connectors", connector_states), ("groups", workers.groups)):
        try:
            setattr(found, name, ask(settings))
        except KranhubError as error:
            found.problems.append(str(error))
        except Exception as error:
            log.exception("status incomplete")
            found.problems.append(str(_incomplete(name, type(error).__name__)))


def _supervisors(settings: Settings) -> list[Supervision]:
    said = supervising.supervisions(settings)
    return [each.model_copy(update={"running": _runs(each, settings)}) for each in said]


def _runs(said: Supervision, settings: Settings) -> bool:
    """Whether the supervisor lives; a process that is younger than its word got the same pid later."""
    try:
        written = supervising.state_file(settings, said.command).stat().st_mtime
        found = psutil.Process(said.pid)
        young = found.create_time() > written + process.CLOCK_TOLERANCE_SECONDS
        return not young and found.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _troubles(said: Supervision) -> list[str]:
    if not said.running:
        return [str(_killed(said.command))]
    return [
        str(_restarting(child.name, child.exit_code, child.restarts))
        for child in said.processes
        if child.state == "waiting"
    ]


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


def _incomplete(what: str, reason: str) -> Text:
    return Text(
        en=f"The brokers' answer about {what} could not be read ({reason}). Try again; if it stays, see the log above.",
        ru=f"Ответ брокеров о «{what}» не удалось прочитать ({reason}). Повторите; если не пройдёт, см. журнал выше.",
    )


def _killed(command: str) -> Text:
    return Text(
        en=f"`{command}` was killed here: nobody restarts its processes, and some may still run. Start it again.",
        ru=f"`{command}` здесь прерван: его процессы никто не перезапускает, часть может ещё работать. Запустите его "
        "снова.",
    )


def _restarting(name: str, code: int | None, restarts: int) -> Text:
    return Text(
        en=f"{name} ended with exit code {code} and will be started again (restarts: {restarts}); its log says why.",
        ru=f"{name} завершился с кодом {code} и будет запущен снова (перезапусков: {restarts}); причина в его журнале.",
    )
