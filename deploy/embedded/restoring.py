"""``kranhub restore``: puts a backup in the place of the data folder, and marks that the hub is to recover.

The copy is complete and checked beside the data folder before that is touched; the former folder is renamed, never
deleted. The recovery mark is part of the copy: there is no moment at which restored data could be taken for the hub's
own.
"""

import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from deploy.embedded import backup, copying, manifest, quiescence, stack, stack_file
from deploy.embedded.manifest import Manifest
from deploy.embedded.progress import Progress
from kranhub.errors import Failed, Misconfigured
from kranhub.operations import disk, recovery, recovery_mark
from kranhub.settings import Settings, endpoints, is_external
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

RESTORE = "kranhub restore"
RESTORING = Text(en="restoring", ru="восстановление")
HOUSEKEEPING = ("stack.lock", "locks")
"""The files that a command which only reads leaves in a data folder."""


class Done(BaseModel):
    """What was restored.

    Attributes:
        data: The data folder.
        recovery_id: The id of the recovery that begins.
        taken_at: When the backup was taken.
        files: How many files were copied.
        size: How many bytes they have.
        seconds: How long it took.
        aside: Where the former data folder is now; None where there was none.
        missing: Files of master data that the backup names and that are not there.
        differing: Files of master data that are not what they were when the backup was taken.
    """

    data: Path
    recovery_id: str
    taken_at: datetime
    files: int
    size: int
    seconds: float
    aside: Path | None = None
    missing: list[str] = []
    differing: list[str] = []


def restore(settings: Settings, folder: Path, progress: Progress, *, other_installation: bool = False) -> Done:
    """Restore the backup and start the stack on it.

    Args:
        settings: Whose data folder is replaced.
        folder: The backup.
        progress: Where a person reads what happens.
        other_installation: Whether the backup may be of another installation.

    Raises:
        Misconfigured: For a backup of another release or installation, where the data are elsewhere, and while the hub
            runs. Then nothing was changed.
        Failed: For a backup that is not whole, and for a disk without room. Then nothing was changed.
    """
    began = time.monotonic()
    data = settings.data_dir.resolve()
    quiescence.require_own_stack(is_external(settings), stack_file.read(settings).kind)
    found = manifest.read(folder)
    manifest.require_this_release(folder, found)
    manifest.require_parts(folder, found)
    if not other_installation:
        _require_same(settings, found)
    copying.require_space(data, found.size)
    with _clear_errors(data):
        with quiescence.unsupervised(settings, RESTORE, progress), stack.alone(settings, progress):
            _require_stopped(settings, progress)
            staged, mark = _staged(folder, found, data, progress)
        aside = _put(staged, data)
    stack.up(settings, progress)
    with Registry(endpoints(settings).registry_url) as registry:
        recovery.ensured(settings, Codec(registry))  # before a connector can report
    missing, differing = _masterdata(settings, folder, found)
    return Done(
        data=data,
        recovery_id=mark.recovery_id,
        taken_at=found.taken_at,
        files=len(found.files),
        size=found.size,
        seconds=round(time.monotonic() - began, 1),
        aside=aside,
        missing=missing,
        differing=differing,
    )


def _require_same(settings: Settings, found: Manifest) -> None:
    here = manifest.installation(settings.data_dir)
    if found.namespace != settings.namespace or here not in (None, found.installation):
        raise Misconfigured(_another(found, settings.namespace, here))


def _require_stopped(settings: Settings, progress: Progress) -> None:
    """Raise `Failed` while the stack runs: what it holds would be lost to whoever still works with it."""
    last = stack_file.read(settings)
    if (last.processes or last.containers) and stack.backend(settings, progress, last.kind).runs(last):
        raise Failed(_stack_runs())
    stack.stop(settings, progress)


def _staged(folder: Path, found: Manifest, data: Path, progress: Progress) -> tuple[Path, recovery_mark.Mark]:
    """Copy the backup beside the data folder, checking every file, and add the mark; return the folder and the mark."""
    staged = data.with_name(f".{data.name}.restoring")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    with progress.download(files=len(found.files), size=found.size, what=RESTORING) as bar:
        for file in found.files:
            if not (folder / file.path).is_file():
                raise Failed(manifest.damaged(folder, file.path))
            target = staged if _is_data(file.path) else staged / ".restored"
            if copying.copy(folder / file.path, target, file.path, bar) != file:
                raise Failed(manifest.damaged(folder, file.path))
    shutil.rmtree(staged / ".restored", ignore_errors=True)
    mark = recovery_mark.Mark(
        recovery_id=uuid.uuid4().hex[:12], taken_at=found.taken_at, restored_at=datetime.now(UTC).replace(microsecond=0)
    )
    recovery_mark.write(staged, mark)
    if hasattr(os, "sync"):
        os.sync()
    return staged, mark


def _is_data(path: str) -> bool:
    return path.partition("/")[0] in (*manifest.REQUIRED, *backup.MODELS)


def _put(staged: Path, data: Path) -> Path | None:
    """Give the copy the data folder's name; return where what stood there is now, if it was anything."""
    aside = None
    if data.exists():
        aside = data.with_name(f"{data.name}.before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}")
        os.replace(data, aside)
    try:
        os.replace(staged, data)
    except OSError:
        if aside is not None:
            os.replace(aside, data)
        raise
    if aside is not None and {entry.name for entry in aside.iterdir()} <= {*HOUSEKEEPING, "stack.json", "logs"}:
        shutil.rmtree(aside, ignore_errors=True)
        return None
    return aside


def _masterdata(settings: Settings, folder: Path, found: Manifest) -> tuple[list[str], list[str]]:
    """Return the files of master data that are missing, and those that differ from the backup's."""
    missing, differing = [], []
    for file in found.files:
        part, _, rest = file.path.partition("/")
        if part != backup.MASTERDATA:
            continue
        here = Path(getattr(settings, rest.partition("/")[0]))
        if not here.is_file():
            missing.append(str(here))
        elif here.read_bytes() != (folder / file.path).read_bytes():
            differing.append(str(here))
    return missing, differing


@contextmanager
def _clear_errors(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk.failure(data, error) from error
    finally:
        shutil.rmtree(data.with_name(f".{data.name}.restoring"), ignore_errors=True)


def _another(found: Manifest, namespace: str, here: str | None) -> Text:
    return Text(
        en=f"The backup is of installation {found.installation} with namespace {found.namespace!r}; here are "
        f"{here or 'no data'} and {namespace!r}. Name the right backup, or KRANHUB_DATA_DIR and KRANHUB_NAMESPACE; "
        "with --other-installation it is restored all the same.",
        ru=f"Это копия установки {found.installation} с пространством имён {found.namespace!r}, а здесь "
        f"{here or 'данных нет'} и {namespace!r}. Укажите нужную копию либо KRANHUB_DATA_DIR и KRANHUB_NAMESPACE; "
        "с --other-installation она будет восстановлена всё равно.",
    )


def _stack_runs() -> Text:
    return Text(
        en="Kafka and the registry run on this data folder. Stop the connectors, `kranhub run` and `kranhub streams "
        "run`, then run `kranhub down` and try again. Nothing was changed.",
        ru="Kafka и реестр работают с этой папкой данных. Остановите коннекторы, `kranhub run` и `kranhub streams "
        "run`, затем выполните `kranhub down` и повторите. Ничего не изменено.",
    )
