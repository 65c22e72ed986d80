"""Reading a source in a test: one poll, up to its `Progress`."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from kranhub import connector
from kranhub.connector import Checkpoint, Progress, Read, Unreadable

Item = Read | Unreadable


async def poll(erp: connector.Connector, since: Checkpoint | None = None) -> tuple[list[Item], Checkpoint]:
    """Return what one poll yields, and the checkpoint behind it. Raises what the source raises."""
    source = erp.source()
    assert source is not None, "the connector declares that it reads, but has no source"  # noqa: S101
    found: list[Item] = []
    async with aclosing(cast("AsyncGenerator[Item | Progress, None]", source.read(since))) as items:
        async for item in items:
            if isinstance(item, Progress):
                return found, item.checkpoint
            found.append(item)
    raise AssertionError("read() ended: it must go on until it is closed")


def ids(items: list[Item]) -> list[str]:
    """Return the event ids."""
    return [item.event.id if isinstance(item, Read) else item.id for item in items]


def keys(items: list[Item]) -> set[str]:
    """Return the documents' own numbers."""
    return {item.event.key if isinstance(item, Read) else item.key for item in items}
