"""Reads the plant's tables and yields what changed."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from connectors.sql import errors, threads
from connectors.sql.changes import HIGHEST_INTEGER, Versions, plain, restored, sorts
from connectors.sql.checkpoint import Memory
from connectors.sql.client import Client, Transaction, place
from connectors.sql.config import SqlConfig
from connectors.sql.events import Item, RowComparison
from connectors.sql.mapping import Snapshot, Stream
from connectors.sql.values import Row
from kranhub import polling
from kranhub.connector import Checkpoint, Event, Position, Progress, Read, Source, Unreadable
from kranhub.values.texts import linked

Found = TypeVar("Found")

NOTHING = "-"
"""The watermark of a table that was read whole and has no version yet."""


class SqlSource(Source):
    """One turn per table and poll, page by page.

    With a change column: the rows from the watermark on, and a part of the whole table; without one the whole table.
    Calls of the database run in a thread: every database has a synchronous driver, and a slow one must not hold the
    event loop.
    """

    def __init__(self, config: SqlConfig, client: Client, streams: Sequence[Stream]) -> None:
        """Take what to read."""
        self._config, self._client, self._streams = config, client, streams

    async def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        """Yield what changed, then `Progress`, in every poll.

        Raises:
            Unavailable: When the database is locked or unreachable.
            Misconfigured: For a wrong table, column or right, too many rows, or too many vanished ones.
        """
        polls = [TablePoll(self._config, self._client, stream, since) for stream in self._streams]
        while True:
            for poll in polls:
                async with aclosing(poll.poll()) as items:
                    async for item in items:
                        yield _with_checkpoint(item, _checkpoint(polls))
            yield Progress(_checkpoint(polls))
            await asyncio.sleep(self._config.poll_seconds)


def _checkpoint(polls: Sequence["TablePoll"]) -> Checkpoint:
    return polling.checkpoint(*(poll.memory.positions() for poll in polls))


def _with_checkpoint(item: Item, checkpoint: Checkpoint) -> Read | Unreadable:
    return Read(item, checkpoint) if isinstance(item, Event) else replace(item, checkpoint=checkpoint)


class TablePoll:
    """One table: what is remembered of it, and how far the comparison of the whole table is."""

    def __init__(self, config: SqlConfig, client: Client, stream: Stream, since: Checkpoint | None) -> None:
        """Take what to read; a new epoch, or another way to read, starts from the beginning."""
        self._config, self._client, self._stream = config, client, stream
        changed = stream.settings.changed
        name = f"{stream.name}.{changed.kind if changed else 'whole'}#{config.epoch}"
        known: Mapping[str, Position] = since.positions if since else {}
        self.memory = Memory(name, known)
        self._versions = Versions(changed, stream.values.zone) if changed else None
        self._comparison = RowComparison(stream, self.memory, config.epoch, self._versions)
        self._after: list[Any] | None = None
        self._file = client.generation

    async def poll(self) -> AsyncGenerator[Item, None]:
        """Yield what is new: in the rows from the watermark on, in the next part of the whole table, and what left."""
        top, now = await self._run(self._top)
        budget: int | None = None
        if self._versions is not None and self.memory.top is not None and self._file == self._client.generation:
            budget = self._config.compare_rows
            async for item in self._since(self._versions, now):
                yield item
        self._file = self._client.generation
        if not self.memory.rows and self._after is None:
            await self._foresee(now)
        async for item in self._compare(budget, now):
            yield item
        async for item in self._withdraw(budget, now):
            yield item
        if budget is not None or self._after is None:
            self.memory.top = NOTHING if top is None else plain(top)

    async def _since(self, versions: Versions, now: datetime) -> AsyncIterator[Item]:
        """Yield what is new in the rows from the watermark on."""
        if self.memory.top == NOTHING:
            return
        async for page in self._pages(versions.low(restored(self.memory.top))):
            for item in self._comparison.learn(page, now, paged=False):
                yield item

    async def _compare(self, budget: int | None, now: datetime) -> AsyncIterator[Item]:
        """Compare the next rows of the whole table, all of them where there is no budget."""
        if self._after is None or budget is None:
            self._after = None
            self._comparison.begin()
        read = 0
        while budget is None or read < budget:
            page = await self._run(self._page, None, self._after)
            read += len(page)
            for item in self._comparison.learn(page, now, paged=True):
                yield item
            if len(page) < self._config.page_rows:
                self._after = None
                for item in self._comparison.finish(now):
                    yield item
                return
            self._after = place(self._stream.settings, page[-1].row, versioned=False)

    async def _withdraw(self, budget: int | None, now: datetime) -> AsyncIterator[Item]:
        """Yield what is withdrawn. Raises `Misconfigured` where too many rows have vanished after a look at all."""
        after, limit = self._config.withdraw_after_seconds, self._config.vanished_limit
        if budget is not None and self._comparison.vanished(now, after) > limit:
            async for item in self._compare(None, now):
                yield item
        vanished = self._comparison.vanished(now, after)
        if vanished > limit:
            raise errors.too_many_vanished(vanished, self._stream.settings.table)
        for item in self._comparison.due(now, after):
            yield item

    async def _foresee(self, now: datetime) -> None:
        """Look through a table that is read for the first time, for rows that come to one key on different pages."""
        found: dict[str, set[str]] = {}
        self._comparison.begin()
        pages = 0
        async for page in self._pages(None):
            pages += 1
            if pages == 1 and len(page) < self._config.page_rows:
                return
            self._comparison.foresee(found, page, now)
        self._comparison.begin()
        self._comparison.expect(found)

    async def _pages(self, low: Any) -> AsyncIterator[list[Snapshot]]:
        after = None
        while True:
            page = await self._run(self._page, low, after)
            yield page
            if len(page) < self._config.page_rows:
                return
            after = place(self._stream.settings, page[-1].row, versioned=low is not None)

    async def _run(self, call: Any, *arguments: Any) -> Any:
        return await threads.run(self._client, call, *arguments)

    def _top(self) -> tuple[Any, datetime]:
        """Return the highest version that can be trusted, and the database's time."""
        with self._client.scanning() as transaction:
            now = transaction.now()
            versions, settings = self._versions, self._stream.settings
            if versions is None or settings.changed is None:
                return None, now
            highest = transaction.highest(settings)
            if highest is None or versions.trusted(highest, now):
                return highest, now
            if versions.integer:
                highest = transaction.highest(settings, HIGHEST_INTEGER)
                return (highest if versions.trusted(highest, now) else None), now
            most = versions.now(now, highest)
            found = transaction.highest(settings, most)
            return (found if versions.trusted(found, now) else most if sorts(highest, settings.changed) else None), now

    def _page(self, low: Any, after: Sequence[Any] | None) -> list[Snapshot]:
        with self._client.scanning() as transaction:
            rows = transaction.page(self._stream.settings, after, self._config.page_rows, low)
            return list(complete(transaction, self._stream, rows))


def complete(transaction: Transaction, stream: Stream, rows: list[Row]) -> Iterator[Snapshot]:
    """Add each row's lines, and the plant order that a production order refers to.

    Args:
        transaction: The transaction in which the rows were read.
        stream: The table of the rows.
        rows: The rows.
    """
    lines, references = _lines(transaction, stream, rows), _references(transaction, stream, rows)
    for row in rows:
        head, order = row[stream.head_key], row[stream.order_column]
        yield Snapshot(row, tuple(_referred(lines, head, [])), _referred(references, order, None))


def _named(value: Any) -> Any:
    """Return a reference as a text, whatever type its column has: 1, 1.0 and "1 " are one; a UUID stays one."""
    return value if isinstance(value, UUID) else linked(value, "")


def _referred(found: Mapping[Any, Found], value: Any, nothing: Found) -> Found:
    """Return what refers to this value, in whichever type the other column keeps it."""
    return next((found[form] for form in (linked(value, ""), linked(value, UUID(int=0))) if form in found), nothing)


def _lines(transaction: Transaction, stream: Stream, rows: list[Row]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    if stream.lines is not None and rows:
        columns = stream.lines
        heads = tuple(row[stream.head_key] for row in rows if row[stream.head_key] is not None)
        order = (columns.head, columns.position)
        for line in transaction.rows(columns.table, columns.columns, {columns.head: heads}, order):
            found.setdefault(_named(line[columns.head]), []).append(line)
    return found


def _references(transaction: Transaction, stream: Stream, rows: list[Row]) -> dict[Any, str | None]:
    if stream.link is None or not rows:
        return {}
    link = stream.link
    keys = tuple(row[stream.order_column] for row in rows if row[stream.order_column] is not None)
    heads = transaction.rows(link.table, (link.key, link.reference), {link.key: keys})
    return {_named(head[link.key]): head[link.reference] for head in heads}
