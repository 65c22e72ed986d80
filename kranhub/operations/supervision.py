"""What a supervising command does: run the children until it is asked to stop, and report their states.

The states are also in a file of the data folder, which `kranhub status` reads.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from kranhub.operations import disk, folder_lock, logs, open_files, signals
from kranhub.operations.background_services import BackgroundService, background_services
from kranhub.operations.log_throttle import Repeats
from kranhub.operations.supervisor import Child, State, Supervisor, read_state, write_state
from kranhub.settings import Settings
from kranhub.text import Text

STEP_S = 0.2

RUN, STREAMS_RUN = "kranhub run", "kranhub streams run"
FILES = {RUN: "run.json", STREAMS_RUN: "streams.json"}
"""The supervising commands, and the file of the data folder in which each writes what it runs."""


Report = Callable[[Child], None]
"""Takes a child after each change of its state."""


class Supervised(BaseModel):
    """One process that a supervisor keeps running.

    Attributes:
        name: Its name.
        state: Its state.
        pid: Its process id; None while it does not run.
        restarts: How often it was scheduled to start again.
        exit_code: The exit code of its last end; None before the first.
        reason: What it wrote about its last end.
        ends: When it last ended, in UTC.
    """

    name: str
    state: State
    pid: int | None = None
    restarts: int = 0
    exit_code: int | None = None
    reason: str = ""
    ends: list[datetime] = []


class Supervision(BaseModel):
    """A supervisor as it last described itself in its file.

    Attributes:
        command: The supervising command, one of `FILES`.
        pid: Its process id.
        running: False when it was killed, so that the rest is out of date.
        processes: Its children.
    """

    command: str
    pid: int
    running: bool = True
    processes: list[Supervised]


def state_file(settings: Settings, command: str) -> Path:
    """Return the file in which a supervising command records what it runs."""
    return settings.data_dir / FILES[command]


def supervisions(settings: Settings) -> list[Supervision]:
    """Return what the supervisors of this data folder recorded; the caller finds out whether they still run."""
    found = []
    for command in FILES:
        try:
            state = read_state(state_file(settings, command))
            found += [Supervision.model_validate({"command": command, **state})] if state else []
        except ValidationError:  # written by another release
            continue
    return found


def lines(each: Supervision) -> list[str]:
    """Return a line for each supervised process, in the reader's language."""
    states = {
        "starting": Text(en="starting", ru="запускается"),
        "running": Text(en="running", ru="работает"),
        "waiting": Text(en="waits for its restart", ru="ждёт перезапуска"),
        "stopped": Text(en="stopped", ru="остановлен"),
    }
    gone = Text(en="unknown, its supervisor was killed", ru="неизвестно, надзор прерван")
    return [
        f"{child.name:15} {states[child.state] if each.running else gone}, {_counted(child, each.command)}"
        for child in each.processes
    ]


def _counted(child: Supervised, command: str) -> Text:
    last = "-" if child.exit_code is None else child.exit_code
    return Text(
        en=f"pid {child.pid or '-'}, restarts {child.restarts}, last exit code {last} ({command})",
        ru=f"pid {child.pid or '-'}, перезапусков {child.restarts}, последний код завершения {last} ({command})",
    )


class StateFile:
    """The file in which a supervisor records what it runs; a disk that takes no writes is waited for."""

    def __init__(self, path: Path) -> None:
        """Remember the file's path; writes nothing yet."""
        self._path, self._said = path, Repeats()
        self._due = False

    def changed(self) -> None:
        """Note that the file is out of date; the next `write` brings it up to date."""
        self._due = True

    def write(self, children: Sequence[Child]) -> None:
        """Write what has changed; where that fails, the next call tries again."""
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
        """Remove the file, as nothing runs any more."""
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def supervise(
    settings: Settings,
    command: str,
    commands: Mapping[str, Sequence[str]],
    parts: Collection[str],
    report: Report | None = None,
) -> None:
    """Run the children until this process is asked to stop (`signals`), then stop all of them.

    Args:
        settings: The installation's settings.
        command: The supervising command, one of `FILES`; the children's states are written to its file.
        commands: The command line of each child, by name.
        parts: What no other supervising command may run on this data folder meanwhile.
        report: Called with a child after each change of its state; None writes a sentence to standard error.

    Raises:
        Misconfigured: Another supervisor runs a part here, children of a former one do not end, the folder cannot be
            written, or too few files may be opened.
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
        services = background_services(settings, _say)
        _supervise(commands, services, StateFile(state_file(settings, command)), inherited, report or _write, asked)


def _supervise(
    commands: Mapping[str, Sequence[str]],
    services: Sequence[BackgroundService],
    file: StateFile,
    inherited: Sequence[int],
    report: Report,
    asked: list[bool],
) -> None:
    def changed(child: Child) -> None:
        file.changed()
        with suppress(OSError):  # whoever read it is gone
            report(child)

    supervisor = Supervisor(commands, changed=changed, inherited=inherited)
    try:
        while not asked:
            supervisor.step()
            for service in services:
                service.step()
            file.write(supervisor.children)
            time.sleep(STEP_S)
    finally:
        supervisor.stop()
        file.remove()


def _say(text: Text) -> None:
    logs.say(str(text))


def _write(child: Child) -> None:
    logs.say(_line(child))


def _line(child: Child) -> str:
    states = {
        "starting": Text(en="starting", ru="запускается"),
        "running": Text(en="running", ru="работает"),
        "waiting": Text(
            en=f"ended with {child.exit_code}, will restart", ru=f"завершился ({child.exit_code}), перезапуск"
        ),
        "stopped": Text(en="stopped", ru="остановлен"),
    }
    reason = f": {child.reason}" if child.state == "waiting" and child.reason else ""
    return f"{child.name}: {states[child.state]}{reason}"
