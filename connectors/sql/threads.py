"""Calls of the database on threads of their own, which a stop does not wait for."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from connectors.sql.client import Client

Result = TypeVar("Result")

PATIENCE_S = 1.0
"""How long to wait for a cancelled call after its query was interrupted."""


async def run(client: Client, call: Callable[..., Result], *arguments: object) -> Result:
    """Run the call on a thread. Where the caller is cancelled, the query is interrupted and soon no longer waited for.

    The thread is a daemon: a database that does not even answer an interruption keeps no process from ending.
    """
    done: Future[Result] = Future()
    thread = threading.Thread(target=_run, args=(done, call, arguments), daemon=True, name="sql")
    thread.start()
    waiting = asyncio.wrap_future(done)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        client.interrupt(thread.ident)
        with suppress(Exception):
            await asyncio.wait_for(waiting, PATIENCE_S)
        raise


def _run(done: "Future[Result]", call: Callable[..., Result], arguments: tuple[object, ...]) -> None:
    try:
        result = call(*arguments)
    except BaseException as error:  # noqa: BLE001  (it is raised where the call was made)
        with suppress(Exception):
            done.set_exception(error)
    else:
        with suppress(Exception):
            done.set_result(result)
