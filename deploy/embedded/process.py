"""Detached processes that can be found again, and that are never confused with another that got the same pid."""

import locale
import os
import re
import subprocess
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from deploy.embedded.stack_file import Started

MARK = "-Dkranhub.run="
CLOCK_TOLERANCE_SECONDS = 2.0
UTF8_LOCALES = ("C.UTF-8", "C.utf8", "en_US.UTF-8", "ru_RU.UTF-8", "UTF-8")
STOP_SECONDS = 30.0
_THROWN = re.compile(r"^(Caused by: |Exception in thread )?[\w.$]+(Exception|Error)\b(?!.*\.java:)")
_ERROR = re.compile(r"\b(ERROR|FATAL|Error)\b")
_children: list[subprocess.Popen[bytes]] = []  # kept, so that those of this process can be reaped


def token() -> str:
    """Return a new token for one start; put ``MARK + token`` into the command."""
    return uuid.uuid4().hex


def start(name: str, command: Sequence[str], token: str, folder: Path, logs: Path) -> Started:
    """Start the command detached from this terminal, its output in ``<logs>/<name>.console.log``.

    Args:
        name: The process' name.
        command: The program and its arguments.
        token: The start's token, which is in the command.
        folder: The working folder.
        logs: The folder for its output; the former output is kept beside it.

    Returns:
        What identifies the process from now on.
    """
    console = logs / f"{name}.console.log"
    if console.exists():
        os.replace(console, console.with_suffix(".log.1"))
    with console.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **_detached(),
        )
    _children.append(child)
    created = psutil.Process(child.pid).create_time()
    return Started(name=name, pid=child.pid, created=created, token=token, log=console)


def find(started: Started) -> psutil.Process | None:
    """Return the process if it still runs and is really the one that we started."""
    _reap()
    try:
        process = psutil.Process(started.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return process if _is_ours(process, started) else None
    except psutil.NoSuchProcess:
        return None


def stop(started: Sequence[Started]) -> list[Started]:
    """End these processes, gracefully first. Return those that had to be killed."""
    running = [(entry, process) for entry in started if (process := find(entry))]
    for _, process in running:
        _quietly(process.terminate)
    _, alive = psutil.wait_procs([process for _, process in running], timeout=STOP_SECONDS)
    for process in alive:
        _quietly(process.kill)
    psutil.wait_procs(alive, timeout=STOP_SECONDS)
    _reap()
    return [entry for entry, process in running if process in alive]


def decisive(log: Path) -> str:
    """Return the line of a process' output that best explains why it ended: the last cause, else the last error."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    thrown = [line for line in lines if _THROWN.search(line)]
    errors = [line for line in lines if _ERROR.search(line)]
    return (thrown or errors or lines or ["(no output)"])[-1]


def _is_ours(process: psutil.Process, started: Started) -> bool:
    with suppress(psutil.AccessDenied):
        if command := process.cmdline():  # empty for a moment after the start
            return MARK + started.token in command
    return abs(process.create_time() - started.created) < CLOCK_TOLERANCE_SECONDS


def environment() -> dict[str, str]:
    """Return this process' environment without what would change a Java program unnoticed.

    Java names files in the locale's encoding, and in the locale C it has ASCII only: a folder with a Russian name
    would be another one. It then gets a locale in UTF-8, as Python itself takes file names there for UTF-8 (PEP 540).
    """
    foreign = ("JAVA_", "_JAVA", "JDK_JAVA", "CLASSPATH", "KAFKA_", "QUARKUS_", "REGISTRY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return kept | ({"LC_ALL": name} if is_ascii_only() and (name := utf8_locale()) else {})


def is_ascii_only() -> bool:
    """Return whether the locale's encoding is ASCII, as in the locales C and POSIX."""
    if os.name != "posix":
        return False
    codeset = locale.nl_langinfo(locale.CODESET)
    return codeset.upper() in ("ANSI_X3.4-1968", "US-ASCII", "ASCII", "646", "")


def utf8_locale() -> str:
    """Return the name of a locale in UTF-8 that this machine has; empty for none."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return next((name for name in UTF8_LOCALES if _has(name)), "")
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _has(name: str) -> bool:
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    return True


def _detached() -> dict[str, Any]:
    if os.name == "posix":
        return {"start_new_session": True}
    return {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined,unused-ignore]


def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]


def _quietly(action: Callable[[], None]) -> None:
    with suppress(psutil.NoSuchProcess):
        action()
