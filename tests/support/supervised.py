"""A supervising command on a data folder, and a child of it, without Kafka: what the supervisor's own tests run."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from kranhub.errors import KranhubError, Misconfigured
from kranhub.operations import logs, parent_watch, safe_stderr, signals, supervision
from kranhub.operations.failure_report import report_failure
from kranhub.operations.supervisor import read_state
from kranhub.settings import Settings
from kranhub.text import Text
from tools.harness.core import wait_for

MODULE = "tests.support.supervised"
NO_FILE = Text(en="The file is missing.\nMake it.", ru="Файла нет.\nСоздайте его.")


def main(words: Sequence[str]) -> int:
    """Run as a supervisor (``supervise FOLDER COMMAND PARTS KINDS``) or as a child of the kind."""
    safe_stderr.standard_error()
    logs.configure()
    parent_watch.watch()
    try:
        if words[0] == "supervise":
            _supervise(*words[1:])
        else:
            _child(words[0])
    except KranhubError as error:
        report_failure(error)
        return error.exit_code
    return 0


def _supervise(folder: str, command: str, parts: str, kinds: str) -> None:
    commands = {kind: [sys.executable, "-m", MODULE, kind] for kind in kinds.split(",")}
    if "nested" in commands:
        commands["nested"] = [*commands["nested"][:3], "supervise", f"{folder}/nested", supervision.RUN, "x", "steady"]
    settings = Settings(data_dir=Path(folder), kafka_bootstrap="x:1", registry_url="http://x")
    supervision.supervise(settings, command, commands, set(parts.split(",")))


def _child(kind: str) -> None:
    logs.identify(kind)
    if kind == "wrong":
        raise Misconfigured(NO_FILE)
    over = threading.Event()
    signals.on_request(over.set)
    over.wait()


@contextlib.contextmanager
def supervisor(
    folder: Path, *kinds: str, command: str = supervision.RUN, parts: str = "core", **more: object
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a supervisor of such children; it and they are gone afterwards."""
    line = [sys.executable, "-m", MODULE, "supervise", str(folder), command, parts, ",".join(kinds)]
    environment = {**os.environ, "KRANHUB_LANG": "en"}
    with subprocess.Popen(line, env=environment, **more) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def pids(folder: Path, count: int = 1, command: str = supervision.RUN) -> list[int]:
    """Return the process ids of a supervisor's children, once so many run."""

    def running() -> list[int]:
        state = read_state(folder / supervision.FILES[command]) or {"processes": []}
        found = [child["pid"] for child in state["processes"] if child["state"] == "running"]
        return found if len(found) >= count else []

    return list(wait_for(running, f"{count} children run"))


def alive(pid: int) -> bool:
    """Return whether the process is there, and not merely waiting to be reaped."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (OSError, ValueError):
        return False


def cont(pid: int) -> None:
    """Let a stopped process go on, if it is there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
