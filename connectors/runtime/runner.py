"""Runs one connector: its source and its sink beside each other, until a signal stops it."""

import asyncio

import structlog

from connectors.runtime import conformance, process_exit
from connectors.runtime.calls import ConnectorDefect, awaited, calling, defect, log_traceback
from connectors.runtime.configuration import Loaded
from connectors.runtime.context import Context
from connectors.runtime.sink_task import SinkTask
from connectors.runtime.source_items import bounded
from connectors.runtime.source_task import SourceTask
from connectors.runtime.status import Reporter
from connectors.runtime.task_loop import keep
from kranhub.errors import Failed, Fenced, KranhubError
from kranhub.operations import memory, signals
from kranhub.operations.health import LOOPS
from kranhub.settings import Settings, endpoints
from kranhub.text import Text
from kranhub.wire.codec import Codec
from kranhub.wire.registry import Registry

log = structlog.get_logger()

LONGEST_S = 60.0
"""For how long a connector's code may block the event loop."""

Task = tuple[SourceTask | SinkTask, Reporter]


async def run(settings: Settings, loaded: Loaded) -> None:
    """Run until a signal stops it. Whatever ends it is on the connector-status topic before this returns.

    Raises:
        Fenced: When a newer instance took over.
        Failed: For any defect.
    """
    stop = asyncio.Event()
    _stop_on_signal(stop)
    await run_until(stop, settings, loaded)


async def run_until(stop: asyncio.Event, settings: Settings, loaded: Loaded) -> None:
    """Run until an event is set.

    Args:
        stop: The event.
        settings: The installation's settings.
        loaded: The connector.

    Raises:
        Fenced: When a newer instance took over.
        Failed: For any defect.
    """
    with Registry(endpoints(settings).registry_url) as registry:
        context = Context(settings, loaded, Codec(registry))
        reporters: list[Reporter] = []
        failed = await _work(context, stop, reporters)
        unclosed = await _close(context.loaded)
        if unclosed and not failed:
            for reporter in reporters:
                await reporter.failed(unclosed.text)
        if failed or unclosed:
            raise failed or unclosed  # type: ignore[misc]


async def _work(context: Context, stop: asyncio.Event, reporters: list[Reporter]) -> KranhubError | None:
    """Run the tasks, whose reporters are added to the list; return what ended them."""
    try:
        tasks = await _tasks(context, stop)
        reporters += [reporter for _, reporter in tasks]
        moving = asyncio.create_task(_report_progress())
        try:
            async with asyncio.TaskGroup() as group:
                for task, reporter in tasks:
                    group.create_task(_run_task(task, reporter, stop))
        finally:
            moving.cancel()
    except KranhubError as error:
        return error
    except ExceptionGroup as errors:
        return next(error for error in errors.exceptions if isinstance(error, KranhubError))
    return None


async def _report_progress() -> None:
    """Report to /livez that the event loop runs: a connector that blocks it stops that."""
    loop = LOOPS.loop("connector", LONGEST_S)
    loop.serves()
    while True:
        loop.progressed()
        await asyncio.sleep(1)


async def _tasks(context: Context, stop: asyncio.Event) -> list[Task]:
    """Return the tasks that the connector has. A wrong source or sink is reported in its task's status."""
    tasks: list[Task] = []
    for name in ("source", "sink"):
        reporter = Reporter(context, name)
        try:
            task = _source(context, reporter, stop) if name == "source" else _sink(context, reporter, stop)
        except KranhubError as error:
            await reporter.failed(error.text)
            raise
        tasks += [(task, reporter)] if task else []
    if not tasks:
        nothing = neither(context.loaded)
        await Reporter(context, "source").failed(nothing.text)
        raise nothing
    return tasks


def neither(loaded: Loaded) -> ConnectorDefect:
    """Return the error of a connector that has nothing to run."""
    return defect(
        loaded,
        "source() and sink()",
        Text(en="both return None: there is nothing to run.", ru="оба возвращают None: запускать нечего."),
    )


def _source(context: Context, reporter: Reporter, stop: asyncio.Event) -> SourceTask | None:
    with calling(context.loaded, "source()"):
        source = conformance.source(context.loaded.connector.source())
    return SourceTask(context, source, reporter, stop) if source else None


def _sink(context: Context, reporter: Reporter, stop: asyncio.Event) -> SinkTask | None:
    with calling(context.loaded, "sink()"):
        sink = conformance.sink(context.loaded.connector.sink())
    return SinkTask(context, sink, reporter, stop) if sink else None


async def _run_task(task: SourceTask | SinkTask, reporter: Reporter, stop: asyncio.Event) -> None:
    """Run one task and report what ends it before raising it, except `Fenced`: then the newer instance reports."""
    beating = asyncio.create_task(reporter.beat())
    try:
        await keep(task.attempt, reporter, stop)
        await reporter.stopped()
    except Fenced:
        await reporter.silent()
        raise
    except asyncio.CancelledError:
        await reporter.stopped(_OTHER)
        raise
    except KranhubError as error:
        await reporter.failed(error.text)
        raise
    except Exception as error:  # noqa: BLE001  (its words may hold a document, so only its place is logged)
        log_traceback("defect", error, task=reporter.task)
        failed = Failed(_defect(error))
        await reporter.failed(failed.text)
        raise failed from None
    finally:
        beating.cancel()
        task.close()


async def _close(loaded: Loaded) -> KranhubError | None:
    """Close the connector; return the sentence about one that cannot be closed."""
    try:
        with calling(loaded, "close()"):
            await bounded(awaited(loaded.connector.close(), "close()"), "close()")
    except ConnectorDefect as error:
        return error
    except KranhubError as error:
        log.warning("not closed", reason=error.text.en)  # the ERP is away: nothing is left to close
    return None


def _defect(error: Exception) -> Text:
    if memory.is_short(error):
        return memory.SHORT
    kind = type(error).__qualname__
    return Text(
        en=f"A defect of kranhub ({kind}); the log has its traceback. Tell its developers; restart the connector.",
        ru=f"Дефект kranhub ({kind}); стек вызовов в журнале. Сообщите разработчикам; перезапустите коннектор.",
    )


_OTHER = Text(
    en="The connector's other task has failed, and the process has ended; see its reason.",
    ru="Другая задача коннектора завершилась ошибкой, и процесс закончился; причина указана у неё.",
)


def _stop_on_signal(stop: asyncio.Event) -> None:
    """Set the event on a signal. From the first one on everything has `process_exit.STOP_S`, however it hangs."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if not stop.is_set():
            process_exit.within(process_exit.STOP_S, 0, "asked to stop")
        loop.call_soon_threadsafe(stop.set)

    signals.on_request(asked)
