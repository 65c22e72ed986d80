"""What a backup holds, written last and at once: without its manifest a folder is no backup."""

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from kranhub.errors import Failed, Misconfigured
from kranhub.text import Text

FORMAT = 1
NAME = "manifest.json"
KAFKA, REGISTRY = "kafka", "registry"
REQUIRED = (KAFKA, REGISTRY)
"""The parts without which a hub cannot be restored: every record has a schema's id."""


class Copied(BaseModel):
    """One file of the backup: its path in it, size in bytes and SHA-256 in hexadecimal."""

    model_config = ConfigDict(frozen=True)

    path: str
    size: int
    sha256: str


class GroupOffset(BaseModel):
    """The offset of a consumer group in a partition."""

    model_config = ConfigDict(frozen=True)

    group: str
    topic: str
    partition: int
    offset: int


class Manifest(BaseModel):
    """What a backup holds.

    Attributes:
        format: The number of the manifest's format.
        release: The release that wrote the backup.
        installation: Kafka's cluster id.
        namespace: The prefix of every topic and group.
        taken_at: When the backup was taken.
        versions: The stack's versions by part.
        ends: The end offsets by topic, one for each partition.
        groups: The offsets of the consumer groups.
        files: Every file of the backup but this one.
    """

    model_config = ConfigDict(frozen=True)

    format: int
    release: str
    installation: str
    namespace: str
    taken_at: datetime
    versions: dict[str, str]
    ends: dict[str, list[int]]
    groups: list[GroupOffset]
    files: list[Copied]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class _Head(BaseModel):
    """What every format has: enough to name the release that can restore it."""

    format: int
    release: str = "?"


def release() -> str:
    """Return the release that runs here."""
    return version("kranhub")


def write(folder: Path, manifest: Manifest) -> None:
    """Make the folder a backup, on the disk before this returns."""
    draft = folder / f".{NAME}"
    with draft.open("w", encoding="utf-8") as stream:
        stream.write(manifest.model_dump_json(indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    if hasattr(os, "sync"):
        os.sync()
    os.replace(draft, folder / NAME)


def read(folder: Path) -> Manifest:
    """Return the folder's manifest.

    Raises:
        Misconfigured: For no folder and for what another release wrote.
        Failed: For a backup that was not finished or is damaged.
    """
    if not folder.is_dir():
        raise Misconfigured(_no_folder(folder))
    try:
        data = (folder / NAME).read_bytes()
    except OSError:
        raise Failed(_half_written(folder)) from None
    try:
        head = _Head.model_validate_json(data)
        if head.format == FORMAT:
            return Manifest.model_validate_json(data)
    except ValidationError:
        raise Failed(damaged(folder, NAME)) from None
    raise Misconfigured(_other_release(folder, head.release))


def require_this_release(folder: Path, manifest: Manifest) -> None:
    """Require that this release wrote the backup: the state of another may mean something else.

    Raises:
        Misconfigured: For a backup of another release.
    """
    if manifest.release != release():
        raise Misconfigured(_other_release(folder, manifest.release))


def require_parts(folder: Path, manifest: Manifest) -> None:
    """Require Kafka's data and the registry's in the backup.

    Raises:
        Failed: Where one of them is missing.
    """
    parts = {file.path.partition("/")[0] for file in manifest.files}
    for part in REQUIRED:
        if part not in parts or not (folder / part).is_dir():
            raise Failed(_no_part(folder, part))


def checked(folder: Path, manifest: Manifest) -> Iterator[Copied]:
    """Yield each file once it is found to be as the manifest has it.

    Raises:
        Failed: For the first that is not.
    """
    for file in manifest.files:
        place = folder / file.path
        try:
            with place.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            raise Failed(damaged(folder, file.path)) from None
        if found != file.sha256:
            raise Failed(damaged(folder, file.path))
        yield file


def installation(data: Path) -> str | None:
    """Return the cluster id of a data folder, None where Kafka has never run in it."""
    try:
        properties = (data / KAFKA / "log" / "meta.properties").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"^cluster\.id=(.+)$", properties, re.MULTILINE)
    return found[1].strip() if found else None


def _no_folder(folder: Path) -> Text:
    return Text(en=f"There is no folder {folder}. Name the backup's.", ru=f"Папки {folder} нет. Укажите папку копии.")


def _half_written(folder: Path) -> Text:
    return Text(
        en=f"{folder} has no {NAME}: this is no backup of kranhub, or one that was not finished. Take the one before "
        "it; `kranhub backup` must have ended with 0.",
        ru=f"В {folder} нет {NAME}: это не копия kranhub или копия, запись которой не закончилась. Возьмите "
        "предыдущую; `kranhub backup` должна завершиться с кодом 0.",
    )


def damaged(folder: Path, path: str) -> Text:
    """Say that a file of the backup is not what it was."""
    return Text(
        en=f"{folder / path} is missing or not what was backed up. The copy is damaged: take another one.",
        ru=f"Файла {folder / path} нет, или он не такой, каким был при копировании. Копия повреждена: возьмите другую.",
    )


def _other_release(folder: Path, other: str) -> Text:
    return Text(
        en=f"{folder} was written by kranhub {other}, and this is {release()}. Install kranhub {other}, restore with "
        "it, then upgrade as docs/operations.md says.",
        ru=f"Копию {folder} записала версия kranhub {other}, а здесь {release()}. Установите kranhub {other}, "
        "восстановите ею, затем обновите, как описано в docs/operations.md.",
    )


def _no_part(folder: Path, part: str) -> Text:
    return Text(
        en=f"{folder} has no {part}: without it no record can be read. It cannot be restored; take another backup.",
        ru=f"В {folder} нет {part}: без него не прочесть ни одной записи. Восстановить её нельзя; возьмите другую.",
    )
