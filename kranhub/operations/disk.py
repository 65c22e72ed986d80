"""What it means that a disk takes no writes: a full one is waited for, one that refuses needs a person."""

import errno
from pathlib import Path

from kranhub.errors import Failed, KranhubError, Misconfigured
from kranhub.text import Text


def is_full(error: OSError) -> bool:
    """Return whether the disk is full, which passes once somebody has freed some space."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT}


def failure(folder: Path, error: OSError) -> KranhubError:
    """Return the error for a folder that cannot be written: `Failed` for a full disk, else `Misconfigured`."""
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
    """Return the sentence that a full disk is waited for."""
    return Text(
        en=f"The disk of {folder} is full: this waits, and goes on by itself once there is room. Free at least 1 GB.",
        ru=f"Диск с {folder} заполнен: работа ждёт и продолжится сама, когда место появится. Освободите не менее 1 ГБ.",
    )


def goes_on(folder: Path, error: OSError) -> Text:
    """Return the sentence for work that goes on without the folder: it waits for space, or a person must act."""
    return waits(folder) if is_full(error) else failure(folder, error).text
