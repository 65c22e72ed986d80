"""What is known only to the stack that was started on this machine; a package provides it through an entry point.

`kranhub status` and `kranhub doctor` use it. Where no such package is installed, no stack was started.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from typing import Protocol

from pydantic import BaseModel

from kranhub.settings import Settings
from kranhub.text import Text

GROUP = "kranhub.local_stack"


class StackProcess(BaseModel):
    """One process of the stack.

    Attributes:
        name: The part of the stack that it is.
        pid: Its process id.
        running: Whether it runs.
        memory_mib: Its resident memory; None when it does not run.
        log: The path of its log.
    """

    name: str
    pid: int
    running: bool
    memory_mib: int | None
    log: str


class StackState(BaseModel):
    """The stack as it was last started in this data folder. ``kind`` is embedded or docker."""

    kind: str = "embedded"
    since: datetime | None = None
    versions: dict[str, str] = {}
    processes: list[StackProcess] = []


@dataclass(frozen=True, slots=True)
class Check:
    """One check of `kranhub doctor`.

    Attributes:
        name: The name for scripts.
        title: The name for people.
        run: Raises a `KranhubError` that explains what is wrong and what to do.
    """

    name: str
    title: Text
    run: Callable[[], object]


class LocalStack(Protocol):
    """What runs a broker and a registry on this machine."""

    def state(self, settings: Settings) -> StackState:
        """Return the stack of the data folder as it is now. Must not raise."""

    def checks(self, settings: Settings) -> Sequence[Check]:
        """Return the checks of what this machine needs to run the stack."""


class NoStack:
    """Used where no package that runs a stack is installed."""

    def state(self, settings: Settings) -> StackState:  # noqa: ARG002  (the interface's)
        """Return the state of a stack that was never started."""
        return StackState()

    def checks(self, settings: Settings) -> Sequence[Check]:  # noqa: ARG002  (the interface's)
        """Return no checks."""
        return ()


def local_stack() -> LocalStack:
    """Return the stack of the package that is installed; `NoStack` where its extra is not installed."""
    for entry in entry_points(group=GROUP):
        try:
            stack: LocalStack = entry.load()()
        except ModuleNotFoundError:
            continue
        return stack
    return NoStack()
