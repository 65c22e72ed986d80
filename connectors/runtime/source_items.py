"""What a source's ``read()`` yields, item by item, until the connector is stopped."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Coroutine
from typing import Any

import structlog

from connectors.runtime import conformance
from connectors.runtime.calls import calling
from connectors.runtime.configuration import Loaded
from connectors.runtime.conformance import Unlike
from kranhub.connector import Checkpoint, Progress, Read, Source, Unreadable
from kranhub.text import Text

log = structlog.get_logger()

STOP_S = 3.0
"""How long a source may take to answer a cancellation; then the process ends without it."""

Item = Read | Unreadable


async def items(
    loaded: Loaded, source: Source, since: Checkpoint | None, stop: asyncio.Event
) -> AsyncGenerator[Item | Progress, None]:
    """Yield what ``read()`` yields, each checked; end where it returns, or when ``stop`` is set.

    Args:
        loaded: The connector.
        source: The connector's source.
        since: The last committed checkpoint; None for none.
        stop: Set to end it, also while an item does not come.

    Raises:
        ConnectorDefect: Where the connector's code breaks the contract.
        Unavailable: When the ERP does not answer.
        Misconfigured: For what a person must correct.
        InvalidDocument: When one document ends ``read()``.
    """
    with calling(loaded, "read()"):
        found = _iterator(source.read(since))
    last, coming = "", None
    stopping = asyncio.ensure_future(stop.wait())
    try:
        while not stop.is_set():
            coming = asyncio.ensure_future(_next(loaded, found, last))
            await asyncio.wait({coming, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done() or (item := coming.result()) is None:
                return
            last = name(item) or last
            yield item
    finally:
        stopping.cancel()
        await _end(loaded, found, coming)


def name(item: Item | Progress) -> str:
    """Return the id of the document that an item is about; empty for none."""
    if isinstance(item, Progress):
        return ""
    return item.event.id if isinstance(item, Read) else item.id


def _iterator(found: Any) -> AsyncIterator[Any]:
    if hasattr(found, "__anext__"):
        return found  # type: ignore[no-any-return]
    if isinstance(found, Coroutine):
        found.close()
    raise Unlike(
        Text(
            en=f"read() returned {type(found).__name__}; it must be an async generator: `async def` with `yield`.",
            ru=f"read() вернул {type(found).__name__}; нужен асинхронный генератор: `async def` с `yield`.",
        )
    )


async def _next(loaded: Loaded, found: AsyncIterator[Any], last: str) -> Item | Progress | None:
    """Return the next item, or None at the end."""
    with calling(loaded, "read()", after=last, documents=True):
        try:
            following = await anext(found)
        except StopAsyncIteration:
            return None
        return conformance.item(following, loaded.member.id)


async def _end(loaded: Loaded, found: AsyncIterator[Any], coming: "asyncio.Task[Any] | None") -> None:
    """Cancel the read that is under way and close the generator; give up on one that does not let itself be ended."""
    if coming is not None and not coming.done():
        coming.cancel()
        await asyncio.wait({coming}, timeout=STOP_S)
        if not coming.done():
            log.warning("read() does not stop", waited_s=STOP_S)
            return
        if not coming.cancelled():
            coming.exception()  # what it says when it is cancelled changes nothing any more
    if isinstance(found, AsyncGenerator):
        with calling(loaded, "read()"):
            await bounded(found.aclose(), "read()")


async def bounded(ending: Awaitable[None], call: str) -> None:
    """Wait for the end of a call at most `STOP_S`; one that does not end is left behind."""
    task = asyncio.ensure_future(ending)
    done, _ = await asyncio.wait({task}, timeout=STOP_S)
    if done:
        task.result()
    else:
        task.cancel()
        log.warning("a call of the connector does not end", call=call, waited_s=STOP_S)
