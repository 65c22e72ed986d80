"""How a view's process ends. A crashed Faust app stays: alive, a member of its group, and idle; nobody would notice."""

import asyncio
import os
import threading
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from kranhub.errors import Failed, KranhubError, Unavailable
from kranhub.operations.failure_report import report_failure
from kranhub.operations.health import LOOPS, STOPPING
from kranhub.text import Text

log = structlog.get_logger()

WATCH_S = 0.5
"""How often to look for a crash: Faust reports it from another thread, which does not wake this loop."""
LONGEST_S = 60.0
"""For how long Faust's event loop may stand still."""
GRACE_S = 15.0
"""How long the app may take to stop; a supervisor waits longer."""


async def over(app: Any, asked: "asyncio.Future[None]") -> None:
    """Start the app and return once ``asked`` is done. The caller stops the app.

    Raises:
        KranhubError: The error that ``asked`` holds, or that the app could not start or has crashed with.
    """
    try:
        await _over(app, asked)
    except Exception as error:
        raise understood(error) from error


async def _over(app: Any, asked: "asyncio.Future[None]") -> None:
    starting = asyncio.ensure_future(app.start())
    loop = LOOPS.loop("views", LONGEST_S)
    try:
        while not asked.done():
            loop.progressed()
            loop.serves()
            waited = [asked] if starting.done() else [asked, starting]
            await asyncio.wait(waited, timeout=WATCH_S, return_when=asyncio.FIRST_COMPLETED)
            if app.crashed:
                raise understood(app.crash_reason)
            if starting.done():
                starting.result()
    finally:
        loop.waits(STOPPING)
        starting.cancel()
    asked.result()


def understood(error: BaseException | None) -> KranhubError:
    """Return an error with a text that names the remedy: itself, what it was raised from, or what it means."""
    cause = error
    while cause is not None and not isinstance(cause, KranhubError):
        cause = cause.__cause__
    if cause is not None:
        return cause
    name = type(error).__name__
    if isinstance(error, KafkaError):
        log.warning("view lost kafka", reason=str(error))
        return Unavailable(_lost(name))
    log.error("view failed", reason=name, exc_info=error)
    return Failed(_defect(name))


def within(seconds: float, error: KranhubError | None) -> None:
    """End this process after so many seconds, however it hangs; with the error's text and exit code if there is one.

    Faust waits for its threads, and a thread that waits for a broker may do so for ever.
    """
    timer = threading.Timer(seconds, _leave, (error,))
    timer.daemon = True
    timer.start()


def _leave(error: KranhubError | None) -> None:
    log.warning("view did not stop in time")
    if error is not None:
        report_failure(error)
    os._exit(error.exit_code if error is not None else 1)


def _lost(name: str) -> Text:
    return Text(
        en=f"The view has lost Kafka or its place in its group ({name}). Nothing is lost: started again, it goes on "
        "where the read model stands. Check `kranhub status`, and that no other process runs under the same "
        "--instance.",
        ru=f"Представление потеряло связь с Kafka или своё место в группе ({name}). Ничего не потеряно: после "
        "перезапуска оно продолжит с места, записанного в витрине данных. Проверьте `kranhub status` и то, что под "
        "тем же --instance не работает другой процесс.",
    )


def _defect(name: str) -> Text:
    return Text(
        en=f"The view stopped on an error that it does not know ({name}). Nothing is lost: started again, it goes on "
        "where the read model stands. If it stops here again, report it with the log above.",
        ru=f"Представление остановлено неизвестной ошибкой ({name}). Ничего не потеряно: после перезапуска оно "
        "продолжит с места, записанного в витрине данных. Если ошибка повторится, сообщите о ней вместе с журналом "
        "выше.",
    )
