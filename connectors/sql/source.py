"""Reads the plant's tables and tells what changed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sql.changes import ByVersion, Sweep, WholeTable
from connectors.sql.client import Client, Transaction
from connectors.sql.config import SqlConfig
from connectors.sql.mapping import Document, Snapshot, Stream
from connectors.sql.values import Row
from kranhub.connector import Checkpoint, Event, Position, Progress, Read, Source, Unreadable
from kranhub.errors import InvalidDocument

HORIZON = timedelta(days=1)
"""How far the plant's clock may be ahead of ours before its time stamps no longer move the watermark."""


class SqlSource(Source):
    """One sweep per table and poll, page by page.

    Calls of the database run in a thread: every database has a synchronous driver, and a slow one must not hold the
    event loop.
    """

    def __init__(self, config: SqlConfig, client: Client, streams: Sequence[Stream]) -> None:
        """Take what to read."""
        self._config, self._client, self._streams = config, client, streams

    async def read(self, since: Checkpoint | None) -> AsyncIterator[Read | Unreadable | Progress]:
        """Yield what changed, then `Progress`, in every poll. Raises `Unavailable` and `Misconfigured`."""
        known = since.positions if since else {}
        names = [self._name(stream) for stream in self._streams]
        positions = {name: known[name] for name in names if name in known}
        while True:
            for stream in self._streams:
                async for item in self._sweep(stream, positions):
                    yield item
            yield Progress(Checkpoint(dict(positions)))
            await asyncio.sleep(self._config.poll_seconds)

    def _name(self, stream: Stream) -> str:
        """Return the stream's name in checkpoints: a new epoch, or another way to read, starts from the beginning."""
        changed = stream.settings.changed
        return f"{stream.name}.{changed.kind if changed else 'whole'}#{self._config.epoch}"

    async def _sweep(self, stream: Stream, positions: dict[str, Position]) -> AsyncIterator[Read | Unreadable]:
        name, sweep = self._name(stream), _sweep_of(stream, positions.get(self._name(stream)))
        async for snapshot in self._snapshots(stream, sweep):
            version = stream.version(snapshot.row)
            event_id = sweep.event_id(self._document_id(stream, snapshot.row), version, snapshot.digest())
            new = sweep.is_new(event_id)
            sweep.passed(event_id, version, _key(stream, snapshot.row))
            said = _said(stream, snapshot) if new else None
            if said is not None:
                positions[name] = sweep.position()
                yield _item(stream, snapshot, event_id, said, Checkpoint(dict(positions)))
        positions[name] = sweep.finished()

    def _document_id(self, stream: Stream, row: Row) -> str:
        return f"{stream.member.id}/{stream.subject}/{stream.native_key(row)}/{self._config.epoch}"

    async def _snapshots(self, stream: Stream, sweep: Sweep) -> AsyncIterator[Snapshot]:
        """Yield the rows without a sortable version first, then page by page in ascending order."""
        if stream.settings.changed is not None:
            for snapshot in await asyncio.to_thread(self._unsorted, stream, sweep.pattern):
                yield snapshot
        after = sweep.floor
        while True:
            page = await asyncio.to_thread(self._page, stream, sweep.low, after)
            for snapshot in page:
                yield snapshot
            if len(page) < self._config.page_rows:
                return
            after = _keyset(stream, page[-1].row)

    def _page(self, stream: Stream, low: Any, after: Sequence[Any] | None) -> list[Snapshot]:
        with self._client.reading() as transaction:
            rows = transaction.page(stream.settings, low, after, self._config.page_rows)
            return self._complete(transaction, stream, rows)

    def _unsorted(self, stream: Stream, pattern: str | None) -> list[Snapshot]:
        with self._client.reading() as transaction:
            return self._complete(transaction, stream, transaction.unsorted(stream.settings, pattern))

    def _complete(self, transaction: Transaction, stream: Stream, rows: list[Row]) -> list[Snapshot]:
        """Add each row's lines, and the plant order that a production order refers to."""
        lines, references = _lines(transaction, stream, rows), _references(transaction, stream, rows)
        return [
            Snapshot(row, tuple(lines.get(row[stream.head_key], ())), references.get(row[stream.order_column]))
            for row in rows
        ]


def _sweep_of(stream: Stream, before: Position | None) -> Sweep:
    changed = stream.settings.changed
    if changed is None:
        return WholeTable(before)
    return ByVersion(before, changed, stream.values.zone, datetime.now(UTC) + HORIZON)


@dataclass(frozen=True, slots=True)
class _Said:
    key: str
    value: Document
    time: datetime | None


def _said(stream: Stream, snapshot: Snapshot) -> _Said | InvalidDocument | None:
    """Return the row's document, what is wrong with it, or None where it says nothing."""
    try:
        made = stream.document(snapshot, datetime.now(UTC))
        return _Said(*made, stream.changed_at(snapshot.row)) if made is not None else None
    except InvalidDocument as error:
        return error


def _item(
    stream: Stream, snapshot: Snapshot, event_id: str, said: _Said | InvalidDocument, checkpoint: Checkpoint
) -> Read | Unreadable:
    if isinstance(said, _Said):
        event = Event(event_id, said.key, stream.subject, stream.member.id, said.value, said.time)
        return Read(event, checkpoint)
    key, original = stream.native_key(snapshot.row), snapshot.original(stream.settings.table)
    return Unreadable(event_id, key, stream.subject, said.code, said.text.as_map(), original, checkpoint)


def _key(stream: Stream, row: Row) -> Sequence[Any]:
    return [row[column] for column in stream.settings.key]


def _keyset(stream: Stream, row: Row) -> Sequence[Any]:
    key = _key(stream, row)
    return key if stream.settings.changed is None else [stream.version(row), *key]


def _lines(transaction: Transaction, stream: Stream, rows: list[Row]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    if stream.lines is not None and rows:
        columns, heads = stream.lines, tuple(row[stream.head_key] for row in rows)
        order = (columns.head, columns.position)
        for line in transaction.rows(columns.table, columns.columns, {columns.head: heads}, order):
            found.setdefault(line[columns.head], []).append(line)
    return found


def _references(transaction: Transaction, stream: Stream, rows: list[Row]) -> dict[Any, str]:
    if stream.link is None or not rows:
        return {}
    link, keys = stream.link, tuple(row[stream.order_column] for row in rows)
    heads = transaction.rows(link.table, (link.key, link.reference), {link.key: keys})
    return {head[link.key]: head[link.reference] for head in heads}
