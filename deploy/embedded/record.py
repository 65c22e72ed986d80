"""``stack.json``: what runs, since when, and where it listens. `kranhub.settings.endpoints` reads the same file."""

import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from kranhub.settings import Settings, stack_file


class Ports(BaseModel):
    """The loopback ports; None where none was chosen yet."""

    model_config = ConfigDict(frozen=True)

    kafka: int | None = None
    controller: int | None = None
    registry: int | None = None


class Started(BaseModel):
    """One process of ours.

    ``created`` is its creation time in seconds since 1970, ``token`` stands in its command, ``log`` is what it printed.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    created: float
    token: str
    log: Path


class Record(BaseModel):
    """The stack as last started. ``bootstrap`` and ``registry_url`` stand there only while it is ready for use."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["embedded", "docker"] = "embedded"
    since: datetime | None = None
    bootstrap: str | None = None
    registry_url: str | None = None
    ports: Ports = Ports()
    versions: dict[str, str] = {}
    processes: tuple[Started, ...] = ()
    containers: tuple[str, ...] = ()


def read(settings: Settings) -> Record:
    """Return the last record; an empty one when there is none or it is damaged."""
    try:
        return Record.model_validate_json(stack_file(settings).read_bytes())
    except (OSError, ValidationError):
        return Record()


def write(settings: Settings, record: Record) -> None:
    """Replace the record atomically: a reader sees the old one or the new one."""
    target = stack_file(settings)
    handle, name = tempfile.mkstemp(prefix=".stack-", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(record.model_dump_json(indent=1, exclude_none=True) + "\n")
        os.replace(name, target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def stopped(record: Record) -> Record:
    """Return the record without anything running; the ports stay, so that the next start takes the same."""
    return Record(kind=record.kind, ports=record.ports, versions=record.versions)
