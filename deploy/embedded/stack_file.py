"""``stack.json``: what runs, since when, and where it listens. `kranhub.settings.endpoints` reads the same file."""

import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from kranhub.operations import disk
from kranhub.settings import Settings, stack_file


class Ports(BaseModel):
    """The loopback ports; None where none was chosen yet."""

    model_config = ConfigDict(frozen=True)

    kafka: int | None = None
    controller: int | None = None
    registry: int | None = None


class Started(BaseModel):
    """One process of the stack.

    Attributes:
        name: The part that it runs.
        pid: Its process id.
        created: Its creation time in seconds since 1970.
        token: What its command contains, so that it is recognised.
        log: The file of its output.
        restarts: How often a supervisor has started it again since ``kranhub up`` did.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    pid: int
    created: float
    token: str
    log: Path
    restarts: int = 0


class Record(BaseModel):
    """The stack as last started.

    Attributes:
        kind: How it runs.
        since: When it was started; None for never.
        starting: Whether somebody starts it now.
        bootstrap: Kafka's address, from the first time that the stack is ready for use until somebody stops it
            (``kranhub down``): as long as it is there, a process that dies is started again.
        registry_url: The registry's address, for as long as ``bootstrap``.
        ports: Its loopback ports.
        versions: Versions by part.
        processes: The processes of an embedded stack.
        containers: The container ids of a Docker stack.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["embedded", "docker"] = "embedded"
    since: datetime | None = None
    starting: bool = False
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
    """Replace the record atomically: a reader sees the old one or the new one.

    On a full disk it takes the old one's room, where that is enough.

    Raises:
        OSError: Where the disk has no room for it, or it cannot be written for another reason.
    """
    target = stack_file(settings)
    content = (record.model_dump_json(indent=1, exclude_none=True) + "\n").encode()
    try:
        _replace(target, content)
    except OSError as error:
        if not disk.is_full(error):
            raise
        _overwrite(target, content, error)


def _replace(target: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".stack-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(name, target)
    except OSError:
        with suppress(OSError):
            Path(name).unlink(missing_ok=True)
        raise


def _overwrite(target: Path, content: bytes, full: OSError) -> None:
    if not target.exists() or target.stat().st_size < len(content):
        raise full
    with target.open("r+b") as stream:
        stream.write(content)
        stream.truncate()


def stopped(record: Record) -> Record:
    """Return the record without anything running; the ports stay, so that the next start takes the same."""
    return Record(kind=record.kind, ports=record.ports, versions=record.versions)
