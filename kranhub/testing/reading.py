"""Reading a source in a test: one poll after the other, each up to its `Progress`."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import cast

from kranhub.connector import Checkpoint, Connector, Event, Progress, Read, Unreadable
from kranhub.testing.demands import ContractBroken, broken
from kranhub.wire.messages import Subject

Item = Read | Unreadable

PATIENCE_S = 60.0
"""How long one poll may take, and how long to wait for something that must be published."""


class Reader:
    """A source that is being read, and the last checkpoint that it yielded."""

    def __init__(self, items: AsyncIterator[Item | Progress], since: Checkpoint | None) -> None:
        """Take the iterator of a source.

        Args:
            items: What read() returned.
            since: The checkpoint from which it reads; None for the beginning.
        """
        self._items = items
        self.checkpoint = since or Checkpoint()

    async def poll(self) -> list[Item]:
        """Return what one poll yields. What the source raises is passed on.

        Raises:
            ContractBroken: read() ended, or yielded no `Progress` within `PATIENCE_S`.
        """
        found: list[Item] = []
        try:
            async with asyncio.timeout(PATIENCE_S) as limit:
                async for item in self._items:
                    self.checkpoint = item.checkpoint
                    if isinstance(item, Progress):
                        return found
                    found.append(item)
        except TimeoutError:
            if not limit.expired():
                raise
            broken(f"read() yielded no Progress in {PATIENCE_S:.0f} s. Yield it at the end of every poll.")
        raise ContractBroken("read() ended. It goes on, poll after poll, until it is closed.")

    async def until_published(self, subject: Subject, key: str, sentence: str) -> Event:
        """Poll until a document is published, and return its event.

        Args:
            subject: Which record the document is.
            key: The document's key.
            sentence: The sentence for the failure.

        Raises:
            ContractBroken: It was not published within a sixth of `PATIENCE_S`; with the sentence.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_S / 6
        while loop.time() < deadline:
            for item in await self.poll():
                if isinstance(item, Read) and (item.event.subject, item.event.key) == (subject, key):
                    return item.event
        raise ContractBroken(sentence)


@asynccontextmanager
async def reading(erp: Connector, since: Checkpoint | None = None) -> AsyncIterator[Reader]:
    """Read a connector's source from the checkpoint on.

    Raises:
        ContractBroken: The connector has no source.
    """
    source = erp.source()
    if source is None:
        broken("The connector declares that it reads, but source() is None. Declare Features(reads=False).")
    async with aclosing(cast("AsyncGenerator[Item | Progress, None]", source.read(since))) as items:
        yield Reader(items, since)


async def poll(erp: Connector, since: Checkpoint | None = None) -> tuple[list[Item], Checkpoint]:
    """Return what one poll yields, and the checkpoint after it. What the source raises is passed on.

    Args:
        erp: The connector.
        since: The checkpoint from which to read; None for the beginning.

    Raises:
        ContractBroken: The connector has no source, or its read() does not fulfil the contract.
    """
    async with reading(erp, since) as reader:
        return await reader.poll(), reader.checkpoint


def ids(items: list[Item]) -> list[str]:
    """Return the event ids."""
    return [item.event.id if isinstance(item, Read) else item.id for item in items]


def keys(items: list[Item]) -> set[str]:
    """Return the documents' keys."""
    return {item.event.key if isinstance(item, Read) else item.key for item in items}
