"""The mark of a restore in the data folder: it shows that the hub recovers before any topic can show it."""

import os
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

NAME = "recovery.json"


class Mark(BaseModel):
    """Which recovery it is, when its backup was taken, and when that was restored (both UTC)."""

    model_config = ConfigDict(frozen=True)

    recovery_id: str
    taken_at: datetime
    restored_at: datetime


def write(folder: Path, mark: Mark) -> None:
    """Write the mark into the folder, whole or not at all."""
    draft = folder / f".{NAME}"
    draft.write_text(mark.model_dump_json() + "\n", encoding="utf-8")
    os.replace(draft, folder / NAME)


def read(folder: Path) -> Mark | None:
    """Return the folder's mark; None where there is none.

    Raises:
        ValueError: The mark cannot be read.
    """
    try:
        data = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Mark.model_validate_json(data)
    except ValidationError as error:
        raise ValueError(f"{folder / NAME} is damaged") from error


def remove(folder: Path) -> None:
    """Remove the mark: a topic holds the recovery now."""
    (folder / NAME).unlink(missing_ok=True)
