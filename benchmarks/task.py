"""What an engine's process is told."""

import json
import signal
import sys
import threading
from dataclasses import asdict, dataclass, field
from types import FrameType


@dataclass(frozen=True, slots=True)
class Task:
    """One engine's work: topics, its consumer group, this process' instance, and settings of the engine's own.

    The process works until SIGTERM.
    """

    bootstrap: str
    source: str
    target: str
    group: str
    instance: str = "0"
    changelog: str | None = None
    folder: str = ""
    options: dict[str, str] = field(default_factory=dict)

    def dump(self) -> str:
        """Return the task as the process' argument."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls) -> "Task":
        """Return the task of this process."""
        return cls(**json.loads(sys.argv[1]))


def until_stopped() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    return stopping
