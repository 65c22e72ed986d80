"""What `kranhub status` and `kranhub doctor` need of this package: its processes, their start, their requirements."""

from collections.abc import Sequence

import psutil

from deploy.embedded import checks, process, stack_file
from kranhub.operations.local_stack import Check, StackProcess, StackState
from kranhub.settings import Settings


class EmbeddedStack:
    """The stack of a data folder, as the entry point ``kranhub.local_stack`` names it."""

    def state(self, settings: Settings) -> StackState:
        """Return the stack by ``stack.json`` and the machine's processes."""
        last = stack_file.read(settings)
        processes = [_process(started) for started in last.processes]
        return StackState(kind=last.kind, since=last.since, versions=last.versions, processes=processes)

    def checks(self, settings: Settings) -> Sequence[Check]:
        """Return what Kafka and the registry need of this machine."""
        return checks.checks(settings)


def _process(started: stack_file.Started) -> StackProcess:
    running = process.find(started)
    return StackProcess(
        name=started.name,
        pid=started.pid,
        running=running is not None,
        memory_mib=_memory_mib(running) if running else None,
        log=str(started.log.with_name(f"{started.name}.log")),
    )


def _memory_mib(running: psutil.Process) -> int | None:
    try:
        return int(running.memory_info().rss) >> 20
    except psutil.Error:
        return None
