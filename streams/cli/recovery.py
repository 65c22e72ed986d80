"""``kranhub recovery``: how far the hub is after a restore, and what a person decides about it."""

import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import click

from kranhub.cli.main import emit, output_option
from kranhub.errors import Failed
from kranhub.operations import recovery
from kranhub.operations.recovery import Recovery, Reports
from kranhub.parties import members
from kranhub.parties.members import Members
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry
from streams.admin.recovery_job import Listener

FINDINGS = 5

_GROUP = Text(
    en="After a restore: the hub sends nothing until it has read again what the ERPs hold.",
    ru="После восстановления: центр ничего не отправляет, пока не перечитает, что есть в учётных системах.",
)
_STATUS = Text(
    en="Say who has yet to report, and what could not be settled. Exits 5 while the hub recovers.",
    ru="Показать, от кого ещё нет сведений и что не удалось сверить. Код 5, пока центр восстанавливается.",
)
_FINISH = Text(
    en="Go on without the word of these members: what their ERPs hold is then not known, and may be ordered twice.",
    ru="Продолжить без сведений этих участников: что есть в их системах, неизвестно и может быть заказано дважды.",
)
_BEGIN = Text(
    en="Begin to recover, after you have restored an external Kafka by its own means. Neither the core nor a connector "
    "must run yet.",
    ru="Начать восстановление после того, как внешняя Kafka восстановлена её средствами. Ни ядро, ни коннекторы ещё не "
    "запущены.",
)
_WITHOUT = Text(en="the member; may be given again", ru="участник; можно повторять")
_ALL = Text(en="without all who have not reported yet", ru="без всех, от кого ещё нет сведений")


@click.group("recovery", help=str(_GROUP))
def recovery_group() -> None:
    """Group the commands of a recovery."""


@recovery_group.command("status", help=str(_STATUS))
@output_option
def status(output: str) -> None:
    """Exit 0 when nothing recovers, 5 while it does."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        found = recovery.ensured(settings, codec)
        reports = _reports(settings, codec, found) if found is not None and found.is_open else Reports()
    if output == "json":
        emit(_said(found, reports))
    else:
        click.echo("\n".join(str(line) for line in _lines(found, reports)))
    if found is not None and found.is_open:
        raise SystemExit(FINDINGS)


@recovery_group.command("finish", help=str(_FINISH))
@click.option("--without", multiple=True, metavar="MEMBER", help=str(_WITHOUT))
@click.option("--without-all", is_flag=True, help=str(_ALL))
@output_option
def finish(without: Sequence[str], without_all: bool, output: str) -> None:
    """Let the hub go on without somebody's word; the core does so by itself within seconds."""
    settings = Settings()
    companies = members.load(settings.required("members_file"))
    _require_known(without, companies)
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        found = recovery.ensured(settings, codec)
        if found is None or not found.is_open:
            raise Failed(_NOTHING)
        missing = {task.member for task in _reports(settings, codec, found).missing(found.without)}
        named = sorted({*found.without, *without, *(missing if without_all else ())})
        if not without and not without_all:
            raise click.UsageError(str(_NAME_THEM))
        recovery.write(settings, codec, replace(found, without=tuple(named)))
    if output == "json":
        emit({"recovery_id": found.recovery_id, "without": named})
    else:
        click.echo(str(_going_on(", ".join(named))))


@recovery_group.command("begin", help=str(_BEGIN))
@output_option
def begin(output: str) -> None:
    """Write that a recovery begins; the core takes it up when it starts."""
    settings = Settings()
    with Registry(endpoints(settings).registry_url) as registry:
        codec = Codec(registry)
        found = recovery.ensured(settings, codec)
        if found is not None and found.is_open:
            raise Failed(_ALREADY)
        recovery.begin(settings, codec, uuid.uuid4().hex[:12])
        begun = recovery.current(settings, codec)
    if output == "json":
        emit(_said(begun, Reports()))
    else:
        click.echo("\n".join(str(line) for line in _lines(begun, Reports())))


def _reports(settings: Settings, codec: Codec, found: Recovery) -> Reports:
    reports = Reports()
    with closing(Listener(settings, codec, members.load(settings.required("members_file")))) as listener:
        for message in listener.news():
            reports = reports.take(message, found)
    return reports


def _require_known(names: Sequence[str], companies: Members) -> None:
    for name in names:
        if name not in companies.by_id:
            raise Failed(
                Text(en=f"There is no member {name}. Look into the members file.", ru=f"Участника {name} нет.")
            )


def _said(found: Recovery | None, reports: Reports) -> dict[str, Any]:
    if found is None:
        return {"recovering": False}
    return {
        "recovering": found.is_open,
        "recovery_id": found.recovery_id,
        "backup_at": found.backup_at,
        "begun_at": found.begun_at,
        "finished_at": found.finished_at,
        "without": list(found.without),
        "waits_for": [str(task) for task in reports.missing(found.without)] if found.is_open else [],
        "cannot_tell": [str(task) for task in reports.mute()],
        "unreported": list(found.unreported),
    }


def _lines(found: Recovery | None, reports: Reports) -> list[Text]:
    if found is None or not found.is_open:
        lines = [_NOTHING]
        if found is not None and found.unreported:
            lines.append(_unreported(", ".join(found.unreported)))
        return lines
    lines = [_under_way(found)]
    lines += [_waits(str(task)) for task in reports.missing(found.without)]
    return lines + [_mute(str(task)) for task in reports.mute()]


_NOTHING = Text(en="The hub is not recovering.", ru="Центр не восстанавливается.")
_ALREADY = Text(
    en="The hub is recovering already: `kranhub recovery status`.",
    ru="Центр уже восстанавливается: `kranhub recovery status`.",
)
_NAME_THEM = Text(en="Name them with --without, or --without-all.", ru="Назовите их: --without или --without-all.")


def _under_way(found: Recovery) -> Text:
    since, of = found.begun_at.isoformat(timespec="seconds"), found.backup_at
    backup = of.isoformat(timespec="seconds") if of else "?"
    return Text(
        en=f"Recovering since {since}, from a backup of {backup}: nothing is sent yet.",
        ru=f"Восстановление с {since} из копии от {backup}: пока ничего не отправляется.",
    )


def _waits(task: str) -> Text:
    return Text(en=f"waits for {task}: start this connector", ru=f"ожидается {task}: запустите этот коннектор")


def _mute(task: str) -> Text:
    return Text(
        en=f"{task} cannot tell what its ERP holds: compare it by hand",
        ru=f"{task} не может сообщить, что есть в его системе: сверьте вручную",
    )


def _unreported(names: str) -> Text:
    return Text(
        en=f"The last recovery went on without the word of {names}: compare their ERPs with `kranhub orders waiting`.",
        ru=f"Последнее восстановление прошло без сведений {names}: сверьте их системы; см. `kranhub orders waiting`.",
    )


def _going_on(names: str) -> Text:
    return Text(
        en=f"The hub goes on without the word of {names} as soon as all others have reported.",
        ru=f"Центр продолжит без сведений {names}, как только отчитаются остальные.",
    )
