"""Keeps child processes running: starts them, restarts those that end, stops all of them together."""

import json
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import structlog

from kranhub.errors import Misconfigured
from kranhub.operations import parent_watch
from kranhub.operations.parent_watch import ParentWatch
from kranhub.text import Text

log = structlog.get_logger()

State = Literal["starting", "running", "waiting", "stopped"]
FIRST_DELAY_S, LAST_DELAY_S = 1.0, 30.0
STEADY_S = 60.0
"""A child that ran this long is started again with the shortest delay."""
GRACE_S = 20.0
"""How long a child may take to stop before it is killed."""
USAGE = 2
"""The exit code of wrong options; as with `Misconfigured`, only a person can help."""


class Backoff:
    """How long to wait before the next start: twice as long each time, and from the beginning after a steady run."""

    def __init__(self) -> None:
        """Begin with the first delay."""
        self._delay = FIRST_DELAY_S

    def after(self, ran_s: float, *, hopeless: bool = False) -> float:
        """Return the delay in seconds after a run.

        Args:
            ran_s: How many seconds the process ran.
            hopeless: Whether only a person can help; then the longest delay applies at once.
        """
        delay = LAST_DELAY_S if hopeless else FIRST_DELAY_S if ran_s > STEADY_S else self._delay
        self._delay = min(delay * 2, LAST_DELAY_S)
        return delay


ENDS = 5
"""How many of its last ends a child's record keeps the times of."""


@dataclass
class Child:
    """One supervised process and its state.

    Attributes:
        name: The child's name.
        command: Its command line.
        state: Its state.
        pid: Its process id; None while it does not run.
        restarts: How often it has ended and was scheduled to start again.
        exit_code: The exit code of its last end; None before the first.
        reason: What it wrote about its last end.
        ends: When it last ended, in UTC; an end that was asked for does not count.
        backoff: The delays before its next starts.
        due: When it may start, by the monotonic clock.
        started: When it was last started, by the monotonic clock.
        process: The process; None while it does not run.
        watch: The connection to it; None while it does not run.
    """

    name: str
    command: Sequence[str]
    state: State = "starting"
    pid: int | None = None
    restarts: int = 0
    exit_code: int | None = None
    reason: str = ""
    ends: deque[datetime] = field(default_factory=lambda: deque(maxlen=ENDS))
    backoff: Backoff = field(default_factory=Backoff, repr=False)
    due: float = 0.0
    started: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    watch: ParentWatch | None = field(default=None, repr=False)

    def public(self) -> dict[str, object]:
        """Return what a person or a script may see of the child."""
        shown = {name: getattr(self, name) for name in ("name", "state", "pid", "restarts", "exit_code", "reason")}
        return {**shown, "ends": [end.isoformat() for end in self.ends]}


class Supervisor:
    """Runs children until it is stopped."""

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        *,
        environment: Mapping[str, str] | None = None,
        changed: Callable[[Child], None] = lambda _child: None,
        inherited: Sequence[int] = (),
    ) -> None:
        """Take what to run; nothing is started yet.

        Args:
            commands: The command line of each child, by name.
            environment: Variables for the children, besides those of this process.
            changed: Called with a child after each change of its state.
            inherited: Descriptors that the children inherit (POSIX).
        """
        self.children = [Child(name, command) for name, command in commands.items()]
        self._environment = {**os.environ, **(environment or {}), parent_watch.VARIABLE: "1"}
        self._changed = changed
        self._inherited = tuple(inherited)

    def step(self) -> None:
        """Start what is due and record what has ended. Call it a few times a second."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None:
                if now >= child.due:
                    self._start(child, now)
            elif (code := child.process.poll()) is not None:
                self._ended(child, code, now)
            elif child.state == "starting":
                self._set(child, "running")

    def stop(self) -> None:
        """Ask every child to stop, wait `GRACE_S`, then kill what is left."""
        alive = [child for child in self.children if child.process is not None]
        for child in alive:
            _process(child).terminate()
        deadline = time.monotonic() + GRACE_S
        for child in alive:
            self._reap(child, deadline)

    def _start(self, child: Child, now: float) -> None:
        child.started = now
        try:
            child.watch = ParentWatch()
            child.process = self._popen(child.command, child.watch)
        except OSError as error:  # no more processes or open files: that may pass
            self._over(child)
            self._wait(child, now, reason=f"{error.strerror}")
            return
        child.watch.started(child.process)
        child.pid = child.process.pid
        self._set(child, "starting")

    def _popen(self, command: Sequence[str], watch: ParentWatch) -> subprocess.Popen[bytes]:
        own: dict[str, Any] = {"start_new_session": True, "pass_fds": self._inherited} if os.name == "posix" else {}
        return subprocess.Popen(command, env=self._environment, stdin=watch.stdin, **own)

    def _ended(self, child: Child, code: int, now: float) -> None:
        child.exit_code = code
        reason = child.watch.reason() if child.watch else ""
        self._over(child)
        self._wait(child, now, reason=next(iter(reason.splitlines()), "") or by_signal(code))

    def _wait(self, child: Child, now: float, *, reason: str) -> None:
        hopeless = child.exit_code in (Misconfigured.exit_code, USAGE)
        delay = child.backoff.after(now - child.started, hopeless=hopeless)
        child.reason, child.due = reason, now + delay
        child.restarts += 1
        child.ends.append(datetime.now(UTC))
        log.warning("process ended", name=child.name, exit_code=child.exit_code, reason=reason, again_in_s=delay)
        self._set(child, "waiting")

    def _reap(self, child: Child, deadline: float) -> None:
        process = _process(child)
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process killed after grace", name=child.name, grace_s=GRACE_S)
            process.kill()
            process.wait()
        child.exit_code = process.returncode
        self._over(child)
        self._set(child, "stopped")

    @staticmethod
    def _over(child: Child) -> None:
        if child.watch:
            child.watch.close()
        child.process, child.pid, child.watch = None, None, None

    def _set(self, child: Child, state: State) -> None:
        child.state = state
        self._changed(child)


def by_signal(code: int) -> str:
    """Return which signal ended a process, as a sentence; empty where the process ended by itself."""
    if code >= 0:
        return ""
    name = next((each.name for each in signal.Signals if each == -code), f"signal {-code}")
    if name == "SIGKILL":
        return str(_KILLED)
    return str(
        Text(
            en=f"{name} has ended it; the last lines of its log may say why.",
            ru=f"Завершён сигналом {name}; причина может быть в последних строках его журнала.",
        )
    )


_KILLED = Text(
    en="It was killed (SIGKILL): by a person, or by the system for want of memory; `journalctl -k` tells the latter.",
    ru="Он убит (SIGKILL): человеком или самой системой из-за нехватки памяти; второе видно в `journalctl -k`.",
)


def _process(child: Child) -> subprocess.Popen[bytes]:
    assert child.process is not None  # noqa: S101  (the callers hold running children only)
    return child.process


def write_state(path: Path, children: Sequence[Child]) -> None:
    """Write the children's states to a file, whole or not at all, for `kranhub status`.

    Raises:
        OSError: The file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    state = {"pid": os.getpid(), "processes": [child.public() for child in children]}
    try:
        draft.write_text(json.dumps(state), encoding="utf-8")
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def read_state(path: Path) -> dict[str, Any] | None:
    """Return what `write_state` wrote; None where no supervisor runs, or the file cannot be read."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        return {"pid": int(state["pid"]), "processes": [dict(child) for child in state["processes"]]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
