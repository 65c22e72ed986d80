"""What a supervising command does: run the children until it is asked to stop, and say how they are."""

import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

import click

from kranhub.cli import emit
from kranhub.supervisor import Child, Supervisor, write_state
from kranhub.text import Text

STEP_S = 0.2


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
