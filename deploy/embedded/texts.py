"""What the commands of the embedded stack report to a person, in the reader's language."""

from pathlib import Path

from deploy.embedded import backup, restoring
from deploy.embedded.stack import Up
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

BACKUP = Text(
    en="Back up the embedded stack into the new folder FOLDER: topics with offsets and groups, the registry, the read "
    "model, master data, settings without secrets. The hub must not work meanwhile; Kafka stops for the copy.",
    ru="Сохранить встроенный стек в новую папку FOLDER: топики со смещениями и группами, реестр, модель чтения, "
    "справочники, настройки без секретов. Центр в это время не работает; Kafka на время копирования останавливается.",
)
VERIFY = Text(
    en="only check the backup in FOLDER, every file of it", ru="только проверить копию в FOLDER, каждый её файл"
)
RESTORE = Text(
    en="Restore the backup FOLDER as the data folder; what stands there is moved aside. The hub then recovers: it "
    "sends nothing until it has read again what the ERPs hold.",
    ru="Восстановить копию FOLDER как папку данных; прежняя будет отложена в сторону. Затем центр восстанавливается: "
    "ничего не отправляет, пока не перечитает, что есть в учётных системах.",
)
OTHER_INSTALLATION = Text(
    en="restore although the backup is of another installation or namespace",
    ru="восстановить, хотя это копия другой установки или другого пространства имён",
)


def ready(done: Up, data: Path) -> Text:
    """Return what `kranhub up` found or did."""
    created = len(done.created_topics)
    return Text(
        en=f"{'Running already' if done.already else 'Started'} ({done.kind}): Kafka {done.bootstrap}, registry "
        f"{done.registry_url}. Topics created: {created}. Data: {data}",
        ru=f"{'Уже работает' if done.already else 'Запущено'} ({done.kind}): Kafka {done.bootstrap}, реестр "
        f"{done.registry_url}. Создано топиков: {created}. Данные: {data}",
    )


def taken(done: backup.Done) -> Text:
    """Return what `kranhub backup` did."""
    return Text(
        en=f"Backed up to {done.folder}: {done.topics} topics, {done.groups} groups, {done.files} files, "
        f"{done.size >> 20} MiB, in {done.seconds} s.",
        ru=f"Сохранено в {done.folder}: топиков {done.topics}, групп {done.groups}, файлов {done.files}, "
        f"{done.size >> 20} МиБ, за {done.seconds} с.",
    )


def sound(done: backup.Done) -> Text:
    """Return what `kranhub backup --verify` found of a backup that is whole."""
    return Text(
        en=f"{done.folder} is whole: {done.files} files, {done.size >> 20} MiB, taken at {done.taken_at.isoformat()}; "
        f"checked in {done.seconds} s.",
        ru=f"{done.folder}: копия целая, файлов {done.files}, {done.size >> 20} МиБ, сделана "
        f"{done.taken_at.isoformat()}; проверена за {done.seconds} с.",
    )


def restored(done: restoring.Done) -> list[Text]:
    """Return what `kranhub restore` did, and which files a person must see to."""
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
