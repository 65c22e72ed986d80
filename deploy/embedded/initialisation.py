"""The making of a part's data: one that was interrupted starts from the beginning, as it holds nobody's data yet.

Kafka's storage is made by its formatting, the registry's tables by its first start. Killed meanwhile, each leaves files
with which it never starts again. So a marker file is in the folder for as long as its data are being made.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path

MARK = ".being-made"


def begin(folder: Path, made: Iterable[Path]) -> None:
    """Note that the data of a folder are being made, where there are none; delete what an interrupted making left.

    Args:
        folder: the part's folder.
        made: the files and folders that hold the part's data, if there are any.
    """
    marker, found = folder / MARK, list(made)
    if marker.exists():
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif not found:
        marker.touch()


def end(folder: Path) -> None:
    """Note that the data are whole: from now on nothing of it is deleted."""
    (folder / MARK).unlink(missing_ok=True)
