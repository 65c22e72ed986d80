"""What a disk that takes no writes means: one that is full is waited for, one that refuses needs a person."""

import errno
import time
from pathlib import Path

from kranhub.errors import Failed, KranhubError, Misconfigured
from kranhub.text import Text

SELDOM_S = 30.0


class Seldom:
    """Says when something that goes on is to be said again: at once, then every `SELDOM_S`."""

    def __init__(self) -> None:
        """Start with nothing said."""
        self._next = 0.0

    def due(self) -> bool:
        """Return whether it is time, and take note that it was said now."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + SELDOM_S
        return True


def is_full(error: OSError) -> bool:
    """Return whether there is no room: that passes, once somebody has made some."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def failure(folder: Path, error: OSError) -> KranhubError:
    """Return what to do when a folder cannot be written: `Failed` for a full disk, else `Misconfigured`."""
    if is_full(error):
        return Failed(
            Text(
                en=f"The disk of {folder} is full. Free at least 1 GB there and run the command again.",
                ru=f"Диск с {folder} заполнен. Освободите не менее 1 ГБ и повторите команду.",
            )
        )
    return Misconfigured(
        Text(
            en=f"{folder} cannot be written ({error.strerror}). Check the path and the rights, or name another folder "
            "in KRANHUB_DATA_DIR.",
            ru=f"В {folder} нельзя писать ({error.strerror}). Проверьте путь и права или укажите другую папку в "
            "KRANHUB_DATA_DIR.",
        )
    )


def waits(folder: Path) -> Text:
    """Return what is said while a full disk is waited for."""
    return Text(
        en=f"The disk of {folder} is full: this waits, and goes on by itself once there is room. Free at least 1 GB.",
        ru=f"Диск с {folder} заполнен: работа ждёт и продолжится сама, когда место появится. Освободите не менее 1 ГБ.",
    )
