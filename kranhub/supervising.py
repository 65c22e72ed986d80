"""What a supervising command does: run the children until it is asked to stop, and say how they are.

It says it to whoever looks from outside as well: in a file of the data folder, which `kranhub status` reads.
"""

import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

import click
from pydantic import BaseModel, ValidationError

from kranhub.cli import emit
from kranhub.settings import Settings
from kranhub.supervisor import Child, State, Supervisor, read_state, write_state
from kranhub.text import Text

STEP_S = 0.2

RUN, STREAMS_RUN = "kranhub run", "kranhub streams run"
FILES = {RUN: "run.json", STREAMS_RUN: "streams.json"}
"""The supervising commands, and where in the data folder each says what it runs."""


class Supervised(BaseModel):
    """One process that a supervisor keeps running. ``exit_code`` is that of its last end."""

    name: str
    state: State
    pid: int | None = None
    restarts: int = 0
    exit_code: int | None = None


class Supervision(BaseModel):
    """A supervisor as it last wrote of itself. ``running``: False when it was killed and its word is out of date."""

    command: str
    pid: int
    running: bool = True
    processes: list[Supervised]


def state_file(settings: Settings, command: str) -> Path:
    """Return the file in which a supervising command says what it runs."""
    return settings.data_dir / FILES[command]


def supervisions(settings: Settings) -> list[Supervision]:
    """Return what the supervisors of this data folder say; whether they still run is for the caller to find out."""
    found = []
    for command in FILES:
        try:
            state = read_state(state_file(settings, command))
            found += [Supervision.model_validate({"command": command, **state})] if state else []
        except ValidationError:  # written by another release
            continue
    return found


def lines(supervision: Supervision) -> list[str]:
    """Return a line for each supervised process, in the reader's language."""
    said = {
        "starting": Text(en="starting", ru="запускается"),
        "running": Text(en="running", ru="работает"),
        "waiting": Text(en="waits for its restart", ru="ждёт перезапуска"),
        "stopped": Text(en="stopped", ru="остановлен"),
    }
    gone = Text(en="unknown, its supervisor was killed", ru="неизвестно, надзор прерван")
    return [
        f"{child.name:15} {said[child.state] if supervision.running else gone}, {_counted(child, supervision.command)}"
        for child in supervision.processes
    ]


def _counted(child: Supervised, command: str) -> Text:
    last = "-" if child.exit_code is None else child.exit_code
    return Text(
        en=f"pid {child.pid or '-'}, restarts {child.restarts}, last exit code {last} ({command})",
        ru=f"pid {child.pid or '-'}, перезапусков {child.restarts}, последний код завершения {last} ({command})",
    )


def supervise(commands: Mapping[str, Sequence[str]], state_file: Path, output: str) -> None:
    """Run the children until SIGINT or SIGTERM, then stop all of them.

    Each change is said on standard error, or with ``output`` "json" on standard output, and stands in ``state_file``.
    """

    def changed(child: Child) -> None:
        write_state(state_file, supervisor.children)
        if output == "json":
            emit(child.public())
        else:
            click.echo(_line(child), err=True)

    supervisor = Supervisor(commands, changed=changed)
    stopping = _on_signal()
    try:
        while not stopping:
            supervisor.step()
            time.sleep(STEP_S)
    finally:
        supervisor.stop()
        state_file.unlink(missing_ok=True)


def _on_signal() -> list[int]:
    """Return a list that fills when the process is asked to stop."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, note)
    return received


def _line(child: Child) -> str:
    said = {
        "starting": Text(en="starting", ru="запускается"),
        "running": Text(en="running", ru="работает"),
        "waiting": Text(
            en=f"ended with {child.exit_code}, will restart", ru=f"завершился ({child.exit_code}), перезапуск"
        ),
        "stopped": Text(en="stopped", ru="остановлен"),
    }
    return f"{child.name}: {said[child.state]}"
