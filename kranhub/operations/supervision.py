"""What a supervising command does: run the children until it is asked to stop, and say how they are.

It says it to whoever looks from outside as well: in a file of the data folder, which `kranhub status` reads.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from kranhub.cli.main import emit
from kranhub.operations import background, disk, folder_lock, logs, open_files, signals
from kranhub.operations.log_throttle import Repeats
from kranhub.operations.supervisor import Child, State, Supervisor, read_state, write_state
from kranhub.settings import Settings
from kranhub.text import Text

STEP_S = 0.2

RUN, STREAMS_RUN = "kranhub run", "kranhub streams run"
FILES = {RUN: "run.json", STREAMS_RUN: "streams.json"}
"""The supervising commands, and where in the data folder each says what it runs."""


class Supervised(BaseModel):
    """One process that a supervisor keeps running. ``exit_code``, ``reason`` and ``ends`` tell of its last ends."""

    name: str
    state: State
    pid: int | None = None
    restarts: int = 0
    exit_code: int | None = None
    reason: str = ""
    ends: list[datetime] = []


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


class StateFile:
    """The file in which a supervisor says what it runs. A disk that takes no writes is waited for, never an error."""

    def __init__(self, path: Path) -> None:
        """Take the file's path; writes nothing yet."""
        self._path, self._said = path, Repeats()
        self._due = False

    def changed(self) -> None:
        """Take note that the file is out of date; the next `write` brings it up to date."""
        self._due = True

    def write(self, children: Sequence[Child]) -> None:
        """Write what has changed; what cannot be written now is tried again at the next call."""
        if not self._due:
            return
        try:
            write_state(self._path, children)
        except OSError as error:
            if self._said.take("disk") is not None:
                _say(disk.goes_on(self._path.parent, error))
        else:
            self._due = False

    def remove(self) -> None:
        """Take the file away, as nothing runs any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def supervise(
    settings: Settings, command: str, commands: Mapping[str, Sequence[str]], parts: Collection[str], output: str
) -> None:
    """Run the children until this process is asked to stop (`signals`), then stop all of them.

    ``parts`` are what no other supervising command may run on this data folder meanwhile. Each change is said on
    standard error, or with ``output`` "json" on standard output, and stands in the command's state file. Raises
    `Misconfigured` when another supervisor runs a part here, or when what it left does not end.
    """
    logs.identify(command)
    open_files.require("kranhub", open_files.CORE)
    asked: list[bool] = []
    signals.on_request(lambda: asked.append(True))
    names, folder = {Path(FILES[command]).stem, *parts}, settings.data_dir
    with (
        suppress(folder_lock.StopAsked),
        folder_lock.held(folder, command, names, say=_say, stopping=lambda: bool(asked)) as inherited,
    ):
        kept = background.keepers(settings, _say)
        _supervise(commands, kept, StateFile(state_file(settings, command)), inherited, output, asked)


def _supervise(
    commands: Mapping[str, Sequence[str]],
    kept: Sequence[background.Keeper],
    file: StateFile,
    inherited: Sequence[int],
    output: str,
    asked: list[bool],
) -> None:
    def changed(child: Child) -> None:
        file.changed()
        if output != "json":
            _say(_line(child))
            return
        with suppress(OSError):  # whoever read it is gone
            emit(child.public())

    supervisor = Supervisor(commands, changed=changed, inherited=inherited)
    try:
        while not asked:
            supervisor.step()
            for keeper in kept:
                keeper.step()
            file.write(supervisor.children)
            time.sleep(STEP_S)
    finally:
        supervisor.stop()
        file.remove()


def _say(words: object) -> None:
    logs.say(str(words))


def _line(child: Child) -> str:
    said = {
        "starting": Text(en="starting", ru="запускается"),
        "running": Text(en="running", ru="работает"),
        "waiting": Text(
            en=f"ended with {child.exit_code}, will restart", ru=f"завершился ({child.exit_code}), перезапуск"
        ),
        "stopped": Text(en="stopped", ru="остановлен"),
    }
    reason = f": {child.reason}" if child.state == "waiting" and child.reason else ""
    return f"{child.name}: {said[child.state]}{reason}"
