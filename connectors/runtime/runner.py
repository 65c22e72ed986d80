"""Runs one connector: its source and its sink beside each other, until asked to stop."""

import asyncio
import signal

from connectors.runtime.configuration import Loaded
from connectors.runtime.context import Context
from connectors.runtime.keeper import keep
from connectors.runtime.sink import SinkTask
from connectors.runtime.source import SourceTask
from connectors.runtime.status import Reporter
from kranhub.codec import Codec
from kranhub.registry import Registry
from kranhub.settings import Settings, endpoints


async def run(settings: Settings, loaded: Loaded) -> None:
    """Run until SIGINT or SIGTERM. Raises `Fenced` when a newer instance took over, and any defect."""
    stop = asyncio.Event()
    _stop_on_signal(stop)
    with Registry(endpoints(settings).registry_url) as registry:
        context = Context(settings, loaded, Codec(registry))
        try:
            async with asyncio.TaskGroup() as group:
                for task, reporter in _tasks(context, stop):
                    group.create_task(_run_task(task, reporter, stop))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await loaded.connector.close()


def _tasks(context: Context, stop: asyncio.Event) -> list[tuple[SourceTask | SinkTask, Reporter]]:
    connector = context.loaded.connector
    tasks: list[tuple[SourceTask | SinkTask, Reporter]] = []
    if source := connector.source():
        reporter = Reporter(context, "source")
        tasks.append((SourceTask(context, source, reporter, stop), reporter))
    if sink := connector.sink():
        reporter = Reporter(context, "sink")
        tasks.append((SinkTask(context, sink, reporter, stop), reporter))
    return tasks


async def _run_task(task: SourceTask | SinkTask, reporter: Reporter, stop: asyncio.Event) -> None:
    try:
        await keep(task.attempt, reporter, stop)
        await reporter.stopped()
    finally:
        task.close()


def _stop_on_signal(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop.set)
        except NotImplementedError:  # Windows: only the main thread's handler
            signal.signal(name, lambda _number, _frame: loop.call_soon_threadsafe(stop.set))
