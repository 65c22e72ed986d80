"""What only the stack that was started on this machine knows: a room tells it through an entry point.

`kranhub status` and `kranhub doctor` ask for it here. Where no such room is installed, nothing was started.
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
    """One process of the stack: ``memory_mib`` is its resident memory, None when it does not run."""

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
    """One check of `kranhub doctor`. ``run`` raises a `KranhubError` that says what is wrong and what to do."""

    name: str
    title: Text
    run: Callable[[], object]


class LocalStack(Protocol):
    """The room that runs a broker and a registry on this machine."""

    def state(self, settings: Settings) -> StackState:
        """Return the stack of the data folder as it is now. Never raises."""

    def checks(self, settings: Settings) -> Sequence[Check]:
        """Return what this machine must have so that the stack can run."""


class NoStack:
    """Stands for the room that is not installed."""

    def state(self, settings: Settings) -> StackState:  # noqa: ARG002  (the interface's)
        """Return that nothing was started."""
        return StackState()

    def checks(self, settings: Settings) -> Sequence[Check]:  # noqa: ARG002  (the interface's)
        """Return no check."""
        return ()


def local_stack() -> LocalStack:
    """Return the installed room's stack; `NoStack` where its extra is not installed."""
    for entry in entry_points(group=GROUP):
        try:
            stack: LocalStack = entry.load()()
        except ModuleNotFoundError:
            continue
        return stack
    return NoStack()
