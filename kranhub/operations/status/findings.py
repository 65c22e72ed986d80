"""The findings of `kranhub status`, each with what to do. Pure: it judges what others have collected."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from kranhub.broker.lag import STAGES, Group
from kranhub.operations.status.connector_states import ConnectorState
from kranhub.operations.supervision import Supervised, Supervision
from kranhub.text import Text

CODES = (
    "answer-incomplete",
    "connector-failed",
    "connector-silent",
    "connector-stopped",
    "connector-waits",
    "crash-loop",
    "process-ended",
    "recovering",
    "source-still",
    "supervisor-killed",
    "unserved",
    "waits-too-long",
)
"""Every code that a finding may have."""

CRASHES, WITHIN = 3, timedelta(minutes=10)
"""A process that ends so many times within this time is in a crash loop."""

MISSED = 4
"""A connector is silent once it has missed so many heartbeats."""

UNBEATEN_S = 30
"""The heartbeat interval that is assumed of a runtime that reports none: an older release."""


class Finding(BaseModel):
    """Something that a person should look at.

    Attributes:
        code: Stable and machine-readable, one of `CODES`.
        subject: The process, the stage or the connector.
        text: What is wrong and what to do, in the reader's language.
    """

    code: str
    subject: str
    text: str


def findings(
    supervisions: Iterable[Supervision],
    connectors: Iterable[ConnectorState],
    groups: Sequence[Group],
    limit_s: int,
    *,
    served: bool = True,
    recovering: bool = False,
    now: datetime | None = None,
) -> list[Finding]:
    """Return what is wrong.

    Args:
        supervisions: The supervisors of this data folder.
        connectors: The states of all connector tasks.
        groups: The consumer groups of core and views.
        limit_s: How many seconds a record may wait, and an ERP may go without being read.
        served: Whether the groups are known; where they are not, nobody can say what is not served.
        recovering: Whether the hub recovers after a restore; then two stages do not run yet, which is no finding.
        now: The time of the judgement, aware; None for now.
    """
    now = now or datetime.now(UTC)
    if recovering:
        groups = [group for group in groups if group.name not in RESTING]
    return [
        *([_finding("recovering", "core", _RECOVERING)] if recovering else ()),
        *(found for each in supervisions for found in _of_supervisor(each, now)),
        *(_unserved(groups, RESTING if recovering else ()) if served else ()),
        *(found for each in groups for found in _late(each.name, each.lag, each.lag_s, limit_s)),
        *(found for each in connectors for found in _of_connector(each, limit_s)),
    ]


def _of_supervisor(supervision: Supervision, now: datetime) -> Iterator[Finding]:
    if not supervision.running:
        yield _finding("supervisor-killed", supervision.command, _killed(supervision.command))
        return
    for child in supervision.processes:
        recent = [end for end in child.ends if end > now - WITHIN]
        if len(recent) >= CRASHES:
            yield _finding("crash-loop", child.name, _crashing(child, len(recent)))
        elif child.state == "waiting":
            yield _finding("process-ended", child.name, _restarting(child))


RESTING = ("core.dispatch", "core.clock")
"""The stages that begin only once the hub has read again what the ERPs hold."""

_RECOVERING = Text(
    en="The hub recovers after a restore and sends nothing yet. `kranhub recovery status` says whom it waits for.",
    ru="Центр восстанавливается после копии и пока ничего не отправляет. Кого он ждёт: `kranhub recovery status`.",
)


def _unserved(groups: Sequence[Group], resting: Sequence[str]) -> Iterator[Finding]:
    """Yield the stages that nobody serves, and the views that were served once and are not now."""
    known = {group.name: group for group in groups}
    stages = [f"core.{stage}" for stage in STAGES if f"core.{stage}" not in resting]
    views = sorted(name for name in known if name.startswith("views."))
    for name in [*stages, *views]:
        if name not in known or not known[name].workers:
            yield _finding("unserved", name, _nobody(name, known[name].lag if name in known else 0))


def _late(name: str, lag: int | None, lag_s: float | None, limit_s: int) -> Iterator[Finding]:
    if lag and lag_s is not None and lag_s > limit_s:
        yield _finding("waits-too-long", name, _waits(name, lag, round(lag_s)))


def _of_connector(found: ConnectorState, limit_s: int) -> Iterator[Finding]:
    name = f"{found.member}/{found.connector} {found.task}"
    silent_s = MISSED * (found.heartbeat_s or UNBEATEN_S)
    if found.state == "FAILED":
        yield _finding("connector-failed", name, _failed(name, found))
    elif found.state == "STOPPED":
        yield _finding("connector-stopped", name, _stopped(name, found))
    elif found.heartbeat_age_s > silent_s:
        yield _finding("connector-silent", name, _silent(name, found))
    elif found.state == "BACKING_OFF" and found.age_s > limit_s:
        yield _finding("connector-waits", name, _backing_off(name, found))
    elif found.task == "source" and found.state == "RUNNING" and (found.progress_age_s or 0) > limit_s:
        yield _finding("source-still", name, _still(name, found.progress_age_s or 0))
    yield from _late(name, found.lag, found.lag_s, limit_s)


def _finding(code: str, subject: str, text: Text) -> Finding:
    return Finding(code=code, subject=subject, text=str(text))


def incomplete(what: str, reason: str) -> Finding:
    """Return the finding that the brokers' answer about something could not be read, so nothing is known of it."""
    return _finding(
        "answer-incomplete",
        what,
        Text(
            en=f"The brokers' answer about {what} could not be read ({reason}). Try again; if it stays, see the log "
            "above.",
            ru=f"Ответ брокеров о «{what}» не удалось прочитать ({reason}). Повторите; если не пройдёт, см. журнал "
            "выше.",
        ),
    )


def _killed(command: str) -> Text:
    return Text(
        en=f"`{command}` was killed here: nobody restarts its processes, and some may still run. Start it again.",
        ru=f"`{command}` здесь прерван: его процессы никто не перезапускает, часть может ещё работать. Запустите его "
        "снова.",
    )


def _crashing(child: Supervised, times: int) -> Text:
    minutes = round(WITHIN.total_seconds() / 60)
    return Text(
        en=f"{child.name} ends again and again ({times} times within {minutes} minutes, the last time with exit code "
        f"{child.exit_code}). {child.reason or 'Its log says why and what to do.'}",
        ru=f"{child.name} завершается снова и снова ({times} раз за {minutes} минут, последний код завершения "
        f"{child.exit_code}). {child.reason or 'Причина и что делать: в его журнале.'}",
    )


def _restarting(child: Supervised) -> Text:
    name, code, restarts = child.name, child.exit_code, child.restarts
    return Text(
        en=f"{name} ended with exit code {code} and will be started again (restarts: {restarts}). "
        f"{child.reason or 'Its log says why.'}",
        ru=f"{name} завершился с кодом {code} и будет запущен снова (перезапусков: {restarts}). "
        f"{child.reason or 'Причина в его журнале.'}",
    )


def _nobody(name: str, lag: int) -> Text:
    if name.startswith("views."):
        return Text(
            en=f"Nobody serves {name} ({lag} records wait). Start `kranhub streams run --only views` under the same "
            "--instance; where that machine is no more, `kranhub views forget` takes it out of the status.",
            ru=f"{name}: не обслуживается (ждут записей: {lag}). Запустите `kranhub streams run --only views` под тем "
            "же --instance; если той машины больше нет, уберите её командой `kranhub views forget`.",
        )
    return Text(
        en=f"Nobody serves {name} ({lag} records wait): orders stand still. Start `kranhub streams run` or "
        "`kranhub run`; where it runs already, its log says why it ends.",
        ru=f"{name}: не обслуживается (ждут записей: {lag}), заказы стоят. Запустите `kranhub streams run` или "
        "`kranhub run`; если уже запущено, причина в журнале.",
    )


def _waits(name: str, lag: int, seconds: int) -> Text:
    return Text(
        en=f"{name} is behind: {lag} records wait, the oldest for {seconds} s. Look into the log of who serves it; if "
        "the number falls, wait. KRANHUB_LAG_LIMIT_S is the limit.",
        ru=f"{name} отстаёт: ждут записей {lag}, самая старая {seconds} с. Смотрите журнал того, кто обслуживает; если "
        "число убывает, подождите. Порог задаёт KRANHUB_LAG_LIMIT_S.",
    )


def _failed(name: str, found: ConnectorState) -> Text:
    why = found.reason or "-"
    return Text(en=f"{name} has failed: {why}", ru=f"{name} остановлен ошибкой: {why}")


def _stopped(name: str, found: ConnectorState) -> Text:
    who = f"{found.member}/{found.connector}"
    return Text(
        en=f"{name} is stopped. Start the connector again; where it is no more: `kranhub connector forget {who}`. "
        f"{found.reason}".strip(),
        ru=f"{name} остановлен. Запустите коннектор снова; если его больше нет: `kranhub connector forget {who}`. "
        f"{found.reason}".strip(),
    )


def _silent(name: str, found: ConnectorState) -> Text:
    age = found.heartbeat_age_s
    if found.heartbeat_s is None:
        return Text(
            en=f"{name} has said nothing for {age} s. Its release tells no heartbeat: install the hub's.",
            ru=f"{name} молчит {age} с. Его выпуск не передаёт пульс: установите тот же выпуск, что в центре.",
        )
    return Text(
        en=f"{name} has said nothing for {age} s: its process ({found.worker}) was killed, or its machine or network "
        "is away. Start the connector again.",
        ru=f"{name} молчит {age} с: процесс ({found.worker}) убит либо недоступна его машина или сеть. Запустите "
        "коннектор снова.",
    )


def _backing_off(name: str, found: ConnectorState) -> Text:
    return Text(
        en=f"{name} has waited for {found.age_s} s. It goes on by itself; see to what it waits for. {found.reason}",
        ru=f"{name} ждёт уже {found.age_s} с. Продолжит сам; устраните причину. {found.reason}",
    )


def _still(name: str, seconds: int) -> Text:
    return Text(
        en=f"{name} runs, but last looked at its ERP {seconds} s ago. The ERP does not answer it, or it polls more "
        "rarely than KRANHUB_LAG_LIMIT_S. See its log; restart it where it hangs.",
        ru=f"{name} работает, но последний раз опросил систему {seconds} с назад. Система не отвечает на запрос, или "
        "период опроса больше KRANHUB_LAG_LIMIT_S. См. его журнал; если завис, перезапустите.",
    )
