"""Keeps child processes running: starts them, restarts what ends, stops all of them together."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import structlog

log = structlog.get_logger()

State = Literal["starting", "running", "waiting", "stopped"]
FIRST_DELAY_S, LAST_DELAY_S = 1.0, 30.0
STEADY_S = 60.0
"""A child that ran this long starts again without a delay's growth."""
GRACE_S = 20.0
"""How long a child may take to stop before it is killed."""


@dataclass
class Child:
    """One supervised process and how it is. ``exit_code`` is that of its last end."""

    name: str
    command: Sequence[str]
    state: State = "starting"
    pid: int | None = None
    restarts: int = 0
    exit_code: int | None = None
    delay: float = FIRST_DELAY_S
    due: float = 0.0
    started: float = 0.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def public(self) -> dict[str, object]:
        """Return what a person or a script may see of it."""
        return {name: getattr(self, name) for name in ("name", "state", "pid", "restarts", "exit_code")}


class Supervisor:
    """Runs children until told to stop. ``changed`` is called with a child after each change of its state."""

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        *,
        environment: Mapping[str, str] | None = None,
        changed: Callable[[Child], None] = lambda child: None,
    ) -> None:
        """Take the children's names and commands; nothing starts yet."""
        self.children = [Child(name, command) for name, command in commands.items()]
        self._environment = {**os.environ, **(environment or {})}
        self._changed = changed

    def step(self) -> None:
        """Start what is due and notice what has ended. Call it a few times a second."""
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
        own_group = {"start_new_session": True} if os.name == "posix" else {}
        child.process = subprocess.Popen(
            child.command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            **own_group,  # type: ignore[call-overload]
        )
        child.pid, child.started = child.process.pid, now
        self._set(child, "starting")

    def _ended(self, child: Child, code: int, now: float) -> None:
        if now - child.started > STEADY_S:
            child.delay = FIRST_DELAY_S
        log.warning("process ended", name=child.name, exit_code=code, again_in_s=child.delay)
        child.process, child.pid, child.exit_code = None, None, code
        child.due, child.delay = now + child.delay, min(child.delay * 2, LAST_DELAY_S)
        child.restarts += 1
        self._set(child, "waiting")

    def _reap(self, child: Child, deadline: float) -> None:
        process = _process(child)
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process killed after grace", name=child.name, grace_s=GRACE_S)
            process.kill()
            process.wait()
        child.exit_code, child.process, child.pid = process.returncode, None, None
        self._set(child, "stopped")

    def _set(self, child: Child, state: State) -> None:
        child.state = state
        self._changed(child)


def _process(child: Child) -> subprocess.Popen[bytes]:
    assert child.process is not None  # noqa: S101  (the callers hold running children only)
    return child.process


def write_state(path: Path, children: Sequence[Child]) -> None:
    """Write what runs to a file, whole or not at all, for ``kranhub status``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    state = {"pid": os.getpid(), "processes": [child.public() for child in children]}
    draft.write_text(json.dumps(state), encoding="utf-8")
    draft.replace(path)


def read_state(path: Path) -> dict[str, Any] | None:
    """Return what `write_state` wrote; None where no supervisor runs, or what stands there cannot be read."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        return {"pid": int(state["pid"]), "processes": [dict(child) for child in state["processes"]]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
