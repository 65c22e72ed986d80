"""Processes that stop or die at a named failpoint, and the proof that they reached it."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 60.0


@contextmanager
def armed(command: Sequence[str], folder: Path, failpoint: str, action: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command with an armed failpoint; yield its process once it has acted there, and end it afterwards.

    Args:
        command: The command line.
        folder: The folder in which the process notes that it has reached the failpoint.
        failpoint: The failpoint's name.
        action: ``kill`` or ``stop``, optionally with ``@n`` for the n-th hit.

    Raises:
        AssertionError: The process ended before it reached the failpoint, or did not reach it within `PATIENCE_S`.
    """
    environment = {
        **os.environ,
        "KRANHUB_FAILPOINTS": f"{failpoint}={action}",
        "KRANHUB_FAILPOINTS_DIR": str(folder),
    }
    process = subprocess.Popen(list(command), env=environment)
    try:
        _wait_until_reached(process, folder, failpoint)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def resume(process: "subprocess.Popen[bytes]") -> int:
    """Let a stopped process continue to its end; return its exit code."""
    process.send_signal(signal.SIGCONT)
    return process.wait(PATIENCE_S)


def _wait_until_reached(process: "subprocess.Popen[bytes]", folder: Path, failpoint: str) -> None:
    marker = folder / f"{failpoint}.{process.pid}"
    deadline = time.monotonic() + PATIENCE_S
    while not marker.exists():
        assert process.poll() is None, f"the process ended before it reached {failpoint}"  # noqa: S101
        assert time.monotonic() < deadline, f"{failpoint} was not reached in {PATIENCE_S:.0f} s"  # noqa: S101
        time.sleep(0.02)
