"""A view's process ends when its Faust app has: with an exit code and a sentence, never idle."""

import asyncio
import os
import subprocess
import sys

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from kranhub.errors import Failed, KranhubError, Unavailable
from kranhub.text import Text
from streams.views import shutdown

AWAY = Unavailable(Text(en="away", ru="недоступен"))


class App:
    """Stands in for a Faust app: crashes a moment after it has started, or does not start."""

    def __init__(self, reason: BaseException | None = None, start: BaseException | None = None) -> None:
        self.crashed, self.crash_reason, self._start, self._reason = False, reason, start, reason

    async def start(self) -> None:
        if self._start:
            raise self._start
        if self._reason:
            asyncio.get_running_loop().call_later(0.05, setattr, self, "crashed", True)


def caused(by: BaseException) -> BaseException:
    error: BaseException = KafkaError("Unexpected error during coordination")
    error.__cause__ = by
    return error


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("app", "expected", "code"),
    [
        (App(AWAY), Unavailable, 3),
        (App(caused(AWAY)), Unavailable, 3),
        (App(KafkaError("Unexpected exception in heartbeat task: UnknownError()")), Unavailable, 3),
        (App(ZeroDivisionError()), Failed, 1),
        (App(asyncio.CancelledError()), Failed, 1),
        (App(start=KafkaConnectionError("no broker")), Unavailable, 3),
    ],
)
async def test_a_crash_is_an_error_that_a_person_understands(app: App, expected: type[KranhubError], code: int) -> None:
    with pytest.raises(expected) as raised:
        await shutdown.over(app, asyncio.get_running_loop().create_future())
    assert raised.value.exit_code == code
    assert (raised.value is AWAY) or "Nothing is lost" in raised.value.text.en


@pytest.mark.timeout(20)
async def test_what_was_asked_for_is_no_error_and_what_the_agent_says_is() -> None:
    asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.05, asked.set_result, None)
    await shutdown.over(App(), asked)
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    failed.set_exception(AWAY)
    with pytest.raises(Unavailable):
        await shutdown.over(App(), failed)


HANGS = """
import threading
from kranhub.errors import Unavailable
from kranhub.text import Text
from streams.views import shutdown
shutdown.within(0.1, Unavailable(Text(en="the broker is away", ru="брокер недоступен")))
threading.Thread(target=threading.Event().wait).start()
"""


def test_a_thread_that_hangs_does_not_keep_the_process() -> None:
    variables = {**os.environ, "KRANHUB_LANG": "en"}
    command = [sys.executable, "-c", HANGS]
    ended = subprocess.run(command, env=variables, check=False, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, "the broker is away" in ended.stderr) == (3, True)
