"""A small disk in memory, so that filling it fills no other."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotMount(Exception):
    """This machine mounts no disk for us: it takes root, and Linux."""


@contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """Mount a disk on an empty folder for as long as the block lasts.

    Args:
        folder: The folder.
        size: The disk's size, such as ``64m``.

    Raises:
        CannotMount: Where this machine does not allow it.
    """
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "kranhub-test", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, check=False, capture_output=True).returncode:
        raise CannotMount
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)
