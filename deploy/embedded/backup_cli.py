"""The commands ``kranhub backup`` and ``kranhub restore``."""

import logging
from pathlib import Path

import click

from deploy.embedded import backup as backing_up
from deploy.embedded import restoring
from deploy.embedded.progress import Progress
from kranhub.cli.main import emit, output_option
from kranhub.settings import Settings
from kranhub.text import Text

_BACKUP = Text(
    en="Back up the embedded stack into the new folder FOLDER: topics with offsets and groups, the registry, the read "
    "model, master data, settings without secrets. The hub must not work meanwhile; Kafka stops for the copy.",
    ru="Сохранить встроенный стек в новую папку FOLDER: топики со смещениями и группами, реестр, модель чтения, "
    "справочники, настройки без секретов. Центр в это время не работает; Kafka на время копирования останавливается.",
)
_VERIFY = Text(
    en="only check the backup in FOLDER, every file of it", ru="только проверить копию в FOLDER, каждый её файл"
)
_RESTORE = Text(
    en="Restore the backup FOLDER as the data folder; what stands there is moved aside. The hub then recovers: it "
    "sends nothing until it has read again what the ERPs hold.",
    ru="Восстановить копию FOLDER как папку данных; прежняя будет отложена в сторону. Затем центр восстанавливается: "
    "ничего не отправляет, пока не перечитает, что есть в учётных системах.",
)
_OTHER = Text(
    en="restore although the backup is of another installation or namespace",
    ru="восстановить, хотя это копия другой установки или другого пространства имён",
)
FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.command(help=str(_BACKUP))
@FOLDER
@click.option("--verify", is_flag=True, help=str(_VERIFY))
@output_option
def backup(folder: Path, verify: bool, output: str) -> None:
    """Exit 0 when the backup is whole, 1 for one that is not, and while the hub works."""
    done = backing_up.verify(folder, Progress()) if verify else backing_up.take(_settings(), folder, Progress())
    if output == "json":
        emit(done.model_dump(mode="json"))
    else:
        click.echo(str(_sound(done) if verify else _taken(done)))


@click.command(help=str(_RESTORE))
@FOLDER
@click.option("--other-installation", is_flag=True, help=str(_OTHER))
@output_option
def restore(folder: Path, other_installation: bool, output: str) -> None:
    """Exit 0 when the stack runs on what was restored."""
    done = restoring.restore(_settings(), folder, Progress(), other_installation=other_installation)
    if output == "json":
        emit(done.model_dump(mode="json"))
    else:
        click.echo("\n".join(str(line) for line in _restored(done)))


def _settings() -> Settings:
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return Settings()


def _taken(done: backing_up.Done) -> Text:
    return Text(
        en=f"Backed up to {done.folder}: {done.topics} topics, {done.groups} groups, {done.files} files, "
        f"{done.size >> 20} MiB, in {done.seconds} s.",
        ru=f"Сохранено в {done.folder}: топиков {done.topics}, групп {done.groups}, файлов {done.files}, "
        f"{done.size >> 20} МиБ, за {done.seconds} с.",
    )


def _sound(done: backing_up.Done) -> Text:
    return Text(
        en=f"{done.folder} is whole: {done.files} files, {done.size >> 20} MiB, taken at {done.taken_at.isoformat()}; "
        f"checked in {done.seconds} s.",
        ru=f"{done.folder}: копия целая, файлов {done.files}, {done.size >> 20} МиБ, сделана "
        f"{done.taken_at.isoformat()}; проверена за {done.seconds} с.",
    )


def _restored(done: restoring.Done) -> list[Text]:
    lines = [
        Text(
            en=f"Restored to {done.data} as of {done.taken_at.isoformat()}: {done.files} files, {done.size >> 20} MiB, "
            f"in {done.seconds} s. Kafka and the registry run.",
            ru=f"Восстановлено в {done.data} на {done.taken_at.isoformat()}: файлов {done.files}, "
            f"{done.size >> 20} МиБ, за {done.seconds} с. Kafka и реестр работают.",
        )
    ]
    if done.aside:
        lines.append(Text(en=f"What stood there is in {done.aside}.", ru=f"Прежнее содержимое: {done.aside}."))
    return [*lines, *(_missing(name) for name in done.missing), *(_differing(name) for name in done.differing)]


def _missing(name: str) -> Text:
    return Text(en=f"{name} is missing here: take the backup's.", ru=f"Файла {name} здесь нет: возьмите его из копии.")


def _differing(name: str) -> Text:
    return Text(
        en=f"{name} has changed since the backup; the core publishes it as it is here.",
        ru=f"{name} изменился после копирования; ядро опубликует его таким, какой он здесь.",
    )
