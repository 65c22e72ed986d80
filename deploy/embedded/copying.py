"""Copies files and their SHA-256 in one go, with progress, and checks first whether there is room."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from deploy.embedded import artifacts
from deploy.embedded.manifest import Copied
from deploy.embedded.progress import Bar
from kranhub.errors import Failed
from kranhub.text import Text

CHUNK = 1024 * 1024
SPARE = 64 * 1024 * 1024
"""How much must stay free on the disk."""


def files(folder: Path) -> Iterator[Path]:
    """Yield the regular files below the folder, in a fixed order."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(place) / name for name in sorted(names) if (Path(place) / name).is_file())


def size(found: Iterable[Path]) -> int:
    """Return the bytes of the files."""
    return sum(file.stat().st_size for file in found)


def require_space(target: Path, needed: int) -> None:
    """Require room on the disk that holds the target, or would hold it.

    Args:
        target: The folder to copy to; it need not exist.
        needed: How many bytes are to be copied.

    Raises:
        Failed: Where the disk has too little room.
    """
    free = artifacts.free_bytes(target)
    if free < needed + SPARE:
        raise Failed(
            Text(
                en=f"{needed >> 20} MiB are to be copied, but the disk of {target} has {free >> 20} MiB free. Free "
                "some space, or name another disk.",
                ru=f"Нужно скопировать {needed >> 20} МиБ, а на диске с {target} свободно {free >> 20} МиБ. "
                "Освободите место или укажите другой диск.",
            )
        )


def copy(source: Path, target: Path, path: str, bar: Bar) -> Copied:
    """Copy one file, and make its folders.

    Args:
        source: The file.
        target: The folder to copy to.
        path: The file's path in ``target``, with slashes.
        bar: The progress to advance.

    Returns:
        The copy's path, size and checksum.
    """
    place = target / path
    place.parent.mkdir(parents=True, exist_ok=True)
    digest, count = hashlib.sha256(), 0
    with source.open("rb") as reading, place.open("wb") as writing:
        while chunk := reading.read(CHUNK):
            writing.write(chunk)
            digest.update(chunk)
            count += len(chunk)
            bar.received(len(chunk))
    bar.finished(Path(path).name)
    return Copied(path=path, size=count, sha256=digest.hexdigest())


def written(target: Path, path: str, document: Any) -> Copied:
    """Write a JSON document to a file.

    Args:
        target: The folder to write to, which must exist.
        path: The file's path in ``target``.
        document: The document; anything that JSON can hold.

    Returns:
        The file's path, size and checksum.
    """
    data = (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    (target / path).write_bytes(data)
    return Copied(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
