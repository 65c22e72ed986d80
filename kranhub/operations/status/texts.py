"""The report of `kranhub status` for a person, as lines in the reader's language."""

from collections.abc import Iterator
from datetime import UTC

from kranhub.broker.lag import Group, Worker
from kranhub.operations import supervision
from kranhub.operations.local_stack import StackProcess
from kranhub.operations.status.connector_states import ConnectorState
from kranhub.operations.status.findings import Finding
from kranhub.operations.status.status import Status
from kranhub.text import Text

NAMES = {
    "kafka": Text(en="Kafka", ru="Kafka"),
    "registry": Text(en="Registry", ru="Реестр"),
    "java": Text(en="Java", ru="Java"),
}
"""The parts of the stack."""

STATES = {
    "STARTING": Text(en="starting", ru="запускается"),
    "RUNNING": Text(en="running", ru="работает"),
    "BACKING_OFF": Text(en="waiting for the ERP or the hub", ru="ждёт учётную систему или центр"),
    "FAILED": Text(en="failed, a person must act", ru="остановлен ошибкой, нужен человек"),
    "STOPPED": Text(en="stopped", ru="остановлен"),
}
"""The states of a connector's task, by ConnectorStatus."""

TASKS = {"source": Text(en="from the ERP", ru="из системы"), "sink": Text(en="into the ERP", ru="в систему")}


def lines(found: Status) -> Iterator[str]:
    """Yield the lines of `kranhub status`."""
    yes, no = Text(en="answers", ru="отвечает"), Text(en="does not answer", ru="не отвечает")
    yield f"{NAMES['kafka']!s:9} {found.bootstrap or '-'} {yes if found.broker_answers else no}"
    yield f"{NAMES['registry']!s:9} {found.registry_url or '-'} {yes if found.registry_answers else no}"
    for name, version in found.versions.items():
        yield f"{_named(name):9} {Text(en='version', ru='версия')} {version}"
    yield from (f"{_named(part.name):9} {_process(part)}" for part in found.processes)
    yield from (line for each in found.supervisors for line in supervision.lines(each))
    if found.since:
        since = f"{found.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        yield str(Text(en=f"Since     {since}", ru=f"С         {since}"))
    if found.topics is not None:
        yield str(Text(en=f"Topics    {found.topics}", ru=f"Топики    {found.topics}"))
    yield from (_connector(each) for each in found.connectors)
    yield from (line for group in found.groups for line in _served(group))
    yield from found.problems
    yield from (str(_finding(each)) for each in found.findings)


def _finding(finding: Finding) -> Text:
    return Text(en=f"Finding: {finding.text}", ru=f"Находка: {finding.text}")


def _named(name: str) -> str:
    return str(NAMES.get(name, name))


def _process(part: StackProcess) -> Text:
    if not part.running:
        return Text(en=f"does not run, {part.log}", ru=f"не работает, {part.log}")
    memory = part.memory_mib or 0
    return Text(en=f"pid {part.pid}, {memory} MiB, {part.log}", ru=f"pid {part.pid}, {memory} МиБ, {part.log}")


def _connector(found: ConnectorState) -> str:
    name, task = f"{found.member}/{found.connector}", TASKS.get(found.task, found.task)
    state, age = STATES.get(found.state, found.state), _age(found.age_s)
    subject = Text(en=f"Connector {name}, {task}: {state}", ru=f"Коннектор {name}, {task}: {state}")
    since = Text(
        en=f"since {found.changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {age.en}",
        ru=f"с {found.changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {age.ru}",
    )
    return f"{subject} ({'; '.join([str(since), *_ages(found)])}). {found.reason}".rstrip(" .")


def _ages(found: ConnectorState) -> Iterator[str]:
    """Yield how long ago its heartbeat came, how long ago it was up to date, and what waits for it."""
    heartbeat, looked = _age(found.heartbeat_age_s), _age(found.progress_age_s or 0)
    yield str(Text(en=f"heard {heartbeat.en} ago", ru=f"пульс {heartbeat.ru} назад"))
    if found.progress_age_s is not None and found.task == "source":
        yield str(Text(en=f"looked {looked.en} ago", ru=f"опрос {looked.ru} назад"))
    if found.lag is not None:
        yield str(_behind(found.lag, found.lag_s))


def _age(seconds: int) -> Text:
    """Return a duration in the largest unit of which it has at least two."""
    for size, en, ru in ((86_400, "days", "дн."), (3_600, "hours", "ч"), (60, "minutes", "мин")):
        if seconds >= 2 * size:
            return Text(en=f"{seconds // size} {en}", ru=f"{seconds // size} {ru}")
    return Text(en=f"{seconds} seconds", ru=f"{seconds} с")


def _served(group: Group) -> list[str]:
    """Return a line for each worker of a stage or a view, or one line where nobody serves it."""
    if not group.workers:
        behind = _behind(group.lag, group.lag_s)
        nobody = Text(en=f"nobody serves it, {behind.en}", ru=f"не обслуживается, {behind.ru}")
        return [f"{group.name:15} {nobody}"]
    return [f"{group.name:15} {_work(worker)}" for worker in group.workers]


def _work(worker: Worker) -> Text:
    behind = _behind(worker.lag, worker.lag_s)
    return Text(
        en=f"{worker.instance} on {worker.host}: partitions {worker.partitions}, {behind.en}",
        ru=f"{worker.instance} на {worker.host}: разделов {worker.partitions}, {behind.ru}",
    )


def _behind(lag: int, lag_s: float | None) -> Text:
    """Return how many records wait, and for how long the oldest."""
    if not lag or lag_s is None:
        return Text(en=f"records behind {lag}", ru=f"отставание {lag} записей")
    age = _age(round(lag_s))
    return Text(en=f"records behind {lag}, the oldest {age.en}", ru=f"отставание {lag} записей, старейшая {age.ru}")
