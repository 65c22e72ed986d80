"""What `kranhub up`, `status` and `doctor` say to a person, as lines in the reader's language."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from pathlib import Path

from deploy.embedded import findings
from deploy.embedded.connector_states import ConnectorState
from deploy.embedded.doctor import Finding
from deploy.embedded.stack import Up
from deploy.embedded.status import Part, Status
from kranhub.broker.lag import Group, Worker
from kranhub.operations import supervision
from kranhub.text import Text

STOPPED = Text(en="Stopped. The data stays.", ru="Остановлено. Данные сохранены.")
NOTHING_RAN = Text(en="Nothing ran here.", ru="Здесь ничего не было запущено.")

UP = Text(
    en="Start Kafka and the schema registry on this machine, or find them running; create topics, register schemas. "
    "Where KRANHUB_KAFKA_BOOTSTRAP and KRANHUB_REGISTRY_URL name yours, it starts nothing and prepares those.",
    ru="Запустить Kafka и реестр схем на этой машине или найти запущенные; создать топики, зарегистрировать схемы. "
    "Если KRANHUB_KAFKA_BOOTSTRAP и KRANHUB_REGISTRY_URL указывают на ваши, ничего не запускает и готовит их.",
)
DOWN = Text(
    en="Stop what `kranhub up` started. The data stays.", ru="Остановить запущенное `kranhub up`. Данные остаются."
)
STATUS = Text(
    en="Say what runs, where and since when, how connectors, core and views are, and what is wrong. Exits 0 when all "
    "is well, 5 with findings, 3 when Kafka or the registry does not answer.",
    ru="Показать, что, где и с какого времени работает, в каком состоянии коннекторы, ядро и представления и что не "
    "так. Код 0, если всё в порядке, 5, если есть находки, 3, если Kafka или реестр не отвечает.",
)
DOCTOR = Text(
    en="Check everything that kranhub needs here. Exits 5 when there are findings.",
    ru="Проверить всё, что нужно kranhub на этой машине. Код 5, если есть находки.",
)
KAFKA_PORT = Text(
    en="Kafka's port on 127.0.0.1; a free one by default.", ru="Порт Kafka на 127.0.0.1; по умолчанию свободный."
)
REGISTRY_PORT = Text(
    en="The schema registry's port on 127.0.0.1; a free one by default.",
    ru="Порт реестра схем на 127.0.0.1; по умолчанию свободный.",
)
DOCKER = Text(
    en="Run both as containers, through testcontainers.", ru="Запустить оба контейнерами через testcontainers."
)

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

CHECKS = {
    "python": Text(en="Python's version", ru="версия Python"),
    "members-file": Text(en="members file", ru="файл участников"),
    "disk": Text(en="free disk space", ru="свободное место на диске"),
    "memory": Text(en="free memory", ru="свободная память"),
    "open-files": Text(en="limit of open files", ru="предел открытых файлов"),
    "loopback": Text(en="ports on 127.0.0.1", ru="порты на 127.0.0.1"),
    "java": Text(en="Java", ru="Java"),
    "artifacts": Text(en="files of Kafka and the registry", ru="файлы Kafka и реестра"),
    "broker": Text(en="Kafka", ru="Kafka"),
    "registry": Text(en="schema registry", ru="реестр схем"),
    "topics": Text(en="topics", ru="топики"),
}
"""What each check of `doctor` is about."""


OK, FAIL = Text(en="ok  ", ru="ок  "), Text(en="FAIL", ru="СБОЙ")


def ready(done: Up, data: Path) -> Text:
    """Return what `kranhub up` found or did."""
    created = len(done.created_topics)
    return Text(
        en=f"{'Running already' if done.already else 'Started'} ({done.kind}): Kafka {done.bootstrap}, registry "
        f"{done.registry_url}. Topics created: {created}. Data: {data}",
        ru=f"{'Уже работает' if done.already else 'Запущено'} ({done.kind}): Kafka {done.bootstrap}, реестр "
        f"{done.registry_url}. Создано топиков: {created}. Данные: {data}",
    )


def status(found: Status) -> Iterator[str]:
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
    yield from (str(_found(each)) for each in found.findings)


def _found(finding: findings.Finding) -> Text:
    return Text(en=f"Finding: {finding.text}", ru=f"Находка: {finding.text}")


def doctor(checks: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of `kranhub doctor`: each check, and what is wrong under it."""
    for finding in checks:
        yield f"{OK if finding.ok else FAIL} {CHECKS.get(finding.check, finding.check)}"
        yield from (f"     {line}" for line in (finding.finding or "").splitlines())


def _named(name: str) -> str:
    return str(NAMES.get(name, name))


def _process(part: Part) -> Text:
    if not part.running:
        return Text(en=f"does not run, {part.log}", ru=f"не работает, {part.log}")
    memory = part.memory_mib or 0
    return Text(en=f"pid {part.pid}, {memory} MiB, {part.log}", ru=f"pid {part.pid}, {memory} МиБ, {part.log}")


def _connector(found: ConnectorState) -> str:
    name, task = f"{found.member}/{found.connector}", TASKS.get(found.task, found.task)
    state, age = STATES.get(found.state, found.state), _age(found.age_s)
    said = Text(en=f"Connector {name}, {task}: {state}", ru=f"Коннектор {name}, {task}: {state}")
    since = Text(
        en=f"since {found.changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {age.en}",
        ru=f"с {found.changed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {age.ru}",
    )
    return f"{said} ({'; '.join([str(since), *_ages(found)])}). {found.reason}".rstrip(" .")


def _ages(found: ConnectorState) -> Iterator[str]:
    """Yield how long ago it was heard, how long ago it had everything, and what waits for it."""
    heard, looked = _age(found.heartbeat_age_s), _age(found.progress_age_s or 0)
    yield str(Text(en=f"heard {heard.en} ago", ru=f"пульс {heard.ru} назад"))
    if found.progress_age_s is not None and found.task == "source":
        yield str(Text(en=f"looked {looked.en} ago", ru=f"опрос {looked.ru} назад"))
    if found.lag is not None:
        yield str(_behind(found.lag, found.lag_s))


def _age(seconds: int) -> Text:
    """Return how long something is so already, in the largest unit that counts at least two."""
    for size, en, ru in ((86_400, "days", "дн."), (3_600, "hours", "ч"), (60, "minutes", "мин")):
        if seconds >= 2 * size:
            return Text(en=f"{seconds // size} {en}", ru=f"{seconds // size} {ru}")
    return Text(en=f"{seconds} seconds", ru=f"{seconds} с")


def _served(group: Group) -> list[str]:
    """Return a line for each worker of a stage or a view; one that nobody serves is told as well."""
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
