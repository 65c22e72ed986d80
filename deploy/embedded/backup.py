"""``kranhub backup``: the data folder of an embedded stack, from one moment, with the checksum of every file."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from deploy.embedded import copying, manifest, quiescence, stack, stack_file
from deploy.embedded.manifest import Copied, Manifest
from deploy.embedded.progress import Progress
from kranhub import redaction
from kranhub.errors import Failed
from kranhub.operations import disk
from kranhub.settings import MASTER_DATA_FILES, Settings, is_external
from kranhub.text import Text

BACKUP = "kranhub backup"
MASTERDATA, SETTINGS = "masterdata", "settings.json"
MODELS = ("readmodel.sqlite", "readmodel.sqlite-wal", "readmodel.sqlite-shm")
"""The settings that name the files of master data."""

COPYING = Text(en="copying", ru="копирование")
CHECKING = Text(en="checking", ru="проверка")


class Done(BaseModel):
    """What was backed up, or checked: the folder, how many files and bytes, topics and groups, and how long it took."""

    folder: Path
    files: int
    size: int
    topics: int
    groups: int
    taken_at: datetime
    seconds: float


def take(settings: Settings, folder: Path, progress: Progress) -> Done:
    """Copy everything into a new folder. The stack is stopped meanwhile, and runs again afterwards if it ran.

    Args:
        settings: Whose data folder is backed up.
        folder: Where the backup is written: new or empty.
        progress: Where a person reads what happens.

    Raises:
        Misconfigured: Where the data are not in the data folder.
        Failed: While the hub works, for a folder that is not empty, and for a disk without room.
    """
    began = time.monotonic()
    last = stack_file.read(settings)
    quiescence.require_own_stack(is_external(settings), last.kind)
    _require_new(folder)
    if manifest.installation(settings.data_dir) is None:
        raise Failed(_nothing(settings.data_dir))
    with quiescence.unsupervised(settings, BACKUP, progress), stack.alone(settings, progress):
        ran = stack.ensure(settings, progress)
        try:
            quiescence.require_no_member(settings)
            draft = _draft(settings, last.versions or stack_file.read(settings).versions)
        finally:
            stack.stop(settings, progress)
        try:
            with _clear_errors(folder):
                made = _copied(settings, folder, draft, progress)
        finally:
            if ran:
                stack.ensure(settings, progress)
    return _done(folder, made, began)


def verify(folder: Path, progress: Progress) -> Done:
    """Check a backup: that it was finished, that it has the required parts, and the checksum of every file.

    Args:
        folder: The backup.
        progress: Where a person reads what happens.

    Raises:
        Misconfigured: For no folder and for what another release wrote.
        Failed: For a backup that was not finished or is damaged.
    """
    began = time.monotonic()
    found = manifest.read(folder)
    manifest.require_parts(folder, found)
    with progress.download(files=len(found.files), size=found.size, what=CHECKING) as bar:
        for file in manifest.checked(folder, found):
            bar.received(file.size)
            bar.finished(Path(file.path).name)
    return _done(folder, found, began)


def _done(folder: Path, found: Manifest, began: float) -> Done:
    return Done(
        folder=folder.resolve(),
        files=len(found.files),
        size=found.size,
        topics=len(found.ends),
        groups=len({place.group for place in found.groups}),
        taken_at=found.taken_at,
        seconds=round(time.monotonic() - began, 1),
    )


def _draft(settings: Settings, versions: dict[str, str]) -> Manifest:
    return Manifest(
        format=manifest.FORMAT,
        release=manifest.release(),
        installation=manifest.installation(settings.data_dir) or "",
        namespace=settings.namespace,
        taken_at=datetime.now(UTC).replace(microsecond=0),
        versions=versions,
        ends=quiescence.ends(settings),
        groups=quiescence.places(settings),
        files=[],
    )


def _copied(settings: Settings, folder: Path, draft: Manifest, progress: Progress) -> Manifest:
    """Copy all parts, then write the manifest: a folder without one is no backup."""
    found = [*_parts(settings)]
    size = copying.size(source for source, _ in found)
    copying.require_space(folder, size)
    folder.mkdir(parents=True, exist_ok=True)
    copied: list[Copied] = []
    with progress.download(files=len(found) + 1, size=size, what=COPYING) as bar:
        for source, path in found:
            copied.append(copying.copy(source, folder, path, bar))
        copied.append(_settings(settings, folder))
        bar.finished(SETTINGS)
    made = draft.model_copy(update={"files": copied})
    manifest.require_parts(folder, made)
    manifest.write(folder, made)
    return made


def _parts(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Yield every file to copy, and its path in the backup."""
    data = settings.data_dir.resolve()
    for part in manifest.REQUIRED:
        yield from ((file, file.relative_to(data).as_posix()) for file in copying.files(data / part))
    yield from ((data / name, name) for name in MODELS if (data / name).is_file())
    for name in MASTER_DATA_FILES:
        file: Path | None = getattr(settings, name)
        if file is not None and file.is_file():
            yield file, f"{MASTERDATA}/{name}/{file.name}"


def _settings(settings: Settings, folder: Path) -> Copied:
    """Write the settings without their secrets: passwords are left out, also those within addresses."""
    secrets = {name for name, kind in type(settings).model_fields.items() if "Secret" in str(kind.annotation)}
    values = settings.model_dump(mode="json", exclude=secrets)
    for name in ("registry_url", "readmodel_url"):
        values[name] = redaction.shown(values[name]) if values[name] else None
    return copying.written(folder, SETTINGS, values)


def _require_new(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Failed(
            Text(
                en=f"{folder} exists and is not empty. Name a new folder for each backup.",
                ru=f"{folder} уже существует и не пуста. Для каждой копии указывайте новую папку.",
            )
        )


def _nothing(data: Path) -> Text:
    return Text(
        en=f"There is nothing to back up in {data.resolve()}: no Kafka has run here. Check KRANHUB_DATA_DIR.",
        ru=f"В {data.resolve()} нечего копировать: Kafka здесь не запускалась. Проверьте KRANHUB_DATA_DIR.",
    )


@contextmanager
def _clear_errors(folder: Path) -> Iterator[None]:
    """Leave nothing half-written behind an error, and report what a person can do about the disk."""
    try:
        yield
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise disk.failure(folder, error) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
