"""Starts and stops the two Java processes of the embedded stack."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from deploy.embedded import (
    aot_training,
    artifacts,
    broker,
    initialisation,
    java,
    ports,
    process,
    registry,
    stack_file,
)
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Ports, Record, Started
from deploy.embedded.waiting import until_answers
from kranhub.errors import Failed, Misconfigured
from kranhub.operations import open_files, probe
from kranhub.settings import Settings
from kranhub.text import Text

FREE_BYTES = 512 * 1024 * 1024
OPEN_FILES = 4096
"""How many files a process must be able to open: Kafka has about three open for each partition that it serves."""
PORTS = {"kafka": ("kafka", "controller"), "registry": ("registry",)}
"""The ports of each part."""


@dataclass(frozen=True)
class Files:
    """What both parts are started from: Kafka's jars, the registry's archive, and the versions of all."""

    jars: tuple[Path, ...]
    archive: Path
    versions: dict[str, str]

    @cached_property
    def home(self) -> Path:
        """The registry's unpacked folder, unpacked or compared with its archive when it is first needed."""
        return registry.unpack(self.archive)


class Embedded:
    """Kafka and the registry as two detached processes on the data folder."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings, self._progress = settings, progress
        self._data = settings.data_dir.resolve()
        self._logs = self._data / "logs"
        self._started: list[Started] = []

    def start(self, wanted: Ports, last: Record) -> Record:
        """Start both, wait until both answer, and return the record.

        After an error nothing that was started here runs on.

        Args:
            wanted: The ports that were asked for; None in it for any.
            last: The record of the last start; its ports are taken again where they are free.

        Raises:
            Misconfigured: Where a port is taken, Java is missing, or Java cannot read the folder's name.
            Unavailable: Without a network at the first resolve.
            Failed: On a full disk, or when a process ends at its start.
        """
        files = self._require_all()
        aot_training.ensure(files.jars, files.home, self._progress)
        return self._repaired(wanted, stack_file.stopped(last), files)

    def repair(self, wanted: Ports, last: Record) -> Record:
        """Start those of the two that do not run, as `start` does; those that run are left alone.

        Where they come back on their ports, the record keeps their addresses meanwhile: who looks for them waits.
        """
        return self._repaired(wanted, last, self._require_all())

    def _repaired(self, wanted: Ports, last: Record, files: Files) -> Record:
        running = self._running(last)
        chosen = ports.choose(wanted, last.ports, kept=[port for started in running for port in PORTS[started.name]])
        same = chosen == last.ports and last.bootstrap
        starting = Record(
            since=datetime.now(UTC).replace(microsecond=0),
            starting=True,
            bootstrap=last.bootstrap if same else None,
            registry_url=last.registry_url if same else None,
            ports=chosen,
            versions=files.versions,
        )
        try:
            return self._started_up(files, starting, running)
        except BaseException:
            process.stop(self._started)
            raise

    def restart(self, last: Record, name: str) -> Record:
        """Start one part that has died again, on its port; do not wait until it answers.

        Args:
            last: The stack's record.
            name: The part: kafka or registry.

        Returns:
            The record with the new process in it.

        Raises:
            Misconfigured: As for `start`.
            Unavailable: As for `start`.
            Failed: As for `start`.
            OSError: Where there is no room for its log.
        """
        files = self._require_all()
        others = [port for part, owned in PORTS.items() if part != name for port in owned]
        chosen = ports.choose(last.ports.model_copy(update={"controller": None}), last.ports, kept=others)
        former = next(started for started in last.processes if started.name == name)
        begun = self._begin(name, files, chosen).model_copy(update={"restarts": former.restarts + 1})
        kept = [started for started in last.processes if started.name != name]
        return last.model_copy(update={"processes": (*kept, begun), "ports": chosen})

    def stop(self, last: Record) -> list[str]:
        """Stop the record's processes, gracefully first; return the names of those that had to be killed."""
        return [started.name for started in process.stop(last.processes)]

    def runs(self, last: Record) -> bool:
        """Return whether both processes of the record run."""
        return bool(last.processes) and all(process.find(started) for started in last.processes)

    def _running(self, last: Record) -> list[Started]:
        return [started for started in last.processes if process.find(started)]

    def _require_all(self) -> "Files":
        """Return the files of both parts, once all that they need here is there."""
        java.java()
        self._require_readable_name()
        require_open_files()
        self._require_space()
        lock = artifacts.load_lock()
        found = artifacts.ensure(lock.pins, self._progress)
        return Files(tuple(found[: len(lock.kafka)]), found[-1], versions(lock))

    def _started_up(self, files: "Files", starting: Record, running: Sequence[Started]) -> Record:
        self._note(starting, running)
        for name in ("registry", "kafka"):
            if name in {started.name for started in running}:
                continue
            self._started.append(self._begin(name, files, starting.ports))
            self._note(starting, running)
        bootstrap, url = f"{ports.HOST}:{starting.ports.kafka}", registry.url(starting.ports.registry or 0)
        with self._progress.waiting(Text(en="starting Kafka and the registry", ru="запуск Kafka и реестра")):
            until_answers(lambda: probe.broker(self._settings, bootstrap), self._require_alive)
            until_answers(lambda: probe.registry(url), self._require_alive)
            initialisation.end(self._folder("registry"))
        return starting.model_copy(
            update={
                "starting": False,
                "bootstrap": bootstrap,
                "registry_url": url,
                "processes": (*running, *self._started),
            }
        )

    def _note(self, starting: Record, running: Sequence[Started]) -> None:
        """Write down at once what runs, so that a crash of this command leaves nothing that cannot be found."""
        stack_file.write(self._settings, starting.model_copy(update={"processes": (*running, *self._started)}))

    def _begin(self, name: str, files: "Files", chosen: Ports) -> Started:
        return self._start_registry(files, chosen) if name == "registry" else self._start_broker(files, chosen)

    def _start_registry(self, files: "Files", chosen: Ports) -> Started:
        data, token = self._folder("registry"), process.token()
        initialisation.begin(data, data.glob("schemas*"))
        command = registry.start_command(files.home, data, self._logs, chosen.registry or 0, token)
        return process.start("registry", command, token, data, self._logs)

    def _start_broker(self, files: "Files", chosen: Ports) -> Started:
        data, token = self._folder("kafka"), process.token()
        settings = broker.write_settings(data, chosen)
        initialisation.begin(data, data.glob("log"))
        if not broker.is_formatted(data):
            self._format(broker.format_command(files.jars, settings))
        initialisation.end(data)
        command = broker.start_command(files.jars, settings, self._logs, token)
        return process.start("kafka", command, token, data, self._logs)

    def _folder(self, name: str) -> Path:
        folder = self._data / name
        folder.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        return folder

    def _format(self, command: Sequence[str]) -> None:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            cwd=self._data,
            env=process.environment(),
        )
        if done.returncode:
            log = self._logs / "format.log"
            log.write_text(done.stdout + done.stderr, encoding="utf-8")
            raise died("kafka", process.decisive(log), log)

    def _require_alive(self) -> None:
        for started in self._started:
            if process.find(started) is None:
                raise died(started.name, process.decisive(started.log), started.log)

    def _require_readable_name(self) -> None:
        """Raise `Misconfigured` where Java could not name the folder: no locale here has its characters."""
        if str(self._data).isascii() or not process.is_ascii_only() or process.utf8_locale():
            return
        raise Misconfigured(
            Text(
                en=f"Java cannot open {self._data}: the locale is C, which has ASCII letters only, and this machine "
                "has no locale in UTF-8. Install one (C.UTF-8), or name a folder in Latin letters in KRANHUB_DATA_DIR.",
                ru=f"Java не откроет {self._data}: задана локаль C, в ней только буквы ASCII, а локали UTF-8 на машине "
                "нет. Установите её (C.UTF-8) или укажите в KRANHUB_DATA_DIR папку с латинским именем.",
            )
        )

    def _require_space(self) -> None:
        free = artifacts.free_bytes(self._data)
        if free < FREE_BYTES:
            raise no_space(self._data, free, FREE_BYTES)


def versions(lock: artifacts.Lock) -> dict[str, str]:
    """Return the versions of all that the stack consists of."""
    return {"kafka": lock.kafka[0].version, "registry": lock.registry[0].version, "java": java.version()}


def require_open_files() -> None:
    """Raise `Misconfigured` where a process may open too few files for Kafka. Java raises the soft limit by itself."""
    open_files.require("Kafka", OPEN_FILES)


def no_space(folder: Path, free: int, needed: int) -> Failed:
    """Return the error of a disk that is too full for Kafka.

    Args:
        folder: A folder on the disk.
        free: How many bytes are free.
        needed: How many bytes Kafka needs.
    """
    return Failed(
        Text(
            en=f"The disk of {folder} has only {free >> 20} MiB free; Kafka needs {needed >> 20}. Free some space, "
            "or name another folder with KRANHUB_DATA_DIR.",
            ru=f"На диске с {folder} свободно лишь {free >> 20} МиБ; Kafka нужно {needed >> 20}. Освободите место "
            "или укажите другую папку в KRANHUB_DATA_DIR.",
        )
    )


def died(name: str, line: str, log: Path) -> Failed:
    """Return the error of a process that ended at its start.

    Args:
        name: The process.
        line: The line of its output that names the cause.
        log: The file of its output, whose folder the message names.
    """
    return Failed(
        Text(
            en=f"{name} ended at its start: {line}\nThe whole log: {log.parent}. "
            "Remove the cause, then run `kranhub up` again.",
            ru=f"{name}: процесс завершился при запуске: {line}\nВесь журнал: {log.parent}. "
            "Устраните причину и повторите `kranhub up`.",
        )
    )
