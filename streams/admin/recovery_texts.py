"""What `kranhub recovery` writes for a person."""

from typing import Any

from kranhub.operations.recovery import Recovery, Reports
from kranhub.text import Text

GROUP = Text(
    en="After a restore: the hub sends nothing until it has read again what the ERPs hold.",
    ru="После восстановления: центр ничего не отправляет, пока не перечитает, что есть в учётных системах.",
)


STATUS = Text(
    en="Say who has yet to report, and what could not be settled. Exits 5 while the hub recovers.",
    ru="Показать, от кого ещё нет сведений и что не удалось сверить. Код 5, пока центр восстанавливается.",
)


FINISH = Text(
    en="Go on without the word of these members: what their ERPs hold is then not known, and may be ordered twice.",
    ru="Продолжить без сведений этих участников: что есть в их системах, неизвестно и может быть заказано дважды.",
)


BEGIN = Text(
    en="Begin to recover, after you have restored an external Kafka by its own means. Neither the core nor a connector "
    "must run yet.",
    ru="Начать восстановление после того, как внешняя Kafka восстановлена её средствами. Ни ядро, ни коннекторы ещё не "
    "запущены.",
)


WITHOUT = Text(en="the member; may be given again", ru="участник; можно повторять")


ALL = Text(en="without all who have not reported yet", ru="без всех, от кого ещё нет сведений")


def as_json(found: Recovery | None, reports: Reports) -> dict[str, Any]:
    """Return how far the recovery is, for a script; None: there never was one."""
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
        "cannot_tell": [str(task) for task in reports.unable()],
        "unreported": list(found.unreported),
    }


def lines(found: Recovery | None, reports: Reports) -> list[Text]:
    """Return how far the recovery is, for a person."""
    if found is None or not found.is_open:
        lines = [NOTHING]
        if found is not None and found.unreported:
            lines.append(_unreported(", ".join(found.unreported)))
        return lines
    lines = [_under_way(found)]
    lines += [_waits(str(task)) for task in reports.missing(found.without)]
    return lines + [_unable(str(task)) for task in reports.unable()]


NOTHING = Text(en="The hub is not recovering.", ru="Центр не восстанавливается.")


ALREADY = Text(
    en="The hub is recovering already: `kranhub recovery status`.",
    ru="Центр уже восстанавливается: `kranhub recovery status`.",
)


NAME_THEM = Text(en="Name them with --without, or --without-all.", ru="Назовите их: --without или --without-all.")


def _under_way(found: Recovery) -> Text:
    since, of = found.begun_at.isoformat(timespec="seconds"), found.backup_at
    backup = of.isoformat(timespec="seconds") if of else "?"
    return Text(
        en=f"Recovering since {since}, from a backup of {backup}: nothing is sent yet.",
        ru=f"Восстановление с {since} из копии от {backup}: пока ничего не отправляется.",
    )


def _waits(task: str) -> Text:
    return Text(en=f"waits for {task}: start this connector", ru=f"ожидается {task}: запустите этот коннектор")


def _unable(task: str) -> Text:
    return Text(
        en=f"{task} cannot tell what its ERP holds: compare it by hand",
        ru=f"{task} не может сообщить, что есть в его системе: сверьте вручную",
    )


def _unreported(names: str) -> Text:
    return Text(
        en=f"The last recovery went on without the word of {names}: compare their ERPs with `kranhub orders waiting`.",
        ru=f"Последнее восстановление прошло без сведений {names}: сверьте их системы; см. `kranhub orders waiting`.",
    )


def going_on(names: str) -> Text:
    """Return that the hub continues without these members."""
    return Text(
        en=f"The hub goes on without the word of {names} as soon as all others have reported.",
        ru=f"Центр продолжит без сведений {names}, как только отчитаются остальные.",
    )
