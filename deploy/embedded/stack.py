"""``up`` and ``down``: one stack per data folder, whichever kind it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.embedded import stack_file
from deploy.embedded.embedded import Embedded
from deploy.embedded.progress import Progress
from deploy.embedded.stack_file import Ports, Record
from deploy.embedded.waiting import START_SECONDS, until_answers
from kranhub import redaction
from kranhub.broker import admin
from kranhub.errors import KranhubError, Unavailable
from kranhub.operations import disk, probe
from kranhub.operations.file_lock import locked
from kranhub.parties import members
from kranhub.settings import Settings, endpoints, is_external
from kranhub.text import Text
from kranhub.wire.registry import Registry, publish

LOCK_SECONDS = 180.0
ANY_PORTS = Ports()


class Backend(Protocol):
    """One way to run a broker and a registry on this machine."""

    def start(self, wanted: Ports, last: Record) -> Record:
        """Start both and return once both answer."""

    def repair(self, wanted: Ports, last: Record) -> Record:
        """Start what the record names and does not run; what runs is left alone. Return once both answer."""

    def stop(self, last: Record) -> list[str]:
        """Stop what the record names and return the names of what had to be killed."""

    def runs(self, last: Record) -> bool:
        """Return whether everything that the record names still runs."""


@dataclass(frozen=True, slots=True)
class Up:
    """What ``up`` found or did, for a person.

    Attributes:
        kind: external, docker or embedded.
        bootstrap: Kafka's address.
        registry_url: The registry's address.
        already: Whether the stack ran before.
        created_topics: The topics that were missing and are there now.
        subjects: How many schemas are registered.
    """

    kind: str
    bootstrap: str
    registry_url: str
    already: bool
    created_topics: tuple[str, ...]
    subjects: int


def up(settings: Settings, progress: Progress, wanted: Ports = ANY_PORTS, *, docker: bool = False) -> Up:
    """Find the running stack or start it; then apply the topics and register the schemas.

    Args:
        settings: Where the stack is or shall be.
        progress: Where a person reads what happens.
        wanted: The ports that were asked for; None in it for any.
        docker: Whether to start it in Docker, whatever the settings say.

    Raises:
        Misconfigured: For the ports, the members file or the folder.
        Unavailable: Without a network at the first resolve, and when external systems do not answer.
        Failed: On a full disk, or when a process dies at its start.
    """
    companies = members.load(settings.required("members_file"))
    if is_external(settings):
        check(settings)
        return _prepared(settings, companies, "external", already=True)
    kind = "docker" if docker or settings.stack == "docker" else "embedded"
    with alone(settings, progress):
        last = stack_file.read(settings)
        if _runs(settings, progress, last):
            return _prepared(settings, companies, kind, already=True)
        ready = _started(settings, progress, wanted, kind, last)
        named = {"kafka_bootstrap": ready.bootstrap, "registry_url": ready.registry_url}
        try:
            return _prepared(settings.model_copy(update=named), companies, kind, already=False)
        finally:  # whoever finds the addresses finds the topics, too, unless these cannot be made
            stack_file.write(settings, ready)


def down(settings: Settings, progress: Progress) -> list[str] | None:
    """Stop the stack of the data folder. Return the names of what had to be killed, or None when nothing ran."""
    if not settings.data_dir.is_dir():
        return None
    with alone(settings, progress):
        ran = bool((last := stack_file.read(settings)).processes or last.containers)
        killed = stop(settings, progress)
    return killed if ran else None


def stop(settings: Settings, progress: Progress) -> list[str]:
    """Stop the stack, within `alone`; return the names of what had to be killed."""
    last = stack_file.read(settings)
    killed = backend(settings, progress, last.kind).stop(last)
    stack_file.write(settings, stack_file.stopped(last))
    return killed


def prepare(settings: Settings, companies: members.Members) -> tuple[list[str], int]:
    """Apply the topics and register the schemas. Return the created topics and the number of subjects."""
    created = admin.apply(settings, companies)
    with Registry(endpoints(settings).registry_url) as registry:
        return created, len(publish(registry))


def _prepared(settings: Settings, companies: members.Members, kind: str, *, already: bool) -> Up:
    created, subjects = prepare(settings, companies)
    where = endpoints(settings)
    return Up(kind, where.bootstrap, redaction.shown(where.registry_url), already, tuple(created), subjects)


def check(settings: Settings) -> None:
    """Raise `Unavailable` unless the broker and the registry answer."""
    where = endpoints(settings)
    probe.broker(settings, where.bootstrap)
    probe.registry(where.registry_url)


def backend(settings: Settings, progress: Progress, kind: str) -> Backend:
    """Return the way to run a stack of this kind.

    Args:
        settings: Where the stack is or shall be.
        progress: Where a person reads what happens.
        kind: embedded or docker.
    """
    if kind != "docker":
        return Embedded(settings, progress)
    from deploy.embedded.containers import Containers  # noqa: PLC0415  (Docker's client loads slowly)

    return Containers(settings, progress)


def ensure(settings: Settings, progress: Progress) -> bool:
    """Return True when it ran already; start it otherwise. To be called within `alone`."""
    last = stack_file.read(settings)
    if _runs(settings, progress, last):
        return True
    stack_file.write(settings, _started(settings, progress, ANY_PORTS, "embedded", last))
    return False


def _runs(settings: Settings, progress: Progress, last: Record) -> bool:
    """Return whether the whole stack runs. Raises `Unavailable` when it does and does not answer."""
    if not last.bootstrap or not backend(settings, progress, last.kind).runs(last):
        return False
    _require_answers(settings, last)
    return True


def _started(settings: Settings, progress: Progress, wanted: Ports, kind: str, last: Record) -> Record:
    """Start the stack and return its record: only what died, where it was ready for use and nobody stopped it."""
    if last.bootstrap and last.kind == kind:
        return backend(settings, progress, kind).repair(wanted, last)
    backend(settings, progress, last.kind).stop(last)
    stack_file.write(settings, stack_file.stopped(last))
    return backend(settings, progress, kind).start(wanted, last)


def _require_answers(settings: Settings, last: Record) -> None:
    """Raise `Unavailable` unless both answer; what a supervisor has just started again is waited for."""
    recent = any(time.time() - started.created < START_SECONDS for started in last.processes if started.restarts)
    try:
        until_answers(lambda: check(settings)) if recent else check(settings)
    except Unavailable:
        raise Unavailable(
            Text(
                en="The stack runs, but does not answer. Run `kranhub down`, then `kranhub up`; the data stays.",
                ru="Стек запущен, но не отвечает. Выполните `kranhub down`, затем `kranhub up`; данные сохранятся.",
            )
        ) from None


def lock_file(settings: Settings) -> Path:
    """Return the file whose lock an ``up`` or a ``down`` holds."""
    return settings.data_dir / "stack.lock"


@contextmanager
def alone(settings: Settings, progress: Progress) -> Iterator[None]:
    """Hold the data folder's lock.

    Args:
        settings: Whose data folder.
        progress: Where a person reads that another command is waited for.

    Raises:
        KranhubError: When the folder cannot be written, or the lock is not free in time.
    """
    waiting = Text(
        en="waiting for another kranhub command on this data folder",
        ru="ожидание другой команды kranhub с этой папкой данных",
    )
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with locked(lock_file(settings), timeout=LOCK_SECONDS, waiting=lambda: progress.say(waiting)):
            yield
    except KranhubError:
        raise
    except OSError as error:
        raise disk.failure(settings.data_dir, error) from error
